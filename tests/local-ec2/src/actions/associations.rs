//! `AssociateAddress` and `DisassociateAddress`.

use super::{Operation, VPC};
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::judge::{self, Offence};
use crate::lookup::no_addresses;
use crate::setup::StaleDisassociation;
use crate::state::{Address, Instance, Interface};
use planner::ids::AssociationId;
use planner::observation::InstanceState;
use std::net::Ipv4Addr;

/// `AssociateAddress`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct AssociateAddress {
    pub allocation_id: String,
    pub instance_id: String,
    pub network_interface_id: String,
    pub private_ip_address: String,
    pub allow_reassociation: Option<bool>,
}

/// `DisassociateAddress`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DisassociateAddress {
    pub association_id: String,
    pub public_ip: String,
}

impl Operation for AssociateAddress {
    type Answer = AssociationId;

    fn name(&self) -> &'static str {
        "AssociateAddress"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_associate(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<AssociationId, ApiError> {
        let address = cloud.find_address(&self.allocation_id)?;
        let interface = match (self.instance_id.is_empty(), self.network_interface_id.is_empty()) {
            (false, true) => cloud.only_interface(&self.instance_id)?,
            (true, false) => cloud.interface_in_service(&self.network_interface_id)?,
            (true, true) => return Err(ApiError::missing("instanceId or networkInterfaceId")),
            (false, false) => {
                let message = "You may specify the instance ID or the network interface ID, but not both";
                return Err(ApiError::combination(message));
            }
        };
        if cloud.is_cut_off {
            // hashicorp/terraform-provider-aws #2181.
            let message = format!("Network {VPC} is not attached to any internet gateway");
            return Err(ApiError::refusal("Gateway.NotAttached", message));
        }
        let private = private_on(&interface, &self.private_ip_address)?;
        let unknown = || no_addresses(&[address.allocation.to_string()]);
        if let Some(association) = &address.association {
            let is_here = association.interface == interface.id && association.private == private;
            // Without a word the address is taken over (EC2 API reference, `AssociateAddress`).
            if self.allow_reassociation == Some(false) && !is_here {
                let (address, id) = (&address.allocation, &association.id);
                let message = format!("resource {address} is already associated with associate-id {id}");
                return Err(ApiError::refusal("Resource.AlreadyAssociated", message));
            }
        }
        cloud.associate(&address.allocation, &interface.id, private).ok_or_else(unknown)
    }
}

impl Cloud {
    /// The interface of an instance that has one. "The pending instance 'i-…' is not in a valid state for this
    /// operation." (hashicorp/terraform-provider-aws #21228); "There are multiple interfaces attached to instance
    /// 'i-…'." (kubernetes/cloud-provider-aws).
    fn only_interface(&mut self, text: &str) -> Result<Interface, ApiError> {
        let instance = self.find_instance(text)?;
        if !has_network(&instance) {
            let (state, id) = (instance.state, &instance.id);
            let message = format!("The {state} instance '{id}' is not in a valid state for this operation.");
            return Err(ApiError::refusal("InvalidInstanceID", message));
        }
        let mut own = self.interfaces.values().filter(|interface| interface.instance() == Some(&instance.id));
        match (own.next(), own.next()) {
            (Some(only), None) => Ok(only.clone()),
            (None, _) => Err(ApiError::refusal(
                "InvalidInstanceID",
                format!("No interface is attached to instance '{}'.", instance.id),
            )),
            (Some(_), Some(_)) => Err(ApiError::refusal(
                "InvalidInstanceID",
                format!(
                    "There are multiple interfaces attached to instance '{}'. Please specify an interface ID for the \
                     operation instead.",
                    instance.id
                ),
            )),
        }
    }

    /// The interface, when what it is attached to has a network already, and still (EC2 API reference, "Error codes":
    /// `IncorrectInstanceState`).
    fn interface_in_service(&mut self, text: &str) -> Result<Interface, ApiError> {
        let interface = self.find_interface(text)?;
        let instance = interface.instance().and_then(|instance| self.instances.get(instance));
        if let Some(instance) = instance.filter(|instance| !has_network(instance)) {
            let (state, id) = (instance.state, &instance.id);
            let message = format!("The {state} instance '{id}' is not in a valid state for this operation.");
            return Err(ApiError::refusal("IncorrectInstanceState", message));
        }
        Ok(interface)
    }
}

/// Whether an address can be pointed at the instance.
fn has_network(instance: &Instance) -> bool {
    match instance.state {
        InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => true,
        InstanceState::Pending | InstanceState::ShuttingDown | InstanceState::Terminated => false,
    }
}

/// The private address that is meant: the primary one when none is named.
fn private_on(interface: &Interface, text: &str) -> Result<Ipv4Addr, ApiError> {
    let own = |address: &Ipv4Addr| interface.addresses.contains(address);
    let named = if text.is_empty() { interface.addresses.first().copied() } else { text.parse().ok() };
    named.filter(own).ok_or_else(|| {
        let id = &interface.id;
        ApiError::value(format!(
            "Value ({text}) for parameter privateIpAddress is invalid. {id} does not have it."
        ))
    })
}

impl Operation for DisassociateAddress {
    type Answer = ();

    fn name(&self) -> &'static str {
        "DisassociateAddress"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_disassociate(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let named = |address: &&Address| match &address.association {
            Some(own) if !self.association_id.is_empty() => own.id.as_str() == self.association_id,
            Some(_) | None => !self.public_ip.is_empty() && address.public.to_string() == self.public_ip,
        };
        if self.public_ip.is_empty() {
            required("associationId", &self.association_id)?;
        }
        let found = cloud.addresses.values().find(named).map(|address| address.allocation.clone());
        if let Some(address) = found {
            cloud.dissociate(&address);
            return Ok(());
        }
        let ended =
            AssociationId::parse(&self.association_id).is_ok_and(|id| cloud.ended_associations.contains(&id));
        match cloud.setup.stale_disassociation {
            StaleDisassociation::Accepted if ended => Ok(()),
            StaleDisassociation::Accepted | StaleDisassociation::Refused => {
                let message = format!("The association ID '{}' does not exist", self.association_id);
                Err(ApiError::refusal("InvalidAssociationID.NotFound", message))
            }
        }
    }
}
