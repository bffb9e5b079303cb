//! As many slots as possible are given an instance.

use crate::config;
use crate::facts::{SlotFacts, find, is_draining, is_free, is_recommended, is_settled, planned, told};
use crate::worlds::{REMEMBERED, worlds};
use planner::ids::InstanceId;
use planner::observation::{Instance, InstanceState, Observation};
use planner::plan;
use planner::plan::{SlotPlan, SlotState};
use planner::tags::Policy;
use proptest::prelude::*;

/// Whether the slot looks for an instance, and a plan tells whether it has one.
fn looks_for_one(seen: &Observation, planned: &SlotPlan, slot: &SlotFacts<'_>) -> bool {
    let shut = planned.state == SlotState::Paused || crate::facts::is_shut(seen, planned);
    let Some(first) = slot.first().filter(|_| !shut) else { return false };
    let leaves = slot.holder().is_some_and(is_draining);
    if slot.is_held_up() && !leaves {
        return false;
    }
    match first.attachments.as_slice() {
        [] => is_free(first) && !seen.memory.accepted.contains_key(&first.id),
        [on] if is_settled(on) => match find(seen, &on.instance) {
            None => true,
            Some(on) => match on.state {
                InstanceState::Stopped => !on.hibernation,
                InstanceState::Running => is_draining(on),
                InstanceState::ShuttingDown | InstanceState::Terminated => true,
                InstanceState::Pending | InstanceState::Stopping => false,
            },
        },
        _ => false,
    }
}

/// Whether the slot is sure to take no other instance as long as its holder runs: a recommendation may be enough to leave.
fn stays(slot: &SlotFacts<'_>, holder: &Instance) -> bool {
    slot.policy() == Policy::OnRelease || !is_recommended(holder)
}

/// How many of the slots can be given an instance each, found by trying everything.
fn most<'o>(fit: &[Vec<&'o InstanceId>], taken: &mut Vec<&'o InstanceId>) -> usize {
    let Some((slot, rest)) = fit.split_first() else { return 0 };
    let mut best = most(rest, taken);
    for instance in slot {
        if !taken.contains(instance) {
            taken.push(instance);
            best = best.max(1 + most(rest, taken));
            taken.pop();
        }
    }
    best
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn as_many_slots_as_possible_are_given_an_instance(world in worlds(REMEMBERED)) {
        let seen = &world.0;
        let plan = plan(seen);
        let looking: Vec<_> =
            planned(seen, &plan).filter(|(planned, slot)| looks_for_one(seen, planned, slot)).collect();
        // A slot that waits for what cannot be told from its plan may have one.
        let told_of = planned(seen, &plan).all(|(planned, slot)| {
            slot.first().is_none()
                || planned.state == SlotState::Paused
                || crate::facts::is_shut(seen, planned)
                || slot.is_held_up()
                || slot.first().is_some_and(|first| first.attachments.iter().all(is_settled))
                    && (looks_for_one(seen, planned, &slot) || slot.holder().is_some_and(|on| stays(&slot, on)))
        });
        prop_assume!(told_of);
        let fit: Vec<Vec<&InstanceId>> = looking
            .iter()
            .map(|(_, slot)| seen.instances.iter().filter(|i| slot.is_fit(i)).map(|i| &i.id).collect())
            .collect();
        let given = looking.iter().filter(|(planned, _)| !told(planned, "no-candidate")).count();
        prop_assert_eq!(given, most(&fit, &mut Vec::new()));
    }
}
