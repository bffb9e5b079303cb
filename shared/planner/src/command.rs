//! Drain commands: what AWS Systems Manager has on record of the drain document, and what that proves.
//!
//! Whatever was sent is read from there and from nowhere else, so that a function that crashed has lost nothing.

use crate::ids::VolumeId;
use crate::memory::STALE_SECONDS;
use crate::observation::{Attachment, Instance, Observation, Volume};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// For how long a success proves something, in seconds from its request: whoever is on the instance may mount again.
const PROOF_SECONDS: i64 = 60;
/// By how much the clocks of Systems Manager, EC2 and the functions may differ, in seconds.
const CLOCK_SECONDS: i64 = 2;
/// After how long EC2's answers show what was there when the command was asked for, in seconds.
pub(crate) const SHOWN_SECONDS: i64 = STALE_SECONDS + CLOCK_SECONDS;
/// After how long no look is still acted on that did not show something, in seconds: an answer is as old as EC2's are at
/// most, a look is acted on for as long, and an act lands within three seconds.
pub(crate) const SETTLED_SECONDS: i64 = 2 * STALE_SECONDS + 3 + CLOCK_SECONDS;
/// For how long a failure keeps Holdfast from sending the command again, in seconds. Each one stops the service, and within
/// the two minutes of an interruption what held the volume will hold it again.
const RETRY_SECONDS: i64 = 300;
/// How far back the record matters, in seconds. A holder that was drained long ago without anybody to take over is drained
/// anew after that.
pub const RECORD_SECONDS: i64 = 3600;
/// For how long Systems Manager tries to hand a command to the instance, in seconds: the least that it allows (Systems
/// Manager API reference, `SendCommand`, `TimeoutSeconds`).
pub const DELIVERY_SECONDS: i64 = 30;

/// What Systems Manager said when it was asked for the commands of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The commands of the drain document.
    Commands(Vec<Command>),
    /// Nothing for now: it is to be asked again.
    Unanswered,
    /// That it will not tell, and why.
    Refused(String),
}

/// A command: the drain document, sent to this one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The volumes that it names.
    pub volumes: BTreeSet<VolumeId>,
    /// When it was asked for.
    pub requested: DateTime<Utc>,
    /// How far it is.
    pub status: CommandStatus,
}

/// How far a command is (Systems Manager user guide, "Understanding command statuses"). Of two that ended at once, the
/// later one here counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandStatus {
    /// On its way, or running.
    InProgress,
    /// The document ran to its end, and each of its steps ended well.
    Success,
    /// It did not, for this reason; also a status that Holdfast does not know.
    Failed(String),
}

/// What the record says of one volume on the instance that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress<'a> {
    /// Nobody has asked for the record yet.
    Unasked,
    /// The record could not be had just now.
    Unanswered,
    /// Nothing that still counts.
    NotBegun,
    /// A command that names the volume is on its way, or running.
    Running,
    /// It was unmounted, too long ago to be detached on the strength of that.
    Drained,
    /// It was unmounted a moment ago: it may be detached.
    Proven,
    /// It could not be unmounted, or the record may not be read.
    Failed(&'a str),
}

/// What the record says of the volume, which has this attachment to the instance.
pub(crate) fn progress<'a>(
    volume: &Volume,
    attachment: &Attachment,
    instance: &Instance,
    observation: &'a Observation,
) -> Progress<'a> {
    let commands = match observation.records.get(&instance.id) {
        None => return Progress::Unasked,
        Some(Record::Unanswered) => return Progress::Unanswered,
        Some(Record::Refused(reason)) => return Progress::Failed(reason),
        Some(Record::Commands(commands)) => commands,
    };
    let counts = |command: &&Command| counts(command, volume, attachment, instance);
    let ended = |command: &&Command| command.status != CommandStatus::InProgress;
    let ended_ones = commands.iter().filter(counts).filter(ended);
    let last = ended_ones.max_by_key(|command| (command.requested, &command.status));
    let is_running = commands.iter().filter(counts).any(|command| !ended(&command));
    match last.map(|last| (&last.status, age(last, observation))) {
        // One from the future says that the clock here is wrong.
        Some((CommandStatus::Success, seconds)) if (-STALE_SECONDS..PROOF_SECONDS).contains(&seconds) => {
            Progress::Proven
        }
        _ if is_running => Progress::Running,
        Some((CommandStatus::Success, _)) => Progress::Drained,
        Some((CommandStatus::Failed(reason), seconds)) if seconds < RETRY_SECONDS => Progress::Failed(reason),
        Some((CommandStatus::Failed(_) | CommandStatus::InProgress, _)) | None => Progress::NotBegun,
    }
}

/// Whether the volume was unmounted by a command that is at least so many seconds old, and still proves it.
pub(crate) fn is_proven_for(
    seconds: i64,
    volume: &Volume,
    attachment: &Attachment,
    instance: &Instance,
    observation: &Observation,
) -> bool {
    let Some(Record::Commands(commands)) = observation.records.get(&instance.id) else { return false };
    let mut own = commands.iter().filter(|command| counts(command, volume, attachment, instance));
    own.any(|command| {
        command.status == CommandStatus::Success
            && (seconds..PROOF_SECONDS).contains(&age(command, observation))
    })
}

/// Whether a drain of the volume may be going on, or may have ended so recently that EC2's answers do not show yet what came
/// of it.
pub(crate) fn is_recent(
    volume: &Volume,
    attachment: &Attachment,
    instance: &Instance,
    observation: &Observation,
) -> bool {
    let commands = match observation.records.get(&instance.id) {
        Some(Record::Commands(commands)) => commands,
        None | Some(Record::Unanswered) => return true,
        Some(Record::Refused(_)) => return false,
    };
    let mut own = commands.iter().filter(|command| counts(command, volume, attachment, instance));
    own.any(|command| match command.status {
        CommandStatus::InProgress => true,
        CommandStatus::Success => age(command, observation) < PROOF_SECONDS + SETTLED_SECONDS,
        CommandStatus::Failed(_) => false,
    })
}

/// Whether the command says anything of now: one that was asked for before the volume came, or in an earlier run of the
/// instance, does not.
fn counts(command: &Command, volume: &Volume, attachment: &Attachment, instance: &Instance) -> bool {
    command.volumes.contains(&volume.id)
        && attachment.since.is_some_and(|since| command.requested > since)
        && command.requested > instance.launched
}

/// How long ago it was asked for, in seconds.
fn age(command: &Command, observation: &Observation) -> i64 {
    (observation.began - command.requested).num_seconds()
}

impl Progress<'_> {
    /// Why it could not be unmounted, if it could not.
    pub(crate) fn failure(self) -> Option<String> {
        match self {
            Self::Failed(reason) => Some(reason.to_owned()),
            Self::Unasked
            | Self::Unanswered
            | Self::NotBegun
            | Self::Running
            | Self::Drained
            | Self::Proven => None,
        }
    }
}
