//! Reserved: who has the only candidate while several slots ask for it. "A bad slot never makes another slot wait",
//! and neither does one that can only wait itself.

use crate::expected::{attach, away, check, held, moving, of, steps, terminate, to, waiting};
use planner::fixtures::{
    AddressBuilder, InstanceBuilder, Look, NOW, VolumeBuilder, address, at, instance, instance_id, look,
    volume,
};
use planner::ids::SlotName;
use planner::memory::Failure;
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::{Next, Step};
use planner::tags::{HANDOVER, SLOT};

/// The first volume of a slot with the policy `terminate`, attached long ago.
fn terminating(n: u8, slot: &str) -> VolumeBuilder {
    volume(n).tagged(&[(SLOT, slot), (HANDOVER, "terminate")])
}

fn draining(n: u8) -> InstanceBuilder {
    instance(n).draining("spot-interruption-warning 2026-11-23T12:16:00Z")
}

/// One that is spared, for it has a volume that nobody tagged.
fn spared(holder: InstanceBuilder) -> InstanceBuilder {
    holder.using('m', 90)
}

/// The only candidate, and the only instance that is neither draining nor has volumes.
fn candidate() -> InstanceBuilder {
    instance(5)
}

fn vip(n: u8) -> AddressBuilder {
    address(n).in_slot("vip")
}

fn rested(mut seen: Look) -> Look {
    for attachment in seen.0.volumes.iter_mut().flat_map(|volume| &mut volume.attachments) {
        attachment.since = Some(at(NOW - 301));
    }
    seen
}

/// `a` has a foreign volume on its holder, so that it waits whatever happens; `b` would be handed over at once.
#[test]
fn slot_whose_holder_is_spared_leaves_the_candidate_to_one_whose_holder_is_not() {
    check(
        look()
            .sees(spared(draining(1)))
            .sees(draining(2))
            .sees(candidate())
            .sees(terminating(1, "a").on(1))
            .sees(terminating(2, "b").on(2)),
        [
            waiting("holder-draining").told("not-terminated").told("no-candidate").of("a").on(1),
            moving().told("holder-draining").of("b").on(2).lead(terminate(2)),
        ],
    );
}

/// The same under two policies: `on-release` waits in any case.
#[test]
fn slot_that_awaits_its_release_leaves_the_candidate_to_one_that_can_be_handed_over() {
    check(
        look()
            .sees(draining(1))
            .sees(draining(2))
            .sees(candidate())
            .sees(volume(1).in_slot("a").on(1))
            .sees(terminating(2, "b").on(2)),
        [
            waiting("holder-draining").told("no-candidate").of("a").on(1),
            moving().told("holder-draining").of("b").on(2).lead(terminate(2)),
        ],
    );
}

/// And after EC2 has refused to end the holder of `a`.
#[test]
fn slot_whose_holder_ec2_does_not_end_leaves_the_candidate_to_another() {
    let seen = look()
        .sees(draining(1))
        .sees(draining(2))
        .sees(candidate())
        .sees(terminating(1, "a").on(1))
        .sees(terminating(2, "b").on(2))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: Some(SlotName::new("a")),
                step: terminate(1),
                reason: "UnauthorizedOperation".to_owned(),
            });
        });
    assert_eq!(steps(&seen), [terminate(2)]);
}

/// Volumes come before addresses: the slot can leave its holder now, and would take the instance in the end anyway.
#[test]
fn slot_that_can_be_handed_over_has_the_candidate_before_addresses() {
    let seen = |home: InstanceBuilder| {
        look().sees(draining(1)).sees(home).sees(terminating(1, "data").on(1)).sees(vip(1).on(5))
    };
    check(
        seen(candidate()),
        [moving().told("holder-draining").of("data").on(1).lead(terminate(1)), held(5).of("vip")],
    );
}

/// The addresses stay where they are until the volume comes.
#[test]
fn addresses_stay_while_the_volume_that_will_drive_them_out_is_released() {
    check(
        look()
            .sees(draining(1).is(InstanceState::ShuttingDown))
            .sees(candidate())
            .sees(terminating(1, "data").on(1))
            .sees(vip(1).on(5)),
        [waiting("not-released").of("data").on(1).next(Next::Release), held(5).of("vip")],
    );
}

/// A spared holder goes when it goes. Until then the addresses have the instance.
#[test]
fn slot_whose_holder_is_spared_leaves_the_candidate_to_addresses() {
    check(
        look().sees(spared(draining(1))).sees(candidate()).sees(terminating(1, "data").on(1)).sees(vip(1)),
        [
            waiting("holder-draining").told("not-terminated").told("no-candidate").of("data").on(1),
            moving().of("vip").follow([to(1, 5, 1)]),
        ],
    );
}

/// The instance waits for a volume that EC2 has not released; addresses that are nowhere need not.
#[test]
fn addresses_lodge_where_volumes_are_to_come() {
    let ending = instance(1).is(InstanceState::ShuttingDown);
    let data = || waiting("not-released").of("data").on(1).next(Next::Release);
    let seen = look().sees(ending).sees(candidate()).sees(volume(1).in_slot("data").on(1));
    check(seen.clone().sees(vip(1)), [data(), moving().of("vip").follow([to(1, 5, 1)])]);
    // From an instance that does not run, too.
    check(
        seen.clone().sees(instance(2).is(InstanceState::Stopped)).sees(vip(1).on(2)),
        [data(), moving().of("vip").on(2).follow([away(1), to(1, 5, 1)])],
    );
    // Not from one that still runs: the addresses would have to leave again before it goes.
    check(seen.sees(draining(2)).sees(vip(1).on(2)), [data(), waiting("no-candidate").of("vip").on(2)]);
}

/// An address of the volumes' slot is where the volumes are to come, and will not make way for a guest.
#[test]
fn addresses_do_not_lodge_beside_one_of_the_slot_that_is_to_come() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(candidate())
            .sees(volume(1).in_slot("data").on(1))
            .sees(address(2).in_slot("data").on(5))
            .sees(vip(1)),
        [waiting("not-released").of("data").on(1).next(Next::Release), waiting("no-candidate").of("vip")],
    );
}

/// Of two slots of addresses, the one that is nowhere needs the instance more.
#[test]
fn addresses_that_are_nowhere_come_before_those_on_an_instance_that_runs() {
    for home in [instance(1).recommended(), draining(1)] {
        let seen = look()
            .sees(home)
            .sees(candidate())
            .sees(address(1).in_slot("a").on(1))
            .sees(address(2).in_slot("b"));
        assert_eq!(steps(&seen), [to(2, 5, 1)]);
    }
}

/// A recommendation is no certainty. Its slot stays whole where it is, and takes nothing from anybody.
#[test]
fn recommended_holder_that_is_spared_keeps_the_slot_whole_and_reserves_nothing() {
    let seen = look()
        .sees(spared(instance(1).recommended()))
        .sees(candidate())
        .sees(terminating(1, "a").on(1))
        .sees(terminating(3, "a"))
        .sees(address(1).tagged(&[(SLOT, "a"), (HANDOVER, "terminate")]))
        .sees(draining(2))
        .sees(terminating(2, "b").on(2));
    check(
        rested(seen),
        [
            moving()
                .told("holder-draining")
                .told("not-terminated")
                .of("a")
                .on(1)
                .follow([attach(3, 1, 'g')])
                .follow([to(1, 1, 1)]),
            moving().told("holder-draining").of("b").on(2).lead(terminate(2)),
        ],
    );
}

/// Likewise where EC2 has refused to end it.
#[test]
fn recommended_holder_that_ec2_does_not_end_keeps_the_slot_whole() {
    let seen = look()
        .sees(instance(1).recommended())
        .sees(candidate())
        .sees(terminating(1, "main").on(1))
        .sees(terminating(2, "main"))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: Some(SlotName::new("main")),
                step: terminate(1),
                reason: "UnauthorizedOperation".to_owned(),
            });
        });
    assert_eq!(of(&rested(seen), "main").follow, [[attach(2, 1, 'g')]]);
}

#[test]
fn recommended_holder_leaves_the_candidate_to_addresses() {
    check(
        rested(
            look()
                .sees(instance(1).recommended())
                .sees(candidate())
                .sees(terminating(1, "data").on(1))
                .sees(vip(1)),
        ),
        [waiting("holder-draining").of("data").on(1), moving().of("vip").follow([to(1, 5, 1)])],
    );
}

/// "Nothing moves without a reason": the addresses could go elsewhere, but a mere recommendation is none.
#[test]
fn recommended_holder_drives_no_addresses_out() {
    let seen = look()
        .sees(instance(1).recommended())
        .sees(candidate())
        .sees(instance(6).in_zone("b"))
        .sees(terminating(1, "data").on(1))
        .sees(vip(1).on(5));
    assert_eq!(steps(&rested(seen)), []);
}

/// Nothing is won by leaving for an instance that has too few private addresses: the slot would be blocked there.
#[test]
fn recommended_holder_is_not_left_for_an_instance_without_room() {
    let seen = look()
        .sees(instance(1).recommended().with_places(2))
        .sees(candidate())
        .sees(terminating(1, "main").on(1))
        .sees(address(1).tagged(&[(HANDOVER, "terminate")]).at(1, 1))
        .sees(address(2).tagged(&[(HANDOVER, "terminate")]).at(1, 2));
    assert_eq!(steps(&rested(seen)), []);
}

/// `b` is free and instance 5 the better of two; that `a` hopes for the same one is no reason to take the worse.
#[test]
fn waiting_slot_pushes_no_other_onto_a_recommended_instance() {
    let seen = look()
        .sees(draining(1))
        .sees(candidate())
        .sees(instance(6).recommended())
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b"))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: Some(SlotName::new("a")),
                step: attach(1, 6, 'f'),
                reason: "EncryptedVolumesNotSupported".to_owned(),
            });
        });
    assert_eq!(steps(&seen), [attach(2, 5, 'f')]);
}

/// An instance that this invocation has just ended is shown as running for some seconds. It takes nothing more.
#[test]
fn instance_that_was_just_ended_takes_nothing_more() {
    let ended = |seen: Look| {
        seen.but(|o| {
            o.memory.terminated.insert(instance_id(1), at(NOW - 1));
        })
    };
    let seen = look().sees(instance(1).recommended()).sees(volume(1));
    check(ended(seen), waiting("no-candidate"));
    let seen = look()
        .sees(instance(1).recommended())
        .sees(terminating(1, "main").at(1, 'f', AttachmentState::Attached))
        .sees(terminating(2, "main"));
    let attaches = |step: &Step| step.name() == "attach-volume";
    assert!(!steps(&ended(rested(seen))).iter().any(attaches));
    let seen = look().sees(instance(1).recommended()).sees(candidate()).sees(vip(1).on(1));
    assert_eq!(steps(&ended(seen)), [away(1), to(1, 5, 1)]);
}
