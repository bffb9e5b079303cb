//! A law over worlds in which nothing happens would hold of any planner: these tests count what happens.

use crate::facts::told;
use crate::worlds::{ALIGNED, ANY, CLEAN, CLEAN_DRAINING, DRAINING, Kind, REMEMBERED, worlds};
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
        let plans = plans(kind, 800);
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
fn draining_worlds_lead_to_every_turn_of_a_drain() {
    for kind in [DRAINING, CLEAN_DRAINING] {
        let plans = plans(kind, 3000);
        let count = |is_so: &dyn Fn(&SlotPlan) -> bool| plans.iter().filter(|slot| is_so(slot)).count();
        let lead = |slot: &SlotPlan| slot.lead.as_ref().map(planner::plan::Step::name);
        let goes = |slot: &SlotPlan| told(slot, "holder-draining");
        assert!(count(&|slot| slot.asks.is_some()) > 10, "the record is asked for");
        assert!(count(&|slot| lead(slot) == Some("drain-volumes")) > 30, "a holder is drained");
        assert!(count(&|slot| lead(slot) == Some("detach-volume") && goes(slot)) > 20, "and detached from");
        assert!(count(&|slot| slot.follow.iter().flatten().any(|step| step.name() == "drain-volumes")) > 0);
        for code in ["not-drained", "drained"] {
            assert!(count(&|slot| told(slot, code)) > 5, "{code}");
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
    ] {
        assert!(plans.iter().any(|slot| told(slot, code)), "{code}");
    }
    assert!(plans.iter().any(|slot| slot.state == SlotState::Paused));
    let ends = |slot: &SlotPlan| slot.steps().any(|step| step.name() == "terminate-instance");
    assert!(plans.iter().any(ends));
}
