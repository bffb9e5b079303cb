//! Held up: slots that something keeps from going anywhere, and what that may not do to other slots.

use crate::expected::{attach, check, detach, moving, of, waiting};
use planner::fixtures::{instance, look, volume};
use planner::ids::SlotName;
use planner::memory::Failure;
use planner::observation::{AttachmentState, InstanceState};

/// "A bad slot never makes another slot wait." The slot `a` can go nowhere before somebody ends the hibernation,
/// and yet it reserves the only instance, so that `b`, which is free, waits for ever.
#[test]
fn slot_that_a_hibernated_volume_holds_up_reserves_no_instance() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped).but(|i| i.hibernation = true))
            .sees(instance(2))
            .sees(volume(1).in_slot("a"))
            .sees(volume(2).in_slot("a").at(1, 'g', AttachmentState::Attached))
            .sees(volume(3).in_slot("b")),
        [waiting("hibernated").of("a"), moving().of("b").lead(attach(3, 2, 'f'))],
    );
}

/// The same while the other volume is on its way off an instance that runs and keeps it busy.
#[test]
fn slot_that_a_busy_volume_holds_up_reserves_no_instance() {
    let seen = look()
        .sees(instance(1).draining("by hand"))
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(1, 'g', AttachmentState::Busy))
        .sees(volume(3).in_slot("b"));
    assert_eq!(of(&seen, "b").lead, Some(attach(3, 2, 'f')));
}

/// The same after EC2 has refused for good to detach its volume: every sweep, `a` fails and `b` waits.
#[test]
fn slot_that_ec2_refuses_to_free_reserves_no_instance() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(3).in_slot("b"))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: Some(SlotName::new("a")),
                step: detach(1, 1),
                reason: "UnauthorizedOperation".to_owned(),
            });
        });
    assert_eq!(of(&seen, "b").lead, Some(attach(3, 2, 'f')));
}

/// What a slot waits for depends on the order of its volumes' ids: the last one has the word. With a volume on its
/// way off a stopped instance the slot is `moving`, whatever else is awaited.
#[test]
fn state_does_not_depend_on_which_volume_is_under_way() {
    let seen = |coming_off, ending| {
        look()
            .sees(instance(1))
            .sees(instance(8).is(InstanceState::Stopped))
            .sees(instance(9).is(InstanceState::ShuttingDown))
            .sees(volume(1))
            .sees(volume(coming_off).at(8, 'g', AttachmentState::Detaching))
            .sees(volume(ending).at(9, 'g', AttachmentState::Attached))
    };
    let (one, two) = (of(&seen(2, 3), "main"), of(&seen(3, 2), "main"));
    assert_eq!((one.state, one.next), (two.state, two.next));
}

/// A first volume is taken off a stopped holder although another one can never follow: start the old holder, and
/// it has lost its volume to nobody.
#[test]
fn stopped_holder_keeps_the_volume_while_another_cannot_come() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(3).is(InstanceState::Stopped).but(|i| i.hibernation = true))
        .sees(instance(2))
        .sees(volume(1).on(1))
        .sees(volume(2).at(3, 'g', AttachmentState::Attached));
    assert_eq!(of(&seen, "main").lead, None);
}
