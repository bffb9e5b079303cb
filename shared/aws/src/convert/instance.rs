//! An instance, its block devices and its network interfaces (EC2 API reference, `Instance`).

use super::{Garbled, ipv4, optional, required, required_text, tags, text, time};
use aws_sdk_ec2::types;
use planner::device::DeviceName;
use planner::ids::{InstanceId, InterfaceId, VolumeId, Zone};
use planner::observation::{BlockDevice, Instance, InstanceState, Interface, PrivateAddress};
use planner::tags::InstanceTags;

/// Reads an instance. Whether it is doomed, its spot request says and not the instance; how far its Auto Scaling group has
/// it, the group.
pub(crate) fn instance(instance: &types::Instance) -> Result<Instance, Garbled> {
    read(instance).map_err(|garbled| garbled.of(instance.instance_id()))
}

fn read(instance: &types::Instance) -> Result<Instance, Garbled> {
    let zone = instance.placement().and_then(types::Placement::availability_zone);
    let launched = instance.launch_time().and_then(time);
    let hibernation = instance.hibernation_options().and_then(types::HibernationOptions::configured);
    let devices = instance.block_device_mappings().iter().map(block_device).filter_map(Result::transpose);
    Ok(Instance {
        id: required("Instance.InstanceId", instance.instance_id(), InstanceId::parse)?,
        state: state(instance.state().and_then(types::InstanceState::name)),
        zone: Zone::new(required_text("Placement.AvailabilityZone", zone)?),
        launched: launched.ok_or_else(|| Garbled::missing("Instance.LaunchTime"))?,
        spot: instance.instance_lifecycle() == Some(&types::InstanceLifecycleType::Spot),
        doomed: None,
        lifecycle: None,
        hibernation: hibernation == Some(true),
        root_device: text(instance.root_device_name()).map(DeviceName::reported),
        devices: devices.collect::<Result<_, _>>()?,
        interfaces: instance.network_interfaces().iter().map(interface).collect::<Result<_, _>>()?,
        tags: InstanceTags::read(&tags(instance.tags())),
    })
}

fn state(state: Option<&types::InstanceStateName>) -> InstanceState {
    match state {
        Some(types::InstanceStateName::Pending) => InstanceState::Pending,
        Some(types::InstanceStateName::Running) => InstanceState::Running,
        Some(types::InstanceStateName::Stopped) => InstanceState::Stopped,
        Some(types::InstanceStateName::ShuttingDown) => InstanceState::ShuttingDown,
        Some(types::InstanceStateName::Terminated) => InstanceState::Terminated,
        _ => InstanceState::Stopping,
    }
}

/// One that names no volume is a disk of the host.
fn block_device(mapping: &types::InstanceBlockDeviceMapping) -> Result<Option<BlockDevice>, Garbled> {
    let volume = mapping.ebs().and_then(types::EbsInstanceBlockDevice::volume_id);
    let Some(volume) = optional("EbsInstanceBlockDevice.VolumeId", volume, VolumeId::parse)? else {
        return Ok(None);
    };
    let device = required_text("InstanceBlockDeviceMapping.DeviceName", mapping.device_name())?;
    Ok(Some(BlockDevice { device: DeviceName::reported(device), volume }))
}

fn interface(interface: &types::InstanceNetworkInterface) -> Result<Interface, Garbled> {
    let id = interface.network_interface_id();
    let mut addresses: Vec<_> = interface.private_ip_addresses().iter().collect();
    addresses.sort_by_key(|address| address.primary() != Some(true));
    Ok(Interface {
        id: required("InstanceNetworkInterface.NetworkInterfaceId", id, InterfaceId::parse)?,
        primary: interface.attachment().is_some_and(is_primary),
        addresses: addresses.into_iter().map(private_address).collect::<Result<_, _>>()?,
    })
}

/// The primary interface is device 0 of the first network card; a large instance has several cards.
fn is_primary(attachment: &types::InstanceNetworkInterfaceAttachment) -> bool {
    attachment.device_index() == Some(0) && attachment.network_card_index().unwrap_or(0) == 0
}

fn private_address(address: &types::InstancePrivateIpAddress) -> Result<PrivateAddress, Garbled> {
    let elastic = address.association().filter(|association| !is_lent(association));
    let elastic = elastic.and_then(types::InstanceNetworkInterfaceAssociation::public_ip);
    let private = address.private_ip_address();
    Ok(PrivateAddress {
        private: required("InstancePrivateIpAddress.PrivateIpAddress", private, ipv4)?,
        elastic: optional("InstanceNetworkInterfaceAssociation.PublicIp", elastic, ipv4)?,
    })
}

/// Whether AWS owns the public address, and the instance only has it for as long as it runs.
fn is_lent(association: &types::InstanceNetworkInterfaceAssociation) -> bool {
    association.ip_owner_id().is_some_and(|owner| owner == "amazon" || owner.starts_with("amazon-"))
}
