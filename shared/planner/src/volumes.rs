//! What a slot with volumes does, by where its first volume is.
//!
//! Reads as the table of the contract: one arm for each place where a volume can be.

use crate::addresses;
use crate::command::Progress;
use crate::device::DeviceName;
use crate::draft::Draft;
use crate::drain;
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::lifecycle::LifecycleState;
use crate::naming;
use crate::observation::{Health, Instance, InstanceState, Volume};
use crate::plan::{Next, Step};
use crate::readiness;
use crate::scene::{Scene, recommended};
use crate::slot::Seat;

/// For how long after a start, in seconds, an answer may show what was taken while the instance was stopped: a step
/// lands within 8 seconds of its look, and answers are stale for [`crate::memory::STALE_SECONDS`].
const RESTART_SECONDS: i64 = 15;

impl<'a> Scene<'a, '_> {
    /// What the slot does. The instance where it is to be, if there is one.
    pub(crate) fn with_volumes(&self, first: &'a Volume, draft: &mut Draft) -> Option<&'a Instance> {
        let seat = first.seat(self.view.observation);
        if let Seat::Running(holder) = seat {
            self.running(first, holder, draft);
            return Some(holder);
        }
        if let Seat::Accepted(holder) = seat {
            draft.await_transition();
            return Some(holder);
        }
        let is_held_up = readiness::rank(self.slot, self.view).is_none();
        let Some(target) = self.given.filter(|_| !is_held_up) else {
            self.slot.volumes.iter().for_each(|volume| self.obstacle(volume, draft));
            if !is_held_up {
                self.no_candidate(draft);
            }
            if draft.next == Next::Release {
                // Whoever comes to take it will look again.
                draft.next = Next::Nothing;
            }
            return None;
        };
        match seat {
            Seat::Free => self.free(first, target, draft),
            Seat::Stopped(holder) => {
                draft.lead =
                    Some(Step::DetachVolume { volume: first.id.clone(), instance: holder.id.clone() });
                self.free_the_others(target, draft);
            }
            Seat::Accepted(_)
            | Seat::Creating
            | Seat::Unclear
            | Seat::Running(_)
            | Seat::Starting(_)
            | Seat::Stopping(_)
            | Seat::Hibernated(_)
            | Seat::Ending(_)
            | Seat::Unlisted(_)
            | Seat::Detaching(_) => self.obstacle(first, draft),
        }
        Some(target)
    }

    /// The first volume is on an instance that runs: complete the slot there, unless it is about to go.
    fn running(&self, first: &Volume, holder: &'a Instance, draft: &mut Draft) {
        match holder.health() {
            Health::Draining(reason) => {
                draft.findings.push(Finding::HolderDraining { instance: holder.id.clone(), reason });
                if self.given.is_none() {
                    self.no_candidate(draft);
                }
                return self.hand_over(holder, draft);
            }
            Health::Recommended => {
                draft.findings.push(recommended(holder));
                self.hand_over(holder, draft);
                let is_at_it = draft.lead.is_some() || draft.next == Next::Transition;
                if is_at_it || self.may_be_draining(holder, draft) {
                    return;
                }
            }
            Health::Healthy | Health::NotRunning => {}
        }
        if !first.is_attached() {
            draft.await_transition();
        }
        self.complete_on(holder, Vec::new(), draft);
    }

    /// The first volume is free: attach it once every other one is free, or already where it goes.
    fn free(&self, first: &Volume, target: &'a Instance, draft: &mut Draft) {
        if self.is_starting_over(target) {
            return draft.await_transition();
        }
        if !self.is_together(target) {
            return self.free_the_others(target, draft);
        }
        match naming::for_first(self.slot, first, target, self.view.observation) {
            Ok(device) => {
                let (volume, instance) = (first.id.clone(), target.id.clone());
                draft.lead = Some(Step::AttachVolume { volume, instance, device: device.clone() });
                self.complete_on(target, vec![device], draft);
            }
            Err(device) => {
                draft.findings.push(Finding::DeviceRefused { instance: target.id.clone(), device });
                draft.await_transition();
            }
        }
    }

    /// Brings everything that follows the first volume to the instance that has it, or is to have it, which is returned.
    pub(crate) fn complete_on(
        &self,
        target: &'a Instance,
        taken: Vec<DeviceName>,
        draft: &mut Draft,
    ) -> &'a Instance {
        if self.is_starting_over(target) {
            draft.await_transition();
        } else if self.is_together(target) {
            self.attach_the_others(target, taken, draft);
        } else {
            self.free_the_others(target, draft);
        }
        addresses::bring_to(target, self.slot, self.view, draft);
        target
    }

    /// Whether the instance was started again so recently that what it is seen to have may be gone: taken while it was
    /// stopped, by a look that had seen that, and still shown here by an answer that is stale.
    fn is_starting_over(&self, target: &Instance) -> bool {
        let age = (self.view.observation.began - target.launched).num_seconds();
        let volumes = self.slot.volumes.iter().filter(|volume| volume.settled_on() == Some(&target.id));
        let mut since = volumes.filter_map(|volume| volume.attachment().and_then(|it| it.since));
        age <= RESTART_SECONDS && since.any(|since| since < target.launched)
    }

    /// Whether every volume other than the first is free or where the slot goes. Until then none may be attached, so
    /// that the slot is never split.
    fn is_together(&self, target: &Instance) -> bool {
        self.slot.other_volumes().all(|volume| match volume.seat(self.view.observation) {
            Seat::Free => true,
            Seat::Running(instance) | Seat::Accepted(instance) => instance.id == target.id,
            Seat::Creating
            | Seat::Unclear
            | Seat::Starting(_)
            | Seat::Stopping(_)
            | Seat::Stopped(_)
            | Seat::Hibernated(_)
            | Seat::Ending(_)
            | Seat::Unlisted(_)
            | Seat::Detaching(_) => false,
        })
    }

    /// Attaches the volumes other than the first, which are all free or there.
    fn attach_the_others(&self, target: &Instance, mut taken: Vec<DeviceName>, draft: &mut Draft) {
        let observation = self.view.observation;
        let wanted = naming::wanted(self.slot);
        taken.extend(self.slot.devices_on(target).cloned());
        // One that its group is about to terminate is drained, and nothing comes to it.
        let may_be_leaving = target.lifecycle.as_ref().is_some_and(LifecycleState::is_unknown);
        for volume in self.slot.other_volumes() {
            if volume.seat(observation) != Seat::Free {
                if !volume.is_attached() {
                    draft.await_transition();
                }
                continue;
            }
            if may_be_leaving {
                draft.await_transition();
                continue;
            }
            let wanted = wanted.get(&volume.id);
            let (volume_id, instance) = (volume.id.clone(), target.id.clone());
            match naming::for_other(self.slot, volume, wanted, &taken, target, observation) {
                Some(device) => {
                    taken.push(device.clone());
                    draft.follow.push(vec![Step::AttachVolume { volume: volume_id, instance, device }]);
                }
                None => draft.findings.push(Finding::NoDeviceLeft { volume: volume_id, instance }),
            }
        }
    }

    /// Takes the volumes other than the first off stopped instances, and tells which ones have to be waited for.
    fn free_the_others(&self, target: &Instance, draft: &mut Draft) {
        let mut drained_from = None;
        for volume in self.slot.other_volumes() {
            match volume.seat(self.view.observation) {
                Seat::Stopped(instance) => {
                    let (volume, instance) = (volume.id.clone(), instance.id.clone());
                    draft.follow.push(vec![Step::DetachVolume { volume, instance }]);
                }
                // Any other one that runs with it is the one where the slot goes.
                Seat::Running(instance)
                    if drain::may_come_off(volume, instance, target, self.slot, self.view) =>
                {
                    drained_from = Some(instance);
                }
                Seat::Accepted(_)
                | Seat::Free
                | Seat::Creating
                | Seat::Unclear
                | Seat::Running(_)
                | Seat::Starting(_)
                | Seat::Stopping(_)
                | Seat::Hibernated(_)
                | Seat::Ending(_)
                | Seat::Unlisted(_)
                | Seat::Detaching(_) => self.obstacle(volume, draft),
            }
        }
        // One at most: volumes on two instances that run block the slot.
        if let Some(instance) = drained_from {
            self.drain_the_others(instance, draft);
        }
    }

    /// Tells what keeps a volume from coming along, if anything does, and what is to be waited for.
    fn obstacle(&self, volume: &Volume, draft: &mut Draft) {
        let id = || volume.id.clone();
        match volume.seat(self.view.observation) {
            Seat::Free | Seat::Running(_) => {}
            Seat::Accepted(_) | Seat::Unclear => draft.await_transition(),
            Seat::Stopped(instance) => {
                let detach = Step::DetachVolume { volume: id(), instance: instance.id.clone() };
                let failure = self.view.observation.memory.failure_of(&detach);
                draft.findings.extend(failure.map(crate::memory::Failure::finding));
            }
            Seat::Ending(instance) => draft.await_release(not_released(volume, instance)),
            Seat::Unlisted(instance) => {
                draft.await_release(Finding::HolderUnknown { volume: id(), instance: instance.clone() });
            }
            Seat::Detaching(instance) => self.detaching(volume, instance, draft),
            Seat::Creating => draft.findings.push(Finding::VolumeCreating { volume: id() }),
            Seat::Starting(instance) if self.slot.first_volume() == Some(volume) => {
                draft.findings.push(Finding::HolderStarting { instance: instance.id.clone() });
            }
            Seat::Starting(instance) | Seat::Stopping(instance) => {
                draft.findings.push(not_released(volume, instance));
            }
            Seat::Hibernated(instance) => {
                draft.findings.push(Finding::Hibernated { volume: id(), instance: instance.id.clone() });
            }
        }
    }

    fn detaching(&self, volume: &Volume, instance: &InstanceId, draft: &mut Draft) {
        let finding = Finding::Detaching { volume: volume.id.clone(), instance: instance.clone() };
        let Some(instance) = self.view.observation.instance(instance) else {
            return draft.await_release(finding);
        };
        match instance.state {
            InstanceState::Stopped => draft.await_transition(),
            InstanceState::ShuttingDown | InstanceState::Terminated => draft.await_release(finding),
            InstanceState::Running => match drain::of_detaching(volume, instance, self.slot, self.view) {
                Some(Progress::Unasked) => {
                    draft.leave(&instance.id);
                    draft.ask(&instance.id);
                }
                Some(Progress::Unanswered | Progress::Drained | Progress::Proven) => {
                    draft.leave(&instance.id);
                    draft.await_transition();
                }
                Some(Progress::NotBegun | Progress::Running | Progress::Failed(_)) | None => {
                    draft.findings.push(finding);
                }
            },
            // Somebody else asked for this detach, and EC2 waits until the instance lets go.
            InstanceState::Pending | InstanceState::Stopping => draft.findings.push(finding),
        }
    }
}

fn not_released(volume: &Volume, instance: &Instance) -> Finding {
    let (volume, state) = (volume.id.clone(), instance.state);
    Finding::NotReleased { volume, instance: instance.id.clone(), state }
}
