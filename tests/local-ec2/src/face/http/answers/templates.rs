//! Launch templates. Each has one version.

use super::Xml;
use crate::cloud::Cloud;
use crate::state::LaunchTemplate;

pub(super) fn created(xml: &mut Xml, cloud: &Cloud, own: &LaunchTemplate) {
    xml.group("launchTemplate", |xml| template(xml, cloud, own));
}

pub(super) fn template(xml: &mut Xml, cloud: &Cloud, template: &LaunchTemplate) {
    xml.text("launchTemplateId", &template.id);
    xml.text("launchTemplateName", &template.name);
    xml.time("createTime", template.created);
    xml.text("createdBy", format_args!("arn:aws:iam::{}:root", cloud.setup.account));
    xml.text("defaultVersionNumber", 1);
    xml.text("latestVersionNumber", 1);
    xml.tags(template.tags.all());
}
