//! Paused: what a person asked to be left alone is left alone, and reported so.

use crate::expected::{attach, check, check_all, held, moving, of, paused, waiting};
use planner::fixtures::{address, instance, look, volume};
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::SlotState;
use planner::tags::{HANDOVER, PAUSED, SLOT, Setting};

#[test]
fn tag_on_a_volume_pauses_its_slot() {
    check(look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "true")])), paused());
}

#[test]
fn tag_on_any_volume_pauses_the_whole_slot() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(volume(2).tagged(&[(PAUSED, "true")])),
        paused().on(1),
    );
}

#[test]
fn tag_on_an_address_pauses_its_slot() {
    check(look().sees(instance(1)).sees(volume(1)).sees(address(1).tagged(&[(PAUSED, "true")])), paused());
}

#[test]
fn tag_on_one_slot_pauses_no_other() {
    check(
        look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "true"), (SLOT, "other")])).sees(volume(2)),
        [moving().lead(attach(2, 1, 'f')), paused().of("other")],
    );
}

#[test]
fn instance_pauses_the_slot_that_it_holds() {
    check(
        look()
            .sees(instance(1).paused())
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(volume(2))
            .sees(address(1)),
        paused().on(1),
    );
}

#[test]
fn instance_pauses_the_slot_whatever_its_state() {
    for state in
        [InstanceState::Pending, InstanceState::Stopping, InstanceState::Stopped, InstanceState::ShuttingDown]
    {
        check(
            look().sees(instance(1).paused().is(state)).sees(instance(2)).sees(volume(1).on(1)),
            paused().on(1),
        );
    }
}

#[test]
fn instance_pauses_the_slot_of_which_it_has_another_volume() {
    check(
        look()
            .sees(instance(1).paused().is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached)),
        paused(),
    );
}

#[test]
fn instance_pauses_the_addresses_that_it_holds() {
    check(
        look().sees(instance(1).paused().draining("by hand")).sees(instance(2)).sees(address(1).on(1)),
        paused().on(1),
    );
}

#[test]
fn paused_instance_that_holds_nothing_pauses_nothing() {
    check(
        look().sees(instance(1).paused()).sees(instance(2)).sees(volume(1)),
        moving().lead(attach(1, 2, 'f')),
    );
}

#[test]
fn slot_is_free_again_when_the_tag_is_false() {
    check(
        look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "false")])),
        moving().lead(attach(1, 1, 'f')),
    );
}

#[test]
fn paused_slot_keeps_its_instance_from_other_slots() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).tagged(&[(PAUSED, "true"), (SLOT, "other")]).on(1))
            .sees(volume(2)),
        [waiting("no-candidate"), paused().of("other").on(1)],
    );
}

#[test]
fn paused_slot_still_tells_what_is_wrong() {
    check(
        look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "true"), (HANDOVER, "banana")])),
        paused().told("unknown-policy"),
    );
}

#[test]
fn paused_slot_is_not_reported_as_held() {
    check(look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "true")]).on(1)), paused().on(1));
}

#[test]
fn fleet_goes_on_beside_a_paused_instance() {
    check_all(
        look()
            .sees(instance(1).paused())
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(volume(2).in_slot("other").on(2)),
        [paused().on(1), held(2).of("other")],
        &[],
    );
}

/// A holder that is paused in words that mean nothing blocks its slot, when that has volumes; a slot of addresses
/// it pauses, and the slot's own report does not say why.
#[test]
fn holder_with_a_meaningless_mark_blocks_addresses_as_it_does_volumes() {
    let holder = instance(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()));
    let seen = look().sees(holder).sees(address(1).on(1));
    assert_eq!(of(&seen, "main").state, SlotState::Blocked);
}

/// A finding is told once: a meaningless mark on the holder is told for each volume that is there.
#[test]
fn meaningless_mark_of_the_holder_is_told_once() {
    let holder = instance(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()));
    let seen =
        look().sees(holder).sees(volume(1).on(1)).sees(volume(2).at(1, 'g', AttachmentState::Attached));
    assert_eq!(of(&seen, "main").findings.len(), 1);
}
