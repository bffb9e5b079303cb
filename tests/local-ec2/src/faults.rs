//! Faults on demand: what befalls Holdfast's calls on the way, by share or by number.
//!
//! This module decides what befalls a call. Whoever carries the call, in process or over HTTP, lets it happen.

mod spec;

pub use spec::{BadSpec, Shares};

use crate::autoscaling;
use crate::chance::Chance;
use crate::error::ApiError;
use crate::ssm;
use crate::timing::Timing;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::fmt;

/// What can befall a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// EC2 says no, as it does when the world has changed; of a question, that the caller may not ask it.
    Refused,
    /// EC2 says that the caller may not.
    Denied,
    /// EC2 says that there were too many calls.
    Throttled,
    /// EC2 fails: HTTP 500 or 503.
    Broken,
    /// The connection breaks before EC2 has the call.
    Reset,
    /// The call takes long to reach EC2.
    Slow,
    /// EC2 does what is asked, and its answer is lost: the caller waits for it in vain.
    Lost,
    /// The call is lost: the caller waits for an answer in vain.
    TimedOut,
    /// The answer is as old as an answer can be: [`Timing::max_lag`]. Without any lag it is as usual, as is that of an act,
    /// and neither counts.
    Stale,
    /// The caller dies when it makes the call.
    Crash,
    /// The caller dies once EC2 has done what is asked.
    CrashAfter,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Refused,
        Self::Denied,
        Self::Throttled,
        Self::Broken,
        Self::Reset,
        Self::Slow,
        Self::Lost,
        Self::TimedOut,
        Self::Stale,
        Self::Crash,
        Self::CrashAfter,
    ];

    /// What a specification calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Broken => "5xx",
            Self::Reset => "reset",
            Self::Slow => "slow",
            Self::Lost => "lost",
            Self::TimedOut => "timeout",
            Self::Stale => "stale",
            Self::Crash => "crash",
            Self::CrashAfter => "crash-after",
        }
    }

    /// Whether EC2 is asked at all.
    pub fn reaches_ec2(self) -> bool {
        match self {
            Self::Slow | Self::Lost | Self::Stale | Self::CrashAfter => true,
            Self::Refused
            | Self::Denied
            | Self::Throttled
            | Self::Broken
            | Self::Reset
            | Self::TimedOut
            | Self::Crash => false,
        }
    }

    /// Whether it can make a difference to a call of the action. An act tells nothing that could be old.
    pub fn befalls(self, action: &str) -> bool {
        self != Self::Stale || action.starts_with("Describe") || action == "ListCommands"
    }

    /// What EC2 answers instead of doing anything. The count tells how often the fault has befallen the action.
    pub(crate) fn answer(self, action: &str, count: u64) -> Option<ApiError> {
        match self {
            Self::Refused => Some(conflict(action, count)),
            Self::Denied if ssm::has(action) => Some(ssm::denied()),
            Self::Denied if autoscaling::has(action) => Some(autoscaling::denied()),
            Self::Denied => Some(denied()),
            Self::Throttled if ssm::has(action) => Some(ssm::throttled()),
            Self::Throttled if autoscaling::has(action) => Some(autoscaling::throttled()),
            Self::Throttled => Some(ApiError::throttled()),
            Self::Broken if ssm::has(action) => Some(ssm::broken()),
            Self::Broken if autoscaling::has(action) => Some(autoscaling::broken()),
            Self::Broken => Some(broken(count)),
            Self::Reset
            | Self::Slow
            | Self::Lost
            | Self::TimedOut
            | Self::Stale
            | Self::Crash
            | Self::CrashAfter => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn denied() -> ApiError {
    let message = "You are not authorized to perform this operation.";
    ApiError { status: 403, ..ApiError::refusal("UnauthorizedOperation", message) }
}

/// How EC2 fails, by turns.
fn broken(count: u64) -> ApiError {
    match count % 4 {
        1 => ApiError::server("InternalError", "An internal error has occurred", 500),
        2 => ApiError::server("ServiceUnavailable", "Service is unavailable. Please try again shortly.", 503),
        3 => ApiError::server(
            "InternalFailure",
            "The request processing has failed because of an unknown error.",
            500,
        ),
        _ => ApiError::server("Unavailable", "The server is overloaded and can't handle the request.", 503),
    }
}

/// How EC2 refuses the action when somebody else was faster. Tags are refused in two ways, by turns: the resource has
/// gone, and somebody tags it at this moment.
fn conflict(action: &str, count: u64) -> ApiError {
    let (code, message) = match action {
        "AttachVolume" => ("VolumeInUse", "The volume is already attached to an instance"),
        "DetachVolume" => ("IncorrectState", "The volume is in the 'available' state."),
        "AssociateAddress" => ("Resource.AlreadyAssociated", "The resource is already associated"),
        "DisassociateAddress" => ("InvalidAssociationID.NotFound", "The association ID does not exist"),
        "CreateTags" | "DeleteTags" if count.is_multiple_of(2) => {
            ("ConcurrentTagAccess", "You can't run simultaneous commands to modify a tag for a resource.")
        }
        "CreateTags" | "TerminateInstances" => {
            ("InvalidInstanceID.NotFound", "The instance ID 'i-0123456789abcdef0' does not exist")
        }
        "SendCommand" => return ssm::invalid_instance("i-0123456789abcdef0"),
        "CompleteLifecycleAction" | "RecordLifecycleActionHeartbeat" => {
            return autoscaling::no_action("instance ID", "i-0123456789abcdef0");
        }
        _ if ssm::has(action) => return ssm::denied(),
        _ if autoscaling::has(action) => return autoscaling::denied(),
        _ => return denied(),
    };
    ApiError::refusal(code, message)
}

/// What is to befall one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The fault, if any.
    pub fault: Option<Fault>,
    /// How long the call takes to reach EC2.
    pub before: TimeDelta,
    /// How long the answer takes to come back.
    pub after: TimeDelta,
}

/// Decides what befalls calls, and counts it.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    shares: Shares,
    script: BTreeMap<u64, Fault>,
    chance: Chance,
    calls: u64,
    counts: BTreeMap<(&'static str, Fault), u64>,
}

impl Faults {
    pub(crate) fn new(shares: Shares, chance: Chance) -> Self {
        Self { shares, script: BTreeMap::new(), chance, calls: 0, counts: BTreeMap::new() }
    }

    pub(crate) fn set_shares(&mut self, shares: Shares) {
        self.shares = shares;
    }

    /// From now on the n-th call, counted from 0, meets the fault of that number.
    pub(crate) fn set_script(&mut self, script: BTreeMap<u64, Fault>) {
        self.script = script;
        self.calls = 0;
    }

    pub(crate) fn fate(&mut self, action: &'static str, timing: &Timing) -> Fate {
        let scripted = self.script.get(&self.calls).copied();
        self.calls += 1;
        let fault = scripted.or_else(|| self.shares.draw(action, &mut self.chance));
        // What changes nothing has not happened.
        let is_felt =
            |fault: &Fault| fault.befalls(action) && (*fault != Fault::Stale || !timing.max_lag.is_zero());
        let fault = fault.filter(is_felt);
        if let Some(fault) = fault {
            *self.counts.entry((action, fault)).or_default() += 1;
        }
        let (mut before, after) = (self.chance.delay(timing.latency), self.chance.delay(timing.latency));
        if fault == Some(Fault::Slow) {
            before += self.chance.delay(timing.slow);
        }
        Fate { fault, before, after }
    }

    pub(crate) fn counts(&self) -> &BTreeMap<(&'static str, Fault), u64> {
        &self.counts
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }
}
