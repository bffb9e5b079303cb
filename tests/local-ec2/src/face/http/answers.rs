//! Writes answers: the document of each, and the small modules that know the elements of each.
//!
//! Elements are those of the EC2 API reference, in the order of its examples. What this EC2 does not know of a resource
//! is left out.

mod addresses;
mod fleets;
mod instances;
mod networks;
mod spot;
mod tags;
mod templates;
mod volumes;
mod zones;

use super::xml::Xml;
use crate::actions::{Action, Operation, Response};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::listing::Page;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// The document that answers a call.
pub(super) fn answer(cloud: &Cloud, action: &Action, response: &Response, request_id: &str) -> Vec<u8> {
    Xml::document(&format!("{}Response", action.name()), Some(NAMESPACE), |xml| {
        xml.text("requestId", request_id);
        fill(xml, cloud, action, response);
    })
}

/// The document that refuses a call. It has no namespace, and spells the request's id in its own way.
pub(super) fn refusal(error: &ApiError, request_id: &str) -> Vec<u8> {
    Xml::document("Response", None, |xml| {
        xml.group("Errors", |xml| {
            xml.group("Error", |xml| {
                xml.text("Code", error.code);
                xml.text("Message", &error.message);
            });
        });
        xml.text("RequestID", request_id);
    })
}

fn fill(xml: &mut Xml, cloud: &Cloud, action: &Action, response: &Response) {
    match response {
        Response::AllocateAddress(address) => addresses::allocated(xml, cloud, address),
        Response::AssignPrivateIpAddresses(new) => networks::assigned(xml, action, new),
        Response::AssociateAddress(association) => addresses::associated(xml, association),
        Response::AttachNetworkInterface(attached) => networks::attached(xml, attached),
        Response::AttachVolume(view) | Response::DetachVolume(view) => volumes::attachment_of(xml, view),
        Response::CancelSpotFleetRequests(ended) => fleets::cancelled(xml, ended),
        Response::CreateFleet(created) => fleets::created(xml, cloud, created),
        Response::CreateLaunchTemplate(template) => templates::created(xml, cloud, template),
        Response::CreateNetworkInterface(interface) => networks::created(xml, cloud, interface),
        Response::CreateVolume(volume) => volumes::volume(xml, volume),
        Response::DeleteFleets(ended) => fleets::deleted(xml, ended),
        Response::DescribeAddresses(all) => {
            xml.list("addressesSet", all, |xml, view| addresses::address(xml, cloud, view));
        }
        Response::DescribeAvailabilityZones(all) => xml.list("availabilityZoneInfo", all, zones::zone),
        Response::DescribeFleetInstances(page) | Response::DescribeSpotFleetInstances(page) => {
            fleets::active(xml, action, page);
        }
        Response::DescribeFleets(page) => self::page(xml, "fleetSet", page, fleets::ec2_fleet),
        Response::DescribeInstances(page) => instances::reservations(xml, cloud, page),
        Response::DescribeLaunchTemplates(page) => {
            self::page(xml, "launchTemplates", page, |xml, own| templates::template(xml, cloud, own));
        }
        Response::DescribeSpotFleetRequests(page) => {
            self::page(xml, "spotFleetRequestConfigSet", page, fleets::spot_fleet);
        }
        Response::DescribeSpotInstanceRequests(page) => {
            self::page(xml, "spotInstanceRequestSet", page, spot::request);
        }
        Response::DescribeTags(page) => self::page(xml, "tagSet", page, tags::tag),
        Response::DescribeVolumes(page) => self::page(xml, "volumeSet", page, volumes::volume),
        Response::RequestSpotFleet(id) => xml.text("spotFleetRequestId", id),
        Response::RunInstances(launched) => instances::launched(xml, cloud, launched),
        Response::StartInstances(changes)
        | Response::StopInstances(changes)
        | Response::TerminateInstances(changes) => xml.list("instancesSet", changes, instances::change),
        Response::CreateTags(())
        | Response::DeleteTags(())
        | Response::DeleteVolume(())
        | Response::DisassociateAddress(())
        | Response::ModifyInstanceAttribute(())
        | Response::ModifySpotFleetRequest(())
        | Response::RebootInstances(())
        | Response::ReleaseAddress(()) => xml.text("return", true),
    }
}

/// A list and where it goes on.
fn page<'p, T>(xml: &mut Xml, name: &str, page: &'p Page<T>, fill: impl Fn(&mut Xml, &'p T)) {
    xml.list(name, &page.items, fill);
    xml.option("nextToken", page.next_token.as_ref());
}
