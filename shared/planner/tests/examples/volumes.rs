//! The decision by the place where the first volume is, and how the other volumes follow it.

use crate::expected::{attach, check, detach, held, moving, waiting};
use planner::fixtures::{instance, look, volume};
use planner::observation::{AttachmentState, InstanceState, VolumeState};
use planner::plan::Next;

#[test]
fn free_volume_goes_to_the_candidate() {
    check(look().sees(instance(1)).sees(volume(1)), moving().lead(attach(1, 1, 'f')));
}

#[test]
fn free_volume_without_a_candidate_waits() {
    check(look().sees(volume(1)), waiting("no-candidate"));
}

#[test]
fn running_holder_keeps_the_volume() {
    check(look().sees(instance(1)).sees(instance(2)).sees(volume(1).on(2)), held(2));
}

#[test]
fn pending_holder_keeps_the_volume() {
    check(
        look().sees(instance(1).is(InstanceState::Pending)).sees(instance(2)).sees(volume(1).on(1)),
        waiting("holder-starting").on(1),
    );
}

#[test]
fn stopping_holder_keeps_the_volume() {
    check(
        look().sees(instance(1).is(InstanceState::Stopping)).sees(instance(2)).sees(volume(1).on(1)),
        waiting("not-released").on(1),
    );
}

#[test]
fn release_by_an_ending_holder_is_awaited() {
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
        check(
            look().sees(instance(1).is(state)).sees(instance(2)).sees(volume(1).on(1)),
            waiting("not-released").on(1).next(Next::Release),
        );
    }
}

#[test]
fn release_without_a_candidate_is_not_awaited() {
    check(
        look().sees(instance(1).is(InstanceState::ShuttingDown)).sees(volume(1).on(1)),
        waiting("not-released").told("no-candidate").on(1),
    );
}

#[test]
fn release_by_an_instance_that_is_not_listed_is_awaited() {
    check(
        look().sees(instance(2)).sees(volume(1).on(1)),
        waiting("holder-unknown").on(1).next(Next::Release),
    );
}

#[test]
fn attaching_volume_is_awaited() {
    check(
        look().sees(instance(1)).sees(volume(1).at(1, 'f', AttachmentState::Attaching)),
        moving().on(1).next(Next::Transition),
    );
}

#[test]
fn volume_that_comes_off_a_stopped_instance_is_awaited() {
    for state in [AttachmentState::Detaching, AttachmentState::Busy] {
        check(
            look()
                .sees(instance(1).is(InstanceState::Stopped))
                .sees(instance(2))
                .sees(volume(1).at(1, 'f', state)),
            moving().on(1).next(Next::Transition),
        );
    }
}

#[test]
fn volume_that_comes_off_an_ending_instance_is_awaited() {
    check(
        look().sees(instance(1).is(InstanceState::ShuttingDown)).sees(instance(2)).sees(volume(1).at(
            1,
            'f',
            AttachmentState::Detaching,
        )),
        waiting("detaching").on(1).next(Next::Release),
    );
}

#[test]
fn volume_that_a_running_instance_does_not_let_go_of_stays() {
    for state in [AttachmentState::Detaching, AttachmentState::Busy] {
        check(
            look().sees(instance(1)).sees(instance(2)).sees(volume(1).at(1, 'f', state)),
            waiting("detaching").on(1),
        );
    }
}

#[test]
fn volume_that_is_being_created_is_not_attached() {
    check(
        look().sees(instance(1)).sees(volume(1).but(|v| v.state = VolumeState::Creating)),
        waiting("volume-creating"),
    );
}

#[test]
fn volume_in_use_by_nobody_yet_is_not_attached() {
    check(
        look().sees(instance(1)).sees(volume(1).but(|v| v.state = VolumeState::InUse)),
        moving().next(Next::Transition),
    );
}

#[test]
fn other_volumes_follow_the_first() {
    check(
        look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(volume(3)),
        moving().lead(attach(1, 1, 'f')).follow([attach(2, 1, 'g')]).follow([attach(3, 1, 'h')]),
    );
}

#[test]
fn other_volume_comes_to_the_holder() {
    check(
        look().sees(instance(1)).sees(instance(2)).sees(volume(1).on(2)).sees(volume(2)),
        moving().on(2).follow([attach(2, 2, 'g')]),
    );
}

#[test]
fn other_volume_comes_while_the_first_is_attaching() {
    check(
        look().sees(instance(1)).sees(volume(1).at(1, 'f', AttachmentState::Attaching)).sees(volume(2)),
        moving().on(1).follow([attach(2, 1, 'g')]).next(Next::Transition),
    );
}

#[test]
fn other_volume_that_is_attaching_is_awaited() {
    check(
        look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2).at(1, 'g', AttachmentState::Attaching)),
        moving().on(1).next(Next::Transition),
    );
}

#[test]
fn first_volume_waits_until_every_other_is_released() {
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
        check(
            look().sees(instance(1).is(state)).sees(instance(2)).sees(volume(1)).sees(volume(2).at(
                1,
                'g',
                AttachmentState::Attached,
            )),
            waiting("not-released").next(Next::Release),
        );
    }
}

#[test]
fn first_volume_waits_for_one_on_a_stopping_or_starting_instance() {
    for state in [InstanceState::Stopping, InstanceState::Pending] {
        check(
            look().sees(instance(1).is(state)).sees(instance(2)).sees(volume(1)).sees(volume(2).at(
                1,
                'g',
                AttachmentState::Attached,
            )),
            waiting("not-released"),
        );
    }
}

#[test]
fn first_volume_waits_for_one_on_an_instance_that_is_not_listed() {
    check(
        look().sees(instance(2)).sees(volume(1)).sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        waiting("holder-unknown").next(Next::Release),
    );
}

#[test]
fn first_volume_waits_for_one_that_is_being_created() {
    check(
        look().sees(instance(1)).sees(volume(1)).sees(volume(2).but(|v| v.state = VolumeState::Creating)),
        waiting("volume-creating"),
    );
}

#[test]
fn first_volume_waits_for_one_that_is_on_its_way_off() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Detaching)),
        moving().next(Next::Transition),
    );
}

#[test]
fn first_volume_waits_for_one_in_use_by_nobody_yet() {
    check(
        look().sees(instance(1)).sees(volume(1)).sees(volume(2).but(|v| v.state = VolumeState::InUse)),
        moving().next(Next::Transition),
    );
}

#[test]
fn free_first_volume_joins_the_others() {
    check(
        look().sees(instance(1)).sees(instance(2)).sees(volume(1)).sees(volume(2).at(
            2,
            'g',
            AttachmentState::Attached,
        )),
        moving().lead(attach(1, 2, 'f')),
    );
}

#[test]
fn first_volume_of_an_ending_holder_awaits_the_instance_that_has_the_others() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2))
            .sees(instance(3))
            .sees(volume(1).on(1))
            .sees(volume(2).at(3, 'g', AttachmentState::Attached)),
        waiting("not-released").on(1).next(Next::Release),
    );
}

#[test]
fn first_volume_does_not_go_where_the_others_are_not() {
    check(
        look().sees(instance(1)).sees(instance(2).draining("by hand")).sees(volume(1)).sees(volume(2).at(
            2,
            'g',
            AttachmentState::Attached,
        )),
        waiting("no-candidate"),
    );
}

#[test]
fn other_volume_is_taken_off_a_stopped_instance_to_join_the_holder() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1).on(2))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        moving().on(2).follow([detach(2, 1)]),
    );
}

#[test]
fn release_of_another_volume_is_awaited_by_the_holder() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2))
            .sees(volume(1).on(2))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        waiting("not-released").on(2).next(Next::Release),
    );
}

#[test]
fn healthy_holder_awaits_a_volume_that_comes_off_an_ending_instance() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(9).is(InstanceState::ShuttingDown))
            .sees(volume(1).on(1))
            .sees(volume(2).at(9, 'g', AttachmentState::Detaching)),
        waiting("detaching").on(1).next(Next::Release),
    );
}

#[test]
fn no_other_volume_comes_while_one_is_elsewhere() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(9).is(InstanceState::Stopping))
            .sees(volume(1).on(1))
            .sees(volume(2))
            .sees(volume(3).at(9, 'h', AttachmentState::Attached)),
        waiting("not-released").on(1),
    );
}

#[test]
fn volumes_are_in_the_order_of_their_ids() {
    check(
        look().sees(instance(1)).sees(volume(3)).sees(volume(2)).sees(volume(1)),
        moving().lead(attach(1, 1, 'f')).follow([attach(2, 1, 'g')]).follow([attach(3, 1, 'h')]),
    );
}

#[test]
fn fleet_without_slots_has_nothing_to_do() {
    check(look().sees(instance(1)), []);
}

#[test]
fn volume_attached_in_the_very_second_of_the_start_was_not_taken_before_it() {
    let started = |since: i64| {
        let holder = planner::fixtures::instance(1)
            .but(|i| i.launched = planner::fixtures::at(planner::fixtures::NOW - 10));
        let first = planner::fixtures::volume(1).on(1);
        let first = first
            .but(|v| v.attachments[0].since = Some(planner::fixtures::at(planner::fixtures::NOW - since)));
        let seen = planner::fixtures::look().sees(holder).sees(first).sees(planner::fixtures::volume(2));
        planner::plan(&seen.0).slots[0].steps().count()
    };
    assert_eq!((started(11), started(10), started(9)), (0, 1, 1));
}
