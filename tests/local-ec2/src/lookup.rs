//! Ids in calls: malformed, unknown, or so fresh that not all of EC2 knows them.

use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::history::Store;
use crate::ids::FleetId;
use crate::state::{Address, Instance, Interface, Volume};
use planner::ids::{AllocationId, InstanceId, InterfaceId, VolumeId};

/// The ids, in EC2's way of telling of several.
fn listed(ids: &[String]) -> String {
    ids.join(", ")
}

pub(crate) fn malformed(code: &'static str, found: &str, expected: &str) -> ApiError {
    if found.starts_with(expected) {
        ApiError::refusal(code, format!("Invalid id: \"{found}\""))
    } else {
        ApiError::refusal(code, format!("Invalid id: \"{found}\" (expecting \"{expected}...\")"))
    }
}

pub(crate) fn instance_id(text: &str) -> Result<InstanceId, ApiError> {
    InstanceId::parse(text).map_err(|_| malformed("InvalidInstanceID.Malformed", text, "i-"))
}

pub(crate) fn volume_id(text: &str) -> Result<VolumeId, ApiError> {
    VolumeId::parse(text).map_err(|_| malformed("InvalidVolumeID.Malformed", text, "vol-"))
}

pub(crate) fn interface_id(text: &str) -> Result<InterfaceId, ApiError> {
    InterfaceId::parse(text).map_err(|_| malformed("InvalidNetworkInterfaceId.Malformed", text, "eni-"))
}

/// EC2 has no code for a malformed allocation id.
pub(crate) fn allocation_id(text: &str) -> Result<AllocationId, ApiError> {
    AllocationId::parse(text).map_err(|_| no_addresses(&[text.to_owned()]))
}

/// The id of a Spot Fleet.
pub(crate) fn spot_fleet_id(text: &str) -> Result<FleetId, ApiError> {
    let id = FleetId::parse(text).filter(FleetId::is_spot_fleet);
    id.ok_or_else(|| malformed("InvalidSpotFleetRequestId.Malformed", text, "sfr-"))
}

/// The id of an EC2 Fleet.
pub(crate) fn ec2_fleet_id(text: &str) -> Result<FleetId, ApiError> {
    let id = FleetId::parse(text).filter(|id| !id.is_spot_fleet());
    id.ok_or_else(|| malformed("InvalidFleetId.Malformed", text, "fleet-"))
}

pub(crate) fn no_instances(ids: &[String]) -> ApiError {
    let message = match ids {
        [id] => format!("The instance ID '{id}' does not exist"),
        _ => format!("The instance IDs '{}' do not exist", listed(ids)),
    };
    ApiError::refusal("InvalidInstanceID.NotFound", message)
}

pub(crate) fn no_volumes(ids: &[String]) -> ApiError {
    let message = match ids {
        [id] => format!("The volume '{id}' does not exist."),
        _ => format!("The volumes '{}' do not exist.", listed(ids)),
    };
    ApiError::refusal("InvalidVolume.NotFound", message)
}

pub(crate) fn no_snapshot(id: &str) -> ApiError {
    ApiError::refusal("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}

pub(crate) fn no_addresses(ids: &[String]) -> ApiError {
    let message = match ids {
        [id] => format!("The allocation ID '{id}' does not exist"),
        _ => format!("The allocation IDs '{}' do not exist", listed(ids)),
    };
    ApiError::refusal("InvalidAllocationID.NotFound", message)
}

pub(crate) fn no_interface(id: &InterfaceId) -> ApiError {
    let message = format!("The networkInterface ID '{id}' does not exist");
    ApiError::refusal("InvalidNetworkInterfaceID.NotFound", message)
}

pub(crate) fn no_spot_requests(ids: &[String]) -> ApiError {
    let message = format!("The spot instance request ID '{}' does not exist", listed(ids));
    ApiError::refusal("InvalidSpotInstanceRequestID.NotFound", message)
}

pub(crate) fn no_spot_fleets(ids: &[String]) -> ApiError {
    let message = format!("The spot fleet request ID '{}' does not exist", listed(ids));
    ApiError::refusal("InvalidSpotFleetRequestId.NotFound", message)
}

/// The code is that of hashicorp/terraform-provider-aws; the API reference does not list it.
pub(crate) fn no_ec2_fleets(ids: &[String]) -> ApiError {
    ApiError::refusal("InvalidFleetId.NotFound", format!("The fleet ID '{}' does not exist", listed(ids)))
}

pub(crate) fn no_templates(ids: &[String]) -> ApiError {
    let message = format!("The specified launch template, with template ID {}, does not exist.", listed(ids));
    ApiError::refusal("InvalidLaunchTemplateId.NotFound", message)
}

impl Cloud {
    /// The resource as it is, unless it is so new that this part of EC2 has not heard of it. Everything but its being
    /// there is true: EC2 decides on the truth.
    fn found<K: Ord + Clone, T: Clone>(&mut self, store: fn(&Self) -> &Store<K, T>, id: &K) -> Option<T> {
        let at = self.glance();
        let store = store(self);
        store.as_of(id, at)?;
        store.get(id).cloned()
    }

    /// Refuses what is another account's (galaxyproject/cloudlaunch #163).
    fn check_owner(&self, id: &str) -> Result<(), ApiError> {
        if self.foreign.contains(id) {
            let message = "You do not have permission to access the specified resource.";
            return Err(ApiError::refusal("AuthFailure", message));
        }
        Ok(())
    }

    pub(crate) fn find_instance(&mut self, text: &str) -> Result<Instance, ApiError> {
        let id = instance_id(required("instanceId", text)?)?;
        self.found(|cloud| &cloud.instances, &id).ok_or_else(|| no_instances(&[id.to_string()]))
    }

    pub(crate) fn find_volume(&mut self, text: &str) -> Result<Volume, ApiError> {
        let id = volume_id(required("volumeId", text)?)?;
        self.found(|cloud| &cloud.volumes, &id).ok_or_else(|| no_volumes(&[id.to_string()]))
    }

    pub(crate) fn find_address(&mut self, text: &str) -> Result<Address, ApiError> {
        let id = allocation_id(required("allocationId", text)?)?;
        self.check_owner(id.as_str())?;
        self.found(|cloud| &cloud.addresses, &id).ok_or_else(|| no_addresses(&[id.to_string()]))
    }

    pub(crate) fn find_interface(&mut self, text: &str) -> Result<Interface, ApiError> {
        let id = interface_id(required("networkInterfaceId", text)?)?;
        self.check_owner(id.as_str())?;
        self.found(|cloud| &cloud.interfaces, &id).ok_or_else(|| no_interface(&id))
    }
}
