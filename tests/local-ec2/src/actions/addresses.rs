//! Elastic IPs: `DescribeAddresses`, `AllocateAddress`, `ReleaseAddress`.

use super::{Operation, question};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::listing::{Listing, Paging, Subject};
use crate::lookup::{allocation_id, no_addresses};
use crate::state::{Address, Association, Interface};
use crate::tags::TagSet;
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::{AllocationId, InstanceId};
use planner::tags::Tags;

/// `DescribeAddresses`. It has no pages (EC2 API reference).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeAddresses(pub Listing);

/// `AllocateAddress`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct AllocateAddress {
    pub tags: Tags,
}

/// `ReleaseAddress`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct ReleaseAddress {
    pub allocation_id: String,
}

/// An Elastic IP, and the instance that it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressView {
    /// The address.
    pub address: Address,
    /// The instance, by way of the interface.
    pub instance: Option<InstanceId>,
}

impl View for AddressView {
    const FILTERS: &'static [&'static str] = &[
        "allocation-id",
        "association-id",
        "domain",
        "instance-id",
        "network-interface-id",
        "private-ip-address",
        "public-ip",
    ];

    fn values(&self, filter: &str) -> Vec<String> {
        let of_association = |value: fn(&Association) -> String| {
            self.address.association.iter().map(value).collect::<Vec<_>>()
        };
        match filter {
            "allocation-id" => vec![self.address.allocation.to_string()],
            "association-id" => of_association(|a| a.id.to_string()),
            "domain" => vec!["vpc".to_owned()],
            "instance-id" => self.instance.iter().map(ToString::to_string).collect(),
            "network-interface-id" => of_association(|a| a.interface.to_string()),
            "private-ip-address" => of_association(|a| a.private.to_string()),
            "public-ip" => vec![self.address.public.to_string()],
            _ => Vec::new(),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(self.address.tags.all())
    }
}

impl Operation for DescribeAddresses {
    type Answer = Vec<AddressView>;

    fn name(&self) -> &'static str {
        "DescribeAddresses"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<AddressView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "allocationIds", sizes: (0, u32::MAX) };
        let asked = self.0.ids.iter().map(|id| allocation_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &AllocationId, at: Time| cloud.address_view(id, at);
        let all = cloud.addresses.ids().cloned().collect();
        let subject = Subject { all, asked, view, unknown: no_addresses };
        let listing = Listing { max_results: None, next_token: String::new(), ..self.0.clone() };
        Ok(cloud.list(&listing, &paging, subject)?.items)
    }
}

impl Cloud {
    fn address_view(&self, id: &AllocationId, at: Time) -> Option<AddressView> {
        let address = self.addresses.as_of(id, at)?.clone();
        let interface = address.association.as_ref().and_then(|a| self.interfaces.as_of(&a.interface, at));
        let instance = interface.and_then(Interface::instance).cloned();
        Some(AddressView { address, instance })
    }
}

impl Operation for AllocateAddress {
    type Answer = Address;

    fn name(&self) -> &'static str {
        "AllocateAddress"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Address, ApiError> {
        TagSet::default().check(&self.tags)?;
        let mut tags = TagSet::default();
        tags.set(&self.tags, cloud.now);
        let (allocation, public) = (cloud.mint.allocation(), cloud.public_address());
        let address = Address { allocation: allocation.clone(), public, association: None, tags };
        cloud.addresses.insert(allocation, address.clone(), cloud.now);
        Ok(address)
    }
}

impl Operation for ReleaseAddress {
    type Answer = ();

    fn name(&self) -> &'static str {
        "ReleaseAddress"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let address = cloud.find_address(&self.allocation_id)?;
        if address.association.is_some() {
            let message = format!("Address {} is in use.", address.public);
            return Err(ApiError::refusal("InvalidIPAddress.InUse", message));
        }
        cloud.addresses.remove(&address.allocation, cloud.now);
        Ok(())
    }
}
