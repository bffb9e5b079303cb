//! What Holdfast asked and wrote for one handover, by what each look was for.
//!
//! A handover is what one notice calls for and one invocation does. What a second notice, or another invocation that was at
//! it at the same time, adds to that is counted beside.

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
    /// Marks that wrote down a second notice of EC2 about the holder.
    pub marks: u64,
    /// Describe calls of the looks from which the handover's writes followed.
    pub describes: u64,
    /// Describe calls of looks of which the same is true, while another invocation was at the same.
    pub raced_describes: u64,
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
        let Waiting { candidate, release, attachment } = self.waiting;
        self.describes + self.raced_describes + candidate + release + attachment
    }
}

/// Counts the work of an interruption.
pub(super) fn of(outcome: &Outcome) -> Work {
    let moments = outcome.course.moments();
    let (Some(first), Some(held)) = (outcome.notices.first(), moments.held) else { return Work::default() };
    // An invocation that was at work when the slot was held has to see that it is.
    let is_of_it = |looks: &&[Look]| looks.iter().any(|look| look.began >= first && look.began < held);
    let invocations = outcome.invocations.iter().map(|invocation| invocation.looks.as_slice());
    let looks = invocations.filter(is_of_it).enumerate().flat_map(|(number, looks)| {
        let after_the_notice = looks.iter().filter(|look| look.began >= first);
        after_the_notice.map(move |look| (number, look))
    });
    let mut looks: Vec<(usize, &Look)> = looks.collect();
    looks.sort_by_key(|(_, look)| look.began);
    let mut writes: Vec<&Write> = looks.iter().flat_map(|(_, look)| &look.writes).collect();
    writes.sort_by_key(|write| write.at);
    let asked = asked_for(outcome.kind, &moments, &writes);
    let (mut work, mut acted) = (Work::default(), Vec::<(usize, &Look)>::new());
    for (invocation, look) in looks {
        work.listed += look.listed;
        let mut acts = false;
        for write in &look.writes {
            let standing = standing(write, &writes);
            *match standing {
                Standing::Needed => &mut work.writes,
                Standing::Raced => &mut work.raced,
                Standing::SecondMark => &mut work.marks,
            } += 1;
            acts |= standing == Standing::Needed && write.action != Action::CreateTags;
        }
        let is_raced =
            acted.iter().any(|(other, earlier)| *other != invocation && ended(earlier) > look.began);
        let is_before = |moment: Option<Time>| moment.is_none_or(|moment| look.began < moment);
        *if acts && is_raced {
            &mut work.raced_describes
        } else if acts {
            acted.push((invocation, look));
            &mut work.describes
        } else if is_before(moments.ready) {
            &mut work.waiting.candidate
        } else if is_before(moments.released) && !is_before(asked) {
            &mut work.waiting.release
        } else {
            &mut work.waiting.attachment
        } += look.describes;
    }
    work
}

/// What a write was to the handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It changed something.
    Needed,
    /// It did not, or not any more.
    Raced,
    /// It wrote a second notice down.
    SecondMark,
}

/// What the write was. All calls are in the order of their answers.
fn standing(write: &Write, all: &[&Write]) -> Standing {
    let earlier = all.iter().take_while(|other| !std::ptr::eq(**other, write));
    let mut same = earlier
        .filter(|other| other.accepted && (other.action, &other.subject) == (write.action, &write.subject));
    if !write.accepted {
        Standing::Raced
    } else if write.action == Action::CreateTags && same.clone().next().is_some() {
        Standing::SecondMark
    } else if same.any(|other| write.at - other.at < RACE) {
        Standing::Raced
    } else {
        Standing::Needed
    }
}

/// When the last write of the look was answered.
fn ended(look: &Look) -> Time {
    look.writes.iter().map(|write| write.at).max().unwrap_or(look.began)
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
