//! Handover: what a policy does while the holder is about to go and still runs.
//!
//! Whatever happens here is an addition to `on-release`, which needs nothing: EC2 releases the volume in the end.

use crate::draft::Draft;
use crate::drain;
use crate::finding::Finding;
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

/// Whether the slot is to leave its holder, which runs: it is about to go, or EC2 recommends to replace it and the
/// policy does not wait until it goes.
pub(crate) fn is_called_for(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> bool {
    match holder.health() {
        Health::Draining(_) => true,
        Health::Recommended => match slot.policy(view.observation) {
            Policy::OnRelease => false,
            Policy::Drain | Policy::Terminate => has_rested(slot, view),
        },
        Health::Healthy | Health::NotRunning => false,
    }
}

/// Whether the policy does something about a holder that is about to go, so that the slot can use a candidate at once.
pub(crate) fn acts(slot: &Slot<'_>, holder: &Instance, view: &View<'_>) -> bool {
    if readiness::straggler(slot, holder, view).is_some() {
        return false;
    }
    match slot.policy(view.observation) {
        Policy::OnRelease => false,
        Policy::Drain => {
            let mut here = slot.volumes.iter().filter(|volume| volume.settled_on() == Some(&holder.id));
            here.all(|volume| drain::may_come_off(volume, holder, slot, view))
        }
        Policy::Terminate => true,
    }
}

fn has_rested(slot: &Slot<'_>, view: &View<'_>) -> bool {
    let attachment = slot.first_volume().and_then(|first| first.attachment());
    let since = attachment.and_then(|attachment| attachment.since);
    since.is_none_or(|since| (view.observation.began - since).num_seconds() > REST_SECONDS)
}

impl Scene<'_, '_> {
    /// Does what the policy asks for while the holder still runs.
    pub(crate) fn hand_over(&self, holder: &Instance, draft: &mut Draft) {
        match self.slot.policy(self.view.observation) {
            Policy::OnRelease => {}
            Policy::Drain => self.drain(holder, draft),
            Policy::Terminate => self.terminate(holder, draft),
        }
    }

    /// Ends the holder once somebody is there to take over, and only where that loses nothing.
    fn terminate(&self, holder: &Instance, draft: &mut Draft) {
        let instance = holder.id.clone();
        if let Some(reason) = self.reason_to_spare(holder) {
            draft.findings.push(Finding::NotTerminated { instance, reason });
        } else if self.view.observation.memory.is_ending(&instance, self.view.observation) {
            draft.await_transition();
        } else if self.given.is_some() {
            draft.lead = Some(Step::TerminateInstance { instance });
        } else {
            draft.await_candidate();
        }
    }

    /// Why the holder must not be ended early, though it is about to go.
    fn reason_to_spare(&self, holder: &Instance) -> Option<String> {
        let on_holder = |volume: &&&crate::observation::Volume| volume.settled_on() == Some(&holder.id);
        let doomed =
            self.slot.volumes.iter().filter(on_holder).find(|volume| {
                volume.attachment().is_some_and(|attachment| attachment.delete_on_termination)
            });
        if let Some(volume) = doomed {
            return Some(format!("EC2 would delete {} with it (DeleteOnTermination)", volume.id));
        }
        if let Some(other) = self.view.occupancy.other_by_volume(self.slot.name, &holder.id) {
            return Some(format!("it has a volume of the slot {other}"));
        }
        // Whose they are and whether EC2 deletes them with the instance is not seen here, so each is in the way.
        let foreign = holder.devices.iter().find(|device| {
            let is_root = holder.root_device.as_ref().is_some_and(|root| root.is_same_device(&device.device));
            !is_root && self.slot.volumes.iter().all(|own| own.id != device.volume)
        });
        if let Some(device) = foreign {
            return Some(format!("it has {}, which is not of this slot", device.volume));
        }
        if !self.view.observation.rival_fleets(holder).is_empty() {
            return Some("several managed fleets claim it".to_owned());
        }
        let straggler = readiness::straggler(self.slot, holder, self.view);
        straggler.map(|volume| format!("{} could not follow", volume.id))
    }
}
