//! The parameters of calls about Elastic IPs.

use super::{Form, common};
use crate::actions::{
    AllocateAddress, AssociateAddress, DescribeAddresses, DisassociateAddress, ReleaseAddress,
};
use crate::error::ApiError;
use crate::listing::Listing;

/// Addresses have no pages.
pub(super) fn describe(form: &mut Form) -> Result<DescribeAddresses, ApiError> {
    let (ids, filters) = (form.texts("AllocationId"), common::filters(form)?);
    Ok(DescribeAddresses(Listing { ids, filters, ..Listing::default() }))
}

pub(super) fn allocate(form: &mut Form) -> Result<AllocateAddress, ApiError> {
    let domain = form.text("Domain");
    if !["", "vpc"].contains(&domain.as_str()) {
        return Err(ApiError::value(format!("Value ({domain}) for parameter domain is invalid.")));
    }
    Ok(AllocateAddress { tags: common::tags_of(form, "elastic-ip")? })
}

pub(super) fn release(form: &mut Form) -> ReleaseAddress {
    ReleaseAddress { allocation_id: form.text("AllocationId") }
}

pub(super) fn associate(form: &mut Form) -> Result<AssociateAddress, ApiError> {
    Ok(AssociateAddress {
        allocation_id: form.text("AllocationId"),
        instance_id: form.text("InstanceId"),
        network_interface_id: form.text("NetworkInterfaceId"),
        private_ip_address: form.text("PrivateIpAddress"),
        allow_reassociation: form.flag("AllowReassociation")?,
    })
}

pub(super) fn disassociate(form: &mut Form) -> DisassociateAddress {
    DisassociateAddress { association_id: form.text("AssociationId"), public_ip: form.text("PublicIp") }
}
