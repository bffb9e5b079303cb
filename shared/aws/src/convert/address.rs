//! An Elastic IP and its association (EC2 API reference, `Address`).

use super::{Garbled, ipv4, optional, required, tags, text};
use aws_sdk_ec2::types;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId};
use planner::observation::{Address, Association};
use planner::tags::ResourceTags;

/// Reads an Elastic IP.
pub(crate) fn address(address: &types::Address) -> Result<Address, Garbled> {
    read(address).map_err(|garbled| garbled.of(address.allocation_id()))
}

fn read(address: &types::Address) -> Result<Address, Garbled> {
    Ok(Address {
        allocation: required("Address.AllocationId", address.allocation_id(), AllocationId::parse)?,
        public: required("Address.PublicIp", outer(address), ipv4)?,
        association: association(address)?,
        tags: ResourceTags::read(&tags(address.tags())),
    })
}

/// The address that others know it by. That of a Wavelength Zone is its carrier's, that of an Outpost may be the customer's.
fn outer(address: &types::Address) -> Option<&str> {
    text(address.public_ip()).or(text(address.carrier_ip())).or(text(address.customer_owned_ip()))
}

fn association(address: &types::Address) -> Result<Option<Association>, Garbled> {
    let Some(id) = optional("Address.AssociationId", address.association_id(), AssociationId::parse)? else {
        return Ok(None);
    };
    let interface = address.network_interface_id();
    Ok(Some(Association {
        id,
        instance: optional("Address.InstanceId", address.instance_id(), InstanceId::parse)?,
        interface: optional("Address.NetworkInterfaceId", interface, InterfaceId::parse)?,
        private: optional("Address.PrivateIpAddress", address.private_ip_address(), ipv4)?,
    }))
}
