//! The course of a slot in one invocation: how it stood at first, where it is, how long its handover took.
//!
//! For the report, metrics and notifications. Nothing is decided by it.

use crate::execute::{Done, Effect};
use crate::report::Before;
use chrono::{DateTime, TimeDelta, Utc};
use planner::ids::{InstanceId, SlotName, VolumeId, Zone};
use planner::observation::{Instance, InstanceState, Observation, Volume};
use planner::plan::{Plan, Step};
use planner::tags::DrainingReason;
use std::collections::BTreeMap;

/// The courses of a fleet's slots.
#[derive(Debug, Default)]
pub(crate) struct Courses(BTreeMap<SlotName, Course>);

/// The course of one slot.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// How it stood at the first look.
    pub(crate) before: Option<Before>,
    /// The zone of its volumes.
    pub(crate) zone: Option<Zone>,
    /// When the holder's attachment of the first volume was asked for.
    pub(crate) since: Option<DateTime<Utc>>,
    /// How long the handover took that this invocation ended.
    pub(crate) handover: Option<TimeDelta>,
    first_volume: Option<VolumeId>,
    /// The earliest sign that the holder was about to go.
    lost: Option<DateTime<Utc>>,
}

impl Courses {
    /// Follows the slots through a look.
    pub(crate) fn look(&mut self, seen: &Observation, plan: &Plan) {
        for slot in &plan.slots {
            let volumes = seen.volumes.iter().filter(|volume| volume.tags.slot == slot.slot);
            let first = volumes.min_by_key(|volume| &volume.id);
            let course = self.0.entry(slot.slot.clone()).or_default();
            course.before.get_or_insert_with(|| Before { state: slot.state, holder: slot.holder.clone() });
            course.first_volume = first.map(|volume| volume.id.clone());
            course.zone = first.map(|volume| volume.zone.clone());
            course.since = first.and_then(|volume| since(volume, slot.holder.as_ref()?));
            let sign = match &slot.holder {
                Some(holder) => sign(seen, holder),
                // Whose the volume was is not known any more, unless there is but one slot.
                None if plan.slots.len() == 1 => last_interruption(seen),
                None => None,
            };
            course.lost = [course.lost, sign].into_iter().flatten().min();
        }
    }

    /// Follows a slot through a step.
    pub(crate) fn step(&mut self, done: &Done) {
        let course = done.slot.as_ref().and_then(|slot| self.0.get_mut(slot));
        let (Some(course), Step::AttachVolume { volume, .. }, Effect::Done(at)) =
            (course, &done.step, &done.effect)
        else {
            return;
        };
        if course.first_volume.as_ref() == Some(volume) {
            course.handover =
                course.lost.take().map(|lost| *at - lost).filter(|took| *took > TimeDelta::zero());
        }
    }

    /// What became of the slot.
    pub(crate) fn take(&mut self, slot: &SlotName) -> Course {
        self.0.remove(slot).unwrap_or_default()
    }
}

fn since(volume: &Volume, holder: &InstanceId) -> Option<DateTime<Utc>> {
    volume.attachments.iter().find(|attachment| attachment.instance == *holder)?.since
}

/// Since when the holder is known to be about to go: since its mark says so, else since this look, if at all. A
/// recommendation is no such sign, for it may never come true.
fn sign(seen: &Observation, holder: &InstanceId) -> Option<DateTime<Utc>> {
    let Some(holder) = seen.instance(holder) else { return Some(seen.began) };
    let mark = holder.mark().filter(|mark| mark.reason != DrainingReason::RebalanceRecommendation);
    match (mark, holder.state) {
        (Some(mark), _) => Some(mark.since.unwrap_or(seen.began)),
        (None, InstanceState::Running) => holder.is_sure_to_go().then_some(seen.began),
        (None, InstanceState::Pending) => None,
        (
            None,
            InstanceState::Stopping
            | InstanceState::Stopped
            | InstanceState::ShuttingDown
            | InstanceState::Terminated,
        ) => Some(seen.began),
    }
}

/// When the last interruption was announced of those that have come true.
fn last_interruption(seen: &Observation) -> Option<DateTime<Utc>> {
    let ended = seen.instances.iter().filter(|instance| {
        matches!(
            instance.state,
            InstanceState::Stopped | InstanceState::ShuttingDown | InstanceState::Terminated
        )
    });
    ended.filter_map(Instance::notice).max()
}
