//! Tags, as `DescribeTags` lists them.

use super::Xml;
use crate::actions::TagView;

pub(super) fn tag(xml: &mut Xml, view: &TagView) {
    xml.text("resourceId", &view.resource);
    xml.text("resourceType", view.resource_type);
    xml.text("key", &view.key);
    xml.text("value", &view.value);
}
