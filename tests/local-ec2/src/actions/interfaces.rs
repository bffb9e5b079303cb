//! Network interfaces, as far as Elastic IPs need them: `CreateNetworkInterface`, `AttachNetworkInterface`,
//! `AssignPrivateIpAddresses`.

use super::Operation;
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::state::{Instance, Interface, InterfaceSeat};
use crate::tags::TagSet;
use planner::observation::InstanceState;
use planner::tags::Tags;
use std::net::Ipv4Addr;

/// How many private addresses an interface can have: that of the usual smaller types (EC2 user guide, "IP addresses
/// per network interface per instance type").
const MOST_ADDRESSES: u32 = 15;

/// Refuses more private addresses than an interface can have besides its primary one.
pub(super) fn check_addresses(secondary: u32) -> Result<(), ApiError> {
    if secondary >= MOST_ADDRESSES {
        let message = format!("Number of private addresses will exceed limit of {MOST_ADDRESSES}.");
        return Err(ApiError::refusal("PrivateIpAddressLimitExceeded", message));
    }
    Ok(())
}

/// `CreateNetworkInterface`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CreateNetworkInterface {
    pub subnet_id: String,
    pub secondary_private_ip_address_count: u32,
    pub tags: Tags,
}

/// `AttachNetworkInterface`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct AttachNetworkInterface {
    pub network_interface_id: String,
    pub instance_id: String,
    pub device_index: u32,
}

/// `AssignPrivateIpAddresses`. It answers with the new addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct AssignPrivateIpAddresses {
    pub network_interface_id: String,
    pub secondary_private_ip_address_count: u32,
    pub private_ip_addresses: Vec<String>,
}

/// The id of an interface's attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAttached(pub String);

impl Operation for CreateNetworkInterface {
    type Answer = Interface;

    fn name(&self) -> &'static str {
        "CreateNetworkInterface"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Interface, ApiError> {
        let zone = cloud.zone_of_subnet(required("subnetId", &self.subnet_id)?)?;
        check_addresses(self.secondary_private_ip_address_count)?;
        TagSet::default().check(&self.tags)?;
        let mut tags = TagSet::default();
        tags.set(&self.tags, cloud.now);
        let id = cloud.mint.interface();
        let count = 1 + self.secondary_private_ip_address_count;
        let addresses = (0..count).map(|_| cloud.private_address()).collect();
        let interface = Interface { id: id.clone(), zone, addresses, lent: None, seat: None, tags };
        cloud.interfaces.insert(id, interface.clone(), cloud.now);
        Ok(interface)
    }
}

impl Operation for AttachNetworkInterface {
    type Answer = InterfaceAttached;

    fn name(&self) -> &'static str {
        "AttachNetworkInterface"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<InterfaceAttached, ApiError> {
        let interface = cloud.find_interface(&self.network_interface_id)?;
        let instance = cloud.find_instance(&self.instance_id)?;
        Self::check(&interface, &instance)?;
        if cloud
            .interfaces_of(&instance.id)
            .any(|own| own.seat.as_ref().map(|s| s.index) == Some(self.device_index))
        {
            let (id, index) = (&instance.id, self.device_index);
            let message =
                format!("Instance '{id}' already has an interface attached at device index '{index}'.");
            return Err(ApiError::value(message));
        }
        let attachment = cloud.mint.interface_attachment();
        let seat = InterfaceSeat {
            instance: instance.id,
            attachment: attachment.clone(),
            index: self.device_index,
            delete_on_termination: false,
        };
        if let Some(interface) = cloud.interfaces.edit(&interface.id, cloud.now) {
            interface.seat = Some(seat);
        }
        Ok(InterfaceAttached(attachment))
    }
}

impl AttachNetworkInterface {
    fn check(interface: &Interface, instance: &Instance) -> Result<(), ApiError> {
        match instance.state {
            InstanceState::Running | InstanceState::Stopped => {}
            InstanceState::Pending
            | InstanceState::Stopping
            | InstanceState::ShuttingDown
            | InstanceState::Terminated => {
                let message =
                    format!("Instance '{}' is not in a valid state for this operation.", instance.id);
                return Err(ApiError::refusal("IncorrectState", message));
            }
        }
        if interface.seat.is_some() {
            let message = format!("Interface: [{}] in use.", interface.id);
            return Err(ApiError::refusal("InvalidNetworkInterface.InUse", message));
        }
        if interface.zone != instance.zone {
            let message = "You may not attach a network interface to an instance if they are not in the same \
                           availability zone";
            return Err(ApiError::combination(message));
        }
        Ok(())
    }
}

impl Operation for AssignPrivateIpAddresses {
    type Answer = Vec<Ipv4Addr>;

    fn name(&self) -> &'static str {
        "AssignPrivateIpAddresses"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<Ipv4Addr>, ApiError> {
        let interface = cloud.find_interface(&self.network_interface_id)?;
        let mut new = Vec::new();
        for text in &self.private_ip_addresses {
            let address = text.parse().map_err(|_| {
                ApiError::value(format!("Value ({text}) for parameter privateIpAddress is invalid."))
            });
            new.push(address?);
        }
        if cloud.interfaces.values().flat_map(|own| &own.addresses).any(|address| new.contains(address)) {
            return Err(ApiError::value("The address is assigned already, or in use by another interface."));
        }
        let own = u32::try_from(interface.addresses.len() + new.len()).unwrap_or(u32::MAX);
        check_addresses(own.saturating_add(self.secondary_private_ip_address_count).saturating_sub(1))?;
        new.extend((0..self.secondary_private_ip_address_count).map(|_| cloud.private_address()));
        if new.is_empty() {
            return Err(ApiError::missing("secondaryPrivateIpAddressCount or privateIpAddress"));
        }
        if let Some(interface) = cloud.interfaces.edit(&interface.id, cloud.now) {
            interface.addresses.extend(&new);
        }
        Ok(new)
    }
}
