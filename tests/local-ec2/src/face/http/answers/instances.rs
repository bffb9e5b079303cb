//! Instances, with what points at them.

use super::Xml;
use crate::actions::{
    DeviceView, InstanceView, InterfaceView, PlaceView, PublicView, StateChange, VPC, state_code,
};
use crate::cloud::Cloud;
use crate::ids::ReservationId;
use crate::listing::Page;
use crate::state::InterfaceSeat;
use planner::observation::InstanceState;

pub(super) fn launched(xml: &mut Xml, cloud: &Cloud, launched: &[InstanceView]) {
    if let Some(first) = launched.first() {
        let all: Vec<_> = launched.iter().collect();
        reservation(xml, cloud, &first.instance.reservation, &all);
    }
}

pub(super) fn reservations(xml: &mut Xml, cloud: &Cloud, page: &Page<InstanceView>) {
    let mut by_reservation: Vec<(&ReservationId, Vec<&InstanceView>)> = Vec::new();
    for view in &page.items {
        let id = &view.instance.reservation;
        match by_reservation.iter_mut().find(|(own, _)| *own == id) {
            Some((_, views)) => views.push(view),
            None => by_reservation.push((id, vec![view])),
        }
    }
    xml.list("reservationSet", by_reservation, |xml, (id, views)| reservation(xml, cloud, id, &views));
    xml.option("nextToken", page.next_token.as_ref());
}

fn reservation(xml: &mut Xml, cloud: &Cloud, id: &ReservationId, views: &[&InstanceView]) {
    xml.text("reservationId", id);
    xml.text("ownerId", &cloud.setup.account);
    xml.list("groupSet", [], |xml, group: &str| xml.text("groupId", group));
    xml.list("instancesSet", views, |xml, view| instance(xml, cloud, view));
}

fn instance(xml: &mut Xml, cloud: &Cloud, view: &InstanceView) {
    let instance = &view.instance;
    xml.text("instanceId", &instance.id);
    xml.text("imageId", &instance.image);
    xml.group("instanceState", |xml| state(xml, instance.state));
    xml.given("keyName", &instance.key_name);
    xml.text("instanceType", &instance.instance_type);
    xml.time("launchTime", instance.launched);
    xml.group("placement", |xml| {
        xml.text("availabilityZone", &instance.zone);
        xml.text("tenancy", "default");
    });
    xml.group("monitoring", |xml| xml.text("state", "disabled"));
    // One that has ended is in no network any more.
    if instance.state != InstanceState::Terminated {
        xml.text("subnetId", &view.subnet);
        xml.text("vpcId", VPC);
    }
    xml.option("privateIpAddress", view.private());
    xml.option("ipAddress", view.public());
    if let Some(reason) = &instance.reason {
        xml.group("stateReason", |xml| {
            xml.text("code", reason.code);
            xml.text("message", reason.message);
        });
    }
    xml.text("architecture", "x86_64");
    xml.text("rootDeviceType", "ebs");
    xml.text("rootDeviceName", &instance.root_device);
    xml.list("blockDeviceMapping", &view.devices, device);
    xml.text("virtualizationType", "hvm");
    xml.option("instanceLifecycle", instance.spot.as_ref().map(|_| "spot"));
    xml.option("spotInstanceRequestId", instance.spot.as_ref());
    xml.tags(instance.tags.all());
    xml.text("hypervisor", "xen");
    xml.list("networkInterfaceSet", &view.interfaces, |xml, own| interface(xml, cloud, view, own));
    xml.group("hibernationOptions", |xml| xml.text("configured", instance.hibernation));
}

fn device(xml: &mut Xml, device: &DeviceView) {
    xml.text("deviceName", &device.attachment.device);
    xml.group("ebs", |xml| {
        xml.text("volumeId", &device.volume);
        xml.text("status", device.status());
        xml.time("attachTime", device.attachment.since);
        xml.text("deleteOnTermination", device.attachment.delete_on_termination);
    });
}

fn interface(xml: &mut Xml, cloud: &Cloud, view: &InstanceView, own: &InterfaceView) {
    xml.text("networkInterfaceId", &own.interface.id);
    xml.text("subnetId", &view.subnet);
    xml.text("vpcId", VPC);
    xml.text("ownerId", &cloud.setup.account);
    xml.text("status", "in-use");
    xml.option("privateIpAddress", own.interface.addresses.first());
    if let Some(seat) = &own.interface.seat {
        xml.group("attachment", |xml| attachment(xml, seat));
    }
    let primary = own.places.first().and_then(|place| place.public.as_ref());
    if let Some(public) = primary {
        xml.group("association", |xml| association(xml, cloud, public));
    }
    let places = own.places.iter().enumerate();
    xml.list("privateIpAddressesSet", places, |xml, (index, own)| place(xml, cloud, own, index == 0));
    xml.text("interfaceType", "interface");
}

fn attachment(xml: &mut Xml, seat: &InterfaceSeat) {
    xml.text("attachmentId", &seat.attachment);
    xml.text("deviceIndex", seat.index);
    xml.text("networkCardIndex", 0);
    xml.text("status", "attached");
    xml.text("deleteOnTermination", seat.delete_on_termination);
}

fn place(xml: &mut Xml, cloud: &Cloud, place: &PlaceView, primary: bool) {
    xml.text("privateIpAddress", place.private);
    xml.text("primary", primary);
    if let Some(public) = &place.public {
        xml.group("association", |xml| association(xml, cloud, public));
    }
}

/// A public address that EC2 lends belongs to `amazon`.
fn association(xml: &mut Xml, cloud: &Cloud, public: &PublicView) {
    xml.text("publicIp", public.public);
    xml.text("ipOwnerId", if public.elastic.is_some() { &cloud.setup.account } else { "amazon" });
}

pub(super) fn change(xml: &mut Xml, change: &StateChange) {
    xml.text("instanceId", &change.instance);
    xml.group("currentState", |xml| state(xml, change.current));
    xml.group("previousState", |xml| state(xml, change.previous));
}

fn state(xml: &mut Xml, state: InstanceState) {
    xml.text("code", state_code(state));
    xml.text("name", state);
}
