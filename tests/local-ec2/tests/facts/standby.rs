//! Standby, and leaving a group: no hook applies.

use crate::groups::{LAUNCHING, TERMINATING, end, group, hook, lifecycle, lifecycles, members, started, web};
use crate::instances::terminate;
use crate::stage::Stage;
use local_ec2::autoscaling::{
    ActivityStatus, CreateAutoScalingGroup, DetachInstances, EnterStandby, ExitStandby,
};
use local_ec2::state::Lifecycle;
use planner::ids::InstanceId;
use planner::observation::InstanceState;

fn enter(id: &InstanceId, decrement: bool) -> EnterStandby {
    EnterStandby {
        auto_scaling_group_name: "web".to_owned(),
        instance_ids: vec![id.to_string()],
        should_decrement_desired_capacity: Some(decrement),
    }
}

fn exit(id: &InstanceId) -> ExitStandby {
    ExitStandby { auto_scaling_group_name: "web".to_owned(), instance_ids: vec![id.to_string()] }
}

fn detach(id: &InstanceId, decrement: bool) -> DetachInstances {
    let EnterStandby { auto_scaling_group_name, instance_ids, should_decrement_desired_capacity } =
        enter(id, decrement);
    DetachInstances { auto_scaling_group_name, instance_ids, should_decrement_desired_capacity }
}

fn desired(stage: &Stage) -> u32 {
    stage.cloud.group(&web()).unwrap().sizes.desired
}

/// A group of one instance in service.
fn with(min: u32, max: u32) -> (Stage, InstanceId) {
    let mut stage = Stage::new();
    let call = CreateAutoScalingGroup { min_size: Some(min), max_size: Some(max), ..group(&mut stage, 1) };
    let [id] = started(&mut stage, &call).try_into().unwrap();
    (stage, id)
}

#[test]
fn an_instance_on_standby_runs_and_counts_no_more() {
    let (mut stage, id) = with(0, 4);
    let [entering] = stage.asks(&enter(&id, true)).try_into().unwrap();
    let words = (format!("Moving EC2 instance to Standby: {id}"), ActivityStatus::InProgress);
    assert_eq!((entering.description, entering.status), words);
    assert_eq!((lifecycle(&stage, &id), desired(&stage)), (Lifecycle::EnteringStandby, 0));
    stage.pass(100);
    assert_eq!((lifecycle(&stage, &id), stage.state(&id)), (Lifecycle::Standby, InstanceState::Running));
    assert_eq!(members(&stage).len(), 1);
    let [leaving] = stage.asks(&exit(&id)).try_into().unwrap();
    let words = (format!("Moving EC2 instance out of Standby: {id}"), ActivityStatus::PreInService);
    assert_eq!((leaving.description, leaving.status), words);
    assert_eq!((lifecycle(&stage, &id), desired(&stage)), (Lifecycle::Pending, 1));
    stage.pass(40);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
}

#[test]
fn standby_without_a_smaller_group_launches_another() {
    let (mut stage, id) = with(1, 2);
    stage.asks(&enter(&id, false));
    stage.pass(100);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService, Lifecycle::Standby]);
    stage.asks(&exit(&id));
    stage.pass(100);
    assert_eq!((lifecycles(&stage), desired(&stage)), (vec![Lifecycle::InService; 2], 2));
}

#[test]
fn bounds_hold_for_standby_too() {
    let (mut stage, id) = with(1, 1);
    let words = "AutoScalingGroup web has min-size=1, max-size=1, and desired-size=1. To place into standby 1 instance,";
    stage.refuses(&enter(&id, true), "ValidationError", words);
    stage.asks(&enter(&id, false));
    stage.pass(100);
    stage.refuses(&exit(&id), "ValidationError", "please update the AutoScalingGroup sizes appropriately");
    let other = members(&stage).into_iter().find(|member| *member != id).unwrap();
    stage.refuses(&exit(&other), "ValidationError", &format!("The instance {other} is not in Standby."));
    stage.refuses(&enter(&id, false), "ValidationError", &format!("The instance {id} is not in InService."));
    let outside = stage.instance();
    let words = format!("The instance {outside} is not part of Auto Scaling group web.");
    stage.refuses(&enter(&outside, false), "ValidationError", &words);
    let unsaid = EnterStandby { should_decrement_desired_capacity: None, ..enter(&id, false) };
    stage.refuses(&unsaid, "ValidationError", "'shouldDecrementDesiredCapacity'");
    stage.refuses(
        &EnterStandby { instance_ids: Vec::new(), ..enter(&id, false) },
        "ValidationError",
        "'instanceIds'",
    );
}

#[test]
fn no_hook_applies_to_standby() {
    let mut stage = Stage::new();
    let lifecycle_hook_specification_list =
        vec![hook("up", LAUNCHING, "CONTINUE"), hook("down", TERMINATING, "CONTINUE")];
    let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 1) };
    let [id] = started(&mut stage, &call).try_into().unwrap();
    stage.refuses(&enter(&id, true), "ValidationError", "is not in InService");
    stage.pass(310);
    stage.asks(&enter(&id, true));
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::Standby);
    stage.asks(&exit(&id));
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::InService);
    // Ended from standby, it waits like any other.
    stage.asks(&enter(&id, true));
    stage.pass(4);
    stage.asks(&end(&id, false));
    stage.pass(4);
    assert_eq!(lifecycle(&stage, &id), Lifecycle::TerminatingWait);
}

#[test]
fn the_health_of_an_instance_on_standby_is_not_looked_at() {
    let (mut stage, id) = with(0, 4);
    stage.asks(&enter(&id, true));
    stage.pass(10);
    stage.asks(&terminate(&id));
    stage.pass(1000);
    assert_eq!((lifecycle(&stage, &id), stage.state(&id)), (Lifecycle::Standby, InstanceState::Terminated));
    // Once EC2 has forgotten it, so has the group.
    stage.pass(3600);
    assert_eq!(members(&stage), []);
}

#[test]
fn a_detached_instance_runs_on_without_its_group() {
    let (mut stage, id) = with(1, 4);
    stage.refuses(&detach(&id, true), "ValidationError", "To detach 1 instance, please update");
    stage.asks(&detach(&id, false));
    assert_eq!(lifecycle(&stage, &id), Lifecycle::Detaching);
    stage.pass(100);
    assert_eq!((stage.cloud.member(&id), stage.state(&id)), (None, InstanceState::Running));
    assert_eq!(stage.shown(&id).instance.tags.get("aws:autoscaling:groupName"), None);
    let now = members(&stage);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
    assert!(!now.contains(&id));
    stage.refuses(&detach(&id, false), "ValidationError", "is not part of Auto Scaling group web.");
}

#[test]
fn a_call_names_at_most_twenty_instances() {
    let (mut stage, id) = with(0, 4);
    let instance_ids = vec![id.to_string(); 21];
    let words = "List exceeds the maximum number of instances to";
    let call = EnterStandby { instance_ids: instance_ids.clone(), ..enter(&id, false) };
    stage.refuses(&call, "ValidationError", words);
    let call = ExitStandby { instance_ids: instance_ids.clone(), ..exit(&id) };
    stage.refuses(&call, "ValidationError", words);
    let call = DetachInstances { instance_ids, ..detach(&id, false) };
    stage.refuses(&call, "ValidationError", words);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
}
