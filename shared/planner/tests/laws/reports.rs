//! What a plan says of a slot is so, and nothing is left unsaid.

use crate::config;
use crate::facts::{accepted_on, is_volume_step, planned, pointed_at, told};
use crate::worlds::{ANY, worlds};
use planner::finding::{Finding, Severity};
use planner::plan;
use planner::plan::{Next, SlotPlan, SlotState};
use proptest::prelude::*;

fn has(plan: &SlotPlan, severity: Severity) -> bool {
    plan.findings.iter().any(|finding: &Finding| finding.severity() == severity)
}

proptest! {
    #![proptest_config(config())]

    /// "`held`: all of it on one healthy instance", no more and no less.
    #[test]
    fn held_is_all_of_it_on_one_healthy_instance(world in worlds(ANY)) {
        let plan = plan(&world.0);
        for (planned, slot) in planned(&world.0, &plan) {
            if planned.state == SlotState::Held {
                prop_assert!(slot.is_complete());
                prop_assert_eq!((planned.steps().count(), planned.next), (0, Next::Nothing));
                prop_assert!(!has(planned, Severity::Waiting) && !has(planned, Severity::Blocking));
            }
            // A slot of addresses that another of its kind shares the instance with may have to go.
            let remembered = slot.addresses.iter().any(|own| accepted_on(&world.0, own).is_some());
            if slot.is_complete() && !slot.volumes.is_empty() && !remembered {
                prop_assert!(matches!(
                    planned.state,
                    SlotState::Held | SlotState::Paused | SlotState::Blocked
                ));
                prop_assert_eq!(planned.steps().count(), 0);
            }
        }
    }

    /// The state follows from steps and findings, and each has its reason among them, told once. Nobody is said to lack
    /// a candidate for volumes that are moved.
    #[test]
    fn every_state_says_why(world in worlds(ANY)) {
        for planned in plan(&world.0).slots {
            let acts = planned.steps().next().is_some() || planned.next == Next::Transition;
            match planned.state {
                SlotState::Held | SlotState::Paused => prop_assert!(!acts),
                SlotState::Moving => prop_assert!(acts && !has(&planned, Severity::Blocking)),
                SlotState::Waiting => {
                    prop_assert!(!acts && has(&planned, Severity::Waiting));
                    prop_assert!(!has(&planned, Severity::Blocking));
                }
                SlotState::Blocked => prop_assert!(has(&planned, Severity::Blocking)),
            }
            if planned.next == Next::Release {
                let awaited = ["not-released", "holder-unknown", "detaching"];
                prop_assert!(awaited.iter().any(|code| told(&planned, code)));
                prop_assert!(!told(&planned, "no-candidate"));
            }
            prop_assert!(!told(&planned, "no-candidate") || !planned.steps().any(is_volume_step));
            for (index, finding) in planned.findings.iter().enumerate() {
                prop_assert!(!planned.findings[..index].contains(finding), "{}", finding);
            }
        }
    }

    /// The holder is the instance that the first volume is on; without volumes, one that an address points at.
    #[test]
    fn holder_is_where_the_slot_is(world in worlds(ANY)) {
        let plan = plan(&world.0);
        for (planned, slot) in planned(&world.0, &plan) {
            match (slot.first(), &planned.holder) {
                (Some(first), holder) => {
                    prop_assert_eq!(holder.as_ref(), first.attachments.first().map(|a| &a.instance));
                }
                (None, Some(holder)) => {
                    let addresses = slot.addresses.iter();
                    let mut on = addresses.flat_map(|address| {
                        pointed_at(&world.0, address).into_iter().chain(accepted_on(&world.0, address))
                    });
                    prop_assert!(on.any(|on| on.id == *holder));
                }
                (None, None) => {}
            }
        }
    }
}
