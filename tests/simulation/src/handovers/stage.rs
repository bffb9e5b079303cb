//! The world of an interruption: a fleet of one spot instance that has held a slot of one volume and one address for a while.

use super::assumptions;
use super::interruption::Unplayable;
use super::{Kind, assumptions::Replacement};
use crate::stage;
use local_ec2::actions::{
    CreateFleet, CreateLaunchTemplate, LaunchTemplateConfig, Override, RebalanceSpec, TemplateSpec,
};
use local_ec2::state::{Interruption, LaunchData, Market};
use local_ec2::{Cloud, FleetId, Launch};
use planner::ids::{AllocationId, InstanceId, VolumeId, Zone};
use planner::tags::Tags;

/// How long the holder has had its slot, in seconds: longer than a slot rests before a recommendation alone moves it.
const HELD: i64 = 600;

/// The parts of a world.
pub(super) struct Stage {
    pub(super) cloud: Cloud,
    pub(super) holder: InstanceId,
    pub(super) volume: VolumeId,
    pub(super) address: AllocationId,
    /// What launches the replacement, where the fleet does not by itself.
    pub(super) replacement: Launch,
}

/// Sets it. The events so far are forgotten.
pub(super) fn set(kind: Kind, seed: u64, replacement: Replacement) -> Result<Stage, Unplayable> {
    let command_fails = if kind == Kind::FailingDrain { 1.0 } else { 0.0 };
    let mut cloud = Cloud::new(assumptions::setup(seed, command_fails));
    let zone = Zone::new("us-east-1a");
    let data = stage::data(1, false, None);
    let fleet = fleet(&mut cloud, &data, matches!(replacement, Replacement::Rebalanced(_)))?;
    cloud.pass(120);
    let holder = cloud.members_of(&fleet).next().ok_or(Unplayable::NoHolder)?.id.clone();
    let tags = stage::tags(&[("holdfast:fleet", fleet.as_str()), ("holdfast:handover", kind.policy())]);
    let volume = stage::volume(&mut cloud, &zone, tags.clone())?;
    let address = stage::address(&mut cloud, tags)?;
    cloud.pass(10);
    stage::attach(&mut cloud, &volume, &holder, "/dev/sdf")?;
    stage::associate(&mut cloud, &address, &holder, 0)?;
    cloud.pass(HELD);
    drop(cloud.take_events());
    let market = Some(Market { persistent: false, interruption: Interruption::Terminate });
    let replacement = Launch {
        data: LaunchData { market, ..data },
        zone,
        service_tags: Tags::from([("aws:ec2:fleet-id".to_owned(), fleet.to_string())]),
        fleet: Some(fleet),
    };
    Ok(Stage { cloud, holder, volume, address, replacement })
}

/// An EC2 Fleet of one spot instance. With capacity rebalancing it launches a replacement, and leaves the end of the old
/// instance to EC2.
fn fleet(cloud: &mut Cloud, data: &LaunchData, rebalances: bool) -> Result<FleetId, Unplayable> {
    let template = CreateLaunchTemplate {
        launch_template_name: "web".to_owned(),
        data: data.clone(),
        ..CreateLaunchTemplate::default()
    };
    let launch_template_id = stage::ask(cloud, &template)?.id.to_string();
    let template = TemplateSpec { launch_template_id, ..TemplateSpec::default() };
    let overrides = vec![Override { availability_zone: "us-east-1a".to_owned(), ..Override::default() }];
    let launch = RebalanceSpec { replacement_strategy: "launch".to_owned(), termination_delay: None };
    let call = CreateFleet {
        total_target_capacity: 1,
        default_target_capacity_type: "spot".to_owned(),
        launch_template_configs: vec![LaunchTemplateConfig { template, overrides }],
        instance_interruption_behavior: "terminate".to_owned(),
        capacity_rebalance: rebalances.then_some(launch),
        ..CreateFleet::default()
    };
    Ok(stage::ask(cloud, &call)?.fleet)
}
