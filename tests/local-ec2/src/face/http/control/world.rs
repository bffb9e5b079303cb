//! Commands about resources: what EC2 does to them, and what the people who run instances do.

use super::{Complaint, Outcome};
use crate::cloud::Cloud;
use crate::life::Launch;
use crate::state::{Interruption, LaunchData, Market, TagSpecification};
use crate::world::Impossible;
use planner::ids::{InstanceId, VolumeId, Zone};
use planner::tags::Tags;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfInstance {
    instance: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfVolume {
    volume: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfZone {
    zone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfKey {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchCommand {
    zone: String,
    #[serde(default = "any_image")]
    image: String,
    #[serde(default = "any_type", rename = "type")]
    instance_type: String,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    service_tags: Tags,
    spot: Option<Spot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spot {
    #[serde(default)]
    persistent: bool,
    #[serde(default)]
    interruption: String,
}

pub(super) fn any_image() -> String {
    "ami-0123456789abcdef0".to_owned()
}

pub(super) fn any_type() -> String {
    "t3.micro".to_owned()
}

impl From<Impossible> for Complaint {
    fn from(impossible: Impossible) -> Self {
        Self(impossible.to_string())
    }
}

pub(super) fn to_instance(
    cloud: &mut Cloud,
    command: &str,
    OfInstance { instance }: OfInstance,
) -> Result<(), Complaint> {
    let id = InstanceId::parse(&instance);
    let id = id.map_err(|_| Complaint(format!("`{instance}` is no id of an instance")))?;
    match command {
        "interrupt" => cloud.interrupt(&id)?,
        "recommend" => cloud.recommend(&id)?,
        _ => cloud.resume(&id)?,
    }
    Ok(())
}

pub(super) fn to_volume(
    cloud: &mut Cloud,
    command: &str,
    OfVolume { volume }: OfVolume,
) -> Result<(), Complaint> {
    let id = VolumeId::parse(&volume);
    let id = id.map_err(|_| Complaint(format!("`{volume}` is no id of a volume")))?;
    match command {
        "drain" => cloud.drain(&id)?,
        _ => cloud.release(&id)?,
    }
    Ok(())
}

pub(super) fn to_zone(cloud: &mut Cloud, command: &str, OfZone { zone }: OfZone) -> Result<(), Complaint> {
    let zone = self::zone(cloud, &zone)?;
    match command {
        "starve" => cloud.starve(&zone),
        _ => cloud.feed(&zone),
    }
    Ok(())
}

fn zone(cloud: &Cloud, name: &str) -> Result<Zone, Complaint> {
    let zones = &cloud.setup.zones;
    zones.iter().find(|zone| zone.as_str() == name).cloned().ok_or_else(|| {
        let known: Vec<_> = zones.iter().map(Zone::as_str).collect();
        Complaint(format!("`{name}` is no zone of this region: use one of {}", known.join(", ")))
    })
}

pub(super) fn to_key(cloud: &mut Cloud, command: &str, OfKey { key }: OfKey) {
    match command {
        "disable-key" => cloud.disable_key(&key),
        _ => cloud.enable_key(&key),
    }
}

pub(super) fn launch(cloud: &mut Cloud, command: LaunchCommand) -> Outcome {
    let LaunchCommand { image, instance_type, tags, service_tags, spot, .. } = command;
    let zone = zone(cloud, &command.zone)?;
    let data = LaunchData {
        image_id: image,
        instance_type,
        tag_specifications: vec![TagSpecification { resource_type: "instance".to_owned(), tags }],
        market: spot.map(market).transpose()?,
        ..LaunchData::default()
    };
    let instance = cloud.launch(&Launch { data, zone, service_tags, fleet: None });
    Ok(json!({"instance": instance.as_str()}))
}

pub(super) fn market(spot: Spot) -> Result<Market, Complaint> {
    let interruption = Interruption::parse(&spot.interruption).ok_or_else(|| {
        let behavior = spot.interruption;
        Complaint(format!("`{behavior}` is no interruption: use terminate, stop or hibernate"))
    })?;
    Ok(Market { persistent: spot.persistent, interruption })
}
