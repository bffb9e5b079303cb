//! Lifecycle hooks: which instances that wait at one may go on.

use crate::expected::{attach, drain, of};
use planner::command::CommandStatus;
use planner::fixtures::{
    InstanceBuilder, Look, NOW, address, at, command, instance, instance_id, look, volume,
};
use planner::ids::{FleetName, SlotName};
use planner::lifecycle::ActionResult;
use planner::memory::Failure;
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::{Next, Step};
use planner::tags::{HANDOVER, PAUSED, SLOT, Setting};

const LAUNCH: &str = "holdfast-launch";
const TERMINATE: &str = "holdfast-terminate";

fn go_on(n: u8, hook: &str) -> Step {
    end(n, hook, ActionResult::Continue)
}

fn end(n: u8, hook: &str, result: ActionResult) -> Step {
    let (group, hook) = (FleetName::new("web"), hook.to_owned());
    Step::CompleteLifecycleAction { instance: instance_id(n), group, hook, result }
}

fn wait(n: u8, hook: &str) -> Step {
    Step::RecordHeartbeat { instance: instance_id(n), group: FleetName::new("web"), hook: hook.to_owned() }
}

/// What becomes of the lifecycle actions, with both hooks in the group.
#[track_caller]
fn check_actions(seen: Look, expected: &[Step]) {
    assert_eq!(planner::plan(&seen.hooks(&[LAUNCH], &[TERMINATE]).0).steps, expected);
}

fn launching(n: u8) -> InstanceBuilder {
    instance(n).in_group("Pending:Wait").but(|i| i.launched = at(NOW - 60))
}

fn leaving(n: u8) -> InstanceBuilder {
    instance(n).in_group("Terminating:Wait")
}

/// Marked that many seconds ago, when its group began to keep it waiting.
fn announced(n: u8, ago: i64) -> InstanceBuilder {
    leaving(n).draining(&format!("terminate-lifecycle-action {}", at(NOW - ago).to_rfc3339()))
}

fn with_policy(policy: &str) -> planner::fixtures::VolumeBuilder {
    volume(1).tagged(&[(HANDOVER, policy)])
}

fn on_1(policy: &str) -> planner::fixtures::VolumeBuilder {
    with_policy(policy).on(1).but(|v| v.attachments[0].since = Some(at(NOW - 100)))
}

#[test]
fn spare_and_stranger_go_on_at_once() {
    check_actions(look().sees(launching(1)).sees(instance(2)).sees(volume(1).on(2)), &[go_on(1, LAUNCH)]);
    check_actions(look().sees(leaving(1)).sees(instance(2)).sees(volume(1).on(2)), &[go_on(1, TERMINATE)]);
    let paused = launching(1).paused();
    check_actions(look().sees(paused).sees(volume(1)), &[go_on(1, LAUNCH)]);
    check_actions(
        look().sees(instance(1).in_group("Warmed:Pending:Wait")).sees(volume(1)),
        &[go_on(1, LAUNCH)],
    );
}

#[test]
fn instance_that_waits_at_no_hook_of_holdfast_is_left_alone() {
    for state in ["Pending", "Pending:Proceed", "InService", "Terminating", "Standby"] {
        check_actions(look().sees(instance(1).in_group(state)).sees(volume(1).on(1)), &[]);
    }
    let seen = look()
        .sees(launching(1))
        .sees(leaving(2))
        .sees(volume(1))
        .hooks(&["backup"], &["drain", "my-holdfast"]);
    assert_eq!(planner::plan(&seen.0).steps, []);
    check_actions(look().sees(launching(1).of_fleets(&["shop"])).sees(volume(1)), &[]);
    let of_another = launching(1).but(|i| i.tags.group = Some(FleetName::new("shop")));
    check_actions(look().sees(of_another).sees(volume(1)), &[]);
}

#[test]
fn every_hook_for_holdfast_is_completed() {
    let seen = look().sees(leaving(1)).sees(volume(1)).hooks(&[], &["holdfast-b", "holdfast-a"]);
    assert_eq!(planner::plan(&seen.0).steps, [go_on(1, "holdfast-a"), go_on(1, "holdfast-b")]);
}

#[test]
fn launch_waits_until_ec2_shows_that_it_runs() {
    let starting = || launching(1).is(InstanceState::Pending);
    check_actions(look().sees(starting()).sees(volume(1)), &[wait(1, LAUNCH)]);
    check_actions(look().sees(starting()).sees(instance(2)).sees(volume(1).on(2)), &[wait(1, LAUNCH)]);
    let seen = look().sees(starting()).sees(volume(1)).hooks(&[LAUNCH], &[]);
    assert_eq!(planner::plan(&seen.0).next, Next::Candidate);
    // One that goes to a warm pool takes no slot, whether it runs or not.
    let warmed = instance(1).in_group("Warmed:Pending:Wait").is(InstanceState::Pending);
    check_actions(look().sees(warmed).sees(volume(1)), &[go_on(1, LAUNCH)]);
    let stranded = look().sees(starting().in_zone("b")).sees(volume(1)).but(|seen| seen.abandons = true);
    check_actions(stranded, &[end(1, LAUNCH, ActionResult::Abandon)]);
    let seen = look().sees(launching(1)).sees(volume(1)).hooks(&[LAUNCH], &[]);
    assert_eq!(planner::plan(&seen.0).next, Next::Nothing);
}

#[test]
fn launch_waits_until_the_slot_is_in_place() {
    let alone = || look().sees(launching(1));
    check_actions(alone().sees(volume(1)), &[wait(1, LAUNCH)]);
    check_actions(alone().sees(volume(1).at(1, 'f', AttachmentState::Attaching)), &[wait(1, LAUNCH)]);
    check_actions(alone().sees(volume(1).on(1)).sees(address(1)), &[wait(1, LAUNCH)]);
    check_actions(alone().sees(address(1)), &[wait(1, LAUNCH)]);
    check_actions(alone().sees(volume(1).on(1)).sees(address(1).on(1)), &[go_on(1, LAUNCH)]);
}

#[test]
fn launch_waits_for_a_volume_whose_holder_ends() {
    for holder in [
        instance(2).is(InstanceState::ShuttingDown),
        leaving(2),
        instance(2).but(|i| i.doomed = Some("instance-terminated-no-capacity".to_owned())),
        instance(2).draining("spot-interruption-warning 2026-11-23T12:15:00Z"),
    ] {
        let seen = look().sees(launching(1)).sees(holder.clone()).sees(volume(1).on(2));
        let steps = planner::plan(&seen.hooks(&[LAUNCH], &[]).0).steps;
        assert_eq!(steps, [wait(1, LAUNCH)], "{holder:?}");
    }
    // The rest of its slot comes from there.
    let parts =
        look().sees(launching(1)).sees(instance(2).is(InstanceState::ShuttingDown)).sees(volume(1).on(1));
    check_actions(parts.sees(volume(2).at(2, 'g', AttachmentState::Attached)), &[wait(1, LAUNCH)]);
}

#[test]
fn launch_does_not_wait_for_what_may_never_come() {
    let beside = |holder: InstanceBuilder, state| {
        look().sees(launching(1)).sees(holder).sees(volume(1).at(2, 'f', state))
    };
    let attached = AttachmentState::Attached;
    // A person had it drained, and nothing says when it will end.
    check_actions(beside(instance(2).draining("kernel update"), attached), &[go_on(1, LAUNCH)]);
    // Its group keeps it for a person, whatever was announced before.
    let retained = || instance(2).in_group("Terminating:Retained");
    let announced = retained().draining("terminate-lifecycle-action 2026-11-23T12:15:00Z");
    for holder in [retained(), announced] {
        check_actions(beside(holder, attached), &[go_on(1, LAUNCH)]);
    }
    // EC2 takes it nevertheless.
    let doomed = retained().but(|i| i.doomed = Some("marked-for-termination".to_owned()));
    let warned = retained().draining("spot-interruption-warning 2026-11-23T12:15:00Z");
    for holder in [doomed, warned] {
        check_actions(beside(holder, attached), &[wait(1, LAUNCH)]);
    }
    check_actions(beside(instance(2).is(InstanceState::Stopping), attached), &[go_on(1, LAUNCH)]);
    check_actions(beside(instance(2), AttachmentState::Busy), &[go_on(1, LAUNCH)]);
    check_actions(look().sees(launching(1)).sees(with_policy("banana")), &[go_on(1, LAUNCH)]);
    // Its addresses need more places than the instance has.
    let crowded = look().sees(launching(1)).sees(volume(1)).sees(address(1)).sees(address(2));
    check_actions(crowded, &[go_on(1, LAUNCH)]);
    // Its other volume stays where it is.
    let parts = look().sees(launching(1)).sees(instance(2).is(InstanceState::Stopping)).sees(volume(1).on(1));
    check_actions(parts.sees(volume(2).at(2, 'g', attached)), &[go_on(1, LAUNCH)]);
}

/// A hook of somebody else may keep the holder for days, and wait for this very launch.
#[test]
fn launch_waits_for_a_holder_that_is_kept_for_ten_minutes() {
    for (ago, expected) in [(599, wait(1, LAUNCH)), (600, go_on(1, LAUNCH))] {
        let launching = launching(1).but(|i| i.launched = at(NOW - ago));
        let seen = look().sees(launching).sees(announced(2, ago)).sees(volume(1).on(2));
        assert_eq!(planner::plan(&seen.hooks(&[LAUNCH], &["backup"]).0).steps, [expected]);
    }
}

#[test]
fn launch_waits_for_a_handover_that_a_person_called_for() {
    let by_hand = instance(2).draining("kernel update");
    let volume = with_policy("terminate").on(2);
    check_actions(look().sees(launching(1)).sees(by_hand).sees(volume), &[wait(1, LAUNCH)]);
}

#[test]
fn launch_in_a_zone_without_a_volume_goes_on_or_is_abandoned() {
    let seen = || look().sees(launching(1).in_zone("b")).sees(volume(1)).hooks(&[LAUNCH], &[]);
    let plan = planner::plan(&seen().0);
    assert_eq!(plan.steps, [go_on(1, LAUNCH)]);
    assert_eq!(plan.findings[0].code(), "zone-without-volume");
    let abandons = |seen: Look| planner::plan(&seen.but(|o| o.abandons = true).0);
    let plan = abandons(seen());
    assert_eq!(plan.steps, [end(1, LAUNCH, ActionResult::Abandon)]);
    assert_eq!(plan.findings[0].code(), "zone-without-volume");
    // Where a slot could go to it, or there is no volume at all, its zone is right.
    let wait_or_go = [
        (seen().sees(volume(2).tagged(&[(SLOT, "b")]).in_zone("b")), wait(1, LAUNCH)),
        (seen().sees(address(1).in_slot("b")), wait(1, LAUNCH)),
    ];
    for (seen, expected) in wait_or_go {
        let plan = abandons(seen);
        assert_eq!((plan.steps, plan.findings.len()), (vec![expected], 0));
    }
    let leaving = look().sees(leaving(1).in_zone("b")).sees(volume(1)).hooks(&[], &[TERMINATE]);
    let plan = abandons(leaving);
    assert_eq!((plan.steps, plan.findings.len()), (vec![go_on(1, TERMINATE)], 0));
}

/// Somebody has until the hook's own time-out to keep EC2 from deleting it.
#[test]
fn holder_that_takes_a_volume_with_it_is_not_sent_on() {
    for policy in ["on-release", "terminate", "drain"] {
        let doomed = on_1(policy).but(|v| v.attachments[0].delete_on_termination = true);
        check_actions(look().sees(announced(1, 0)).sees(instance(2)).sees(doomed), &[]);
    }
    let launching = look()
        .sees(launching(1))
        .sees(volume(1).on(1).but(|v| v.attachments[0].delete_on_termination = true));
    check_actions(launching, &[go_on(1, LAUNCH)]);
}

/// The other fleet may be draining it; each sees its own slots alone.
#[test]
fn instance_that_two_fleets_claim_is_not_sent_to_its_end() {
    let claimed = |builder: InstanceBuilder| {
        let builder = builder.but(|i| i.tags.fleets.extend([FleetName::new("web"), FleetName::new("api")]));
        look().sees(builder).but(|o| o.managed.extend([FleetName::new("api")]))
    };
    check_actions(claimed(leaving(1)), &[]);
    check_actions(claimed(launching(1)), &[go_on(1, LAUNCH)]);
    check_actions(claimed(leaving(1)).but(|o| o.managed.clear()), &[go_on(1, TERMINATE)]);
}

/// Whoever paused it may be at work there.
#[test]
fn paused_holder_is_left_to_the_time_out_of_its_hook() {
    let holding = |holder: InstanceBuilder| look().sees(holder).sees(instance(2)).sees(on_1("on-release"));
    check_actions(holding(leaving(1)), &[go_on(1, TERMINATE)]);
    check_actions(holding(leaving(1).paused()), &[]);
    check_actions(look().sees(leaving(1).paused()), &[]);
    check_actions(look().sees(leaving(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()))), &[]);
    let paused = || volume(1).tagged(&[(PAUSED, "true")]);
    check_actions(look().sees(leaving(1)).sees(paused().on(1)), &[]);
    check_actions(look().sees(leaving(1)).sees(volume(1).tagged(&[(PAUSED, "yes")]).on(1)), &[]);
    // The first volume is off, or elsewhere; another volume or the address is still there.
    let second = volume(2).at(1, 'g', AttachmentState::Attached);
    check_actions(look().sees(leaving(1)).sees(paused()).sees(second), &[]);
    check_actions(look().sees(leaving(1)).sees(instance(2)).sees(paused().on(2)).sees(address(1).on(1)), &[]);
    // Its slot is elsewhere.
    check_actions(look().sees(leaving(1)).sees(instance(2)).sees(paused().on(2)), &[go_on(1, TERMINATE)]);
    let unpaused = volume(1).tagged(&[(PAUSED, "false")]);
    check_actions(look().sees(leaving(1)).sees(unpaused.on(1)), &[go_on(1, TERMINATE)]);
    // Nobody keeps it from serving.
    check_actions(look().sees(launching(1)).sees(paused().on(1)), &[go_on(1, LAUNCH)]);
}

#[test]
fn holder_is_kept_until_the_last_volume_is_off() {
    let volume = |v: u8, state| {
        let letter = if v == 1 { 'f' } else { 'g' };
        planner::fixtures::volume(v)
            .tagged(&[(HANDOVER, "drain")])
            .at(1, letter, state)
            .but(|v| v.attachments[0].since = Some(at(NOW - 100)))
    };
    let seen = look().sees(announced(1, 20)).sees(instance(2)).sees(volume(1, AttachmentState::Detaching));
    let seen = seen.sees(volume(2, AttachmentState::Attached));
    let record = [command(10, &[1, 2], CommandStatus::Success)];
    check_actions(seen.records(1, &record), &[wait(1, TERMINATE)]);
}

#[test]
fn on_release_lets_the_holder_end_at_once() {
    for spare in [instance(2), instance(2).is(InstanceState::Pending)] {
        check_actions(look().sees(announced(1, 0)).sees(spare).sees(volume(1).on(1)), &[go_on(1, TERMINATE)]);
    }
}

#[test]
fn drain_comes_before_the_end() {
    let seen = || look().sees(announced(1, 30)).sees(instance(2)).sees(on_1("drain"));
    check_actions(seen(), &[wait(1, TERMINATE)]);
    check_actions(seen().records(1, &[]), &[wait(1, TERMINATE)]);
    check_actions(seen().records(1, &[command(5, &[1], CommandStatus::InProgress)]), &[wait(1, TERMINATE)]);
    let proven = seen().records(1, &[command(5, &[1], CommandStatus::Success)]);
    check_actions(proven, &[wait(1, TERMINATE)]);
    // It is off, or will not come off by a drain.
    let off = look().sees(announced(1, 30)).sees(instance(2)).sees(with_policy("drain").on(2));
    check_actions(off, &[go_on(1, TERMINATE)]);
    let failed = CommandStatus::Failed("ExecutionTimedOut".to_owned());
    check_actions(seen().records(1, &[command(5, &[1], failed)]), &[go_on(1, TERMINATE)]);
    check_actions(seen().but(|o| o.drain_document = None), &[go_on(1, TERMINATE)]);
}

#[test]
fn drain_waits_for_a_candidate_for_a_while_and_then_does_without() {
    let alone = |holder: InstanceBuilder| look().sees(holder).sees(on_1("drain"));
    check_actions(alone(announced(1, 75)), &[wait(1, TERMINATE)]);
    assert_eq!(of(&alone(announced(1, 75)), "main").next, Next::Candidate);
    // A mark that was lost tells nobody for how long it has been waiting.
    for holder in [announced(1, 76), leaving(1)] {
        let seen = || alone(holder.clone()).records(1, &[]);
        assert_eq!(of(&seen(), "main").lead, Some(drain(1, &[1])));
        check_actions(seen(), &[wait(1, TERMINATE)]);
        let drained = alone(holder.clone()).records(1, &[command(61, &[1], CommandStatus::Success)]);
        check_actions(drained, &[go_on(1, TERMINATE)]);
    }
}

#[test]
fn other_volumes_are_drained_before_the_end_too() {
    let second = volume(2).tagged(&[(HANDOVER, "drain")]).at(1, 'g', AttachmentState::Attached);
    let second = second.but(|v| v.attachments[0].since = Some(at(NOW - 100)));
    let seen = look().sees(announced(1, 30)).sees(instance(2)).sees(with_policy("drain")).sees(second);
    check_actions(seen.records(1, &[]), &[wait(1, TERMINATE)]);
}

#[test]
fn terminate_waits_for_a_candidate_for_a_while() {
    let alone = |holder: InstanceBuilder| look().sees(holder).sees(on_1("terminate"));
    // Whatever would keep Holdfast from ending it.
    check_actions(alone(announced(1, 75).using('h', 90)), &[wait(1, TERMINATE)]);
    check_actions(alone(announced(1, 75)), &[wait(1, TERMINATE)]);
    check_actions(alone(announced(1, 76)), &[go_on(1, TERMINATE)]);
    check_actions(alone(leaving(1)), &[go_on(1, TERMINATE)]);
    // Its end is what the policy asks for.
    check_actions(alone(announced(1, 5)).sees(instance(2)), &[go_on(1, TERMINATE)]);
}

#[test]
fn one_slot_that_comes_off_is_enough_to_wait_for() {
    let seen = look().sees(announced(1, 30)).sees(instance(2)).sees(on_1("drain"));
    check_actions(seen.sees(address(1).in_slot("other").on(1)), &[wait(1, TERMINATE)]);
}

#[test]
fn what_was_done_a_moment_ago_is_not_repeated() {
    let key = |hook: &str| (instance_id(1), hook.to_owned());
    let spare = || look().sees(launching(1)).sees(instance(2)).sees(volume(1).on(2));
    let completed = spare().but(|o| {
        o.memory.completed.insert(key(LAUNCH));
    });
    check_actions(completed, &[]);
    for (ago, expected) in [(0, None), (19, None), (20, Some(wait(1, LAUNCH)))] {
        let beaten = look().sees(launching(1)).sees(volume(1)).but(|o| {
            o.memory.beats.insert(key(LAUNCH), at(NOW - ago));
        });
        check_actions(beaten, expected.as_slice());
    }
}

#[test]
fn what_auto_scaling_refused_to_tell_is_told_of_fleets_with_groups() {
    let codes = |seen: Look| {
        let refused = seen.but(|o| o.refusals.extend(["DescribeLifecycleHooks: AccessDenied".to_owned()]));
        planner::plan(&refused.0).findings.iter().map(planner::finding::Finding::code).collect::<Vec<_>>()
    };
    assert_eq!(codes(look().sees(launching(1)).sees(volume(1))), ["group-refused"]);
    assert_eq!(codes(look().sees(instance(1)).sees(volume(1))), [""; 0]);
    let stranger = launching(1).but(|i| i.tags.fleets.clear());
    assert_eq!(codes(look().sees(stranger).sees(volume(1).on(1))), [""; 0]);
}

#[test]
fn what_was_refused_for_good_is_told_of_the_fleet() {
    let refused = look().sees(launching(1)).sees(volume(1)).hooks(&[LAUNCH], &[]).but(|o| {
        let reason = "AccessDenied: not authorized".to_owned();
        o.memory.failures.push(Failure { slot: None, step: wait(1, LAUNCH), reason });
        let (slot, step) = (Some(SlotName::new("main")), attach(1, 2, 'f'));
        o.memory.failures.push(Failure { slot, step, reason: "of the slot".to_owned() });
    });
    let plan = planner::plan(&refused.0);
    assert_eq!(plan.steps, []);
    let told: Vec<String> = plan.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("record-heartbeat of holdfast-launch") && told[0].contains("AccessDenied"),
        "{told:?}"
    );
}

/// Nobody knows whether it will ever end, and the service would be down.
#[test]
fn holder_that_its_group_keeps_is_drained_for_a_candidate_alone() {
    for holder in [announced(1, 600), instance(1)] {
        let holder = holder.in_group("Terminating:Retained");
        let seen = || look().sees(holder.clone()).sees(on_1("drain")).records(1, &[]);
        assert_eq!(of(&seen(), "main").lead, None);
        assert_eq!(of(&seen(), "main").next, Next::Candidate);
        assert_eq!(of(&seen().sees(instance(2)), "main").lead, Some(drain(1, &[1])));
    }
}
