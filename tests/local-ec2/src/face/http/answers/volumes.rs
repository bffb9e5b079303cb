//! Volumes and their attachments.

use super::Xml;
use crate::actions::AttachmentView;
use crate::state::{Attachment, Volume, attachment_state};
use planner::ids::VolumeId;

pub(super) fn volume(xml: &mut Xml, volume: &Volume) {
    xml.text("volumeId", &volume.id);
    xml.text("size", volume.size);
    // EC2 writes this one even when it is empty.
    xml.text("snapshotId", "");
    xml.text("availabilityZone", &volume.zone);
    xml.text("status", volume.state());
    xml.time("createTime", volume.created);
    xml.list("attachmentSet", &volume.attachments, |xml, own| attachment(xml, &volume.id, own));
    xml.tags(volume.tags.all());
    xml.text("volumeType", volume.kind.as_str());
    xml.text("encrypted", volume.key.is_some());
    xml.option("kmsKeyId", volume.key.as_ref());
    xml.text("multiAttachEnabled", volume.multi_attach);
}

pub(super) fn attachment_of(xml: &mut Xml, view: &AttachmentView) {
    attachment(xml, &view.volume, &view.attachment);
}

fn attachment(xml: &mut Xml, volume: &VolumeId, attachment: &Attachment) {
    xml.text("volumeId", volume);
    xml.text("instanceId", &attachment.instance);
    xml.text("device", &attachment.device);
    xml.text("status", attachment_state(attachment.state));
    xml.time("attachTime", attachment.since);
    xml.text("deleteOnTermination", attachment.delete_on_termination);
}
