//! `RunInstances`, and what of launch data is checked.

use super::disks::{check_size, check_snapshot, volume_type};
use super::interfaces::check_addresses;
use super::{InstanceView, Operation, TemplateSpec};
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::ids::ReservationId;
use crate::life::Launch;
use crate::state::{BlockDevice, LaunchData, VolumeType, is_device_name, is_same_device};
use crate::tags::TagSet;
use planner::ids::InstanceId;
use planner::tags::Tags;

/// How many instances one call may launch here.
const MOST_INSTANCES: u32 = 1000;

/// `RunInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct RunInstances {
    pub launch_template: Option<TemplateSpec>,
    pub data: LaunchData,
    pub min_count: u32,
    pub max_count: u32,
    pub client_token: String,
}

impl Operation for RunInstances {
    type Answer = Vec<InstanceView>;

    fn name(&self) -> &'static str {
        "RunInstances"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<InstanceView>, ApiError> {
        if self.min_count < 1 || self.max_count < self.min_count {
            let message = format!("Value ({}) for parameter maxCount is invalid.", self.max_count);
            return Err(ApiError::value(message));
        }
        if self.max_count > MOST_INSTANCES {
            let message =
                format!("You have requested more instances ({}) than {MOST_INSTANCES}.", self.max_count);
            return Err(ApiError::refusal("InstanceLimitExceeded", message));
        }
        let data = match &self.launch_template {
            Some(spec) => cloud.template(spec)?.data.overridden_by(&self.data),
            None => self.data.clone(),
        };
        check(&data)?;
        if let Some(made) = cloud.made_before(self, &self.client_token)? {
            return Ok(cloud.launched_in(&made));
        }
        let zone = cloud.zone_for(&data)?;
        if cloud.starved_zones.contains(&zone) {
            let message =
                format!("We currently do not have sufficient capacity in the Availability Zone {zone}.");
            return Err(ApiError::server("InsufficientInstanceCapacity", &message, 500));
        }
        let reservation = cloud.mint.reservation();
        let launch = Launch { data, zone, service_tags: Tags::new(), fleet: None };
        for _ in 0..self.max_count {
            cloud.begin(&launch, reservation.clone());
        }
        cloud.remember(self, &self.client_token, reservation.as_str());
        Ok(cloud.launched_in(reservation.as_str()))
    }
}

impl Cloud {
    /// The instances of a launch.
    fn launched_in(&self, reservation: &str) -> Vec<InstanceView> {
        let of = ReservationId::parse(reservation);
        let own = self.instances.values().filter(|instance| Some(&instance.reservation) == of.as_ref());
        let ids: Vec<InstanceId> = own.map(|instance| instance.id.clone()).collect();
        ids.iter().filter_map(|id| self.instance_view(id, self.now)).collect()
    }
}

/// Refuses data that EC2 would not launch. Images are not looked up: any that has the form of one is there.
pub(crate) fn check(data: &LaunchData) -> Result<(), ApiError> {
    let image = required("ImageId", &data.image_id)?;
    if !image.starts_with("ami-") {
        let message = format!("Invalid id: \"{image}\" (expecting \"ami-...\")");
        return Err(ApiError::refusal("InvalidAMIID.Malformed", message));
    }
    check_instance_type(&data.instance_type)?;
    for (index, BlockDevice { device, .. }) in data.block_device_mappings.iter().enumerate() {
        let mut before = data.block_device_mappings.iter().take(index);
        let problem = if !is_device_name(device) {
            "Invalid device name"
        } else if before.any(|earlier| is_same_device(&earlier.device, device)) {
            "Duplicate device name"
        } else {
            continue;
        };
        return Err(ApiError::refusal("InvalidBlockDeviceMapping", format!("{problem} {device}")));
    }
    data.block_device_mappings.iter().try_for_each(check_device)?;
    data.network_interfaces.iter().try_for_each(|n| check_addresses(n.secondary_private_ip_address_count))?;
    ["instance", "volume", "spot-instances-request"]
        .iter()
        .try_for_each(|kind| TagSet::default().check(&data.tags_for(kind)))
}

fn check_device(device: &BlockDevice) -> Result<(), ApiError> {
    let named = Some(device.volume_type.as_str()).filter(|name| !name.is_empty()).map(volume_type);
    let kind = named.transpose()?.unwrap_or(VolumeType::Gp3);
    check_snapshot(&device.snapshot_id)?;
    device.size.map_or(Ok(()), |size| check_size(size, kind))
}

/// A type is a family, a dot and a size. EC2 launches an `m1.small` when none is named; here one has to be.
fn check_instance_type(name: &str) -> Result<(), ApiError> {
    let name = required("InstanceType", name)?;
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match name.split_once('.') {
        Some((family, size)) if is_word(family) && is_word(size) => Ok(()),
        Some(_) | None => Err(ApiError::value(format!("Invalid value '{name}' for InstanceType."))),
    }
}
