//! A stopped holder: the only one that a volume is taken from, and when it is not.

use crate::expected::{attach, check, detach, moving, paused, waiting};
use planner::fixtures::{InstanceBuilder, instance, look, volume};
use planner::observation::{AttachmentState, InstanceState};

fn stopped(n: u8) -> InstanceBuilder {
    instance(n).is(InstanceState::Stopped)
}

#[test]
fn stopped_holder_gives_the_volume_to_a_candidate() {
    check(look().sees(stopped(1)).sees(instance(2)).sees(volume(1).on(1)), moving().on(1).lead(detach(1, 1)));
}

#[test]
fn stopped_holder_keeps_the_volume_while_there_is_no_candidate() {
    check(look().sees(stopped(1)).sees(volume(1).on(1)), waiting("no-candidate").on(1));
    check(
        look()
            .sees(stopped(1))
            .sees(instance(2).in_zone("b"))
            .sees(instance(3).is(InstanceState::Pending))
            .sees(instance(4).draining("by hand"))
            .sees(instance(5).paused())
            .sees(volume(1).on(1)),
        waiting("no-candidate").on(1),
    );
}

#[test]
fn hibernated_holder_keeps_the_volume() {
    check(
        look().sees(stopped(1).but(|i| i.hibernation = true)).sees(instance(2)).sees(volume(1).on(1)),
        waiting("hibernated").on(1),
    );
}

#[test]
fn another_volume_on_a_hibernated_instance_stays() {
    check(
        look()
            .sees(stopped(1).but(|i| i.hibernation = true))
            .sees(instance(2))
            .sees(volume(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        waiting("hibernated"),
    );
}

#[test]
fn instance_that_is_configured_for_hibernation_and_ends_releases_the_volume() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Terminated).but(|i| i.hibernation = true))
            .sees(instance(2))
            .sees(volume(1)),
        moving().lead(attach(1, 2, 'f')),
    );
}

#[test]
fn all_volumes_come_off_in_one_round() {
    check(
        look()
            .sees(stopped(1))
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached))
            .sees(volume(3)),
        moving().on(1).lead(detach(1, 1)).follow([detach(2, 1)]),
    );
}

#[test]
fn free_first_volume_has_the_others_taken_off() {
    check(
        look().sees(stopped(1)).sees(instance(2)).sees(volume(1)).sees(volume(2).at(
            1,
            'g',
            AttachmentState::Attached,
        )),
        moving().follow([detach(2, 1)]),
    );
}

#[test]
fn other_volumes_stay_on_a_stopped_instance_while_there_is_no_candidate() {
    check(
        look().sees(stopped(1)).sees(volume(1)).sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        waiting("no-candidate"),
    );
}

#[test]
fn paused_stopped_holder_keeps_the_volume() {
    check(look().sees(stopped(1).paused()).sees(instance(2)).sees(volume(1).on(1)), paused().on(1));
}
