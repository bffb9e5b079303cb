//! What Holdfast asked and wrote for one handover, by what each look was for.

use super::Kind;
use super::course::Moments;
use super::interruption::Outcome;
use crate::ledger::{Look, Write};
use chrono::TimeDelta;
use local_ec2::Time;
use reconciler::ec2::Action;

/// Two invocations that see the same world write the same, and within this time the second one changes nothing by it.
const RACE: TimeDelta = TimeDelta::seconds(30);

/// How many calls were made, from the first notice until the slot was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Calls that changed something.
    pub writes: u64,
    /// Calls that were to change what another invocation had just changed: accepted again, or refused.
    pub raced: u64,
    /// Describe calls of the looks from which the handover's writes followed.
    pub describes: u64,
    /// Describe calls of all other looks, by what they were for.
    pub waiting: Waiting,
    /// Questions to Systems Manager.
    pub listed: u64,
}

/// Describe calls of looks from which nothing of the handover followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// To write a notice of EC2 down, or until an instance ran that could take the slot.
    pub candidate: u64,
    /// Until the holder had let go of the volume.
    pub release: u64,
    /// Until the volume was attached, to see that it is, and what other invocations saw at that time.
    pub attachment: u64,
}

impl Work {
    /// Every Describe call.
    pub fn all_describes(&self) -> u64 {
        self.describes + self.waiting.candidate + self.waiting.release + self.waiting.attachment
    }
}

/// Counts the work of an interruption.
pub(super) fn of(outcome: &Outcome) -> Work {
    let moments = outcome.course.moments();
    let (Some(first), Some(held)) = (outcome.notices.first(), moments.held) else { return Work::default() };
    // An invocation that was at work when the slot was held has to see that it is.
    let is_of_it = |looks: &&[Look]| looks.iter().any(|look| look.began >= first && look.began < held);
    let invocations = outcome.invocations.iter().map(|invocation| invocation.looks.as_slice());
    let looks: Vec<&Look> = invocations.filter(is_of_it).flatten().collect();
    let mut writes: Vec<&Write> = looks.iter().flat_map(|look| &look.writes).collect();
    writes.sort_by_key(|write| write.at);
    let asked = asked_for(outcome.kind, &moments, &writes);
    let mut work = Work::default();
    for look in looks.iter().filter(|look| look.began >= first) {
        work.listed += look.listed;
        let (new, raced): (Vec<_>, Vec<_>) = look.writes.iter().partition(|write| is_new(write, &writes));
        work.writes += count(new.len());
        work.raced += count(raced.len());
        let is_before = |moment: Option<Time>| moment.is_none_or(|moment| look.began < moment);
        let place = if new.iter().any(|write| write.action != Action::CreateTags) {
            &mut work.describes
        } else if is_before(moments.ready) {
            &mut work.waiting.candidate
        } else if is_before(moments.released) && !is_before(asked) {
            &mut work.waiting.release
        } else {
            &mut work.waiting.attachment
        };
        *place += look.describes;
    }
    work
}

/// Whether the call changed something that no other had just changed. All calls are in the order of their answers.
fn is_new(write: &Write, all: &[&Write]) -> bool {
    let mut earlier = all.iter().take_while(|other| !std::ptr::eq(**other, write));
    let is_same = |other: &&&Write| {
        other.accepted
            && (other.action, &other.subject) == (write.action, &write.subject)
            && write.at - other.at < RACE
    };
    write.accepted && !earlier.any(|other| is_same(&other))
}

/// Since when the holder has been asked to let go: by EC2 or by Holdfast.
fn asked_for(kind: Kind, moments: &Moments, writes: &[&Write]) -> Option<Time> {
    let asks = |action: Action| matches!(action, Action::SendCommand | Action::TerminateInstances);
    let asked =
        writes.iter().filter(|write| write.accepted && asks(write.action)).map(|write| write.at).min();
    match kind {
        // Its end is awaited from the beginning.
        Kind::OnRelease => Some(Time::MIN_UTC),
        Kind::Drain | Kind::Terminate | Kind::FailingDrain => asked.into_iter().chain(moments.ending).min(),
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
