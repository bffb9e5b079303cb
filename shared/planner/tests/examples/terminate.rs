//! The policy `terminate`: whom it ends, and when.

use crate::expected::{attach, check, check_all, held, moving, of, steps, terminate, waiting};
use planner::device::DeviceName;
use planner::fixtures::{
    InstanceBuilder, Look, NOW, VolumeBuilder, address, at, instance, instance_id, look, volume, volume_id,
};
use planner::ids::{FleetName, SlotName};
use planner::memory::Failure;
use planner::observation::{AttachmentState, BlockDevice, InstanceState};
use planner::plan::Next;
use planner::tags::{HANDOVER, SLOT};

/// A volume of a slot with the policy.
fn terminating(n: u8) -> VolumeBuilder {
    volume(n).tagged(&[(HANDOVER, "terminate")])
}

/// The slot's one volume on this holder, which is instance 1, and instance 2 beside it.
fn held_by(holder: InstanceBuilder) -> Look {
    look().sees(holder).sees(instance(2)).sees(terminating(1).on(1))
}

fn draining() -> InstanceBuilder {
    instance(1).draining("spot-interruption-warning 2026-11-23T12:16:00Z")
}

/// Its attachment was asked for that many seconds ago.
fn attached(mut seen: Look, ago: i64) -> Look {
    seen.0.volumes[0].attachments[0].since = Some(at(NOW - ago));
    seen
}

#[test]
fn draining_holder_is_terminated_once_a_candidate_runs() {
    for holder in [
        draining(),
        instance(1).draining("by hand"),
        instance(1).but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned())),
    ] {
        check(held_by(holder), moving().told("holder-draining").on(1).lead(terminate(1)));
    }
}

/// Hooks of others may be at work there, a warm pool may take it back, or a policy may keep it for a person.
#[test]
fn holder_that_its_group_terminates_is_left_to_the_group() {
    for state in ["Terminating", "Terminating:Wait", "Terminating:Proceed", "Terminating:Retained"] {
        for holder in [instance(1), draining()] {
            check(held_by(holder.in_group(state)), waiting("holder-draining").on(1));
        }
    }
    // A state that is stale.
    let announced = || instance(1).draining("terminate-lifecycle-action 2026-11-23T12:16:00Z");
    check(held_by(announced().in_group("InService")), waiting("holder-draining").on(1));
    // It was taken out of its group.
    let ended = || moving().told("holder-draining").on(1).lead(terminate(1));
    check(held_by(announced()), ended());
    check(held_by(draining().in_group("InService")), ended());
}

#[test]
fn holder_is_not_terminated_while_its_group_does_not_tell() {
    let seen = || held_by(draining().in_group("unknown"));
    check(seen(), moving().told("holder-draining").on(1).next(Next::Transition));
    let refused = seen().but(|o| o.refusals.extend(["AccessDenied".to_owned()]));
    check_all(refused, waiting("holder-draining").on(1), &["group-refused"]);
}

/// The one that only may leave stays, so that the other's end leaves nobody without.
#[test]
fn holder_that_its_group_terminates_has_the_only_candidate() {
    let rested = |n: u8, slot: &str| {
        let since = at(NOW - 400);
        volume(n)
            .tagged(&[(HANDOVER, "terminate"), (SLOT, slot)])
            .on(n)
            .but(move |v| v.attachments[0].since = Some(since))
    };
    let seen = |state: &str| {
        let holders = look().sees(instance(1).in_group(state)).sees(instance(2).recommended());
        holders.sees(instance(3)).sees(rested(1, "a")).sees(rested(2, "b"))
    };
    assert_eq!(steps(&seen("Terminating:Wait")), []);
    let told: Vec<_> =
        of(&seen("Terminating:Wait"), "a").findings.iter().map(planner::finding::Finding::code).collect();
    assert_eq!(told, ["holder-draining"]);
    // Where it may stay for ever, the other need not wait.
    assert_eq!(steps(&seen("Terminating:Retained")), [terminate(2)]);
}

#[test]
fn holder_of_several_volumes_is_terminated_too() {
    check(
        held_by(draining()).sees(terminating(2).at(1, 'g', AttachmentState::Attached)),
        moving().told("holder-draining").on(1).lead(terminate(1)),
    );
}

#[test]
fn draining_holder_is_not_terminated_while_there_is_no_candidate() {
    check(
        look().sees(draining()).sees(instance(2).in_zone("b")).sees(terminating(1).on(1)),
        waiting("holder-draining").told("no-candidate").on(1).next(Next::Candidate),
    );
}

#[test]
fn healthy_holder_is_left_alone() {
    check(held_by(instance(1)), held(1));
}

#[test]
fn holder_that_has_ended_is_not_terminated_again() {
    check(
        held_by(draining().is(InstanceState::ShuttingDown)),
        waiting("not-released").on(1).next(Next::Release),
    );
    check(
        held_by(draining()).but(|o| {
            o.memory.terminated.insert(instance_id(1), at(NOW - 5));
        }),
        waiting("not-released").on(1).next(Next::Release),
    );
}

#[test]
fn volume_that_was_released_goes_to_the_candidate() {
    check(
        look().sees(draining().is(InstanceState::Terminated)).sees(instance(2)).sees(terminating(1)),
        moving().lead(attach(1, 2, 'f')),
    );
}

#[test]
fn attachment_that_ec2_would_delete_forbids_it() {
    let mut seen = held_by(draining());
    seen.0.volumes[0].attachments[0].delete_on_termination = true;
    check(seen, waiting("holder-draining").told("not-terminated").told("delete-on-termination").on(1));
}

#[test]
fn volume_that_could_not_follow_forbids_it() {
    check(
        held_by(draining())
            .sees(instance(3).is(InstanceState::Stopped).but(|i| i.hibernation = true))
            .sees(terminating(2).at(3, 'g', AttachmentState::Attached)),
        waiting("holder-draining").told("not-terminated").on(1),
    );
}

#[test]
fn volume_of_another_slot_on_its_way_off_forbids_it() {
    check(
        held_by(draining()).sees(volume(3).in_slot("other").at(1, 'g', AttachmentState::Busy)),
        [waiting("holder-draining").told("not-terminated").on(1), waiting("detaching").of("other").on(1)],
    );
}

#[test]
fn holder_that_two_managed_fleets_claim_is_not_terminated() {
    let seen = held_by(draining().of_fleets(&["web", "shop"])).but(|o| {
        o.managed.insert(FleetName::new("shop"));
    });
    assert_eq!(crate::expected::of(&seen, "main").lead, None);
}

#[test]
fn paused_holder_is_left_alone() {
    check(held_by(draining().paused()), crate::expected::paused().on(1));
}

#[test]
fn refused_termination_is_told_and_the_release_awaited_as_ever() {
    let seen = held_by(draining()).but(|o| {
        o.memory.failures.push(Failure {
            slot: Some(SlotName::new("main")),
            step: terminate(1),
            reason: "UnauthorizedOperation".to_owned(),
        });
    });
    check(seen, crate::expected::blocked("holder-draining").told("refused").on(1));
}

#[test]
fn recommendation_moves_a_slot_to_an_instance_without_one() {
    check(
        attached(held_by(instance(1).recommended()), 301),
        moving().told("holder-draining").on(1).lead(terminate(1)),
    );
    check(
        attached(
            look().sees(instance(1).recommended()).sees(instance(2).recommended()).sees(terminating(1).on(1)),
            301,
        ),
        waiting("holder-draining").on(1),
    );
}

#[test]
fn recommendation_does_not_move_a_slot_that_has_just_come() {
    check(attached(held_by(instance(1).recommended()), 300), waiting("holder-draining").on(1));
}

#[test]
fn interruption_moves_a_slot_that_has_just_come() {
    check(attached(held_by(draining()), 1), moving().told("holder-draining").on(1).lead(terminate(1)));
}

#[test]
fn slot_of_addresses_ends_nobody() {
    check(
        look().sees(draining()).sees(instance(2)).sees(address(1).tagged(&[(HANDOVER, "terminate")]).on(1)),
        moving().on(1).follow([crate::expected::away(1), crate::expected::to(1, 2, 1)]),
    );
}

#[test]
fn volume_that_is_not_of_the_slot_forbids_it() {
    check(held_by(draining().using('h', 90)), waiting("holder-draining").told("not-terminated").on(1));
}

#[test]
fn root_device_and_the_slots_own_volumes_do_not_forbid_it() {
    let root = BlockDevice { device: DeviceName::reported("/dev/xvda"), volume: volume_id(91) };
    let holder = draining().using('f', 1).but(|i| i.devices.push(root));
    check(held_by(holder), moving().told("holder-draining").on(1).lead(terminate(1)));
}

/// "The slot is left alone": with the instance, its address would go.
#[test]
fn address_of_a_slot_that_is_not_to_be_touched_forbids_it() {
    let seen = |key, value| {
        held_by(draining()).sees(address(9).tagged(&[(planner::tags::SLOT, "vip"), (key, value)]).on(1))
    };
    for (key, value) in [(planner::tags::PAUSED, "true"), (HANDOVER, "banana")] {
        assert_eq!(crate::expected::of(&seen(key, value), "main").lead, None);
    }
    let elsewhere = address(9).tagged(&[(planner::tags::SLOT, "vip"), (planner::tags::PAUSED, "true")]).on(3);
    let far = held_by(draining()).sees(instance(3)).sees(elsewhere);
    assert_eq!(crate::expected::of(&far, "main").lead, Some(terminate(1)));
    let open = seen(HANDOVER, "terminate");
    assert_eq!(crate::expected::of(&open, "main").lead, Some(terminate(1)));
}

/// Found by the model check. The other volume on the holder makes every other instance unfit, so the holder of a slot of
/// several volumes is never ended, and the policy is `on-release`.
#[test]
fn draining_holder_of_two_volumes_is_terminated_once_a_candidate_runs() {
    let seen = held_by(draining()).sees(terminating(2).at(1, 'g', AttachmentState::Attached));
    assert_eq!(crate::expected::of(&seen, "main").lead, Some(terminate(1)));
}

#[test]
fn nothing_is_brought_to_a_recommended_holder_that_is_about_to_be_ended() {
    let rested = volume(1).tagged(&[(planner::tags::HANDOVER, "terminate")]).on(1);
    let rested = rested.but(|v| v.attachments[0].since = Some(at(NOW - 301)));
    let address = planner::fixtures::address(1).tagged(&[(planner::tags::HANDOVER, "terminate")]);
    let seen = planner::fixtures::look().sees(planner::fixtures::instance(1).recommended());
    let seen = seen.sees(planner::fixtures::instance(2)).sees(rested).sees(address);
    let plan = planner::plan(&seen.0);
    let steps: Vec<_> = plan.slots[0].steps().map(planner::plan::Step::name).collect();
    assert_eq!(steps, ["terminate-instance"]);
}
