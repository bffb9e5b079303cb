//! Spot requests.

use super::Xml;
use crate::state::SpotRequest;

pub(super) fn request(xml: &mut Xml, request: &SpotRequest) {
    xml.text("spotInstanceRequestId", &request.id);
    xml.text("type", if request.persistent { "persistent" } else { "one-time" });
    xml.text("state", request.state.as_str());
    xml.group("status", |xml| {
        xml.text("code", request.code.as_str());
        xml.time("updateTime", request.updated);
    });
    xml.text("instanceId", &request.instance);
    xml.time("createTime", request.created);
    xml.text("productDescription", "Linux/UNIX");
    xml.text("launchedAvailabilityZone", &request.zone);
    xml.text("instanceInterruptionBehavior", request.interruption.as_str());
    xml.tags(request.tags.all());
}
