//! The policy `drain`: has a holder that is about to go unmount the slot's volumes, and takes off only what was proven to
//! be unmounted.
//!
//! Where that does not work, the slot is handed over as with `on-release`.

use crate::command::{self, Progress, progress};
use crate::draft::Draft;
use crate::finding::Finding;
use crate::handover::{self, Obstacle};
use crate::observation::{Attachment, AttachmentState, Health, Instance, Volume};
use crate::plan::Step;
use crate::readiness;
use crate::scene::Scene;
use crate::slot::Slot;
use crate::tags::Policy;
use crate::view::View;
use chrono::{DateTime, TimeDelta, Utc};

/// From the warning to the interruption (EC2 user guide, "Spot Instance interruption notices").
const NOTICE: TimeDelta = TimeDelta::minutes(2);
/// What has to be left of it for a drain to end in time, in seconds: the volume is then clean, whoever comes to take it.
const LAST_SECONDS: i64 = 45;

/// What is to be done about volumes that are to come off an instance.
enum Turn {
    /// They may be detached.
    Detach,
    /// The document is to be run.
    Drain(Step),
    /// Somebody has to be there to take them.
    AwaitCandidate,
    /// Something else comes first, which the draft has been told.
    Wait,
}

impl Turn {
    /// Tells the draft that the instance is not to end before.
    fn tell(&self, on: &Instance, draft: &mut Draft) {
        match self {
            Self::Detach | Self::Drain(_) | Self::Wait => draft.leave(&on.id),
            Self::AwaitCandidate => {}
        }
    }
}

/// What keeps the slot on its holder although the policy would have it drained.
pub(crate) fn obstacle(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> Option<Obstacle> {
    let here: Vec<&Volume> = settled_on(slot, holder).collect();
    // Without a document there is nothing to do, which a notice says.
    let Some(step) = drain_step(&here, holder, view) else { return Some(Obstacle::Policy) };
    // One that need not go gets all of the slot first: whoever sees it without a candidate may be at that, and a volume that
    // arrives when the first has left would split the slot.
    let is_whole = slot.volumes.len() == here.len();
    if holder.health() == Health::Recommended && !is_whole {
        return Some(Obstacle::Policy);
    }
    let memory = &view.observation.memory;
    let straggler =
        readiness::straggler(slot, holder, view).map(|volume| format!("{} could not follow", volume.id));
    let refused = || memory.failure_of(&step).map(|failure| failure.reason.clone());
    let failed = || here.iter().find_map(|volume| progress_on(volume, holder, view).failure());
    if let Some(reason) = straggler.or_else(refused).or_else(failed) {
        let instance = holder.id.clone();
        return Some(Obstacle::Told(Finding::NotDrained { instance, reason }));
    }
    let kept = here.iter().find_map(|volume| memory.failure_of(&detach(volume, holder)));
    kept.map(|failure| Obstacle::Told(failure.finding()))
}

fn settled_on<'v>(slot: &Slot<'v>, instance: &Instance) -> impl Iterator<Item = &'v Volume> {
    let here = |volume: &&Volume| volume.settled_on() == Some(&instance.id);
    slot.volumes.iter().copied().filter(here)
}

/// Whether the slot may leave the instance, which runs with this volume of it, for another one, though nobody else has
/// released that.
pub(crate) fn may_come_off(
    volume: &Volume,
    on: &Instance,
    to: &Instance,
    slot: &Slot<'_>,
    view: &View<'_>,
) -> bool {
    // Nothing is won by moving from one that may go to another.
    let is_better = on.health() != Health::Recommended || to.health() == Health::Healthy;
    is_better
        && slot.policy(view.observation) == Policy::Drain
        && handover::is_called_for(slot, on, view)
        && drain_step(&[volume], on, view).is_some_and(|step| {
            let memory = &view.observation.memory;
            memory.failure_of(&step).is_none() && memory.failure_of(&detach(volume, on)).is_none()
        })
        && progress_on(volume, on, view).failure().is_none()
}

/// How far the drain is of a volume that is being detached from an instance which runs. None: nobody drains it.
pub(crate) fn of_detaching<'a>(
    volume: &Volume,
    from: &Instance,
    slot: &Slot<'_>,
    view: &View<'a>,
) -> Option<Progress<'a>> {
    let is_ours = slot.policy(view.observation) == Policy::Drain && view.observation.drain_document.is_some();
    // `Busy` says that something there still holds it, whatever the record says.
    let is_going = volume.attachment().is_some_and(|own| own.state == AttachmentState::Detaching);
    (is_ours && is_going).then(|| progress_on(volume, from, view))
}

fn attachment_to<'v>(volume: &'v Volume, instance: &Instance) -> Option<&'v Attachment> {
    volume.attachment().filter(|attachment| attachment.instance == instance.id)
}

fn progress_on<'a>(volume: &Volume, on: &Instance, view: &View<'a>) -> Progress<'a> {
    attachment_to(volume, on).map_or(Progress::NotBegun, |own| progress(volume, own, on, view.observation))
}

/// The step that drains the volumes; none where there is no document for it.
fn drain_step(volumes: &[&Volume], on: &Instance, view: &View<'_>) -> Option<Step> {
    let document = view.observation.drain_document.clone()?;
    let volumes = volumes.iter().map(|volume| volume.id.clone()).collect();
    Some(Step::DrainVolumes { instance: on.id.clone(), volumes, document })
}

impl Scene<'_, '_> {
    /// Has the holder, which has the first volume, unmount what it has of the slot, and takes it off.
    pub(crate) fn drain(&self, holder: &Instance, draft: &mut Draft) {
        let here: Vec<&Volume> = settled_on(self.slot, holder).collect();
        let turn = self.turn(&here, holder, draft);
        turn.tell(holder, draft);
        match turn {
            Turn::Detach if !self.is_left_alone(&here, holder) => draft.await_transition(),
            Turn::Detach => {
                let mut detachments = here.iter().map(|volume| detach(volume, holder));
                draft.lead = detachments.next();
                draft.follow.extend(detachments.map(|step| vec![step]));
            }
            Turn::Drain(step) => draft.lead = Some(step),
            // One that need not go waits for nobody.
            Turn::AwaitCandidate if holder.health() != Health::Recommended => draft.await_candidate(),
            Turn::AwaitCandidate | Turn::Wait => {}
        }
    }

    /// Whether nobody can be about to attach another volume of the slot to the holder, which would come when the first has left.
    ///
    /// Whoever looked while one was not there yet has acted by now; and whoever looks from now on sees that the holder goes.
    fn is_left_alone(&self, here: &[&Volume], holder: &Instance) -> bool {
        let observation = self.view.observation;
        let each = |is_so: &dyn Fn(&Volume, &Attachment) -> bool| {
            here.iter().all(|volume| attachment_to(volume, holder).is_some_and(|own| is_so(volume, own)))
        };
        let for_long = |attachment: &Attachment| {
            let age = attachment.since.map(|since| (observation.began - since).num_seconds());
            age.is_some_and(|age| age >= command::SETTLED_SECONDS)
        };
        let is_whole = here.len() == self.slot.volumes.len() && each(&|_, own| for_long(own));
        let seconds = if is_whole { command::SHOWN_SECONDS } else { command::SETTLED_SECONDS };
        let is_proven = |volume: &Volume, own: &Attachment| {
            command::is_proven_for(seconds, volume, own, holder, observation)
        };
        self.slot.volumes.len() == 1 || each(&is_proven)
    }

    /// Whether what is missing of the slot on the holder, which need not go, is to be left where it is for now: a drain may be
    /// going on, or its end may not show yet in each of EC2's answers.
    pub(crate) fn may_be_draining(&self, holder: &Instance, draft: &mut Draft) -> bool {
        let observation = self.view.observation;
        let here: Vec<&Volume> = settled_on(self.slot, holder).collect();
        if self.slot.policy(observation) != Policy::Drain
            || observation.drain_document.is_none()
            || here.len() == self.slot.volumes.len()
        {
            return false;
        }
        if !observation.records.contains_key(&holder.id) {
            draft.ask(&holder.id);
            return true;
        }
        let is_recent = here.iter().any(|volume| {
            attachment_to(volume, holder)
                .is_some_and(|own| command::is_recent(volume, own, holder, observation))
        });
        if is_recent {
            draft.await_transition();
        }
        is_recent
    }

    /// The same for the other volumes, when the first one has left the instance already.
    pub(crate) fn drain_the_others(&self, from: &Instance, draft: &mut Draft) {
        let here: Vec<&Volume> = settled_on(self.slot, from).collect();
        let turn = self.turn(&here, from, draft);
        turn.tell(from, draft);
        match turn {
            Turn::Detach => {
                draft.follow.extend(here.iter().map(|volume| vec![detach(volume, from)]));
            }
            Turn::Drain(step) => draft.follow.push(vec![step]),
            Turn::AwaitCandidate | Turn::Wait => {}
        }
    }

    fn turn(&self, volumes: &[&Volume], on: &Instance, draft: &mut Draft) -> Turn {
        let observation = self.view.observation;
        // Without a document there is nothing to do, which a notice says.
        let Some(step) = drain_step(volumes, on, self.view) else { return Turn::Wait };
        if self.given.is_none() && !is_time_short(on, observation.began) {
            draft.leave(&on.id);
            return Turn::AwaitCandidate;
        }
        let states: Vec<Progress<'_>> =
            volumes.iter().map(|volume| progress_on(volume, on, self.view)).collect();
        let some = |state: Progress<'_>| states.contains(&state);
        if some(Progress::Unasked) {
            draft.ask(&on.id);
        } else if some(Progress::Unanswered) || !volumes.iter().all(|volume| volume.is_attached()) {
            draft.await_transition();
        } else if self.given.is_some() && states.iter().all(|state| *state == Progress::Proven) {
            return Turn::Detach;
        } else if self.given.is_none()
            && states.iter().all(|state| matches!(state, Progress::Proven | Progress::Drained))
        {
            draft.findings.push(Finding::Drained { instance: on.id.clone() });
            return Turn::AwaitCandidate;
        } else if some(Progress::Running) || observation.memory.is_sent(&on.id, observation) {
            draft.await_transition();
        } else if observation.memory.unmarked.contains(&on.id) && !is_seen_to_go(on) {
            // Nothing in EC2 would tell the next function why the volumes are unmounted, and it would call the slot held.
            return Turn::AwaitCandidate;
        } else {
            return Turn::Drain(step);
        }
        Turn::Wait
    }
}

/// Whether EC2 itself says that the instance is about to go, whatever its mark.
fn is_seen_to_go(instance: &Instance) -> bool {
    instance.doomed.is_some() || instance.is_leaving_its_group()
}

fn detach(volume: &Volume, from: &Instance) -> Step {
    Step::DetachVolume { volume: volume.id.clone(), instance: from.id.clone() }
}

/// Whether so little is left of the two minutes that a drain must begin, for whoever comes later. Only the mark tells
/// when they began; an instance that a person had drained, or that its group keeps for one, need not go at all, and one that its
/// group is about to terminate without a mark may have waited for long. A group that keeps an instance waiting is given as much
/// time as EC2 gives.
pub(crate) fn is_time_short(holder: &Instance, now: DateTime<Utc>) -> bool {
    if !holder.is_sure_to_go() {
        return false;
    }
    let left = holder.notice().map(|since| since + NOTICE - now);
    left.map_or(holder.is_leaving_its_group(), |left| left < TimeDelta::seconds(LAST_SECONDS))
}
