//! Auto Scaling groups, as the people who run one make and change it: with their hooks, and what they do to instances.

use crate::{goal, stage};
use local_ec2::actions::{CreateLaunchTemplate, TemplateSpec};
use local_ec2::autoscaling::{
    CreateAutoScalingGroup, DeleteLifecycleHook, DetachInstances, EnterStandby, ExitStandby, HookSpec,
    PutLifecycleHook, TerminateInstanceInAutoScalingGroup, UpdateAutoScalingGroup,
};
use local_ec2::state::{GroupTag, LaunchData, Lifecycle, Transition};
use local_ec2::{ApiError, Cloud, GroupName};
use planner::ids::{InstanceId, Zone};
use planner::tags::Tags;
use std::collections::BTreeMap;

/// More instances than this no group has.
const MOST: u32 = 5;

/// A group that people want.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// Its name.
    pub name: &'w str,
    /// What it launches.
    pub data: LaunchData,
    /// Where.
    pub zones: &'w [Zone],
    /// How many of them.
    pub size: usize,
    /// Its hooks.
    pub hooks: Vec<HookSpec>,
    /// What its instances are tagged with.
    pub tags: Tags,
    /// Whether it replaces an instance that EC2 recommends to replace.
    pub rebalances: bool,
}

/// A hook.
pub fn hook(name: &str, transition: Transition, timeout: i64, default_result: &str) -> HookSpec {
    HookSpec {
        lifecycle_hook_name: name.to_owned(),
        lifecycle_transition: transition.as_str().to_owned(),
        heartbeat_timeout: Some(timeout),
        default_result: default_result.to_owned(),
        notification_metadata: String::new(),
    }
}

fn count(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(MOST).min(MOST)
}

/// Makes the group.
pub fn make(cloud: &mut Cloud, wanted: Wanted<'_>) -> Result<(), ApiError> {
    let template = CreateLaunchTemplate {
        launch_template_name: wanted.name.to_owned(),
        data: wanted.data,
        ..CreateLaunchTemplate::default()
    };
    let launch_template_id = stage::ask(cloud, &template)?.id.to_string();
    let tag = |(key, value)| GroupTag { key, value, propagate_at_launch: true };
    let call = CreateAutoScalingGroup {
        auto_scaling_group_name: wanted.name.to_owned(),
        launch_template: TemplateSpec { launch_template_id, ..TemplateSpec::default() },
        min_size: Some(0),
        max_size: Some(MOST),
        desired_capacity: Some(count(wanted.size)),
        availability_zones: wanted.zones.iter().map(ToString::to_string).collect(),
        vpc_zone_identifier: String::new(),
        lifecycle_hook_specification_list: wanted.hooks,
        tags: wanted.tags.into_iter().map(tag).collect(),
        capacity_rebalance: wanted.rebalances,
    };
    stage::ask(cloud, &call)
}

/// Says how many instances the group is to have.
pub fn scale(cloud: &mut Cloud, group: &str, size: usize) -> Result<(), ApiError> {
    let call = UpdateAutoScalingGroup {
        auto_scaling_group_name: group.to_owned(),
        desired_capacity: Some(count(size)),
        ..UpdateAutoScalingGroup::default()
    };
    stage::ask(cloud, &call)
}

/// Ends an instance in its group, which has another one in its place.
pub fn end(cloud: &mut Cloud, instance: &InstanceId) -> Result<(), ApiError> {
    let (instance_id, should_decrement_desired_capacity) = (instance.to_string(), Some(false));
    let call = TerminateInstanceInAutoScalingGroup { instance_id, should_decrement_desired_capacity };
    stage::ask(cloud, &call).map(drop)
}

/// Puts an instance into standby; the group has another one in its place.
pub fn stand_by(cloud: &mut Cloud, group: &str, instance: &InstanceId) -> Result<(), ApiError> {
    let call = EnterStandby {
        auto_scaling_group_name: group.to_owned(),
        instance_ids: vec![instance.to_string()],
        should_decrement_desired_capacity: Some(false),
    };
    stage::ask(cloud, &call).map(drop)
}

/// Puts an instance back into service.
pub fn come_back(cloud: &mut Cloud, group: &str, instance: &InstanceId) -> Result<(), ApiError> {
    let (auto_scaling_group_name, instance_ids) = (group.to_owned(), vec![instance.to_string()]);
    stage::ask(cloud, &ExitStandby { auto_scaling_group_name, instance_ids }).map(drop)
}

/// Takes an instance out of its group, for good; it runs on.
pub fn detach(cloud: &mut Cloud, group: &str, instance: &InstanceId) -> Result<(), ApiError> {
    let call = DetachInstances {
        auto_scaling_group_name: group.to_owned(),
        instance_ids: vec![instance.to_string()],
        should_decrement_desired_capacity: Some(false),
    };
    stage::ask(cloud, &call).map(drop)
}

/// Gives the group a hook, or changes it.
pub fn put_hook(cloud: &mut Cloud, group: &str, hook: &HookSpec) -> Result<(), ApiError> {
    let (auto_scaling_group_name, hook) = (group.to_owned(), hook.clone());
    stage::ask(cloud, &PutLifecycleHook { auto_scaling_group_name, hook })
}

/// Takes a hook from the group.
pub fn delete_hook(cloud: &mut Cloud, group: &str, hook: &str) -> Result<(), ApiError> {
    let (auto_scaling_group_name, lifecycle_hook_name) = (group.to_owned(), hook.to_owned());
    stage::ask(cloud, &DeleteLifecycleHook { auto_scaling_group_name, lifecycle_hook_name })
}

/// How often each instance of the group has changed its state there. Where that differs from what it was, the group was at
/// work.
pub fn turns(cloud: &Cloud, group: &str) -> BTreeMap<InstanceId, u32> {
    let name = GroupName::parse(group);
    let members = name.iter().flat_map(|name| cloud.group_members(name));
    members.map(|member| (member.instance.clone(), member.turn)).collect()
}

/// Whether nothing of the group is on its way, or waits for anything but the time-out of a hook.
pub fn is_at_rest(cloud: &Cloud, group: &str) -> bool {
    let name = GroupName::parse(group);
    let mut members = name.iter().flat_map(|name| cloud.group_members(name));
    members.all(|member| {
        let is_settled = matches!(member.lifecycle, Lifecycle::InService | Lifecycle::Standby);
        is_settled || goal::is_left_to_its_time_out(member, cloud)
    })
}
