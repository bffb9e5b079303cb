//! Auto Scaling groups: what the states that they have their instances in say of these.

use crate::expected::{attach, check, held, moving, of, waiting};
use planner::fixtures::{address, instance, instance_id, look, volume};
use planner::plan::Next;
use planner::tags::SLOT;

#[test]
fn states_of_the_group_say_who_is_a_candidate() {
    for state in ["InService", "Pending", "Pending:Wait", "Pending:Proceed"] {
        let seen = look().sees(instance(1).in_group(state)).sees(volume(1));
        check(seen, moving().lead(attach(1, 1, 'f')));
    }
    for state in
        ["Standby", "EnteringStandby", "Detaching", "Warmed:Running", "Terminating:Wait", "Quarantined"]
    {
        check(look().sees(instance(1).in_group(state)).sees(volume(1)), waiting("no-candidate"));
    }
}

#[test]
fn holder_in_standby_or_in_a_warm_pool_keeps_its_slot() {
    let warmed = look().sees(instance(1).in_group("Warmed:Running")).sees(instance(2).in_group("InService"));
    check(warmed.sees(volume(1).on(1)), held(1));
    let seen = || look().sees(instance(1).in_group("Standby")).sees(instance(2).in_group("InService"));
    check(seen().sees(volume(1).on(1)), held(1));
    check(seen().sees(address(1).on(1)), held(1));
}

#[test]
fn holder_that_its_group_is_about_to_terminate_is_draining() {
    for state in ["Terminating", "Terminating:Wait", "Terminating:Proceed", "Terminating:Retained"] {
        let seen = look().sees(instance(1).in_group(state)).sees(instance(2)).sees(volume(1).on(1));
        check(seen, waiting("holder-draining").on(1));
    }
}

#[test]
fn holder_of_an_unknown_state_is_given_nothing_more() {
    let unknown = || instance(1).in_group("unknown");
    let seen = look().sees(unknown()).sees(volume(1).on(1));
    check(seen, held(1));
    let seen = look().sees(unknown()).sees(volume(1).on(1)).sees(volume(2));
    check(seen, moving().on(1).next(Next::Transition));
    // In a state that is known it gets what it lacks.
    let known = look().sees(instance(1).in_group("InService")).sees(volume(1).on(1)).sees(volume(2));
    check(known, moving().on(1).follow([attach(2, 1, 'g')]));
}

/// Its three addresses find no room where they are, and nobody else can take that instance from them.
#[test]
fn slot_that_stays_in_standby_reserves_no_instance() {
    let own = |n: u8, slot: &str| address(n).tagged(&[(SLOT, slot)]);
    let marked = instance(3).draining("by hand");
    let seen =
        look().sees(instance(1).in_group("Standby")).sees(instance(2).in_group("InService")).sees(marked);
    let seen = seen.sees(own(1, "a").on(1)).sees(own(2, "a")).sees(own(3, "c").on(3));
    assert_eq!(of(&seen, "a").state, planner::plan::SlotState::Blocked);
    let moved = of(&seen, "c");
    assert!(moved.steps().any(|step| step.instance() == Some(&instance_id(2))), "{moved:?}");
}
