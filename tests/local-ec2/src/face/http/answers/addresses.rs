//! Elastic IPs.

use super::Xml;
use crate::actions::AddressView;
use crate::cloud::Cloud;
use crate::state::Address;
use planner::ids::AssociationId;

pub(super) fn allocated(xml: &mut Xml, cloud: &Cloud, address: &Address) {
    xml.text("publicIp", address.public);
    xml.text("domain", "vpc");
    xml.text("allocationId", &address.allocation);
    xml.text("publicIpv4Pool", "amazon");
    xml.text("networkBorderGroup", &cloud.setup.region);
}

pub(super) fn associated(xml: &mut Xml, association: &AssociationId) {
    xml.text("return", true);
    xml.text("associationId", association);
}

pub(super) fn address(xml: &mut Xml, cloud: &Cloud, view: &AddressView) {
    allocated(xml, cloud, &view.address);
    xml.option("instanceId", view.instance.as_ref());
    if let Some(association) = &view.address.association {
        xml.text("associationId", &association.id);
        xml.text("networkInterfaceId", &association.interface);
        xml.text("networkInterfaceOwnerId", &cloud.setup.account);
        xml.text("privateIpAddress", association.private);
    }
    xml.tags(view.address.tags.all());
}
