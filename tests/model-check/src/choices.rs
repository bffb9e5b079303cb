//! What can happen next: what functions do, what EC2 and fleets do, and what becomes of drain commands.

use crate::life::next_phases;
use crate::model::Check;
use crate::ssm::{self, Age, Command};
use crate::state::{Action, State};
use crate::world::{Handover, LinkState, Mark, Phase};

impl Check {
    pub(crate) fn of_functions(&self, state: &State, actions: &mut Vec<Action>) {
        let mut last = None;
        for (n, function) in state.functions.iter().enumerate() {
            // Functions in the same state can do the same.
            if last == Some(function) {
                continue;
            }
            last = Some(function);
            if function.round.is_none() {
                let sights = state.sights(self.refuses && state.left != Some(0));
                actions.extend(sights.into_iter().map(|sight| Action::Look(n, sight)));
                // A call that was made in a round is not old as long as the round is fresh.
                if function.memory.can_age() {
                    actions.push(Action::Age(n));
                }
                if function.memory.can_deliver() {
                    actions.push(Action::Deliver(n));
                }
            }
            if !function.is_idle() {
                actions.push(Action::End(n));
            }
            for (slot, part, _) in function.open(self.bug) {
                actions.extend([Action::Act(n, slot, part), Action::Lose(n, slot, part)]);
                if self.refuses {
                    actions.push(Action::Refuse(n, slot, part));
                }
            }
        }
    }

    pub(crate) fn of_ec2(&self, state: &State, actions: &mut Vec<Action>) {
        for (n, instance) in (0..).zip(&state.now.instances) {
            actions.extend(next_phases(instance.phase).iter().map(|phase| Action::Turn(n, *phase)));
            if instance.phase == Phase::Running && instance.is_healthy() && state.left != Some(0) {
                actions.push(Action::Mark(n, Mark::Interrupted));
                if self.recommends && instance.mark == Mark::None {
                    actions.push(Action::Mark(n, Mark::Recommended));
                }
            }
        }
        for (n, volume) in (0..).zip(&state.now.volumes) {
            if state.now.settling(n).is_some() {
                actions.push(Action::Settle(n));
            }
            if self.takes_back && volume.link.is_some_and(|link| link.state == LinkState::Attaching) {
                actions.push(Action::TakeBack(n));
            }
        }
    }

    /// What becomes of drain commands, and what time makes of them and of a warning.
    pub(crate) fn of_commands(&self, state: &State, actions: &mut Vec<Action>) {
        if !self.has_commands() {
            return;
        }
        if state.now.record != state.stale.record {
            actions.push(Action::ShowRecord);
        }
        for command in &state.now.record {
            let ends = state.now.ends_of(command).iter();
            actions.extend(ends.map(|end| Action::EndCommand(command.instance, command.number, *end)));
        }
        for (n, instance) in (0..).zip(&state.now.instances) {
            let is_fresh = |command: &Command| command.age == Age::Fresh;
            if ssm::of(&state.now.record, n).any(is_fresh) {
                actions.push(Action::Outdate(n));
            }
            if state.can_forget(n) {
                actions.push(Action::Forget(n));
            }
            // A proof does not last for the time from a start until little is left of a warning after it.
            let is_new =
                ssm::of(&state.now.record, n).any(|it| is_fresh(it) && it.number <= instance.launched);
            if instance.phase == Phase::Running && instance.mark == Mark::Interrupted && !is_new {
                actions.push(Action::Mark(n, Mark::Short));
            }
        }
    }

    pub(crate) fn has_commands(&self) -> bool {
        self.starts.first().is_some_and(|world| world.handover == Handover::Drain)
    }
}
