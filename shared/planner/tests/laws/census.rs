//! A law over worlds in which nothing happens would hold of any planner: these tests count what happens.

use crate::facts::told;
use crate::worlds::{ALIGNED, ANY, CLEAN, Kind, REMEMBERED, worlds};
use planner::plan;
use planner::plan::{Next, SlotPlan, SlotState};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// The plans of the slots of that many worlds, always the same ones.
fn plans(kind: Kind, count: usize) -> Vec<SlotPlan> {
    let (mut runner, strategy) = (TestRunner::deterministic(), worlds(kind));
    let seen = (0..count).map(|_| strategy.new_tree(&mut runner).expect("a world").current().0);
    seen.flat_map(|seen| plan(&seen).slots).collect()
}

#[test]
fn worlds_have_slots_in_every_state_and_steps_of_every_name() {
    for kind in [ANY, CLEAN, ALIGNED, REMEMBERED] {
        let plans = plans(kind, 500);
        let count = |is_so: &dyn Fn(&SlotPlan) -> bool| plans.iter().filter(|slot| is_so(slot)).count();
        for name in ["attach-volume", "detach-volume", "disassociate-address", "associate-address"] {
            assert!(count(&|slot| slot.steps().any(|step| step.name() == name)) > 5, "{name}");
        }
        for state in [SlotState::Held, SlotState::Moving, SlotState::Waiting, SlotState::Blocked] {
            assert!(count(&|slot| slot.state == state) > 20, "{state:?}");
        }
        for next in [Next::Transition, Next::Release] {
            assert!(count(&|slot| slot.next == next) > 5, "{next:?}");
        }
    }
}

#[test]
fn worlds_lead_to_every_finding_that_a_slot_can_have() {
    let plans = plans(ANY, 4000);
    for code in [
        "unknown-policy",
        "policies-disagree",
        "invalid-device",
        "invalid-paused",
        "several-zones",
        "same-device",
        "first-devices-disagree",
        "multi-attach",
        "root-device",
        "volume-outside-fleet",
        "address-outside-fleet",
        "several-instances",
        "stuck-attaching",
        "taken-back",
        "unusable-volume",
        "shared-holder",
        "too-few-private-addresses",
        "private-address-taken",
        "refused",
        "no-candidate",
        "not-released",
        "holder-unknown",
        "holder-draining",
        "not-terminated",
        "holder-starting",
        "detaching",
        "volume-creating",
        "hibernated",
        "device-refused",
        "delete-on-termination",
        "no-drain-document",
        "not-drained",
        "drained",
    ] {
        assert!(plans.iter().any(|slot| told(slot, code)), "{code}");
    }
    assert!(plans.iter().any(|slot| slot.state == SlotState::Paused));
}
