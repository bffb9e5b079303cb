//! How EC2 stood at one time: the fleet's instances, and who has the volume and the address.

use planner::observation::{AttachmentState, InstanceState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// An instance, by the order in which the fleet launched it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name(usize);

/// How EC2 stood at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scene {
    /// The fleet's instances.
    pub instances: BTreeMap<Name, Member>,
    /// Where the volume is attached, completely or not.
    pub volume: Option<Seat>,
    /// Where the address points.
    pub address: Option<Name>,
}

/// An instance of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its state.
    #[serde(with = "Phase")]
    pub state: InstanceState,
    /// What its tag `holdfast:draining` says.
    pub draining: Option<Reason>,
}

/// Why an instance is marked as draining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// EC2 recommended to replace it: it may go.
    Recommendation,
    /// EC2 warned that it takes it.
    Warning,
    /// Somebody wished so.
    Other,
}

/// A volume's attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// To which instance.
    pub instance: Name,
    /// How far it is.
    #[serde(with = "Progress")]
    pub state: AttachmentState,
    /// Whether a drain has begun to stop what uses it there. Nobody is served from it then.
    pub drained: bool,
}

/// How the planner's state of an instance is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "InstanceState")]
enum Phase {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

/// How the planner's state of an attachment is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "AttachmentState")]
enum Progress {
    Attaching,
    Attached,
    Detaching,
    Busy,
}

impl Name {
    /// That of the first one has the number 0.
    pub const fn of(number: usize) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> usize {
        self.0
    }
}

impl fmt::Display for Name {
    /// `A` for the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = u8::try_from(self.0).ok().and_then(|number| b'A'.checked_add(number));
        write!(f, "{}", letter.filter(u8::is_ascii_uppercase).map_or('?', char::from))
    }
}

impl Reason {
    /// From the tag's value, which begins with the reason.
    pub fn read(value: &str) -> Self {
        match value.split_once(' ') {
            Some(("rebalance-recommendation", _)) => Self::Recommendation,
            Some(("spot-interruption-warning", _)) => Self::Warning,
            Some(_) | None => Self::Other,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Recommendation => "EC2's recommendation",
            Self::Warning => "EC2's warning",
            Self::Other => "a reason of somebody's",
        }
    }
}

impl Scene {
    /// Whether the instance runs.
    pub fn runs(&self, name: Name) -> bool {
        self.instances.get(&name).is_some_and(|member| member.state == InstanceState::Running)
    }

    /// The instance that runs and has the volume attached, for use.
    pub fn has_volume(&self) -> Option<Name> {
        let seat = self.volume.filter(|seat| seat.state == AttachmentState::Attached && !seat.drained)?;
        self.runs(seat.instance).then_some(seat.instance)
    }

    /// The instance that runs and has the address.
    pub fn has_address(&self) -> Option<Name> {
        self.address.filter(|name| self.runs(*name))
    }

    /// The instance that can serve: it runs, and has both.
    pub fn serves(&self) -> Option<Name> {
        self.has_volume().filter(|name| self.has_address() == Some(*name))
    }
}

/// What is different, in words.
pub(crate) fn changes(before: &Scene, after: &Scene) -> Vec<String> {
    let mut told = Vec::new();
    for (name, member) in &after.instances {
        let old = before.instances.get(name);
        if old.is_none_or(|old| old.state != member.state) {
            told.push(format!("{name} is {}", member.state));
        }
        if let Some(reason) =
            member.draining.filter(|_| old.is_none_or(|old| old.draining != member.draining))
        {
            told.push(format!("{name} is marked as draining, for {}", reason.in_words()));
        }
    }
    if before.volume != after.volume {
        told.push(match (before.volume, after.volume) {
            (_, Some(Seat { instance, drained: true, state: AttachmentState::Attached })) => {
                format!("the volume is being drained on {instance}")
            }
            (_, Some(Seat { instance, state, .. })) => format!("the volume is {} {instance}", toward(state)),
            (_, None) => "the volume is free".to_owned(),
        });
    }
    if before.address != after.address {
        told.push(match after.address {
            Some(name) => format!("the address points to {name}"),
            None => "the address points nowhere".to_owned(),
        });
    }
    told
}

fn toward(state: AttachmentState) -> &'static str {
    match state {
        AttachmentState::Attaching => "being attached to",
        AttachmentState::Attached => "attached to",
        AttachmentState::Detaching => "being detached from",
        AttachmentState::Busy => "held up by",
    }
}
