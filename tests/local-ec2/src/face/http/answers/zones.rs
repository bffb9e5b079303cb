//! Availability Zones.

use super::Xml;
use crate::actions::ZoneView;

pub(super) fn zone(xml: &mut Xml, view: &ZoneView) {
    xml.text("zoneName", &view.zone);
    xml.text("zoneState", "available");
    xml.text("regionName", &view.region);
    xml.list("messageSet", [], |xml, message: &str| xml.text("message", message));
    xml.text("zoneId", &view.id);
    xml.text("groupName", &view.region);
    xml.text("networkBorderGroup", &view.region);
    xml.text("optInStatus", "opt-in-not-required");
    xml.text("zoneType", "availability-zone");
}
