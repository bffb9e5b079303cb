//! The parameters of launches: `RunInstances`, and the same data in a launch template.

use super::{Form, common, fleets};
use crate::actions::{CreateLaunchTemplate, RunInstances};
use crate::error::ApiError;
use crate::state::{BlockDevice, Interruption, LaunchData, Market, NetworkSpec};

/// What of a launch makes no difference here: what the instance does with itself, and how fast it is.
const OF_NO_ACCOUNT: [&str; 14] = [
    "CreditSpecification",
    "EbsOptimized",
    "EnclaveOptions",
    "IamInstanceProfile",
    "InstanceInitiatedShutdownBehavior",
    "MaintenanceOptions",
    "MetadataOptions",
    "Monitoring",
    "NetworkPerformanceOptions",
    "PrivateDnsNameOptions",
    "SecurityGroup",
    "SecurityGroupId",
    "UserData",
    "AdditionalInfo",
];

/// What a launch makes, and can tag here.
const MADE: [&str; 3] = ["instance", "volume", "spot-instances-request"];

pub(super) fn run(form: &mut Form) -> Result<RunInstances, ApiError> {
    let template = form.has("LaunchTemplate").then(|| fleets::template(form.group("LaunchTemplate")));
    Ok(RunInstances {
        launch_template: template,
        min_count: form.required_number("MinCount")?,
        max_count: form.required_number("MaxCount")?,
        client_token: form.text("ClientToken"),
        data: data(form)?,
    })
}

pub(super) fn create_template(form: &mut Form) -> Result<CreateLaunchTemplate, ApiError> {
    form.skip(&["VersionDescription"]);
    Ok(CreateLaunchTemplate {
        launch_template_name: form.text("LaunchTemplateName"),
        client_token: form.text("ClientToken"),
        tags: common::tags_of(form, "launch-template")?,
        data: data(form.group("LaunchTemplateData"))?,
    })
}

fn data(form: &mut Form) -> Result<LaunchData, ApiError> {
    form.skip(&OF_NO_ACCOUNT);
    let placement = form.group("Placement");
    placement.skip(&["Tenancy"]);
    let availability_zone = placement.text("AvailabilityZone");
    let networks = form.list("NetworkInterface", network)?;
    let subnet_id = Some(form.text("SubnetId")).filter(|own| !own.is_empty());
    let of_network = || networks.iter().map(|(_, subnet)| subnet.clone()).find(|subnet| !subnet.is_empty());
    Ok(LaunchData {
        image_id: form.text("ImageId"),
        instance_type: form.text("InstanceType"),
        key_name: form.text("KeyName"),
        availability_zone,
        subnet_id: subnet_id.or_else(of_network).unwrap_or_default(),
        tag_specifications: common::tag_specifications(form, &MADE)?,
        hibernation: form.group("HibernationOptions").flag("Configured")?,
        market: market(form)?,
        block_device_mappings: form.list("BlockDeviceMapping", block_device)?,
        network_interfaces: networks.into_iter().map(|(network, _)| network).collect(),
    })
}

fn block_device(form: &mut Form) -> Result<BlockDevice, ApiError> {
    let device = form.text("DeviceName");
    let ebs = form.group("Ebs");
    ebs.skip(&["Iops", "Throughput"]);
    Ok(BlockDevice {
        device,
        size: ebs.number("VolumeSize")?,
        volume_type: ebs.text("VolumeType"),
        snapshot_id: ebs.text("SnapshotId"),
        delete_on_termination: ebs.flag("DeleteOnTermination")?,
    })
}

/// An interface and the subnet that it names. It goes with its instance.
fn network(form: &mut Form) -> Result<(NetworkSpec, String), ApiError> {
    form.skip(&["AssociatePublicIpAddress", "Description", "InterfaceType", "SecurityGroupId"]);
    if form.flag("DeleteOnTermination")? == Some(false) {
        let message = "An interface of a launch cannot outlive its instance in the local EC2.";
        return Err(ApiError::refusal("UnsupportedOperation", message));
    }
    let device_index = form.required_number("DeviceIndex")?;
    let secondary_private_ip_address_count = form.number("SecondaryPrivateIpAddressCount")?.unwrap_or(0);
    Ok((NetworkSpec { device_index, secondary_private_ip_address_count }, form.text("SubnetId")))
}

fn market(form: &mut Form) -> Result<Option<Market>, ApiError> {
    if !form.has("InstanceMarketOptions") {
        return Ok(None);
    }
    let options = form.group("InstanceMarketOptions");
    let market = options.text("MarketType");
    if market != "spot" {
        return Err(ApiError::value(format!("Value ({market}) for parameter MarketType is invalid.")));
    }
    let spot = options.group("SpotOptions");
    spot.skip(&["MaxPrice"]);
    let persistent = match spot.text("SpotInstanceType").as_str() {
        "" | "one-time" => false,
        "persistent" => true,
        other => {
            return Err(ApiError::value(format!(
                "Value ({other}) for parameter SpotInstanceType is invalid."
            )));
        }
    };
    let behavior = spot.text("InstanceInterruptionBehavior");
    let interruption = Interruption::parse(&behavior).ok_or_else(|| {
        ApiError::value(format!("Value ({behavior}) for parameter InstanceInterruptionBehavior is invalid."))
    })?;
    Ok(Some(Market { persistent, interruption }))
}
