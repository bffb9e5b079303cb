//! Auto Scaling groups of a world: how far they have their instances, and the hooks at which these wait.

use super::Maker;
use planner::fixtures::{NOW, at, instance_id};
use planner::ids::FleetName;
use planner::lifecycle::{LifecycleHook, LifecycleState, Transition};

const HOOKS: [(&str, Transition); 4] = [
    ("holdfast-launch", Transition::Launching),
    ("holdfast-terminate", Transition::Terminating),
    ("holdfast", Transition::Terminating),
    ("backup", Transition::Terminating),
];

impl Maker<'_> {
    /// Puts the instances of some worlds into a group.
    pub(super) fn join_groups(&mut self) {
        if !self.dice.one_in(4) {
            return;
        }
        let states = [
            [["InService"; 5].as_slice(), &["Pending:Wait"; 2], &["Terminating:Wait"]].concat(),
            vec!["", "Pending", "Standby", "Terminating:Proceed", "Terminating:Retained"],
            vec!["Warmed:Pending:Wait", "Warmed:Running", "unknown"],
        ]
        .concat();
        self.seen.0.abandons = self.dice.one_in(2);
        for n in 0..self.seen.0.instances.len() {
            let (state, group) =
                (self.dice.choose(&states), self.dice.choose(&["web", "web", "web", "shop"]));
            let instance = &mut self.seen.0.instances[n];
            instance.tags.group = Some(FleetName::new(group));
            instance.lifecycle = Some(state).filter(|state| !state.is_empty()).map(LifecycleState::new);
        }
        for (name, transition) in HOOKS {
            if !self.dice.one_in(4) {
                let (group, name) = (FleetName::new("web"), name.to_owned());
                self.seen.0.hooks.push(LifecycleHook { group, name, transition });
            }
        }
        if self.kind.remembers {
            let instance = instance_id(self.dice.number(1, self.instances.max(1)));
            let hook = HOOKS[self.dice.roll(HOOKS.len())].0.to_owned();
            let memory = &mut self.seen.0.memory;
            if self.dice.one_in(2) {
                memory.completed.insert((instance, hook));
            } else {
                memory.beats.insert((instance, hook), at(NOW - self.dice.choose(&[3, 19, 20, 60])));
            }
        }
    }
}
