//! The end of an instance: what it lets go of, when, and in which order.

use super::instances::StopKind;
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::state::{Association, Interruption, SpotCode, SpotState, StateReason, Usage};
use planner::ids::{InstanceId, InterfaceId, VolumeId};
use planner::observation::InstanceState;

/// Who ends an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Whoever called `TerminateInstances`.
    User,
    /// Its fleet.
    Service,
    /// EC2, which needs the capacity.
    Capacity,
}

impl Cloud {
    /// Begins to end an instance. Its volumes stay in use until about its end (EC2 user guide, "Terminate your
    /// instance": that they are detached; when, is observed).
    pub(crate) fn terminate(&mut self, id: &InstanceId, cause: Cause) {
        let Some(instance) = self.instances.get(id).filter(|instance| !instance.is_ending()) else { return };
        let timing = &self.setup.timing;
        let is_off = instance.state == InstanceState::Stopped;
        let span = if is_off { timing.shutdown_stopped } else { timing.shutdown };
        let release = timing.release;
        let reason = match cause {
            Cause::User | Cause::Service => StateReason::USER_SHUTDOWN,
            Cause::Capacity => StateReason::SPOT_TERMINATION,
        };
        if is_off {
            // A memory that was written is lost now, and with it what it had mounted.
            self.let_go_of_all(id);
        }
        let turn = self.enter(id, InstanceState::ShuttingDown, Some(reason));
        self.close_spot_request(id, cause);
        let end = self.now + self.chance.delay(span);
        self.agenda.add(end, Due::Terminated(id.clone(), turn));
        for (volume, serial) in self.attached_to(id) {
            let at = self.at_about(end, release);
            self.agenda.add(at, Due::Released(volume, serial));
        }
        self.fleet_of_has_changed(id);
    }

    fn close_spot_request(&mut self, id: &InstanceId, cause: Cause) {
        let Some(request) = self.instances.get(id).and_then(|instance| instance.spot.clone()) else { return };
        let now = self.now;
        let taken = self.market.pick(&SpotCode::TERMINATED).copied();
        if let Some(request) = self.spot_requests.edit(&request, now) {
            request.state = SpotState::Closed;
            request.updated = now;
            if !SpotCode::TERMINATED.contains(&request.code) {
                request.code = match cause {
                    Cause::User => SpotCode::InstanceTerminatedByUser,
                    Cause::Service => SpotCode::InstanceTerminatedByService,
                    Cause::Capacity => taken.unwrap_or(SpotCode::InstanceTerminatedNoCapacity),
                };
            }
        }
    }

    pub(crate) fn on_terminated(&mut self, id: &InstanceId, turn: u32) {
        if !self.is_in_turn(id, turn) {
            return;
        }
        self.enter(id, InstanceState::Terminated, None);
        self.let_go_of_all(id);
        self.free_devices(id);
        let own: Vec<InterfaceId> =
            self.interfaces.values().filter(|i| i.instance() == Some(id)).map(|i| i.id.clone()).collect();
        for interface in own {
            self.end_interface(&interface);
        }
        self.after(self.setup.timing.lose_tags, Due::TagsLost(id.clone()));
        self.after(self.setup.timing.forget, Due::Forgotten(id.clone()));
        self.member_has_ended(id);
    }

    fn let_go_of_all(&mut self, id: &InstanceId) {
        for (volume, serial) in self.attached_to(id) {
            self.let_go(&volume, serial, Usage::Idle);
        }
    }

    /// An interface that goes with its instance takes the association of its addresses along; the addresses stay
    /// allocated (EC2 user guide, "Instance lifecycle").
    fn end_interface(&mut self, id: &InterfaceId) {
        let associated = |association: &Association| association.interface == *id;
        let addresses: Vec<_> = self
            .addresses
            .values()
            .filter(|address| address.association.as_ref().is_some_and(associated))
            .map(|address| address.allocation.clone())
            .collect();
        for address in addresses {
            self.dissociate(&address);
        }
        let seat = self.interfaces.get(id).and_then(|interface| interface.seat.as_ref());
        if seat.is_some_and(|seat| seat.delete_on_termination) {
            self.interfaces.remove(id, self.now);
        } else if let Some(interface) = self.interfaces.edit(id, self.now) {
            interface.seat = None;
        }
    }

    /// Releases a volume of an instance that ends; one that goes with the instance is deleted.
    pub(crate) fn on_released(&mut self, volume: &VolumeId, serial: u64) {
        let Some(attachment) = self.attachment(volume, serial) else { return };
        let goes_too = attachment.delete_on_termination;
        self.drop_attachment(volume, serial);
        if goes_too {
            self.happen(Due::Deleted(volume.clone()));
        }
    }

    pub(crate) fn on_forgotten(&mut self, id: &InstanceId) {
        let gone = self.instances.remove(id, self.now);
        self.leave_group(id);
        if let Some(request) = gone.as_ref().and_then(|instance| instance.spot.as_ref()) {
            self.spot_requests.remove(request, self.now);
        }
        if let Some(fleet) = gone.and_then(|instance| instance.fleet)
            && let Some(fleet) = self.fleets.edit(&fleet, self.now)
        {
            fleet.at_risk.remove(id);
            fleet.replaces.remove(id);
        }
    }

    /// What EC2 does to a spot instance when the two minutes are over. One that its owner has stopped meanwhile has
    /// given its capacity back, and is left alone.
    pub(crate) fn on_interrupted(&mut self, id: &InstanceId) {
        let running = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        let request = self.spot_request_of(id).filter(|request| request.code.is_of_an_interruption());
        let Some(request) = request else { return };
        let interruption = request.interruption;
        if !self.instances.get(id).is_some_and(|instance| running(instance.state)) {
            return;
        }
        match interruption {
            Interruption::Terminate => self.terminate(id, Cause::Capacity),
            Interruption::Stop => self.stop(id, StopKind::PowerOff, StateReason::SPOT_SHUTDOWN),
            Interruption::Hibernate => self.stop(id, StopKind::Hibernate, StateReason::SPOT_SHUTDOWN),
        }
    }
}
