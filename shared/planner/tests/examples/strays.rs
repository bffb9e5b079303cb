//! Strays: volumes of two slots on one instance, as people or a race may leave them.

use crate::expected::{attaches, of};
use planner::fixtures::{NOW, address, at, device, instance, instance_id, look, volume};
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::SlotState;

/// "An instance holds at most one slot." Instance 2 has a volume of the slot `b`, and a stray one of `a`. Only the
/// first name is remembered, so `a` takes it for an instance of its own and attaches its first volume there.
/// EC2 refuses the device name at first; after five seconds the planner goes on to the next name.
#[test]
fn instance_with_another_slot_is_unfit_even_when_it_has_a_stray_volume() {
    let seen = look()
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("b").on(2));
    assert!(!attaches(&of(&seen, "a")), "{:?}", of(&seen, "a"));
}

/// The same after EC2 has refused the name: two slots on one instance.
#[test]
fn instance_with_another_slot_is_unfit_under_any_name() {
    let seen = look()
        .sees(instance(2).using('f', 3))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("b").on(2))
        .but(|o| {
            o.memory.refused_devices.insert((instance_id(2), device('f')), at(NOW - 6));
        });
    assert!(!attaches(&of(&seen, "a")), "{:?}", of(&seen, "a"));
}

/// The address of `b` is taken from its own holder, which a stray volume of `a` is on too.
#[test]
fn address_is_not_let_go_from_its_own_holder() {
    let seen = look()
        .sees(instance(2).is(InstanceState::Pending))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(1).in_slot("a"))
        .sees(volume(3).in_slot("b").on(2))
        .sees(address(1).in_slot("b").on(2));
    assert_eq!(of(&seen, "b").steps().count(), 0, "{:?}", of(&seen, "b"));
}

/// "Blocked: … a person must act." Both slots wait for each other for ever and nobody is told to act: the second
/// volume of `a` is on the running holder of `b`.
#[test]
fn volume_on_the_running_holder_of_another_slot_blocks() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("b"))
        .sees(volume(2).in_slot("b").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("a").on(2));
    assert_eq!(of(&seen, "b").state, SlotState::Blocked, "{:?}", of(&seen, "b"));
}
