//! Draining: what marks an instance that is about to go, when the mark ends, and what follows.

use crate::expected::{Expected, attach, away, check, held, moving, to, waiting};
use planner::fixtures::{InstanceBuilder, address, at, instance, look, volume};
use planner::observation::InstanceState;

/// Every sure way to be draining.
fn draining(n: u8) -> [InstanceBuilder; 4] {
    [
        instance(n).draining("spot-interruption-warning 2026-11-23T12:15:00Z"),
        instance(n).draining("kernel update"),
        instance(n).draining("kernel update 2026-11-23T12:15:00Z"),
        instance(n).but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned())),
    ]
}

/// What becomes of a free volume when there is this instance.
fn check_candidate(instance: InstanceBuilder, expected: Expected) {
    check(look().sees(instance).sees(volume(1)), expected);
}

#[test]
fn draining_instance_is_no_candidate() {
    for instance in draining(1) {
        check_candidate(instance, waiting("no-candidate"));
    }
}

#[test]
fn draining_holder_keeps_the_volume_until_it_is_released() {
    for holder in draining(1) {
        check(look().sees(holder).sees(instance(2)).sees(volume(1).on(1)), waiting("holder-draining").on(1));
    }
}

#[test]
fn draining_holder_without_a_successor_is_told() {
    for holder in draining(1) {
        check(
            look().sees(holder).sees(volume(1).on(1)),
            waiting("holder-draining").told("no-candidate").on(1),
        );
    }
}

#[test]
fn addresses_stay_with_a_draining_holder_of_volumes() {
    for holder in draining(1) {
        check(
            look().sees(holder).sees(instance(2)).sees(volume(1).on(1)).sees(address(1).on(1)),
            waiting("holder-draining").on(1),
        );
    }
}

#[test]
fn draining_holder_gets_nothing_more() {
    for holder in draining(1) {
        check(
            look().sees(holder).sees(instance(2)).sees(volume(1).on(1)).sees(volume(2)).sees(address(1)),
            waiting("holder-draining").on(1),
        );
    }
}

#[test]
fn addresses_alone_leave_a_draining_holder_at_once() {
    for holder in draining(1) {
        check(
            look().sees(holder).sees(instance(2)).sees(address(1).on(1)),
            moving().on(1).follow([away(1), to(1, 2, 1)]),
        );
    }
}

#[test]
fn addresses_alone_stay_with_a_draining_holder_while_there_is_no_candidate() {
    for holder in draining(1) {
        check(look().sees(holder).sees(address(1).on(1)), waiting("no-candidate").on(1));
    }
}

#[test]
fn mark_of_an_earlier_run_is_void() {
    for mark in [
        "spot-interruption-warning 2026-11-23T12:15:00Z",
        "rebalance-recommendation 2026-11-23T12:15:00Z",
        "kernel update 2026-11-23T12:15:00Z",
    ] {
        let restarted = instance(1).draining(mark).but(|i| i.launched = at(901));
        check_candidate(restarted.clone(), moving().lead(attach(1, 1, 'f')));
        check(look().sees(restarted).sees(volume(1).on(1)), held(1));
    }
}

#[test]
fn mark_of_the_moment_of_launch_counts() {
    let marked =
        instance(1).draining("spot-interruption-warning 2026-11-23T12:15:00Z").but(|i| i.launched = at(900));
    check_candidate(marked, waiting("no-candidate"));
}

#[test]
fn mark_without_a_time_outlives_a_restart() {
    let restarted = instance(1).draining("kernel update").but(|i| i.launched = at(999));
    check_candidate(restarted, waiting("no-candidate"));
}

#[test]
fn doomed_spot_request_counts_whatever_the_tag_says() {
    let doomed = instance(1).draining("spot-interruption-warning 2026-11-23T12:00:00Z").but(|i| {
        i.launched = at(999);
        i.doomed = Some("marked-for-stop".to_owned());
    });
    check_candidate(doomed, waiting("no-candidate"));
}

#[test]
fn recommended_instance_is_the_last_choice() {
    check(
        look().sees(instance(1).recommended()).sees(instance(2)).sees(volume(1)),
        moving().lead(attach(1, 2, 'f')),
    );
}

#[test]
fn recommended_instance_is_better_than_none() {
    check_candidate(instance(1).recommended(), moving().lead(attach(1, 1, 'f')));
}

#[test]
fn recommended_holder_keeps_the_volume() {
    check(
        look().sees(instance(1).recommended()).sees(instance(2)).sees(volume(1).on(1)),
        waiting("holder-draining").on(1),
    );
}

#[test]
fn recommended_holder_gets_the_rest_of_the_slot() {
    check(
        look().sees(instance(1).recommended()).sees(volume(1).on(1)).sees(volume(2)).sees(address(1)),
        moving().told("holder-draining").on(1).follow([attach(2, 1, 'g')]).follow([to(1, 1, 1)]),
    );
}

#[test]
fn recommended_holder_keeps_addresses_alone_while_there_is_no_candidate() {
    check(look().sees(instance(1).recommended()).sees(address(1).on(1)), waiting("holder-draining").on(1));
}

#[test]
fn recommended_holder_keeps_addresses_alone_rather_than_give_them_to_another_of_its_kind() {
    check(
        look().sees(instance(1).recommended()).sees(instance(2).recommended()).sees(address(1).on(2)),
        waiting("holder-draining").on(2),
    );
}

#[test]
fn recommended_holder_gives_addresses_alone_to_a_candidate() {
    check(
        look().sees(instance(1).recommended()).sees(instance(2)).sees(address(1).on(1)),
        moving().on(1).follow([away(1), to(1, 2, 1)]),
    );
}

#[test]
fn mark_means_nothing_on_an_instance_that_does_not_run() {
    check(
        look().sees(instance(1).is(InstanceState::Pending).draining("by hand")).sees(volume(1).on(1)),
        waiting("holder-starting").on(1),
    );
}
