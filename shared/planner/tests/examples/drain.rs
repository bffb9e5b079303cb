//! The policy `drain`: whom it drains, when, and what has to be proven before a volume leaves an instance that runs.

use crate::expected::{Expected, attach, check, detach, drain, held, moving, of, waiting};
use planner::command::{Command, CommandStatus, Record};
use planner::fixtures::{
    InstanceBuilder, Look, NOW, VolumeBuilder, address, at, command, instance, instance_id, look, volume,
};
use planner::ids::SlotName;
use planner::memory::Failure;
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::Next;
use planner::tags::{HANDOVER, SLOT};

/// A volume of a slot with the policy, attached to instance n a hundred seconds ago.
fn drained_from(v: u8, n: u8) -> VolumeBuilder {
    let letter = if v == 1 { 'f' } else { 'g' };
    at_state(v, n, letter, AttachmentState::Attached)
}

fn at_state(v: u8, n: u8, letter: char, state: AttachmentState) -> VolumeBuilder {
    let attached = free(v).at(n, letter, state);
    attached.but(|v| v.attachments[0].since = Some(at(NOW - 100)))
}

fn free(v: u8) -> VolumeBuilder {
    volume(v).tagged(&[(HANDOVER, "drain")])
}

/// The slot's one volume on this holder, which is instance 1, and instance 2 beside it.
fn held_by(holder: InstanceBuilder) -> Look {
    look().sees(holder).sees(instance(2)).sees(drained_from(1, 1))
}

/// The same, when nothing else could take the slot.
fn alone(holder: InstanceBuilder) -> Look {
    look().sees(holder).sees(instance(2).in_zone("b")).sees(drained_from(1, 1))
}

/// Marked for an interruption of which it was warned that many seconds ago.
fn warned(ago: i64) -> InstanceBuilder {
    let since = at(NOW - ago).to_rfc3339();
    instance(1).draining(&format!("spot-interruption-warning {since}"))
}

fn draining() -> InstanceBuilder {
    warned(30)
}

fn success(ago: i64, volumes: &[u8]) -> Command {
    command(ago, volumes, CommandStatus::Success)
}

fn running(ago: i64) -> Command {
    command(ago, &[1], CommandStatus::InProgress)
}

fn failure(ago: i64) -> Command {
    command(ago, &[1], CommandStatus::Failed("ExecutionTimedOut".to_owned()))
}

/// What is planned for a draining holder.
fn going() -> Expected {
    moving().told("holder-draining").on(1)
}

fn staying() -> Expected {
    waiting("holder-draining").told("not-drained").on(1)
}

#[test]
fn record_is_asked_for_once_it_matters() {
    check(held_by(draining()), going().asks(1));
    check(alone(draining()), waiting("holder-draining").told("no-candidate").on(1).next(Next::Candidate));
    check(alone(warned(76)), going().told("no-candidate").asks(1));
    check(held_by(instance(1)), held(1));
}

#[test]
fn draining_holder_is_drained_once_a_candidate_runs() {
    for holder in [
        draining(),
        instance(1).draining("by hand"),
        instance(1).but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned())),
    ] {
        check(held_by(holder).records(1, &[]), going().lead(drain(1, &[1])));
    }
}

#[test]
fn draining_holder_is_drained_without_a_candidate_when_45_seconds_are_left() {
    let drained = |ago| of(&alone(warned(ago)).records(1, &[]), "main").lead;
    assert_eq!(drained(75), None);
    assert_eq!(drained(76), Some(drain(1, &[1])));
    assert_eq!(drained(150), Some(drain(1, &[1])));
}

#[test]
fn holder_that_a_person_has_drained_waits_for_a_candidate() {
    let by_hand = format!("kernel update {}", at(NOW - 100).to_rfc3339());
    check(
        alone(instance(1).draining(&by_hand)).records(1, &[]),
        waiting("holder-draining").told("no-candidate").on(1).next(Next::Candidate),
    );
}

#[test]
fn warning_of_an_earlier_run_hurries_nobody() {
    let stopped_since = warned(100).but(|i| {
        i.launched = at(NOW - 50);
        i.doomed = Some("marked-for-stop".to_owned());
    });
    check(
        alone(stopped_since).records(1, &[]),
        waiting("holder-draining").told("no-candidate").on(1).next(Next::Candidate),
    );
}

#[test]
fn running_command_is_waited_for_and_not_sent_again() {
    check(held_by(draining()).records(1, &[running(3)]), going().next(Next::Transition));
    check(held_by(draining()).records(1, &[failure(9), running(3)]), going().next(Next::Transition));
}

#[test]
fn command_that_was_sent_a_moment_ago_is_not_sent_again() {
    let sent = |ago| {
        held_by(draining()).records(1, &[]).but(move |o| {
            o.memory.sent.insert(instance_id(1), at(NOW - ago));
        })
    };
    check(sent(30), going().next(Next::Transition));
    check(sent(31), going().lead(drain(1, &[1])));
}

/// Nobody else would know why the volume is unmounted.
#[test]
fn holder_is_not_drained_on_the_strength_of_a_mark_that_is_not_written() {
    let unmarked = |o: &mut planner::observation::Observation| {
        o.memory.unmarked.insert(instance_id(1));
    };
    let stays = waiting("holder-draining").on(1).next(Next::Candidate);
    check(held_by(draining()).records(1, &[]).but(unmarked), stays);
    let doomed = draining().but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned()));
    check(held_by(doomed).records(1, &[]).but(unmarked), going().lead(drain(1, &[1])));
    check(held_by(draining()).records(1, &[success(3, &[1])]).but(unmarked), going().lead(detach(1, 1)));
}

#[test]
fn drained_volume_is_detached_from_the_holder_that_was_seen_to_have_it() {
    check(held_by(draining()).records(1, &[success(3, &[1])]), going().lead(detach(1, 1)));
    // A second command that was sent beside the first one changes nothing of what that has done.
    check(held_by(draining()).records(1, &[running(2), success(3, &[1])]), going().lead(detach(1, 1)));
}

#[test]
fn success_that_proves_nothing_leads_to_another_command() {
    let attached_since = |ago: i64| {
        move |o: &mut planner::observation::Observation| {
            o.volumes[0].attachments[0].since = Some(at(NOW - ago));
        }
    };
    let again = || going().lead(drain(1, &[1]));
    // Too old.
    check(held_by(draining()).records(1, &[success(59, &[1])]), going().lead(detach(1, 1)));
    check(held_by(draining()).records(1, &[success(60, &[1])]), again());
    // From the future, by a clock that is wrong.
    check(held_by(draining()).records(1, &[success(-5, &[1])]), going().lead(detach(1, 1)));
    check(held_by(draining()).records(1, &[success(-6, &[1])]), again());
    // Of another volume.
    check(held_by(draining()).records(1, &[success(3, &[2])]), again());
    // From before the volume came, or from no one knows when it came.
    check(held_by(draining()).records(1, &[success(3, &[1])]).but(attached_since(3)), again());
    check(
        held_by(draining()).records(1, &[success(3, &[1])]).but(|o| o.volumes[0].attachments[0].since = None),
        again(),
    );
    // From an earlier run of the instance.
    let restarted = instance(1).draining("by hand").but(|i| i.launched = at(NOW - 3));
    check(held_by(restarted).records(1, &[success(3, &[1])]), again());
    // Of another instance.
    check(held_by(draining()).records(1, &[]).records(2, &[success(3, &[1])]), again());
}

#[test]
fn later_failure_takes_an_earlier_success_back() {
    check(held_by(draining()).records(1, &[success(9, &[1]), failure(3)]), staying());
    check(held_by(draining()).records(1, &[success(3, &[1]), failure(3)]), staying());
    check(held_by(draining()).records(1, &[success(2, &[1]), failure(3)]), going().lead(detach(1, 1)));
}

#[test]
fn failed_command_leaves_the_volume_and_is_not_sent_again_for_five_minutes() {
    let earlier = |ago: i64| {
        let seen = held_by(instance(1).draining("by hand")).records(1, &[failure(ago)]);
        seen.but(|o| o.volumes[0].attachments[0].since = Some(at(NOW - 900)))
    };
    check(earlier(3), staying());
    check(earlier(299), staying());
    check(earlier(300), going().lead(drain(1, &[1])));
}

#[test]
fn refused_command_leaves_the_volume_and_blocks_nothing() {
    let seen = held_by(draining()).records(1, &[]).but(|o| {
        o.memory.failures.push(Failure {
            slot: Some(SlotName::new("main")),
            step: drain(1, &[1]),
            reason: "InvalidInstanceId".to_owned(),
        });
    });
    check(seen, staying());
}

#[test]
fn record_that_may_not_be_read_leaves_the_volume() {
    let with = |record: Record| {
        held_by(draining()).but(move |o| {
            o.records.insert(instance_id(1), record);
        })
    };
    check(with(Record::Refused("AccessDeniedException".to_owned())), staying());
    check(with(Record::Unanswered), going().next(Next::Transition));
}

#[test]
fn slot_without_a_document_is_handed_over_as_on_release() {
    let told = |expected: Expected| expected.told("no-drain-document");
    let without = |seen: Look| seen.but(|o| o.drain_document = None);
    check(without(held_by(draining())), told(waiting("holder-draining").on(1)));
    check(without(held_by(instance(1))), told(held(1)));
    check(without(look().sees(instance(1)).sees(address(1).tagged(&[(HANDOVER, "drain")]).on(1))), held(1));
}

#[test]
fn drained_volume_stays_until_there_is_a_candidate() {
    let expected =
        || waiting("holder-draining").told("no-candidate").told("drained").on(1).next(Next::Candidate);
    check(alone(warned(80)).records(1, &[success(3, &[1])]), expected());
    // It need not be drained again before somebody can take it.
    check(alone(warned(140)).records(1, &[success(61, &[1])]), expected());
    check(held_by(warned(140)).records(1, &[success(61, &[1])]), going().lead(drain(1, &[1])));
}

#[test]
fn detached_volume_is_awaited_and_then_attached_to_the_candidate() {
    let leaving = |state| {
        look().sees(draining()).sees(instance(2)).sees(at_state(1, 1, 'f', state)).sees(address(1).on(1))
    };
    let seen = leaving(AttachmentState::Detaching);
    check(seen, moving().on(1).asks(1));
    let seen = leaving(AttachmentState::Detaching).records(1, &[success(70, &[1])]);
    check(seen, moving().on(1).next(Next::Transition));
    // Something there has it again.
    let seen = leaving(AttachmentState::Busy).records(1, &[success(70, &[1])]);
    check(seen, waiting("detaching").on(1));
    check(
        look().sees(draining()).sees(instance(2)).sees(free(1)).sees(address(1).on(1)),
        moving().lead(attach(1, 2, 'f')).follow([crate::expected::away(1), crate::expected::to(1, 2, 1)]),
    );
}

#[test]
fn volume_that_somebody_else_detaches_is_not_taken_for_drained() {
    let seen =
        || look().sees(draining()).sees(instance(2)).sees(at_state(1, 1, 'f', AttachmentState::Detaching));
    check(seen().records(1, &[]), waiting("detaching").on(1));
    check(seen().but(|o| o.drain_document = None), waiting("detaching").told("no-drain-document").on(1));
}

fn two() -> Look {
    held_by(draining()).sees(drained_from(2, 1))
}

#[test]
fn one_command_drains_all_volumes_of_the_slot() {
    check(two().records(1, &[]), going().lead(drain(1, &[1, 2])));
    let other = volume(3).in_slot("other").at(1, 'h', AttachmentState::Busy);
    assert_eq!(of(&two().sees(other).records(1, &[]), "main").lead, Some(drain(1, &[1, 2])));
}

#[test]
fn no_volume_is_detached_before_every_one_is_drained() {
    check(two().records(1, &[success(3, &[1])]), going().lead(drain(1, &[1, 2])));
    check(
        two().records(1, &[success(9, &[1]), success(7, &[2])]),
        going().lead(detach(1, 1)).follow([detach(2, 1)]),
    );
    check(two().records(1, &[success(9, &[1, 2])]), going().lead(detach(1, 1)).follow([detach(2, 1)]));
    check(
        two().records(1, &[success(3, &[1]), command(3, &[2], CommandStatus::Failed("Failed".to_owned()))]),
        staying(),
    );
}

#[test]
fn second_volume_that_a_crash_left_behind_is_drained_and_detached_too() {
    let torn = || look().sees(draining()).sees(instance(2)).sees(free(1)).sees(drained_from(2, 1));
    check(torn(), moving().asks(1));
    check(torn().records(1, &[]), moving().follow([drain(1, &[2])]));
    check(torn().records(1, &[command(3, &[2], CommandStatus::InProgress)]), moving().next(Next::Transition));
    check(torn().records(1, &[success(3, &[1, 2])]), moving().follow([detach(2, 1)]));
    // One that cannot be drained decides where the slot may go, as ever.
    check(
        torn().records(1, &[command(3, &[2], CommandStatus::Failed("Failed".to_owned()))]),
        waiting("no-candidate"),
    );
    check(torn().but(|o| o.drain_document = None), waiting("no-candidate").told("no-drain-document"));
}

/// From an instance that may go it is drained for a healthy one, and not for another that may go.
#[test]
fn second_volume_under_a_recommendation_is_drained_for_a_healthy_instance_alone() {
    let torn = |there: InstanceBuilder, other: InstanceBuilder| {
        let seen = look().sees(other).sees(there).sees(free(1)).sees(drained_from(2, 2));
        of(&seen.records(2, &[]), "main")
    };
    let plan = torn(instance(2).recommended(), instance(1));
    assert_eq!((plan.lead, plan.follow), (None, vec![vec![drain(2, &[2])]]));
    for (there, other) in [(instance(2).recommended(), instance(1).recommended()), (instance(2), instance(1))]
    {
        let plan = torn(there, other);
        assert_eq!((plan.lead, plan.follow), (Some(attach(1, 2, 'f')), vec![]));
    }
}

#[test]
fn second_volume_on_its_way_off_is_awaited() {
    let torn = look().sees(draining()).sees(instance(2)).sees(free(1));
    let torn = torn.sees(at_state(2, 1, 'g', AttachmentState::Detaching));
    check(torn.records(1, &[success(3, &[1, 2])]), moving().next(Next::Transition));
}

#[test]
fn volume_that_could_not_follow_forbids_it() {
    check(
        held_by(draining())
            .sees(instance(3).is(InstanceState::Stopped).but(|i| i.hibernation = true))
            .sees(drained_from(2, 3))
            .records(1, &[]),
        staying(),
    );
}

#[test]
fn attachment_that_is_not_complete_is_waited_for() {
    let seen =
        look().sees(draining()).sees(instance(2)).sees(at_state(1, 1, 'f', AttachmentState::Attaching));
    let since =
        |o: &mut planner::observation::Observation| o.volumes[0].attachments[0].since = Some(at(NOW - 3));
    check(seen.but(since).records(1, &[]), going().next(Next::Transition));
}

#[test]
fn paused_holder_is_left_alone() {
    check(held_by(draining().paused()).records(1, &[success(3, &[1])]), crate::expected::paused().on(1));
}

#[test]
fn recommendation_moves_a_slot_that_has_rested() {
    let seen = |ago: i64| {
        held_by(instance(1).recommended())
            .records(1, &[])
            .but(move |o| o.volumes[0].attachments[0].since = Some(at(NOW - ago)))
    };
    check(seen(301), going().lead(drain(1, &[1])));
    check(seen(300), waiting("holder-draining").on(1));
}

#[test]
fn recommended_holder_is_given_the_whole_slot_before_it_is_drained() {
    let rested = |v: VolumeBuilder| v.but(|v| v.attachments[0].since = Some(at(NOW - 400)));
    let holder = || look().sees(instance(1).recommended()).sees(instance(2)).sees(rested(drained_from(1, 1)));
    // Whoever sees no candidate attaches it now, and it would be on its way when the first has left.
    let given = || moving().told("holder-draining").on(1).follow([attach(2, 1, 'g')]);
    let waits = || moving().told("holder-draining").on(1).next(Next::Transition);
    check(holder().sees(free(2)).records(1, &[]), given());
    check(holder().sees(free(2)).but(|o| o.drain_document = None), given().told("no-drain-document"));
    // A drain took the second volume off, and the first is seen where it was.
    check(holder().sees(free(2)), waits().asks(1));
    check(holder().sees(free(2)).records(1, &[running(3)]), waits());
    check(holder().sees(free(2)).records(1, &[success(74, &[1])]), waits());
    check(holder().sees(free(2)).records(1, &[success(75, &[1])]), given());
    check(holder().sees(free(2)).records(1, &[failure(3)]), given());
    check(holder().sees(rested(drained_from(2, 1))).records(1, &[]), going().lead(drain(1, &[1, 2])));
}

/// A function that saw the holder healthy may be about to attach the second volume there.
#[test]
fn first_volume_leaves_without_the_second_when_no_earlier_look_is_acted_on() {
    let seen = |ago: i64| held_by(draining()).sees(free(2)).records(1, &[success(ago, &[1])]);
    check(seen(14), going().next(Next::Transition));
    check(seen(15), going().lead(detach(1, 1)));
    check(seen(59), going().lead(detach(1, 1)));
}

/// The same, of one that looked before the second volume came; and of one that sees it gone, and not yet that the holder goes.
#[test]
fn volumes_leave_when_every_look_shows_that_the_holder_goes() {
    let seen = |came: i64, ago: i64| {
        let second = drained_from(2, 1).but(move |v| v.attachments[0].since = Some(at(NOW - came)));
        held_by(draining()).sees(second).records(1, &[success(ago, &[1, 2])])
    };
    let leave = || going().lead(detach(1, 1)).follow([detach(2, 1)]);
    check(seen(100, 6), going().next(Next::Transition));
    check(seen(100, 7), leave());
    check(seen(15, 7), leave());
    check(seen(14, 7), going().next(Next::Transition));
    check(seen(16, 15), leave());
    // There is nothing to tear apart.
    check(held_by(draining()).records(1, &[success(1, &[1])]), going().lead(detach(1, 1)));
}

#[test]
fn candidate_that_another_slot_needs_more_is_none() {
    let ready = volume(3).in_slot("other");
    let seen = held_by(draining()).sees(ready).records(1, &[]);
    let plan = of(&seen, "main");
    assert_eq!((plan.lead, plan.asks), (None, None));
}

#[test]
fn slot_that_waits_for_its_release_leaves_the_candidate_to_one_that_drains() {
    let waits = volume(3).in_slot("a").on(3);
    let seen = held_by(draining()).sees(instance(3).draining("by hand")).sees(waits).records(1, &[]);
    assert_eq!(of(&seen, "main").lead, Some(drain(1, &[1])));
    // One that cannot be drained waits, too.
    let seen = held_by(draining()).sees(instance(3).draining("by hand"));
    let seen = seen.sees(volume(3).tagged(&[(HANDOVER, "terminate"), (SLOT, "z")]).on(3));
    let seen = seen.records(1, &[failure(3)]);
    assert_eq!(of(&seen, "z").lead, Some(crate::expected::terminate(3)));
}

/// The first volume has left, and the second one stays where EC2 will not take it from.
#[test]
fn volume_that_ec2_refuses_to_detach_keeps_the_slot_from_others() {
    let seen = |step: Option<planner::plan::Step>| {
        let torn =
            look().sees(draining()).sees(instance(2)).sees(free(1)).sees(drained_from(2, 1)).records(1, &[]);
        let seen = torn.but(|o| {
            let (slot, reason) = (Some(SlotName::new("main")), "UnauthorizedOperation".to_owned());
            o.memory.failures.extend(step.map(|step| Failure { slot, step, reason }));
        });
        of(&seen, "main")
    };
    assert!(seen(None).steps().next().is_some());
    for step in [detach(2, 1), drain(1, &[2])] {
        let plan = seen(Some(step));
        assert_eq!(plan.steps().count(), 0);
        assert!(plan.findings.iter().any(|finding| finding.code() == "no-candidate"), "{:?}", plan.findings);
    }
}

/// A volume that comes off a drained holder in a moment has its candidate reserved.
#[test]
fn slot_that_comes_off_a_drained_holder_comes_before_one_that_waits_for_an_end() {
    let leaving = at_state(1, 1, 'f', AttachmentState::Detaching);
    let other = volume(2).in_slot("other").on(3);
    let seen = look().sees(draining()).sees(instance(2)).sees(instance(3).is(InstanceState::ShuttingDown));
    let seen = seen.sees(leaving).sees(other).records(1, &[success(20, &[1])]);
    let told: Vec<_> = of(&seen, "other").findings.iter().map(planner::finding::Finding::code).collect();
    assert!(told.contains(&"no-candidate"), "{told:?}");
}

/// What runs with another volume of the slot is where the slot goes, and is not drained for itself.
#[test]
fn instance_that_the_slot_goes_to_is_not_drained() {
    for (policy, there) in [("on-release", instance(2)), ("drain", instance(2).recommended())] {
        let part = |v: u8| volume(v).tagged(&[(HANDOVER, policy)]);
        let second = part(2).at(2, 'g', AttachmentState::Attached);
        let third = part(3).at(3, 'h', AttachmentState::Attached);
        let seen = look().sees(there).sees(instance(3).is(InstanceState::ShuttingDown));
        let plan = of(&seen.sees(part(1)).sees(second).sees(third), "main");
        assert_eq!((plan.asks, plan.next), (None, Next::Release), "{policy}");
    }
}
