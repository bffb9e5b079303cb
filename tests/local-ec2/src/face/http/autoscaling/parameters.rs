//! The parameters of Auto Scaling's calls, spelled as in its API reference. One that would make a difference and is not
//! carried out here is left over, and refused by its name.

use super::Form;
use crate::actions::TemplateSpec;
use crate::autoscaling::{
    CompleteLifecycleAction, CreateAutoScalingGroup, DeleteAutoScalingGroup, DeleteLifecycleHook,
    DescribeAutoScalingGroups, DescribeAutoScalingInstances, DescribeLifecycleHooks, DetachInstances,
    EnterStandby, ExitStandby, HookSpec, PutLifecycleHook, RecordLifecycleActionHeartbeat,
    TerminateInstanceInAutoScalingGroup, UpdateAutoScalingGroup,
};
use crate::error::ApiError;
use crate::state::GroupTag;

/// What of a group makes no difference here: there are no alarms, no load balancers, and one way to choose who goes.
const OF_NO_ACCOUNT: [&str; 6] = [
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "HealthCheckGracePeriod",
    "ServiceLinkedRoleARN",
    "TerminationPolicies",
];

pub(super) fn create(form: &mut Form) -> Result<CreateAutoScalingGroup, ApiError> {
    form.skip(&OF_NO_ACCOUNT);
    Ok(CreateAutoScalingGroup {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        launch_template: template(form),
        min_size: form.number("MinSize")?,
        max_size: form.number("MaxSize")?,
        desired_capacity: form.number("DesiredCapacity")?,
        availability_zones: texts(form, "AvailabilityZones"),
        vpc_zone_identifier: form.text("VPCZoneIdentifier"),
        lifecycle_hook_specification_list: form
            .group("LifecycleHookSpecificationList")
            .list("member", hook)?,
        tags: form.group("Tags").list("member", tag)?,
        capacity_rebalance: form.flag("CapacityRebalance")?.unwrap_or(false),
    })
}

pub(super) fn update(form: &mut Form) -> Result<UpdateAutoScalingGroup, ApiError> {
    form.skip(&OF_NO_ACCOUNT);
    Ok(UpdateAutoScalingGroup {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        launch_template: form.has("LaunchTemplate").then(|| template(form)),
        min_size: form.number("MinSize")?,
        max_size: form.number("MaxSize")?,
        desired_capacity: form.number("DesiredCapacity")?,
        capacity_rebalance: form.flag("CapacityRebalance")?,
    })
}

pub(super) fn delete(form: &mut Form) -> Result<DeleteAutoScalingGroup, ApiError> {
    let force_delete = form.flag("ForceDelete")?.unwrap_or(false);
    Ok(DeleteAutoScalingGroup { auto_scaling_group_name: form.text("AutoScalingGroupName"), force_delete })
}

pub(super) fn describe_groups(form: &mut Form) -> Result<DescribeAutoScalingGroups, ApiError> {
    Ok(DescribeAutoScalingGroups {
        auto_scaling_group_names: texts(form, "AutoScalingGroupNames"),
        max_records: form.number("MaxRecords")?,
        next_token: form.text("NextToken"),
    })
}

pub(super) fn describe_instances(form: &mut Form) -> Result<DescribeAutoScalingInstances, ApiError> {
    Ok(DescribeAutoScalingInstances {
        instance_ids: texts(form, "InstanceIds"),
        max_records: form.number("MaxRecords")?,
        next_token: form.text("NextToken"),
    })
}

pub(super) fn put_hook(form: &mut Form) -> Result<PutLifecycleHook, ApiError> {
    let auto_scaling_group_name = form.text("AutoScalingGroupName");
    Ok(PutLifecycleHook { auto_scaling_group_name, hook: hook(form)? })
}

#[expect(clippy::unnecessary_wraps, reason = "all readers are alike")]
pub(super) fn delete_hook(form: &mut Form) -> Result<DeleteLifecycleHook, ApiError> {
    Ok(DeleteLifecycleHook {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        lifecycle_hook_name: form.text("LifecycleHookName"),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "all readers are alike")]
pub(super) fn describe_hooks(form: &mut Form) -> Result<DescribeLifecycleHooks, ApiError> {
    Ok(DescribeLifecycleHooks {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        lifecycle_hook_names: texts(form, "LifecycleHookNames"),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "all readers are alike")]
pub(super) fn complete(form: &mut Form) -> Result<CompleteLifecycleAction, ApiError> {
    Ok(CompleteLifecycleAction {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        lifecycle_hook_name: form.text("LifecycleHookName"),
        instance_id: form.text("InstanceId"),
        lifecycle_action_token: form.text("LifecycleActionToken"),
        lifecycle_action_result: form.text("LifecycleActionResult"),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "all readers are alike")]
pub(super) fn heartbeat(form: &mut Form) -> Result<RecordLifecycleActionHeartbeat, ApiError> {
    Ok(RecordLifecycleActionHeartbeat {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        lifecycle_hook_name: form.text("LifecycleHookName"),
        instance_id: form.text("InstanceId"),
        lifecycle_action_token: form.text("LifecycleActionToken"),
    })
}

pub(super) fn terminate(form: &mut Form) -> Result<TerminateInstanceInAutoScalingGroup, ApiError> {
    Ok(TerminateInstanceInAutoScalingGroup {
        instance_id: form.text("InstanceId"),
        should_decrement_desired_capacity: form.flag("ShouldDecrementDesiredCapacity")?,
    })
}

pub(super) fn enter_standby(form: &mut Form) -> Result<EnterStandby, ApiError> {
    Ok(EnterStandby {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        instance_ids: texts(form, "InstanceIds"),
        should_decrement_desired_capacity: form.flag("ShouldDecrementDesiredCapacity")?,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "all readers are alike")]
pub(super) fn exit_standby(form: &mut Form) -> Result<ExitStandby, ApiError> {
    let auto_scaling_group_name = form.text("AutoScalingGroupName");
    Ok(ExitStandby { auto_scaling_group_name, instance_ids: texts(form, "InstanceIds") })
}

pub(super) fn detach(form: &mut Form) -> Result<DetachInstances, ApiError> {
    Ok(DetachInstances {
        auto_scaling_group_name: form.text("AutoScalingGroupName"),
        instance_ids: texts(form, "InstanceIds"),
        should_decrement_desired_capacity: form.flag("ShouldDecrementDesiredCapacity")?,
    })
}

fn template(form: &mut Form) -> TemplateSpec {
    let form = form.group("LaunchTemplate");
    TemplateSpec {
        launch_template_id: form.text("LaunchTemplateId"),
        launch_template_name: form.text("LaunchTemplateName"),
        version: form.text("Version"),
    }
}

fn hook(form: &mut Form) -> Result<HookSpec, ApiError> {
    Ok(HookSpec {
        lifecycle_hook_name: form.text("LifecycleHookName"),
        lifecycle_transition: form.text("LifecycleTransition"),
        heartbeat_timeout: form.number("HeartbeatTimeout")?,
        default_result: form.text("DefaultResult"),
        notification_metadata: form.text("NotificationMetadata"),
    })
}

fn tag(form: &mut Form) -> Result<GroupTag, ApiError> {
    // A tag may name the group that it is for.
    form.skip(&["ResourceId", "ResourceType"]);
    Ok(GroupTag {
        key: form.text("Key"),
        value: form.text("Value"),
        propagate_at_launch: form.flag("PropagateAtLaunch")?.unwrap_or(false),
    })
}

/// `name.member.1`, `name.member.2` and so on.
fn texts(form: &mut Form, name: &str) -> Vec<String> {
    form.group(name).texts("member")
}
