//! An instance in its Auto Scaling group, from `Pending` to its end. What it waits for is told in `hooks`.

use super::endings::Cause;
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events::{self, Event, Told};
use crate::state::{Lifecycle, Member, Transition};
use planner::ids::InstanceId;
use planner::observation::InstanceState;

impl Cloud {
    /// Changes the state of an instance in its group.
    pub(crate) fn enter_lifecycle(&mut self, id: &InstanceId, lifecycle: Lifecycle) {
        let Some(member) = self.members.edit(id, self.now) else { return };
        member.lifecycle = lifecycle;
        member.turn += 1;
    }

    /// The same, for a state that does not last.
    pub(crate) fn pass_through(&mut self, id: &InstanceId, lifecycle: Lifecycle) {
        self.enter_lifecycle(id, lifecycle);
        if let Some(turn) = self.members.get(id).map(|member| member.turn) {
            self.after(self.setup.timing.group_step, Due::MemberStep(id.clone(), turn));
        }
    }

    pub(crate) fn on_member_step(&mut self, id: &InstanceId, turn: u32) {
        let Some(member) = self.members.get(id).filter(|member| member.turn == turn) else { return };
        match member.lifecycle {
            Lifecycle::Pending | Lifecycle::PendingProceed => self.enter_service(id),
            Lifecycle::Terminating if self.has_ended(id) => self.let_end(id),
            Lifecycle::Terminating => self.wait_or(id, Transition::Terminating, Self::let_end),
            Lifecycle::TerminatingProceed => self.end_member(id),
            Lifecycle::EnteringStandby => self.enter_lifecycle(id, Lifecycle::Standby),
            Lifecycle::Detaching => self.leave_group(id),
            Lifecycle::PendingWait
            | Lifecycle::InService
            | Lifecycle::TerminatingWait
            | Lifecycle::Standby => {}
        }
    }

    pub(crate) fn on_early_wait(&mut self, id: &InstanceId, turn: u32) {
        let is_it = |member: &Member| member.turn == turn && member.lifecycle == Lifecycle::Pending;
        if self.members.get(id).is_some_and(is_it) && !self.has_ended(id) {
            self.wait_or(id, Transition::Launching, |_, _| {});
        }
    }

    /// Puts an instance into service, whether from its launch or from standby.
    fn enter_service(&mut self, id: &InstanceId) {
        self.enter_lifecycle(id, Lifecycle::InService);
        let event = self.activity_of(id, events::member_launched);
        self.emit(event);
        let Some(group) = self.members.get(id).map(|member| member.group.clone()) else { return };
        if self.members_in(&group).any(|member| member.at_risk) {
            self.expect_group_look(&group);
        }
        if self.is_out_of_order(id) {
            self.expect_health_look(id);
        }
    }

    fn activity_of(&mut self, id: &InstanceId, tell: fn(&Told<'_>) -> Event) -> Option<Event> {
        let ids = [self.mint.uuid(), self.mint.uuid()];
        let group = self.groups.get(&self.members.get(id)?.group)?;
        let instance = self.instances.get(id)?;
        Some(tell(&Told { group, instance, subnet: self.subnet_of(&instance.zone), ids, now: self.now }))
    }

    /// Begins to end an instance in its group. The group looks for another at once: this one counts no more, however long
    /// it waits for its hooks.
    pub(crate) fn begin_end(&mut self, id: &InstanceId) {
        let Some(member) = self.members.edit(id, self.now).filter(|member| !member.is_ending()) else {
            return;
        };
        member.actions.clear();
        let group = member.group.clone();
        self.pass_through(id, Lifecycle::Terminating);
        self.expect_group_look(&group);
    }

    /// Goes on with the end, without or after all hooks.
    pub(crate) fn let_end(&mut self, id: &InstanceId) {
        if let Some(member) = self.members.edit(id, self.now) {
            member.actions.clear();
        }
        self.pass_through(id, Lifecycle::TerminatingProceed);
    }

    fn end_member(&mut self, id: &InstanceId) {
        match self.instances.get(id).map(|instance| instance.state) {
            None | Some(InstanceState::Terminated) => self.leave_group(id),
            Some(_) => self.terminate(id, Cause::Service),
        }
    }

    /// Takes an instance out of its group, whatever became of it.
    pub(crate) fn leave_group(&mut self, id: &InstanceId) {
        if self.members.get(id).is_none() {
            return;
        }
        if self.has_ended(id) {
            let event = self.activity_of(id, events::member_terminated);
            self.emit(event);
        } else if let Some(instance) = self.instances.edit(id, self.now) {
            instance.tags.remove(planner::tags::AUTO_SCALING_GROUP, None, self.now);
        }
        if let Some(member) = self.members.remove(id, self.now) {
            self.forget_group_when_empty(&member.group);
        }
    }

    /// Whether EC2 has ended the instance, or is about to.
    fn has_ended(&self, id: &InstanceId) -> bool {
        self.instances.get(id).is_none_or(crate::state::Instance::is_ending)
    }

    /// Whether EC2 has ended or stopped the instance, or is about to.
    fn is_out_of_order(&self, id: &InstanceId) -> bool {
        let works = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        !self.instances.get(id).is_some_and(|instance| works(instance.state))
    }

    fn expect_health_look(&mut self, id: &InstanceId) {
        self.after(self.setup.timing.group_health, Due::HealthLook(id.clone()));
    }

    /// EC2 has changed the state of an instance.
    pub(crate) fn member_has_changed(&mut self, id: &InstanceId, state: InstanceState) {
        let Some(member) = self.members.get(id) else { return };
        match (state, member.lifecycle) {
            (InstanceState::Running, Lifecycle::Pending) => {
                self.wait_or(id, Transition::Launching, Self::enter_service);
            }
            (InstanceState::Terminated, Lifecycle::TerminatingProceed) => self.leave_group(id),
            (InstanceState::Pending | InstanceState::Running, _) | (_, Lifecycle::TerminatingProceed) => {}
            (
                InstanceState::Stopping
                | InstanceState::Stopped
                | InstanceState::ShuttingDown
                | InstanceState::Terminated,
                _,
            ) => self.expect_health_look(id),
        }
    }

    /// The group finds an instance ended or stopped, and replaces it. For one that is ended already no hook waits; one that
    /// is stopped is terminated like any other. Instances on standby are not looked at (Auto Scaling user guide,
    /// "Temporarily remove instances from your Auto Scaling group").
    pub(crate) fn look_at_health(&mut self, id: &InstanceId) {
        let Some(member) = self.members.get(id).filter(|_| self.is_out_of_order(id)) else { return };
        match member.lifecycle {
            Lifecycle::Pending
            | Lifecycle::PendingWait
            | Lifecycle::PendingProceed
            | Lifecycle::InService => {
                if let Some(member) = self.members.edit(id, self.now) {
                    member.healthy = false;
                }
                self.begin_end(id);
            }
            Lifecycle::TerminatingWait if self.has_ended(id) => self.let_end(id),
            Lifecycle::Terminating
            | Lifecycle::TerminatingWait
            | Lifecycle::TerminatingProceed
            | Lifecycle::EnteringStandby
            | Lifecycle::Standby
            | Lifecycle::Detaching => {}
        }
    }
}
