//! Lifecycle hooks: who waits, for how long, and what becomes of it.

use crate::groups::{
    LAUNCHING, TERMINATING, end, group, hook, lifecycle, lifecycles, members, scale, started, web,
};
use crate::instances::terminate;
use crate::stage::Stage;
use local_ec2::actions::StopInstances;
use local_ec2::autoscaling::{
    CompleteLifecycleAction, CreateAutoScalingGroup, DeleteAutoScalingGroup, DeleteLifecycleHook,
    DescribeLifecycleHooks, HookSpec, PutLifecycleHook, RecordLifecycleActionHeartbeat,
};
use local_ec2::state::Lifecycle;
use local_ec2::{Principal, Setup, Timing};
use planner::ids::InstanceId;
use planner::observation::InstanceState;
use serde_json::Value;

#[test]
fn a_hook_may_be_faster_than_the_launch() {
    let timing = Timing { early_hooks_share: 1.0, ..Timing::default() };
    let mut stage = Stage::with(Setup { timing, ..Setup::default() });
    let lifecycle_hook_specification_list = vec![hook("up", LAUNCHING, "ABANDON")];
    let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 1) };
    stage.asks(&call);
    stage.pass(34);
    let [id] = members(&stage).try_into().unwrap();
    assert_eq!((stage.state(&id), lifecycle(&stage, &id)), (InstanceState::Pending, Lifecycle::PendingWait));
    stage.pass(40);
    assert_eq!((stage.state(&id), lifecycle(&stage, &id)), (InstanceState::Running, Lifecycle::PendingWait));
    assert_eq!(told(&mut stage, "EC2 Instance-launch Lifecycle Action").len(), 1);
    stage.asks(&complete("up", &id, "CONTINUE"));
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::InService);
}

fn complete(hook: &str, id: &InstanceId, result: &str) -> CompleteLifecycleAction {
    CompleteLifecycleAction {
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_hook_name: hook.to_owned(),
        instance_id: id.to_string(),
        lifecycle_action_token: String::new(),
        lifecycle_action_result: result.to_owned(),
    }
}

fn heartbeat(hook: &str, id: &InstanceId) -> RecordLifecycleActionHeartbeat {
    let CompleteLifecycleAction { auto_scaling_group_name, lifecycle_hook_name, instance_id, .. } =
        complete(hook, id, "");
    RecordLifecycleActionHeartbeat {
        auto_scaling_group_name,
        lifecycle_hook_name,
        instance_id,
        lifecycle_action_token: String::new(),
    }
}

/// A group of one instance with these hooks, past the instance's launch.
fn with(hooks: &[HookSpec]) -> (Stage, InstanceId) {
    let mut stage = Stage::new();
    let lifecycle_hook_specification_list = hooks.to_vec();
    let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 1) };
    let [id] = started(&mut stage, &call).try_into().unwrap();
    (stage, id)
}

/// The same, waiting at its end.
fn ending(hooks: &[HookSpec]) -> (Stage, InstanceId) {
    let (mut stage, id) = with(hooks);
    stage.cloud.take_events();
    stage.asks(&end(&id, false));
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
    (stage, id)
}

/// The details of the events of that type.
fn told(stage: &mut Stage, detail_type: &str) -> Vec<Value> {
    stage.pass(1);
    let events = stage.cloud.take_events();
    let own = events.into_iter().filter(|event| event["detail-type"] == detail_type);
    own.map(|event| event["detail"].clone()).collect()
}

#[test]
fn a_launched_instance_waits_and_goes_into_service_when_it_may() {
    let (mut stage, id) = with(&[hook("up", LAUNCHING, "ABANDON")]);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::PendingWait);
    assert_eq!(stage.state(&id), InstanceState::Running);
    let events = told(&mut stage, "EC2 Instance-launch Lifecycle Action");
    let token = stage.cloud.member(&id).unwrap().actions[0].token.clone();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["LifecycleActionToken"], token.as_str());
    assert_eq!(events[0]["EC2InstanceId"], id.as_str());
    assert_eq!(events[0]["LifecycleTransition"], LAUNCHING);
    assert_eq!(events[0].get("NotificationMetadata"), None);
    stage.asks(&complete("up", &id, "CONTINUE"));
    assert_eq!(lifecycle(&stage, &id), Lifecycle::PendingProceed);
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::InService);
    assert_eq!(told(&mut stage, "EC2 Instance Launch Successful").len(), 1);
}

#[test]
fn an_abandoned_launch_is_terminated_and_replaced() {
    for abandon in [true, false] {
        let (mut stage, id) = with(&[hook("up", LAUNCHING, "ABANDON")]);
        if abandon {
            stage.asks(&complete("up", &id, "ABANDON"));
        } else {
            stage.pass(300);
        }
        stage.pass(10);
        assert_eq!(stage.state(&id), InstanceState::ShuttingDown, "abandon {abandon}");
        stage.pass(100);
        let now = members(&stage);
        assert_eq!((now.len(), now.contains(&id)), (1, false));
        assert_eq!(lifecycles(&stage), [Lifecycle::PendingWait]);
    }
}

#[test]
fn a_launch_that_times_out_with_continue_goes_into_service() {
    let (mut stage, id) = with(&[hook("up", LAUNCHING, "CONTINUE")]);
    stage.pass(215);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::PendingWait);
    stage.pass(90);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::InService);
}

#[test]
fn an_ending_instance_waits_and_runs_while_its_replacement_is_launched() {
    for result in ["CONTINUE", "ABANDON"] {
        let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
        assert_eq!(told(&mut stage, "EC2 Instance-terminate Lifecycle Action").len(), 1);
        stage.pass(90);
        assert_eq!(lifecycles(&stage), [Lifecycle::InService, Lifecycle::TerminatingWait]);
        assert_eq!(stage.state(&id), InstanceState::Running);
        stage.asks(&complete("down", &id, result));
        assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingProceed);
        stage.pass(4);
        assert_eq!(stage.state(&id), InstanceState::ShuttingDown, "{result}");
        stage.pass(90);
        assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
        assert_eq!(told(&mut stage, "EC2 Instance Terminate Successful").len(), 1);
    }
}

#[test]
fn a_wait_that_nobody_ends_times_out() {
    let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.pass(290);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
    stage.pass(20);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    stage.refuses(&complete("down", &id, "CONTINUE"), "ValidationError", "No active Lifecycle Action found");
}

#[test]
fn scaling_in_and_a_stop_outside_wait_for_the_hook_too() {
    let (mut stage, id) = with(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.asks(&scale(0));
    stage.pass(34);
    assert_eq!(
        (lifecycle(&stage, &id), stage.state(&id)),
        (Lifecycle::TerminatingWait, InstanceState::Running)
    );
    let (mut stage, id) = with(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.pass(64);
    assert_eq!(
        (lifecycle(&stage, &id), stage.state(&id)),
        (Lifecycle::TerminatingWait, InstanceState::Stopped)
    );
}

#[test]
fn for_an_instance_that_has_ended_no_hook_waits() {
    let hooks = [hook("down", TERMINATING, "CONTINUE")];
    let (mut stage, id) = with(&hooks);
    stage.asks(&terminate(&id));
    stage.pass(60 + 10 + 90);
    assert_eq!(stage.cloud.member(&id), None);
    assert_eq!(told(&mut stage, "EC2 Instance-terminate Lifecycle Action").len(), 0);
    // One that ends while it waits is waited for no longer.
    let (mut stage, id) = ending(&hooks);
    stage.asks(&terminate(&id));
    stage.pass(60 + 10 + 90);
    assert_eq!(stage.cloud.member(&id), None);
    let complete = complete("down", &id, "CONTINUE");
    stage.refuses(&complete, "ValidationError", &format!("found with instance ID {id}"));
}

#[test]
fn a_heartbeat_begins_the_wait_again_and_not_beyond_the_limit() {
    let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.pass(290);
    stage.asks(&heartbeat("down", &id));
    stage.pass(290);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
    stage.pass(20);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    stage.refuses(&heartbeat("down", &id), "ValidationError", "No active Lifecycle Action found");
    // A hundred times 30 seconds, or 48 hours.
    for (timeout, limit) in [(30, 3000), (7200, 172_800)] {
        let short = HookSpec { heartbeat_timeout: Some(timeout), ..hook("down", TERMINATING, "CONTINUE") };
        let (mut stage, id) = ending(&[short]);
        let (step, began) = (timeout - 5, stage.cloud.now());
        while stage.tries(&heartbeat("down", &id)).is_ok() {
            stage.pass(step);
        }
        let waited = (stage.cloud.now() - began).num_seconds();
        assert!((limit - 10..=limit + step).contains(&waited), "{timeout}: {waited} s");
    }
}

#[test]
fn of_several_hooks_each_is_waited_for_unless_one_is_abandoned() {
    let hooks = [
        hook("one", TERMINATING, "CONTINUE"),
        hook("two", TERMINATING, "CONTINUE"),
        hook("up", LAUNCHING, "CONTINUE"),
    ];
    let (mut stage, id) = with(&hooks);
    stage.asks(&complete("up", &id, "CONTINUE"));
    stage.pass(4);
    stage.asks(&end(&id, false));
    stage.pass(4);
    assert_eq!(told(&mut stage, "EC2 Instance-terminate Lifecycle Action").len(), 2);
    stage.asks(&complete("one", &id, "CONTINUE"));
    stage.pass(30);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
    stage.refuses(&complete("one", &id, "CONTINUE"), "ValidationError", "No active Lifecycle Action found");
    stage.asks(&complete("two", &id, "CONTINUE"));
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingProceed);

    let (mut stage, id) = ending(&hooks[..2]);
    stage.asks(&complete("one", &id, "ABANDON"));
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingProceed);
    stage.refuses(&complete("two", &id, "CONTINUE"), "ValidationError", "No active Lifecycle Action found");
}

#[test]
fn an_action_is_named_by_token_or_by_instance_and_only_while_it_waits() {
    let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
    let token = stage.cloud.member(&id).unwrap().actions[0].token.clone();
    let good = complete("down", &id, "CONTINUE");
    let other = "11111111-2222-3333-4444-555555555555";
    for (call, words) in [
        (
            CompleteLifecycleAction { lifecycle_action_token: other.to_owned(), ..good.clone() },
            "No active Lifecycle Action found with token 11111111-",
        ),
        (complete("other", &id, "CONTINUE"), "No active Lifecycle Action found with instance ID i-"),
        (complete("down", &id, "MAYBE"), "MAYBE"),
        (complete("down", &id, ""), "'lifecycleActionResult'"),
        (complete("", &id, "CONTINUE"), "'lifecycleHookName'"),
        (CompleteLifecycleAction { instance_id: String::new(), ..good.clone() }, "'instanceId'"),
        (
            CompleteLifecycleAction { auto_scaling_group_name: "other".to_owned(), ..good.clone() },
            "AutoScalingGroup name not found",
        ),
    ] {
        stage.refuses(&call, "ValidationError", words);
    }
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
    let by_token =
        CompleteLifecycleAction { lifecycle_action_token: token, instance_id: String::new(), ..good };
    stage.asks(&by_token);
    stage.refuses(&by_token, "ValidationError", "No active Lifecycle Action found with token");
}

#[test]
fn holdfast_may_complete_and_delay_and_nothing_else() {
    let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.cloud.perform(&heartbeat("down", &id), Principal::Holdfast).unwrap();
    stage.cloud.perform(&complete("down", &id, "CONTINUE"), Principal::Holdfast).unwrap();
    assert_eq!(stage.cloud.judge().violations(), []);
    let _ = stage.cloud.perform(&end(&id, false), Principal::Holdfast);
    assert_eq!(stage.cloud.judge().violations().len(), 1);
    assert_eq!(stage.cloud.call_counts().get("CompleteLifecycleAction"), Some(&1));
}

fn put(hook: HookSpec) -> PutLifecycleHook {
    PutLifecycleHook { auto_scaling_group_name: "web".to_owned(), hook }
}

#[test]
fn a_hook_is_put_changed_and_deleted() {
    let (mut stage, id) = with(&[]);
    let timeout = |seconds| HookSpec { heartbeat_timeout: Some(seconds), ..hook("down", TERMINATING, "") };
    for (call, words) in [
        (put(HookSpec { lifecycle_transition: String::new(), ..timeout(30) }), "'lifecycleTransition'"),
        (put(HookSpec { lifecycle_transition: "x".to_owned(), ..timeout(30) }), "transition x"),
        (put(HookSpec { lifecycle_hook_name: "a b".to_owned(), ..timeout(30) }), "[A-Za-z0-9"),
        (put(hook("down", TERMINATING, "PRAY")), "PRAY"),
        (put(timeout(29)), "29"),
        (put(timeout(7201)), "7201"),
    ] {
        stage.refuses(&call, "ValidationError", words);
    }
    let metadata = HookSpec { notification_metadata: "more".to_owned(), ..timeout(600) };
    stage.asks(&put(metadata));
    let only_name = HookSpec { lifecycle_hook_name: "down".to_owned(), ..HookSpec::default() };
    stage.asks(&put(HookSpec { default_result: "CONTINUE".to_owned(), ..only_name }));
    let names = |names: &[&str]| DescribeLifecycleHooks {
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_hook_names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let [shown] = stage.asks(&names(&["down", "unknown"])).try_into().unwrap();
    assert_eq!((shown.timeout.num_seconds(), shown.global_timeout().num_seconds()), (600, 60_000));
    assert_eq!((shown.default_result.as_str(), shown.metadata.as_str()), ("CONTINUE", "more"));
    assert_eq!(stage.asks(&names(&[])), [shown]);
    let unknown = DescribeLifecycleHooks { auto_scaling_group_name: "other".to_owned(), ..names(&[]) };
    stage.refuses(&unknown, "ValidationError", "not found");

    stage.asks(&end(&id, false));
    stage.pass(4);
    assert_eq!(
        told(&mut stage, "EC2 Instance-terminate Lifecycle Action")[0]["NotificationMetadata"],
        "more"
    );
    let delete = DeleteLifecycleHook {
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_hook_name: "down".to_owned(),
    };
    stage.asks(&delete);
    // Whoever waited for it goes on.
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingProceed);
    stage.refuses(&delete, "ValidationError", "No Lifecycle Hook found");
}

#[test]
fn deleting_a_hook_abandons_launches() {
    let (mut stage, id) = with(&[hook("up", LAUNCHING, "CONTINUE")]);
    let delete = DeleteLifecycleHook {
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_hook_name: "up".to_owned(),
    };
    stage.asks(&delete);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::Terminating);
}

#[test]
fn a_group_has_fifty_hooks_at_most() {
    let (mut stage, _) = with(&[]);
    for number in 0..50 {
        stage.asks(&put(hook(&format!("hook-{number}"), TERMINATING, "")));
    }
    stage.refuses(&put(hook("more", TERMINATING, "")), "LimitExceeded", "");
    stage.asks(&put(hook("hook-1", TERMINATING, "")));
}

#[test]
fn deletion_by_force_waits_for_no_hook() {
    let (mut stage, id) = ending(&[hook("down", TERMINATING, "CONTINUE")]);
    stage.asks(&DeleteAutoScalingGroup { auto_scaling_group_name: "web".to_owned(), force_delete: true });
    stage.pass(4);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    stage.pass(150);
    assert_eq!((stage.cloud.group(&web()), members(&stage)), (None, Vec::new()));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = || {
        let mut stage = Stage::with(Setup { seed: 7, ..Setup::default() });
        let lifecycle_hook_specification_list = vec![hook("up", LAUNCHING, "ABANDON")];
        let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 2) };
        started(&mut stage, &call);
        stage.pass(2000);
        stage.cloud.take_events()
    };
    assert_eq!(live(), live());
}
