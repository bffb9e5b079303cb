//! Candidates: which instances may take a slot, and which of several does.

use crate::expected::{attach, check, check_all, held, moving, waiting};
use planner::fixtures::{InstanceBuilder, Look, address, at, instance, look, volume};
use planner::ids::FleetName;
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::Setting;

/// Which of the instances takes a free volume in zone `a`.
#[track_caller]
fn check_choice(instances: impl IntoIterator<Item = InstanceBuilder>, chosen: u8) {
    let seen = instances.into_iter().fold(look().sees(volume(1)), Look::sees);
    check(seen, moving().lead(attach(1, chosen, 'f')));
}

/// That this instance takes nothing and is told of nowhere but in the slot's finding.
#[track_caller]
fn check_unfit(instance: InstanceBuilder) {
    check(look().sees(volume(1)).sees(instance), waiting("no-candidate"));
}

fn managing(seen: Look, fleet: &str) -> Look {
    seen.but(|o| {
        o.managed.insert(FleetName::new(fleet));
    })
}

#[test]
fn instance_that_was_launched_first_is_chosen() {
    check_choice([instance(1).but(|i| i.launched = at(9)), instance(2)], 2);
}

#[test]
fn smallest_id_is_chosen_among_those_launched_together() {
    let together = |n| instance(n).but(|i| i.launched = at(5));
    check_choice([together(3), together(2)], 2);
}

#[test]
fn healthy_instance_is_chosen_before_a_recommended_one() {
    check_choice([instance(1).recommended(), instance(2)], 2);
}

#[test]
fn only_a_running_instance_is_fit() {
    for state in [
        InstanceState::Pending,
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ] {
        check_unfit(instance(1).is(state));
    }
}

#[test]
fn instance_in_another_zone_is_unfit() {
    check_unfit(instance(1).in_zone("b"));
}

#[test]
fn paused_instance_is_unfit() {
    check_unfit(instance(1).paused());
}

#[test]
fn instance_of_another_fleet_is_unfit() {
    check_unfit(instance(1).of_fleets(&["shop"]));
    check_unfit(instance(1).of_fleets(&[]));
    check_unfit(instance(1).of_fleets(&["web2"]));
}

#[test]
fn fleet_names_are_no_patterns() {
    check(
        look().but(|o| o.fleet = FleetName::new("we*")).sees(instance(1)).sees(volume(1)),
        waiting("no-candidate"),
    );
}

#[test]
fn instance_that_two_managed_fleets_claim_is_unfit_and_told_of() {
    check_all(
        managing(look().sees(volume(1)).sees(instance(1).of_fleets(&["web", "shop"])), "shop"),
        waiting("no-candidate"),
        &["several-fleets"],
    );
}

#[test]
fn fleet_that_manages_nothing_claims_no_instance() {
    check_choice([instance(1).of_fleets(&["web", "sfr-1"])], 1);
}

#[test]
fn instance_that_means_to_be_paused_in_other_words_is_unfit_and_told_of() {
    check_all(
        look().sees(volume(1)).sees(instance(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()))),
        waiting("no-candidate"),
        &["invalid-paused"],
    );
}

#[test]
fn instance_that_is_tagged_as_not_paused_is_fit() {
    check_choice([instance(1).but(|i| i.tags.paused = Setting::Value(false))], 1);
}

#[test]
fn instance_with_another_slot_is_unfit() {
    for state in [
        AttachmentState::Attaching,
        AttachmentState::Attached,
        AttachmentState::Detaching,
        AttachmentState::Busy,
    ] {
        let seen =
            look().sees(instance(1)).sees(volume(1)).sees(volume(2).in_slot("other").at(1, 'f', state));
        let plan = planner::plan(&seen.0);
        assert_eq!(plan.slots[0].lead, None, "{state:?}");
    }
}

#[test]
fn instance_with_another_volume_of_another_slot_is_unfit() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1))
        .sees(volume(2).in_slot("other").on(2))
        .sees(volume(3).in_slot("other").at(1, 'g', AttachmentState::Detaching));
    let plan = planner::plan(&seen.0);
    assert_eq!(plan.slots[0].lead, None);
}

#[test]
fn instance_with_an_address_of_a_slot_of_addresses_is_the_last_of_the_healthy() {
    check(
        look().sees(instance(1)).sees(instance(2)).sees(volume(1)).sees(address(1).in_slot("web").on(1)),
        [moving().lead(attach(1, 2, 'f')), held(1).of("web")],
    );
}

#[test]
fn no_candidate_names_the_zone_and_what_each_instance_lacks() {
    let seen = look()
        .sees(volume(1))
        .sees(instance(1).in_zone("b"))
        .sees(instance(2).is(InstanceState::Pending))
        .sees(instance(3).draining("by hand"))
        .sees(instance(4).paused());
    let told = planner::plan(&seen.0).slots[0].findings[0].to_string();
    for part in [
        "in a;",
        "i-00000001 is in b",
        "i-00000002 is pending",
        "i-00000003 is draining",
        "i-00000004 is paused",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let told = planner::plan(&look().sees(volume(1)).0).slots[0].findings[0].to_string();
    assert!(told.contains("in a"), "{told}");
}
