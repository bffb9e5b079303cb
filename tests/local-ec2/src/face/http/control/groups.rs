//! Commands about Auto Scaling groups: each is a call of somebody else's, or two, in fewer words.

use super::world::{Spot, any_image, any_type, market};
use super::{Complaint, Outcome};
use crate::actions::{CreateLaunchTemplate, Operation, TemplateSpec};
use crate::autoscaling::{
    CreateAutoScalingGroup, EnterStandby, ExitStandby, HookSpec, TerminateInstanceInAutoScalingGroup,
    UpdateAutoScalingGroup,
};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::setup::Principal;
use crate::state::{GroupTag, LaunchData};
use planner::ids::InstanceId;
use planner::tags::Tags;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupCommand {
    name: String,
    desired: u32,
    #[serde(default)]
    min: u32,
    max: Option<u32>,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default = "any_image")]
    image: String,
    #[serde(default = "any_type", rename = "type")]
    instance_type: String,
    #[serde(default)]
    tags: Tags,
    spot: Option<Spot>,
    #[serde(default)]
    hooks: Vec<HookCommand>,
    #[serde(default)]
    rebalance: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HookCommand {
    name: String,
    transition: String,
    timeout: Option<i64>,
    #[serde(default)]
    default: String,
    #[serde(default)]
    metadata: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaleCommand {
    group: String,
    desired: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndCommand {
    instance: String,
    #[serde(default)]
    decrement: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandbyCommand {
    instance: String,
}

impl From<ApiError> for Complaint {
    fn from(error: ApiError) -> Self {
        Self(error.to_string())
    }
}

fn ask<O: Operation>(cloud: &mut Cloud, call: &O) -> Result<O::Answer, Complaint> {
    Ok(cloud.perform(call, Principal::Other)?)
}

fn hook(command: HookCommand) -> Result<HookSpec, Complaint> {
    let lifecycle_transition = match command.transition.as_str() {
        "launching" => "autoscaling:EC2_INSTANCE_LAUNCHING".to_owned(),
        "terminating" => "autoscaling:EC2_INSTANCE_TERMINATING".to_owned(),
        other => return Err(Complaint(format!("`{other}` is no transition: use launching or terminating"))),
    };
    Ok(HookSpec {
        lifecycle_hook_name: command.name,
        lifecycle_transition,
        heartbeat_timeout: command.timeout,
        default_result: command.default,
        notification_metadata: command.metadata,
    })
}

/// Makes a group, and the launch template that it launches from.
pub(super) fn make(cloud: &mut Cloud, command: GroupCommand) -> Outcome {
    let hooks = command.hooks.into_iter().map(hook).collect::<Result<_, _>>()?;
    let market = command.spot.map(market).transpose()?;
    let (image_id, instance_type) = (command.image, command.instance_type);
    let data = LaunchData { image_id, instance_type, market, ..LaunchData::default() };
    let launch_template_name = format!("of-group-{}-{}", command.name, cloud.mint.uuid());
    let template = CreateLaunchTemplate { launch_template_name, data, ..CreateLaunchTemplate::default() };
    let launch_template_id = ask(cloud, &template)?.id.to_string();
    let tag = |(key, value)| GroupTag { key, value, propagate_at_launch: true };
    let zones = cloud.setup.zones.iter().map(ToString::to_string).collect();
    let call = CreateAutoScalingGroup {
        auto_scaling_group_name: command.name,
        launch_template: TemplateSpec { launch_template_id, ..TemplateSpec::default() },
        min_size: Some(command.min),
        max_size: Some(command.max.unwrap_or(command.desired)),
        desired_capacity: Some(command.desired),
        availability_zones: if command.zones.is_empty() { zones } else { command.zones },
        vpc_zone_identifier: String::new(),
        lifecycle_hook_specification_list: hooks,
        tags: command.tags.into_iter().map(tag).collect(),
        capacity_rebalance: command.rebalance,
    };
    ask(cloud, &call)?;
    Ok(json!({}))
}

/// Says how many instances the group is to have. Its upper bound gives way.
pub(super) fn scale(
    cloud: &mut Cloud,
    ScaleCommand { group, desired }: ScaleCommand,
) -> Result<(), Complaint> {
    let groups = cloud.groups.values();
    let max = groups.filter(|own| own.name.as_str() == group).map(|own| own.sizes.max.max(desired)).max();
    let call = UpdateAutoScalingGroup {
        auto_scaling_group_name: group,
        max_size: max,
        desired_capacity: Some(desired),
        ..UpdateAutoScalingGroup::default()
    };
    ask(cloud, &call)
}

/// Ends an instance in its group.
pub(super) fn end(
    cloud: &mut Cloud,
    EndCommand { instance, decrement }: EndCommand,
) -> Result<(), Complaint> {
    let call = TerminateInstanceInAutoScalingGroup {
        instance_id: instance,
        should_decrement_desired_capacity: Some(decrement),
    };
    ask(cloud, &call).map(drop)
}

pub(super) fn to_standby(
    cloud: &mut Cloud,
    command: &str,
    StandbyCommand { instance }: StandbyCommand,
) -> Result<(), Complaint> {
    let member = InstanceId::parse(&instance).ok().and_then(|id| cloud.members.get(&id));
    let member = member.ok_or_else(|| Complaint(format!("{instance} is in no Auto Scaling group")))?;
    let auto_scaling_group_name = member.group.to_string();
    let instance_ids = vec![instance];
    match command {
        "standby" => {
            let should_decrement_desired_capacity = Some(false);
            ask(
                cloud,
                &EnterStandby { auto_scaling_group_name, instance_ids, should_decrement_desired_capacity },
            )?
        }
        _ => ask(cloud, &ExitStandby { auto_scaling_group_name, instance_ids })?,
    };
    Ok(())
}
