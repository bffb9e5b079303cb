//! What a slot with volumes does, by where its first volume is.
//!
//! Reads as the table of the contract: one arm for each place where a volume can be.

use crate::addresses;
use crate::device::DeviceName;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::naming;
use crate::observation::{Health, Instance, InstanceState, Volume};
use crate::plan::{Next, Step};
use crate::scene::Scene;
use crate::slot::Seat;

impl<'a> Scene<'a, '_> {
    pub(crate) fn with_volumes(&self, first: &'a Volume, draft: &mut Draft) {
        let not_released = |instance: &Instance| Finding::NotReleased {
            volume: first.id.clone(),
            instance: instance.id.clone(),
            state: instance.state,
        };
        match first.seat(self.observation) {
            Seat::Running(holder) => return self.running(holder, draft),
            Seat::Free => self.free(first, draft),
            Seat::Stopped(holder) => self.stopped(first, holder, draft),
            Seat::Ending(holder) => draft.await_release(not_released(holder)),
            Seat::Unlisted(instance) => {
                let (volume, instance) = (first.id.clone(), instance.clone());
                draft.await_release(Finding::HolderUnknown { volume, instance });
            }
            Seat::Detaching(instance) => self.detaching(first, instance, draft),
            Seat::Unclear => draft.await_transition(),
            Seat::Starting(holder) => {
                draft.findings.push(Finding::HolderStarting { instance: holder.id.clone() });
            }
            Seat::Stopping(holder) => draft.findings.push(not_released(holder)),
            Seat::Creating => draft.findings.push(Finding::VolumeCreating { volume: first.id.clone() }),
            Seat::Hibernated(holder) => {
                let (volume, instance) = (first.id.clone(), holder.id.clone());
                draft.findings.push(Finding::Hibernated { volume, instance });
            }
        }
        if draft.next == Next::Release && self.given.is_none() {
            // Whoever comes to take it will look again.
            draft.next = Next::Nothing;
            self.no_candidate(draft);
        }
        if draft.lead.is_none() {
            draft.follow.extend(addresses::let_go(None, self.slot, self.occupancy, self.observation));
        }
    }

    /// The first volume is on an instance that runs: complete the slot there, unless it is about to go.
    fn running(&self, holder: &'a Instance, draft: &mut Draft) {
        match holder.health() {
            Health::Draining(reason) => {
                draft.findings.push(Finding::HolderDraining { instance: holder.id.clone(), reason });
                if self.given.is_none() {
                    self.no_candidate(draft);
                }
                return;
            }
            Health::Recommended => {
                let reason = "rebalance recommendation".to_owned();
                draft.findings.push(Finding::HolderDraining { instance: holder.id.clone(), reason });
            }
            Health::Healthy | Health::NotRunning => {}
        }
        if self.slot.first_volume().is_some_and(|first| !first.is_attached()) {
            draft.await_transition();
        }
        self.complete_on(holder, Vec::new(), draft);
    }

    /// The first volume is free: attach it once every other one is free, or already where it goes.
    fn free(&self, first: &'a Volume, draft: &mut Draft) {
        if self.is_being_accepted(first) {
            return draft.await_transition();
        }
        let Some(target) = self.given else {
            return self.no_candidate(draft);
        };
        if !self.is_together(target) {
            return self.free_the_others(target, draft);
        }
        match naming::for_first(self.slot, first, target, self.observation) {
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

    /// The first volume is on a stopped instance: take it off, when there is somewhere to go.
    fn stopped(&self, first: &Volume, holder: &Instance, draft: &mut Draft) {
        let Some(target) = self.given else {
            return self.no_candidate(draft);
        };
        draft.lead = Some(Step::DetachVolume { volume: first.id.clone(), instance: holder.id.clone() });
        self.free_the_others(target, draft);
    }

    fn detaching(&self, volume: &Volume, instance: &InstanceId, draft: &mut Draft) {
        let finding = Finding::Detaching { volume: volume.id.clone(), instance: instance.clone() };
        match self.observation.instance(instance).map(|instance| instance.state) {
            Some(InstanceState::Stopped) => draft.await_transition(),
            Some(InstanceState::ShuttingDown | InstanceState::Terminated) | None => {
                draft.await_release(finding);
            }
            // Somebody else asked for this detach, and EC2 waits until the instance lets go.
            Some(InstanceState::Pending | InstanceState::Running | InstanceState::Stopping) => {
                draft.findings.push(finding);
            }
        }
    }

    /// Brings everything that follows the first volume to the instance that has it, or is to have it.
    pub(crate) fn complete_on(&self, target: &Instance, taken: Vec<DeviceName>, draft: &mut Draft) {
        if self.is_together(target) {
            self.attach_the_others(target, taken, draft);
        } else {
            self.free_the_others(target, draft);
        }
        addresses::bring_to(target, self.slot, self.occupancy, self.observation, draft);
    }

    /// Whether every volume other than the first is free or where the slot goes. Until then none may be attached, so
    /// that the slot is never split.
    fn is_together(&self, target: &Instance) -> bool {
        self.slot.other_volumes().all(|volume| match volume.seat(self.observation) {
            Seat::Free => true,
            Seat::Running(instance) => instance.id == target.id,
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

    fn attach_the_others(&self, target: &Instance, mut taken: Vec<DeviceName>, draft: &mut Draft) {
        let wanted = naming::wanted(self.slot);
        taken.extend(self.slot.devices_on(target).cloned());
        for volume in self.slot.other_volumes() {
            if volume.settled_on().is_some() {
                if !volume.is_attached() {
                    draft.await_transition();
                }
                continue;
            }
            if self.is_being_accepted(volume) {
                draft.await_transition();
                continue;
            }
            let device = naming::for_other(volume, wanted.get(&volume.id), &taken, target, self.observation);
            if let Some(device) = device {
                taken.push(device.clone());
                let (volume, instance) = (volume.id.clone(), target.id.clone());
                draft.follow.push(vec![Step::AttachVolume { volume, instance, device }]);
            }
        }
    }

    /// Takes the volumes other than the first off stopped instances, and tells which ones have to be waited for.
    fn free_the_others(&self, target: &Instance, draft: &mut Draft) {
        for volume in self.slot.other_volumes() {
            self.unseat(volume, target, draft);
        }
    }

    /// What to do about a volume that is not where the slot goes.
    fn unseat(&self, volume: &Volume, target: &Instance, draft: &mut Draft) {
        let id = volume.id.clone();
        let not_released = |instance: &Instance| Finding::NotReleased {
            volume: volume.id.clone(),
            instance: instance.id.clone(),
            state: instance.state,
        };
        match volume.seat(self.observation) {
            Seat::Free => {}
            Seat::Running(instance) if instance.id == target.id => {}
            Seat::Stopped(instance) => {
                draft.follow.push(vec![Step::DetachVolume { volume: id, instance: instance.id.clone() }]);
            }
            Seat::Unclear => draft.await_transition(),
            Seat::Ending(instance) => {
                draft.await_release(not_released(instance));
            }
            Seat::Unlisted(instance) => {
                draft.await_release(Finding::HolderUnknown { volume: id, instance: instance.clone() });
            }
            Seat::Detaching(instance) => self.detaching(volume, instance, draft),
            Seat::Creating => draft.findings.push(Finding::VolumeCreating { volume: id }),
            Seat::Hibernated(instance) => {
                draft.findings.push(Finding::Hibernated { volume: id, instance: instance.id.clone() });
            }
            Seat::Running(instance) | Seat::Starting(instance) | Seat::Stopping(instance) => {
                draft.findings.push(not_released(instance));
            }
        }
    }
}
