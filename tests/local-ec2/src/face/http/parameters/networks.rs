//! The parameters of calls about network interfaces.

use super::{Form, common};
use crate::actions::{AssignPrivateIpAddresses, AttachNetworkInterface, CreateNetworkInterface};
use crate::error::ApiError;

pub(super) fn create(form: &mut Form) -> Result<CreateNetworkInterface, ApiError> {
    // A repeated call makes another interface here, whatever its token.
    form.skip(&["ClientToken", "Description", "InterfaceType", "SecurityGroupId"]);
    Ok(CreateNetworkInterface {
        subnet_id: form.text("SubnetId"),
        secondary_private_ip_address_count: form.number("SecondaryPrivateIpAddressCount")?.unwrap_or(0),
        tags: common::tags_of(form, "network-interface")?,
    })
}

pub(super) fn attach(form: &mut Form) -> Result<AttachNetworkInterface, ApiError> {
    Ok(AttachNetworkInterface {
        network_interface_id: form.text("NetworkInterfaceId"),
        instance_id: form.text("InstanceId"),
        device_index: form.required_number("DeviceIndex")?,
    })
}

pub(super) fn assign(form: &mut Form) -> Result<AssignPrivateIpAddresses, ApiError> {
    Ok(AssignPrivateIpAddresses {
        network_interface_id: form.text("NetworkInterfaceId"),
        secondary_private_ip_address_count: form.number("SecondaryPrivateIpAddressCount")?.unwrap_or(0),
        private_ip_addresses: form.texts("PrivateIpAddress"),
    })
}
