//! Matching: several slots and fewer or more instances. One slot to an instance, and as many slots as can be.

use crate::expected::{attach, blocked, check, check_all, detach, held, moving, paused, steps, to, waiting};
use planner::fixtures::{VolumeBuilder, address, instance, look, volume};
use planner::ids::{FleetName, SlotName};
use planner::memory::Failure;
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::Next;
use planner::tags::{HANDOVER, PAUSED, SLOT};

/// A volume of a slot with more tags.
fn tagged(n: u8, slot: &str, key: &str, value: &str) -> VolumeBuilder {
    volume(n).tagged(&[(SLOT, slot), (key, value)])
}

#[test]
fn two_slots_go_to_two_instances() {
    check(
        look().sees(instance(1)).sees(instance(2)).sees(volume(1).in_slot("a")).sees(volume(2).in_slot("b")),
        [moving().of("a").lead(attach(1, 1, 'f')), moving().of("b").lead(attach(2, 2, 'f'))],
    );
}

#[test]
fn one_instance_takes_one_slot() {
    check(
        look().sees(instance(1)).sees(volume(1).in_slot("a")).sees(volume(2).in_slot("b")),
        [moving().of("a").lead(attach(1, 1, 'f')), waiting("no-candidate").of("b")],
    );
}

#[test]
fn slot_that_may_go_anywhere_leaves_the_only_instance_to_one_that_may_not() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).in_slot("a"))
            .sees(volume(2).in_slot("b"))
            .sees(volume(3).in_slot("b").at(1, 'g', AttachmentState::Attached)),
        [moving().of("a").lead(attach(1, 2, 'f')), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn slot_that_was_refused_elsewhere_gets_the_only_instance_that_it_may_have() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("b"))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: Some(SlotName::new("b")),
                step: attach(2, 2, 'f'),
                reason: "EncryptedVolumesNotSupported".to_owned(),
            });
        });
    assert_eq!(steps(&seen), [attach(1, 2, 'f'), attach(2, 1, 'f')]);
}

#[test]
fn slot_of_a_stopped_holder_comes_before_one_that_waits_for_a_release() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2).is(InstanceState::Stopped))
            .sees(instance(3))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").on(2)),
        [
            waiting("not-released").told("no-candidate").of("a").on(1),
            moving().of("b").on(2).lead(detach(2, 2)),
        ],
    );
}

#[test]
fn slots_of_several_zones_do_not_meet() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2).in_zone("b"))
            .sees(volume(1).in_slot("a").in_zone("b"))
            .sees(volume(2).in_slot("b")),
        [moving().of("a").lead(attach(1, 2, 'f')), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn slot_that_can_move_now_comes_before_one_that_waits_for_a_release() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b")),
        [
            waiting("not-released").told("no-candidate").of("a").on(1),
            moving().of("b").lead(attach(2, 2, 'f')),
        ],
    );
}

#[test]
fn slot_with_volumes_comes_before_one_of_addresses() {
    check(
        look().sees(instance(1)).sees(volume(1).in_slot("b")).sees(address(1).in_slot("a")),
        [waiting("no-candidate").of("a"), moving().of("b").lead(attach(1, 1, 'f'))],
    );
}

#[test]
fn addresses_alone_leave_the_zone_to_a_slot_with_volumes() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2).in_zone("b"))
            .sees(volume(1).in_slot("b"))
            .sees(address(1).in_slot("a")),
        [moving().of("a").follow([to(1, 2, 1)]), moving().of("b").lead(attach(1, 1, 'f'))],
    );
}

#[test]
fn draining_holder_reserves_no_instance_that_another_slot_can_use() {
    check(
        look()
            .sees(instance(1).draining("by hand"))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b")),
        [
            waiting("holder-draining").told("no-candidate").of("a").on(1),
            moving().of("b").lead(attach(2, 2, 'f')),
        ],
    );
}

#[test]
fn draining_holder_reserves_no_instance_that_addresses_can_use() {
    check(
        look()
            .sees(instance(1).draining("by hand"))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(address(1).in_slot("b")),
        [
            waiting("holder-draining").told("no-candidate").of("a").on(1),
            moving().of("b").follow([to(1, 2, 1)]),
        ],
    );
}

#[test]
fn two_stopped_holders_and_one_candidate_move_one_slot() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2).is(InstanceState::Stopped))
            .sees(instance(3))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").on(2)),
        [moving().of("a").on(1).lead(detach(1, 1)), waiting("no-candidate").of("b").on(2)],
    );
}

#[test]
fn blocked_slot_leaves_the_instance_to_others() {
    check(
        look().sees(instance(1)).sees(tagged(1, "a", HANDOVER, "banana")).sees(volume(2).in_slot("b")),
        [blocked("unknown-policy").of("a"), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn paused_slot_leaves_the_instance_to_others() {
    check(
        look().sees(instance(1)).sees(tagged(1, "a", PAUSED, "true")).sees(volume(2).in_slot("b")),
        [paused().of("a"), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn held_slots_do_not_change_places() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(instance(3))
            .sees(volume(1).in_slot("a").on(3))
            .sees(volume(2).in_slot("b").on(2)),
        [held(3).of("a"), held(2).of("b")],
    );
}

#[test]
fn held_slot_drives_no_addresses_out() {
    // Its own instance is no candidate, so only the one that has the addresses is.
    check_all(
        look()
            .but(|o| {
                o.managed.insert(FleetName::new("shop"));
            })
            .sees(instance(1).of_fleets(&["web", "shop"]))
            .sees(instance(2))
            .sees(instance(3).in_zone("b"))
            .sees(volume(1).in_slot("data").on(1))
            .sees(address(1).in_slot("vip").on(2)),
        [held(1).of("data"), held(2).of("vip")],
        &["several-fleets"],
    );
}

#[test]
fn releases_are_awaited_side_by_side() {
    let ending = |n| instance(n).is(InstanceState::ShuttingDown);
    check(
        look()
            .sees(ending(1))
            .sees(ending(2))
            .sees(instance(3))
            .sees(instance(4))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").on(2)),
        [
            waiting("not-released").of("a").on(1).next(Next::Release),
            waiting("not-released").of("b").on(2).next(Next::Release),
        ],
    );
}

#[test]
fn slots_of_addresses_go_to_an_instance_each() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(instance(2))
            .sees(address(1).in_slot("a"))
            .sees(address(2).in_slot("b")),
        [moving().of("a").follow([to(1, 1, 1)]), moving().of("b").follow([to(2, 2, 1)])],
    );
}
