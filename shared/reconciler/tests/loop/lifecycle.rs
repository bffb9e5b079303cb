//! Lifecycle actions: an Auto Scaling group keeps an instance waiting until its slot is in place, or safely off.

use crate::ran::{Ran, attach, detach, mark_as};
use crate::scripted::{Scripted, Turn, hook};
use crate::world::{World, world};
use crate::{on_demand, running, sweep};
use planner::fixtures::{InstanceBuilder, VolumeBuilder, instance_id, volume};
use planner::ids::FleetName;
use planner::lifecycle::Transition;
use planner::observation::InstanceState;
use planner::tags::HANDOVER;
use reconciler::ec2::Action;
use reconciler::events::{Trigger, lifecycle_action};
use reconciler::settings::Settings;
use serde_json::json;

const LAUNCH: &str = "holdfast-launch";
const TERMINATE: &str = "holdfast-terminate";
/// Half a minute before the fixtures' now.
const FRESH: &str = "2026-11-23T12:16:10Z";

fn event(kind: &str, n: u8) -> Trigger {
    let detail = json!({"LifecycleActionToken": "87654321-4321-4321-4321-210987654321", "AutoScalingGroupName": "web",
        "LifecycleHookName": "holdfast", "EC2InstanceId": instance_id(n).as_str()});
    let event = json!({"detail-type": format!("EC2 Instance-{kind} Lifecycle Action"), "source": "aws.autoscaling",
        "time": FRESH, "detail": detail});
    lifecycle_action::parse(event).unwrap()
}

fn launched(n: u8) -> Trigger {
    event("launch", n)
}

fn leaves(n: u8) -> Trigger {
    event("terminate", n)
}

fn member(n: u8) -> InstanceBuilder {
    on_demand(n).in_group("")
}

fn with_policy(policy: &str) -> VolumeBuilder {
    volume(1).tagged(&[(HANDOVER, policy)])
}

/// The world, in which the group has both hooks, and its instances, from 1 on, are in these states.
fn grouped(mut world: World, states: &[&str]) -> World {
    world.groups.hook("web", LAUNCH, Transition::Launching);
    world.groups.hook("web", TERMINATE, Transition::Terminating);
    for (n, state) in (1..).zip(states) {
        world.groups.put(&instance_id(n), state);
    }
    world
}

fn complete(n: u8, hook: &str) -> String {
    format!("CompleteLifecycleAction web {hook} {} CONTINUE", instance_id(n))
}

fn beat(n: u8, hook: &str) -> String {
    format!("RecordLifecycleActionHeartbeat web {hook} {}", instance_id(n))
}

/// One invocation of two minutes, in a deployment that has the document.
async fn run(ec2: &Scripted, trigger: &Trigger) -> Ran {
    let read = |name: &str| (name == "HOLDFAST_DRAIN_DOCUMENT").then(|| "Drain".to_owned());
    ec2.run_with(&Settings::read(read).unwrap(), 120, trigger).await
}

#[tokio::test(start_paused = true)]
async fn a_launch_goes_on_once_the_slot_is_in_place() {
    let ec2 = Scripted::new(grouped(world([volume(1).into(), member(1).into()]), &["Pending:Wait"]));
    let ran = run(&ec2, &launched(1)).await;
    let mut acts = ran.acts();
    acts[..2].sort_unstable();
    assert_eq!(acts, [attach(1, 1, 'f'), beat(1, LAUNCH), complete(1, LAUNCH)]);
    assert_eq!(ran.failure, None);
    ran.assert_held("web/main", 1);
    let steps = &ran.report["fleets"][0]["steps"];
    let expected = json!([
        {"step": "record-heartbeat", "instance": instance_id(1).as_str(), "group": "web", "hook": LAUNCH, "outcome": "done"},
        {"step": "complete-lifecycle-action", "instance": instance_id(1).as_str(), "group": "web", "hook": LAUNCH,
            "result": "CONTINUE", "outcome": "done"},
    ]);
    assert_eq!(*steps, expected);
    ec2.assert_settled(&sweep()).await;
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_ec2_does_not_show_as_running_yet_is_waited_for() {
    let starts = member(1).is(InstanceState::Pending);
    let starting = world([volume(1).into(), starts.into()]).after(15, |world| world.start(1));
    let ec2 = Scripted::new(grouped(starting, &["Pending:Wait"]));
    let ran = run(&ec2, &launched(1)).await;
    let acts = ran.acts();
    assert_eq!(acts[0], beat(1, LAUNCH));
    assert_eq!(acts[acts.len() - 1], complete(1, LAUNCH));
    ran.assert_held("web/main", 1);
    let starting = world([volume(1).into(), member(1).is(InstanceState::Pending).into()]);
    let ec2 = Scripted::new(grouped(starting, &["Pending:Wait"]));
    assert_eq!(run(&ec2, &sweep()).await.acts(), [beat(1, LAUNCH)]);
}

#[tokio::test(start_paused = true)]
async fn a_spare_goes_on_at_once_and_is_asked_about_in_few_calls() {
    let spare = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let ran = run(&Scripted::new(grouped(spare, &["Pending:Wait", "InService"])), &launched(1)).await;
    assert_eq!(ran.acts(), [complete(1, LAUNCH)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_launch_waits_for_the_release_with_heartbeats() {
    let ends = member(2).is(InstanceState::ShuttingDown);
    let ending =
        world([volume(1).on(2).into(), member(1).into(), ends.into()]).after(50, |world| world.end(2));
    let ec2 = Scripted::new(grouped(ending, &["Pending:Wait", "Terminating:Proceed"]));
    let ran = run(&ec2, &launched(1)).await;
    let acts = ran.acts();
    let beats = acts.iter().filter(|act| **act == beat(1, LAUNCH)).count();
    assert!((3..=4).contains(&beats), "{acts:?}");
    assert_eq!(acts[acts.len() - 1], complete(1, LAUNCH));
    assert!(acts.contains(&attach(1, 1, 'f').as_str()));
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn on_release_lets_the_holder_end_at_once_and_follows_its_release() {
    let parts = world([volume(1).on(1).into(), member(1).into(), member(2).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Terminating:Wait", "InService"]));
    let ran = run(&ec2, &leaves(1)).await;
    assert_eq!(ran.acts(), [mark_as("terminate-lifecycle-action", 1, FRESH), complete(1, TERMINATE)]);
    assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
}

#[tokio::test(start_paused = true)]
async fn a_holder_is_drained_and_handed_over_before_its_end() {
    let parts = world([with_policy("drain").on(1).into(), member(1).into(), member(2).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Terminating:Wait", "InService"]));
    let ran = run(&ec2, &leaves(1)).await;
    let acts = ran.acts();
    let place = |act: &str| acts.iter().position(|other| other.starts_with(act)).unwrap();
    assert!(place("SendCommand") < place(&detach(1, 1)));
    assert!(place(&detach(1, 1)) < place(&attach(1, 2, 'f')));
    assert!(place(&detach(1, 1)) < place(&complete(1, TERMINATE)), "{acts:?}");
    assert!(place(&beat(1, TERMINATE)) < place(&complete(1, TERMINATE)));
    ran.assert_held("web/main", 2);
    ec2.assert_settled(&sweep()).await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_fails_lets_the_holder_end() {
    let mut parts = world([with_policy("drain").on(1).into(), member(1).into(), member(2).into()]);
    parts.manager.ends = ("Failed", "Failed");
    let ran = run(&Scripted::new(grouped(parts, &["Terminating:Wait", "InService"])), &leaves(1)).await;
    assert_eq!(ran.acts()[ran.acts().len() - 1], complete(1, TERMINATE));
    assert_eq!(ran.findings("web/main"), ["holder-draining", "not-drained"]);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_completes_an_action_whose_event_was_lost_and_others_leave_it() {
    let spare = || {
        let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
        Scripted::new(grouped(parts, &["Pending:Wait", "InService"]))
    };
    let ran = run(&spare(), &running(1)).await;
    assert_eq!((ran.acts().len(), ran.count(Action::DescribeLifecycleHooks)), (0, 0));
    let ec2 = spare();
    assert_eq!(run(&ec2, &sweep()).await.acts(), [complete(1, LAUNCH)]);
    let again = run(&ec2, &sweep()).await;
    assert_eq!((again.acts().len(), again.count(Action::DescribeLifecycleHooks)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_over_is_refused_and_not_repeated() {
    // The token has expired, the hook was deleted or another function was faster: EC2's words are the same.
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"])).at(
        Action::CompleteLifecycleAction,
        1,
        hook(|world| world.groups.unhook(LAUNCH)),
    );
    let ran = run(&ec2, &launched(1)).await;
    assert_eq!(ran.acts(), [complete(1, LAUNCH)]);
    assert_eq!(ran.failure, None);
    assert_eq!(ran.report["fleets"][0]["steps"][0]["outcome"], "refused");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_another_hook_keeps_waiting_is_let_go_once_in_an_invocation() {
    let mut parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    parts.groups.hook("web", "their-own", Transition::Launching);
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"]));
    assert_eq!(run(&ec2, &launched(1)).await.acts(), [complete(1, LAUNCH)]);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_group_that_nobody_tagged_anything_for_changes_nothing() {
    let parts = world([volume(1).but(|v| v.tags.fleet = FleetName::new("shop")).into(), member(1).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait"]));
    let ran = run(&ec2, &launched(1)).await;
    assert_eq!((ran.acts().len(), ran.calls.len()), (0, 3));
    assert_eq!(ran.report["fleets"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_may_not_be_completed_is_told_and_tried_once() {
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let denied =
        Turn::Refuse("AccessDenied", "User is not authorized to perform autoscaling:CompleteLifecycleAction");
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"])).at(
        Action::CompleteLifecycleAction,
        1,
        denied,
    );
    let ran = run(&ec2, &launched(1)).await;
    assert_eq!(ran.acts(), [complete(1, LAUNCH)]);
    let told = &ran.report["fleets"][0]["findings"][0];
    assert_eq!((&told["finding"], &told["resource"]), (&json!("refused"), &json!(LAUNCH)));
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_tell_of_groups_is_told_unless_it_may_pass() {
    let spare = || {
        let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
        Scripted::new(grouped(parts, &["Pending:Wait", "InService"]))
    };
    for action in [Action::DescribeLifecycleHooks, Action::DescribeAutoScalingInstances] {
        let denied = Turn::Refuse("AccessDenied", "User is not authorized");
        let ran = run(&spare().during(action, 1..=100, denied), &sweep()).await;
        assert_eq!(ran.acts().len(), 0);
        let told = &ran.report["fleets"][0]["findings"];
        assert_eq!((told.as_array().unwrap().len(), &told[0]["finding"]), (1, &json!("group-refused")));
        let message = told[0]["message"].as_str().unwrap();
        assert!(message.contains(&action.to_string()) && message.contains("not authorized"), "{message}");
        let throttled = Turn::Refuse("Throttling", "Rate exceeded");
        let ran = run(&spare().during(action, 1..=100, throttled), &sweep()).await;
        assert_eq!(ran.fleet_findings("web"), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_never_came_through_is_unfinished() {
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let throttled = Turn::Refuse("Throttling", "Rate exceeded");
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"]));
    let ran = run(&ec2.during(Action::CompleteLifecycleAction, 1..=1000, throttled), &launched(1)).await;
    assert!(ran.acts().len() > 1);
    let open = vec!["the lifecycle actions of web".to_owned()];
    assert_eq!(ran.failure, Some(reconciler::invocation::Failure::Unfinished(open)));
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_was_throttled_is_tried_again() {
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"]))
        .at(Action::CompleteLifecycleAction, 1, Turn::Refuse("Throttling", "Rate exceeded"))
        .at(Action::CompleteLifecycleAction, 2, Turn::LoseAnswer);
    let ran = run(&ec2, &launched(1)).await;
    assert_eq!(ran.acts(), [complete(1, LAUNCH), complete(1, LAUNCH)]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn an_instance_of_which_nothing_is_told_takes_no_slot_and_others_do() {
    let denied = Turn::Refuse("AccessDenied", "User is not authorized");
    for turn in [denied, Turn::LoseAnswer, Turn::Garble] {
        let other = volume(2).but(|v| v.tags.fleet = FleetName::new("shop"));
        let shop = on_demand(2).of_fleets(&["shop"]);
        let parts = [volume(1).into(), member(1).into(), other.into(), shop.into()];
        let ec2 = Scripted::new(grouped(world(parts), &["InService"]));
        let ran = run(&ec2.at(Action::DescribeAutoScalingInstances, 1, turn), &sweep()).await;
        assert_eq!(ran.acts()[0], attach(2, 2, 'f'));
        assert_eq!(ran.state("shop/main"), "held");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_told_of_an_instance_is_told_as_the_reason() {
    let ec2 = Scripted::new(grouped(world([volume(1).into(), member(1).into()]), &["InService"]));
    let denied = Turn::Refuse("AccessDenied", "User is not authorized");
    let ran = run(&ec2.at(Action::DescribeAutoScalingInstances, 1, denied), &sweep()).await;
    assert_eq!((ran.acts().len(), ran.state("web/main")), (0, "waiting"));
    let told = ran.report["fleets"][0]["slots"][0]["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("is unknown in its Auto Scaling group"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_holder_of_which_nothing_is_told_keeps_its_slot() {
    let parts = world([volume(1).on(1).into(), member(1).into(), member(2).into()]);
    let denied = Turn::Refuse("AccessDenied", "User is not authorized");
    let ec2 = Scripted::new(grouped(parts, &["Terminating:Wait", "InService"]));
    let ran = run(&ec2.at(Action::DescribeAutoScalingInstances, 1, denied), &sweep()).await;
    assert_eq!(ran.acts().len(), 0);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn hooks_that_cannot_be_had_are_left_for_the_next_sweep() {
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let throttled = Turn::Refuse("Throttling", "Rate exceeded");
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"]));
    let ec2 = ec2.at(Action::DescribeLifecycleHooks, 1, throttled);
    assert_eq!(run(&ec2, &launched(1)).await.acts().len(), 0);
    assert_eq!(run(&ec2, &sweep()).await.acts(), [complete(1, LAUNCH)]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_in_standby_gets_nothing() {
    let parts = world([volume(1).into(), member(1).into()]);
    let ran = run(&Scripted::new(grouped(parts, &["Standby"])), &running(1)).await;
    assert_eq!((ran.acts().len(), ran.state("web/main")), (0, "waiting"));
    let told = ran.report["fleets"][0]["slots"][0]["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("is Standby in its Auto Scaling group"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_lets_nobody_go() {
    let parts = world([volume(1).on(2).into(), member(1).into(), member(2).into()]);
    let ec2 = Scripted::new(grouped(parts, &["Pending:Wait", "InService"]));
    let ran = run(&ec2, &crate::by_hand(json!({"dry_run": true}))).await;
    assert_eq!(ran.acts().len(), 0);
    assert_eq!(ran.report["fleets"][0]["steps"][0]["outcome"], "planned");
}

#[tokio::test(start_paused = true)]
async fn a_launch_in_another_zone_is_abandoned_where_that_was_asked_for() {
    let stranded = || grouped(world([volume(1).into(), member(1).in_zone("b").into()]), &["Pending:Wait"]);
    assert_eq!(run(&Scripted::new(stranded()), &launched(1)).await.acts(), [complete(1, LAUNCH)]);
    let read = |name: &str| (name == "HOLDFAST_ABANDON_WRONG_ZONE").then(|| "true".to_owned());
    let ran = Scripted::new(stranded()).run_with(&Settings::read(read).unwrap(), 120, &launched(1)).await;
    assert_eq!(ran.acts(), [complete(1, LAUNCH).replace("CONTINUE", "ABANDON")]);
    assert_eq!(ran.report["fleets"][0]["findings"][0]["finding"], "zone-without-volume");
}
