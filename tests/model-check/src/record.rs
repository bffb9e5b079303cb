//! What a look is told of drain commands, and the times that stand for what came before what.
//!
//! Only the order counts: whether a command was asked for before or after the instance was launched, and before or after
//! it got the volume.

use crate::ssm::{self, Age, Command, Status};
use crate::view::{self, LAUNCH, NOW};
use crate::world::{Link, LinkState};
use chrono::{DateTime, Utc};
use planner::command::{Command as Told, CommandStatus, Record};

/// What Systems Manager says to a look.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Answer<'a> {
    /// These commands.
    Commands(&'a [Command]),
    /// Nothing for now.
    Silence,
    /// That it will not tell.
    Denial,
}

/// The document of the policy `drain`.
pub const DOCUMENT: &str = "drain";

impl Answer<'_> {
    /// What the planner is told of the instance.
    pub fn of(self, instance: u8) -> Option<Record> {
        Some(match self {
            Self::Commands(record) => {
                Record::Commands(ssm::of(record, instance).copied().map(told).collect::<Option<_>>()?)
            }
            Self::Silence => Record::Unanswered,
            Self::Denial => Record::Refused("AccessDeniedException".to_owned()),
        })
    }
}

fn told(command: Command) -> Option<Told> {
    Some(Told {
        volumes: command.volumes.numbers().map(view::volume_id).collect::<Option<_>>()?,
        requested: view::time(requested(command)),
        status: match command.status {
            Status::InProgress => CommandStatus::InProgress,
            Status::Success => CommandStatus::Success,
            Status::Failed => CommandStatus::Failed("Failed".to_owned()),
        },
    })
}

/// When it was asked for: less than 60 s ago, or more but not so long that a failure would be forgotten.
fn requested(command: Command) -> i64 {
    let since = match command.age {
        Age::Fresh => NOW - 50,
        Age::Old => NOW - 290,
    };
    since + 2 * i64::from(command.number)
}

/// When the instance was launched.
pub fn launched(record: &[Command], n: u8, number: u8) -> DateTime<Utc> {
    let before = ssm::of(record, n).copied().find(|command| command.number == number);
    view::time(before.map_or(LAUNCH + i64::from(n), |before| requested(before) + 1))
}

/// When the attachment of the volume was asked for.
pub fn attached(record: &[Command], volume: u8, link: Link) -> DateTime<Utc> {
    let named = || ssm::of(record, link.instance).copied().filter(|command| command.volumes.has(volume));
    let before = named().find(|command| command.number == link.since);
    let after = named().find(|command| command.number > link.since).map(requested);
    let since = match (link.state, before) {
        // Not so long ago that EC2 would be stuck.
        (LinkState::Attaching, _) => NOW - 10,
        (LinkState::Attached | LinkState::Detaching, Some(before)) => requested(before) + 1,
        // Long enough for the instance to have rested.
        (LinkState::Attached | LinkState::Detaching, None) => NOW - 400,
    };
    view::time(after.map_or(since, |after| since.min(after - 1)))
}
