//! Lifecycle hooks: what an instance waits for in its Auto Scaling group, and how the wait ends.
//!
//! Of several hooks of one transition, all are waited for at the same time. Auto Scaling does not say in which order it
//! goes through them; that ABANDON "stops any remaining actions, such as other lifecycle hooks" (Auto Scaling user guide,
//! "Amazon EC2 Auto Scaling lifecycle hooks") is the case either way.

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::ids::GroupName;
use crate::state::{Hook, HookResult, Lifecycle, LifecycleAction, Transition};
use planner::ids::InstanceId;

/// What became of lifecycle actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActionCounts {
    /// Actions that instances began to wait for.
    pub begun: u64,
    /// Those that a call completed with `CONTINUE`.
    pub continued: u64,
    /// Those that a call completed with `ABANDON`.
    pub abandoned: u64,
    /// How often one was prolonged by a heartbeat.
    pub prolonged: u64,
    /// Those that nobody completed in time.
    pub expired: u64,
    /// Those whose hook was deleted.
    pub deleted: u64,
}

impl Cloud {
    /// Has an instance wait for the hooks of the transition; where there is none, it goes on at once.
    pub(crate) fn wait_or(
        &mut self,
        id: &InstanceId,
        transition: Transition,
        go_on: fn(&mut Self, &InstanceId),
    ) {
        let group = self.members.get(id).and_then(|member| self.groups.get(&member.group));
        let Some(group) = group.cloned() else { return };
        let hooks: Vec<&Hook> = group.hooks.values().filter(|hook| hook.transition == transition).collect();
        if hooks.is_empty() {
            return go_on(self, id);
        }
        self.enter_lifecycle(
            id,
            match transition {
                Transition::Launching => Lifecycle::PendingWait,
                Transition::Terminating => Lifecycle::TerminatingWait,
            },
        );
        if transition == Transition::Terminating {
            self.announced.insert(id.clone());
        }
        for hook in hooks {
            let action = self.begin_action(id, hook);
            self.emit(events::lifecycle_action(&group, hook, &action, id));
        }
    }

    fn begin_action(&mut self, id: &InstanceId, hook: &Hook) -> LifecycleAction {
        let action = LifecycleAction {
            token: self.mint.uuid(),
            hook: hook.name.clone(),
            transition: hook.transition,
            timeout: hook.timeout,
            deadline: self.now + hook.timeout,
            limit: self.now + hook.global_timeout(),
            default_result: hook.default_result,
        };
        self.agenda.add(action.deadline, Due::ActionOverdue(id.clone(), action.token.clone()));
        self.action_counts.begun += 1;
        if let Some(member) = self.members.edit(id, self.now) {
            member.actions.push(action.clone());
        }
        action
    }

    fn action(&mut self, id: &InstanceId, token: &str) -> Option<&mut LifecycleAction> {
        let member = self.members.edit(id, self.now)?;
        member.actions.iter_mut().find(|action| action.token == token)
    }

    /// Waits on, from now as long as the hook says, though never beyond its limit.
    pub(crate) fn put_off(&mut self, id: &InstanceId, token: &str) {
        let now = self.now;
        self.action_counts.prolonged += 1;
        let Some(action) = self.action(id, token) else { return };
        action.deadline = (now + action.timeout).min(action.limit);
        let deadline = action.deadline;
        self.agenda.add(deadline, Due::ActionOverdue(id.clone(), token.to_owned()));
    }

    pub(crate) fn on_action_overdue(&mut self, id: &InstanceId, token: &str) {
        let now = self.now;
        if let Some(action) = self.action(id, token).filter(|action| action.deadline <= now) {
            let result = action.default_result;
            self.action_counts.expired += 1;
            self.complete(id, token, result);
        }
    }

    /// Ends an action, and with it the wait if it was the last, or if nothing more is to be waited for.
    pub(crate) fn complete(&mut self, id: &InstanceId, token: &str, result: HookResult) {
        let Some(member) = self.members.edit(id, self.now) else { return };
        let Some(at) = member.actions.iter().position(|action| action.token == token) else { return };
        let transition = member.actions.remove(at).transition;
        let is_last = member.actions.is_empty();
        match (transition, result) {
            (Transition::Launching, HookResult::Abandon) => self.begin_end(id),
            (Transition::Terminating, HookResult::Abandon) => self.let_end(id),
            (Transition::Launching, HookResult::Continue) if is_last => {
                self.pass_through(id, Lifecycle::PendingProceed);
            }
            (Transition::Terminating, HookResult::Continue) if is_last => self.let_end(id),
            (Transition::Launching | Transition::Terminating, HookResult::Continue) => {}
        }
    }

    /// Ends what instances wait for on account of a hook that is deleted: "ABANDON for launching instances, CONTINUE for
    /// terminating instances" (Auto Scaling API reference, `DeleteLifecycleHook`).
    pub(crate) fn complete_all_of(&mut self, group: &GroupName, hook: &str) {
        let waiting: Vec<(InstanceId, LifecycleAction)> = self
            .members_in(group)
            .flat_map(|member| member.actions.iter().map(|action| (member.instance.clone(), action.clone())))
            .filter(|(_, action)| action.hook == hook)
            .collect();
        for (id, action) in waiting {
            let result = match action.transition {
                Transition::Launching => HookResult::Abandon,
                Transition::Terminating => HookResult::Continue,
            };
            self.action_counts.deleted += 1;
            self.complete(&id, &action.token, result);
        }
    }
}
