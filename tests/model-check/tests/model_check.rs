//! The model check finds what is wrong, and finds nothing wrong with the shipped planner.

use model_check::bug::Bug;
use model_check::census::{Census, Event};
use model_check::ec2::{Call, Violation};
use model_check::goal::{Quiet, quiet};
use model_check::model::Check;
use model_check::run::{Checked, checked, is_proof, never};
use model_check::seeds::{MOST, seeds};
use model_check::starts::{PENDING, RUNNING, held};
use model_check::world::{Handover, Phase, Shape};
use model_check::worlds::{Effort, worlds};

#[test]
fn no_interleaving_breaks_the_promise() {
    let mut states = 0;
    let mut figures = Vec::new();
    for check in worlds() {
        let (name, most) = (check.name, Effort::Short.most(&check));
        let found = checked(check, 2, most);
        assert_eq!(found.faults, Vec::<String>::new(), "{name}");
        states += found.states;
        figures.push(found);
    }
    assert_eq!(never(&figures), Vec::<Event>::new());
    let must_happen = Event::all();
    for event in figures.iter().flat_map(|found| found.census.events()) {
        assert!(must_happen.contains(&event), "nobody asks whether it happened: {event:?}");
    }
    assert!(states >= Effort::Short.least(), "{states}");
}

#[test]
fn too_few_states_a_fault_or_a_missed_mistake_is_no_proof() {
    let checked = |states, faults: &[&str]| Checked {
        states,
        depth: 9,
        is_exhausted: false,
        fault: None,
        census: Census::default(),
        faults: faults.iter().map(ToString::to_string).collect(),
    };
    for (effort, least) in [(Effort::Normal, 1_000_000), (Effort::Long, 20_000_000)] {
        assert_eq!(effort.least(), least);
        assert!(is_proof(&[checked(least - 5, &[]), checked(5, &[])], least, &[], 0));
        assert!(!is_proof(&[checked(least - 6, &[]), checked(5, &[])], least, &[], 0));
        assert!(!is_proof(&[checked(least, &[]), checked(5, &["NOT nothing unsafe"])], least, &[], 0));
        assert!(!is_proof(&[checked(least, &[])], least, &[Event::Crashed], 0));
        assert!(!is_proof(&[checked(least, &[])], least, &[], 1));
        assert!(!is_proof(&[], least, &[], 0));
    }
}

#[test]
fn what_never_happened_is_named() {
    let happened = |events: Vec<Event>| {
        let found = checked(Check::new("nowhere", Vec::new(), 1), 1, 1);
        found.census.extend(events);
        found
    };
    let mut events = Event::all();
    assert_eq!(never(&[]), events);
    let last = events.pop().unwrap();
    let first = events.remove(0);
    assert_eq!(never(&[happened(events.clone())]), [first, last]);
    assert_eq!(never(&[happened(events), happened(vec![first])]), [last]);
}

#[test]
fn as_many_looks_as_are_allowed_suffice() {
    let play = |slots| {
        let mut world = Shape { instances: 1, slots, handover: Handover::OnRelease }.quiet();
        world.instances.fill(RUNNING);
        quiet(&world, Some(Bug::OneCallALook))
    };
    assert_eq!(play(&[(1, 7)]), Quiet::Good);
    assert_eq!(play(&[(1, 8)]), Quiet::Endless);
}

#[test]
fn a_small_world_is_exhausted() {
    let check = worlds().into_iter().find(|check| check.name == "a slot is paused").unwrap();
    let found = checked(check, 2, 1_000_000);
    assert!(found.is_exhausted);
    assert_eq!(found.faults, Vec::<String>::new());
    assert!(found.states > 20_000, "{}", found.states);
}

#[test]
fn nothing_is_taken_from_a_holder_that_was_seen_to_start() {
    let mut world = held(&Shape { instances: 1, slots: &[(1, 0)], handover: Handover::OnRelease });
    world.instances.fill(PENDING);
    let detach = Call::Detach { volume: 0, instance: Some(0) };
    assert_eq!(world.charge_by(detach, &[Phase::Pending]), Some(Violation::TakenFromUser));
    // It was stopped, or about to be, when somebody looked.
    assert_eq!([Phase::Stopping, Phase::Stopped].map(|saw| world.charge_by(detach, &[saw])), [None, None]);
    world.instances.fill(RUNNING);
    assert_eq!(world.charge_by(detach, &[Phase::Pending]), None);
    assert_eq!(world.charge(detach), Some(Violation::TakenFromUser));
}

#[test]
fn a_quiet_world_whose_plan_the_model_cannot_express_is_not_good() {
    let mut world = Shape { instances: 1, slots: &[(1, 0)], handover: Handover::OnRelease }.quiet();
    world.instances.fill(RUNNING);
    let end = quiet(&world, Some(Bug::StrangeVolume));
    assert_eq!(end, Quiet::Unsafe(Violation::Inexpressible));
}

/// Looks for a mistake that was sown on purpose.
fn find(name: &str) {
    let seed = seeds().into_iter().find(|seed| seed.check.name == name);
    let found = seed.map(|seed| (checked(seed.check, 1, MOST).fault, Some(seed.expected)));
    assert!(found.is_some_and(|(found, expected)| found == expected), "{name}: {found:?}");
}

macro_rules! found {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            find($name);
        })*

        #[test]
        fn every_seeded_bug_has_a_test() {
            let names: Vec<&str> = seeds().iter().map(|seed| seed.check.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

found! {
    a_detach_that_names_no_instance_is_found: "a detach that names no instance",
    a_stale_look_at_an_instance_that_came_back_is_found: "no freshness, a start under the same id",
    a_late_second_volume_is_found: "no freshness, a late second volume",
    a_detach_from_a_holder_that_merely_drains_is_found: "a detach from a holder that merely drains",
    a_detach_from_a_holder_that_starts_is_found: "a detach from a holder that starts",
    a_pause_that_is_not_seen_is_found: "a pause that is not seen",
    a_plan_that_the_model_cannot_express_is_found: "a plan that the model cannot express",
    first_volumes_without_a_common_device_name_are_found: "no common device name",
    a_next_device_name_tried_at_once_is_found: "the next device name at once",
    a_second_volume_ahead_of_the_first_is_found: "a second volume before the first is accepted",
    an_address_ahead_of_the_first_volume_is_found: "an address before the first volume is accepted",
    a_stale_answer_after_a_start_is_found: "an answer that is stale after a start",
    an_end_without_a_candidate_is_found: "an end without a candidate",
    an_end_of_a_holder_with_a_volume_of_others_is_found: "an end of a holder with a volume of others",
    an_end_that_takes_a_volume_along_is_found: "an end that takes a volume along",
    an_end_of_a_healthy_holder_is_found: "an end of a healthy holder",
    a_proof_from_a_failure_is_found: "a proof from a command that failed",
    a_proof_ahead_of_its_success_is_found: "a proof from a command that has not ended",
    a_proof_from_an_earlier_run_is_found: "a proof from before a restart",
    a_proof_of_another_volume_is_found: "a proof of another volume",
    a_detach_without_any_proof_is_found: "a detach in place of a drain",
    a_drain_without_a_candidate_is_found: "a drain that nobody can take over from",
    a_drain_of_a_healthy_holder_is_found: "a drain of a healthy holder",
    a_drain_that_is_quicker_than_a_look_is_old_is_found: "a drain that is quicker than a look is old",
    a_first_volume_that_stays_free_is_found: "no first volume is ever attached",
    a_second_volume_that_stays_free_is_found: "no second volume is ever attached",
    a_volume_that_stays_on_a_stopped_holder_is_found: "nothing is ever detached",
    an_address_that_stays_free_is_found: "no address is ever associated",
    an_address_that_stays_where_its_volume_was_is_found: "no address is ever disassociated",
    a_holder_that_is_never_ended_is_found: "no holder is ever ended",
    a_holder_that_is_never_drained_is_found: "no holder is ever drained",
    a_second_slot_that_stays_free_is_found: "nothing is done for a second slot",
    one_look_more_than_is_allowed_is_found: "one call a look",
    an_address_to_and_fro_is_found: "an address to and fro",
    a_next_invocation_that_goes_on_is_found: "an address anew in every invocation",
    a_next_invocation_that_takes_the_volume_is_found: "a volume taken by the next invocation",
    an_address_displaced_in_quiet_is_found: "every address at the first place",
}
