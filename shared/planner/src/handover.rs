//! Handover: what a policy does while the holder is about to go and still runs.
//!
//! Whatever happens here is an addition to `on-release`, which needs nothing: EC2 releases the volume in the end.

use crate::checks;
use crate::draft::Draft;
use crate::drain;
use crate::finding::Finding;
use crate::lifecycle::LifecycleState;
use crate::matching::Rank;
use crate::memory::Failure;
use crate::observation::{Health, Instance};
use crate::plan::Step;
use crate::readiness;
use crate::scene::Scene;
use crate::slot::Slot;
use crate::tags::Policy;
use crate::view::View;

/// For how long, in seconds, an instance keeps a slot that it has just got, though EC2 recommends to replace it. A
/// recommendation may come for every instance of a type that runs short, and a handover for each would be thrash.
const REST_SECONDS: i64 = 300;

/// How soon the slot can use another instance while its holder runs; none while it stays where it is. What reserves an
/// instance and then does nothing with it would make another slot wait for nothing.
pub(crate) fn rank(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> Option<Rank> {
    let obstacle = obstacle(slot, holder, view);
    let leaves = match obstacle {
        None => true,
        Some(Obstacle::Group) => holder.is_sure_to_go(),
        Some(Obstacle::Policy | Obstacle::Told(_)) => false,
    };
    match holder.health() {
        Health::Draining(_) if leaves => Some(Rank::Leaving),
        Health::Draining(_) => Some(Rank::Draining),
        Health::Recommended if has_rested(slot, view) => obstacle.is_none().then_some(Rank::Recommended),
        Health::Recommended | Health::Healthy | Health::NotRunning => None,
    }
}

/// Whether the holder, which runs, is about to go, or EC2 recommends to replace it and it has had the slot for a while.
pub(crate) fn is_called_for(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> bool {
    match holder.health() {
        Health::Draining(_) => true,
        Health::Recommended => has_rested(slot, view),
        Health::Healthy | Health::NotRunning => false,
    }
}

/// What keeps the slot on its holder while that runs.
pub(crate) enum Obstacle {
    /// The policy: it waits until the holder goes.
    Policy,
    /// Its Auto Scaling group: that ends the holder by itself, and may have it wait for others before, or keep it after all.
    Group,
    /// What a person should know.
    Told(Finding),
}

fn obstacle(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> Option<Obstacle> {
    if let Some(finding) = checks::first_device(slot, view) {
        return Some(Obstacle::Told(finding));
    }
    match slot.policy(view.observation) {
        Policy::OnRelease => Some(Obstacle::Policy),
        Policy::Drain => drain::obstacle(slot, holder, view),
        Policy::Terminate if is_left_to_its_group(holder) => Some(Obstacle::Group),
        Policy::Terminate => {
            let instance = holder.id.clone();
            let terminate = Step::TerminateInstance { instance: instance.clone() };
            let spared = reason_to_spare(slot, holder, view);
            let spared = spared.map(|reason| Finding::NotTerminated { instance, reason });
            let refused = || view.observation.memory.failure_of(&terminate).map(Failure::finding);
            spared.or_else(refused).map(Obstacle::Told)
        }
    }
}

/// Whether the holder's Auto Scaling group ends it by itself, or may be about to: where that did not tell, or an answer is stale.
fn is_left_to_its_group(holder: &Instance) -> bool {
    let Some(state) = &holder.lifecycle else { return false };
    state.is_unknown() || holder.is_leaving_its_group() || holder.is_announced_by_its_group()
}

fn has_rested(slot: &Slot<'_>, view: &View<'_>) -> bool {
    let attachment = slot.first_volume().and_then(|first| first.attachment());
    let since = attachment.and_then(|attachment| attachment.since);
    since.is_none_or(|since| (view.observation.began - since).num_seconds() > REST_SECONDS)
}

impl Scene<'_, '_> {
    /// Does what the policy asks for while the holder still runs and is about to go.
    pub(crate) fn hand_over(&self, holder: &Instance, draft: &mut Draft) {
        match obstacle(self.slot, holder, self.view) {
            Some(Obstacle::Told(finding)) => draft.tell_once(finding),
            None if self.slot.policy(self.view.observation) == Policy::Drain => self.drain(holder, draft),
            // The holder's own shutdown unmounts what it has.
            None if self.given.is_some() => {
                draft.lead = Some(Step::TerminateInstance { instance: holder.id.clone() });
            }
            // It may be that it is to be terminated, as soon as that is known.
            Some(Obstacle::Group)
                if holder.lifecycle.as_ref().is_some_and(LifecycleState::is_unknown)
                    && self.view.observation.refusals.is_empty() =>
            {
                draft.await_transition();
            }
            None | Some(Obstacle::Group)
                if self.given.is_none() && holder.health() != Health::Recommended =>
            {
                draft.await_candidate();
                if !drain::is_time_short(holder, self.view.observation.began) {
                    draft.leave(&holder.id);
                }
            }
            Some(Obstacle::Policy | Obstacle::Group) | None => {}
        }
    }
}

/// Why the holder must not be ended early, though it is about to go.
fn reason_to_spare(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> Option<String> {
    let on_holder = |volume: &&&crate::observation::Volume| volume.settled_on() == Some(&holder.id);
    let doomed = slot
        .volumes
        .iter()
        .filter(on_holder)
        .find(|volume| volume.attachment().is_some_and(|attachment| attachment.delete_on_termination));
    if let Some(volume) = doomed {
        return Some(format!("EC2 would delete {} with it (DeleteOnTermination)", volume.id));
    }
    if let Some(other) = view.occupancy.other_by_volume(slot.name, &holder.id) {
        return Some(format!("it has a volume of the slot {other}"));
    }
    let mut neighbours = view.observation.addresses.iter().filter(|address| {
        let on = address.spot(view.observation).instance();
        address.tags.slot != *slot.name && on.is_some_and(|on| on.id == holder.id)
    });
    if let Some(left_alone) = neighbours.find(|address| !view.is_open(&address.tags.slot)) {
        return Some(format!("it has {} of a slot that is not to be touched", left_alone.allocation));
    }
    // Whose they are and whether EC2 deletes them with the instance is not seen here, so each is in the way.
    let foreign = holder.devices.iter().find(|device| {
        let is_root = holder.root_device.as_ref().is_some_and(|root| root.is_same_device(&device.device));
        !is_root && slot.volumes.iter().all(|own| own.id != device.volume)
    });
    if let Some(device) = foreign {
        return Some(format!("it has {}, which is not of this slot", device.volume));
    }
    if !view.observation.rival_fleets(holder).is_empty() {
        return Some("several managed fleets claim it".to_owned());
    }
    let straggler = readiness::straggler(slot, holder, view);
    straggler.map(|volume| format!("{} could not follow", volume.id))
}
