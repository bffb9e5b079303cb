//! What both the stories and the random worlds build from: instances, volumes and addresses with tags.

use local_ec2::actions::{
    AllocateAddress, AssociateAddress, AttachVolume, CreateTags, CreateVolume, DeleteTags, Operation,
};
use local_ec2::state::{LaunchData, Market, NetworkSpec};
use local_ec2::{ApiError, Cloud, Launch, Principal};
use planner::ids::{AllocationId, InstanceId, VolumeId, Zone};
use planner::tags::Tags;

/// Tags from pairs.
pub fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A call of somebody who is not Holdfast.
pub fn ask<O: Operation>(cloud: &mut Cloud, call: &O) -> Result<O::Answer, ApiError> {
    cloud.perform(call, Principal::Other)
}

/// What an instance is launched from, with so many private addresses.
pub fn data(places: u32, hibernation: bool, market: Option<Market>) -> LaunchData {
    let count = places.saturating_sub(1);
    LaunchData {
        image_id: "ami-0123456789abcdef0".to_owned(),
        instance_type: "t3.micro".to_owned(),
        hibernation: Some(hibernation),
        market,
        network_interfaces: vec![NetworkSpec { device_index: 0, secondary_private_ip_address_count: count }],
        ..LaunchData::default()
    }
}

/// Launches an instance with these tags, whoever may set them.
pub fn launch(cloud: &mut Cloud, data: &LaunchData, zone: &Zone, tags: Tags) -> InstanceId {
    cloud.launch(&Launch { data: data.clone(), zone: zone.clone(), service_tags: tags, fleet: None })
}

/// A volume in the zone.
pub fn volume(cloud: &mut Cloud, zone: &Zone, tags: Tags) -> Result<VolumeId, ApiError> {
    let call =
        CreateVolume { availability_zone: zone.to_string(), size: Some(1), tags, ..CreateVolume::default() };
    Ok(ask(cloud, &call)?.id)
}

/// An Elastic IP.
pub fn address(cloud: &mut Cloud, tags: Tags) -> Result<AllocationId, ApiError> {
    Ok(ask(cloud, &AllocateAddress { tags })?.allocation)
}

/// Attaches the volume.
pub fn attach(
    cloud: &mut Cloud,
    volume: &VolumeId,
    instance: &InstanceId,
    device: &str,
) -> Result<(), ApiError> {
    let (volume_id, instance_id) = (volume.to_string(), instance.to_string());
    ask(cloud, &AttachVolume { volume_id, instance_id, device: device.to_owned() }).map(drop)
}

/// Points the address at the n-th private address of the instance.
pub fn associate(
    cloud: &mut Cloud,
    address: &AllocationId,
    instance: &InstanceId,
    place: usize,
) -> Result<(), ApiError> {
    let interface = cloud.interfaces_of(instance).next().cloned();
    let private = interface.as_ref().and_then(|interface| interface.addresses.get(place).copied());
    let call = AssociateAddress {
        allocation_id: address.to_string(),
        network_interface_id: interface.map(|interface| interface.id.to_string()).unwrap_or_default(),
        private_ip_address: private.map(|private| private.to_string()).unwrap_or_default(),
        ..AssociateAddress::default()
    };
    ask(cloud, &call).map(drop)
}

/// Sets a tag.
pub fn mark(cloud: &mut Cloud, resource: &str, key: &str, value: &str) -> Result<(), ApiError> {
    ask(cloud, &CreateTags { resources: vec![resource.to_owned()], tags: tags(&[(key, value)]) })
}

/// Removes a tag.
pub fn unmark(cloud: &mut Cloud, resource: &str, key: &str) -> Result<(), ApiError> {
    ask(cloud, &DeleteTags { resources: vec![resource.to_owned()], tags: vec![(key.to_owned(), None)] })
}
