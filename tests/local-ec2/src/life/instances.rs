//! An instance between its beginning and its end: running, stopped, started again.

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::state::{Rebalance, StateReason, Usage};
use crate::time::Span;
use chrono::TimeDelta;
use planner::ids::{InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};

impl Cloud {
    /// Changes the state, says so, and returns the number of the new turn.
    pub(crate) fn enter(
        &mut self,
        id: &InstanceId,
        state: InstanceState,
        reason: Option<StateReason>,
    ) -> u32 {
        let Some(instance) = self.instances.edit(id, self.now) else { return 0 };
        if instance.state == InstanceState::Stopped {
            instance.stopped_until = Some(self.now);
        }
        instance.state = state;
        instance.reason = reason.or_else(|| instance.reason.take());
        instance.turn += 1;
        let turn = instance.turn;
        self.emit(events::instance_state(id, state));
        self.member_has_changed(id, state);
        turn
    }

    /// Whether the instance is still in that turn.
    pub(crate) fn is_in_turn(&self, id: &InstanceId, turn: u32) -> bool {
        self.instances.get(id).is_some_and(|instance| instance.turn == turn)
    }

    /// The volumes that are attached to the instance in any state, with the serial numbers of the attachments.
    pub(crate) fn attached_to(&self, id: &InstanceId) -> Vec<(VolumeId, u64)> {
        let attachments = self.volumes.values().flat_map(|volume| {
            let own = volume.attachments.iter().filter(|attachment| attachment.instance == *id);
            own.map(|attachment| (volume.id.clone(), attachment.serial))
        });
        attachments.collect()
    }

    pub(crate) fn on_running(&mut self, id: &InstanceId, turn: u32) {
        if !self.is_in_turn(id, turn) {
            return;
        }
        self.enter(id, InstanceState::Running, None);
        if let Some(instance) = self.instances.edit(id, self.now) {
            instance.hibernated = false;
        }
        self.mount_what_is_attached(id);
        let fleet = self.instances.get(id).and_then(|instance| self.fleets.get(instance.fleet.as_ref()?));
        if let Some(fleet) = fleet
            && let Some(Rebalance::LaunchBeforeTerminate(delay)) = fleet.rebalance
            && let Some(old) = fleet.replaces.get(id)
        {
            self.agenda.add(self.now + delay, Due::Retired(fleet.id.clone(), old.clone()));
        }
    }

    /// The instance's start mounts its volumes after a while, those that it had drained among them.
    fn mount_what_is_attached(&mut self, id: &InstanceId) {
        for (volume, serial) in self.attached_to(id) {
            let delay = self.setup.timing.mount;
            let Some(attachment) =
                self.volumes.edit(&volume, self.now).and_then(|v| v.attachment_mut(serial))
            else {
                continue;
            };
            if attachment.usage == Usage::Drained {
                attachment.usage = Usage::Idle;
            }
            if attachment.state == AttachmentState::Attached {
                self.after(delay, Due::Mounted(volume, serial));
            }
        }
    }

    /// Begins to stop an instance that runs. What is attached stays so.
    pub(crate) fn stop(&mut self, id: &InstanceId, how: StopKind, reason: StateReason) {
        let turn = self.enter(id, InstanceState::Stopping, Some(reason));
        if let Some(instance) = self.instances.edit(id, self.now) {
            instance.hibernated = how == StopKind::Hibernate;
        }
        let timing = &self.setup.timing;
        let delay = match how {
            StopKind::PowerOff => timing.stop,
            StopKind::Hibernate => timing.hibernate,
        };
        self.after(delay, Due::Stopped(id.clone(), turn));
    }

    pub(crate) fn on_stopped(&mut self, id: &InstanceId, turn: u32) {
        if !self.is_in_turn(id, turn) {
            return;
        }
        self.enter(id, InstanceState::Stopped, None);
        let hibernated = self.instances.get(id).is_some_and(|instance| instance.hibernated);
        for (volume, serial) in self.attached_to(id) {
            // What a hibernated memory has mounted is mounted still.
            if !hibernated {
                self.let_go(&volume, serial, Usage::Idle);
            }
            self.unblock(&volume, serial);
        }
        self.free_devices(id);
        self.spot_stopped(id);
        self.fleet_of_has_changed(id);
    }

    /// Starts an instance that is stopped. Its launch time is now (EC2 API reference, `Instance.LaunchTime`).
    pub(crate) fn start(&mut self, id: &InstanceId) {
        let now = self.now;
        if let Some(instance) = self.instances.edit(id, now) {
            instance.launched = now;
            instance.reason = None;
        }
        self.recommended.remove(id);
        let turn = self.enter(id, InstanceState::Pending, None);
        self.after(self.setup.timing.pending, Due::Running(id.clone(), turn));
    }

    /// Restarts the operating system: the state stays `running`, and what was drained is mounted again.
    pub(crate) fn reboot(&mut self, id: &InstanceId) {
        self.break_off_commands(id);
        self.free_devices(id);
        self.mount_what_is_attached(id);
    }

    /// So long after now, or now when that is past.
    pub(crate) fn at_about(&mut self, time: crate::time::Time, offset: Span) -> crate::time::Time {
        let offset: TimeDelta = self.chance.delay(offset);
        (time + offset).max(self.now)
    }
}

/// How an instance is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopKind {
    /// Its memory is lost.
    PowerOff,
    /// Its memory is written.
    Hibernate,
}
