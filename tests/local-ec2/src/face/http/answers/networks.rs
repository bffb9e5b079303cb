//! Network interfaces that are asked for by themselves. Those of an instance, it lists.

use super::Xml;
use crate::actions::{Action, InterfaceAttached};
use crate::cloud::Cloud;
use crate::state::Interface;
use std::net::Ipv4Addr;

pub(super) fn assigned(xml: &mut Xml, action: &Action, new: &[Ipv4Addr]) {
    xml.text("return", true);
    if let Action::AssignPrivateIpAddresses(call) = action {
        xml.text("networkInterfaceId", &call.network_interface_id);
    }
    xml.list("assignedPrivateIpAddressesSet", new, |xml, private| xml.text("privateIpAddress", private));
}

pub(super) fn attached(xml: &mut Xml, attached: &InterfaceAttached) {
    xml.text("attachmentId", &attached.0);
    xml.text("networkCardIndex", 0);
}

pub(super) fn created(xml: &mut Xml, cloud: &Cloud, interface: &Interface) {
    xml.group("networkInterface", |xml| {
        xml.text("networkInterfaceId", &interface.id);
        xml.text("subnetId", cloud.subnet_of(&interface.zone));
        xml.text("vpcId", crate::actions::VPC);
        xml.text("availabilityZone", &interface.zone);
        xml.text("ownerId", &cloud.setup.account);
        xml.text("status", "available");
        xml.option("privateIpAddress", interface.addresses.first());
        xml.tags(interface.tags.all());
        xml.list("privateIpAddressesSet", interface.addresses.iter().enumerate(), |xml, (index, private)| {
            xml.text("privateIpAddress", private);
            xml.text("primary", index == 0);
        });
        xml.text("interfaceType", "interface");
    });
}
