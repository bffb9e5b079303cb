//! A volume and its attachments (EC2 API reference, `Volume` and `VolumeAttachment`).

use super::{Garbled, optional, required, required_text, tags, time};
use aws_sdk_ec2::types;
use planner::device::DeviceName;
use planner::ids::{InstanceId, VolumeId, Zone};
use planner::observation::{Attachment, AttachmentState, Volume, VolumeState};
use planner::tags::ResourceTags;

/// Reads a volume. Attachments that are `detached` are left out.
pub(crate) fn volume(volume: &types::Volume) -> Result<Volume, Garbled> {
    read(volume).map_err(|garbled| garbled.of(volume.volume_id()))
}

fn read(volume: &types::Volume) -> Result<Volume, Garbled> {
    let attachments = volume.attachments().iter().map(attachment).filter_map(Result::transpose);
    Ok(Volume {
        id: required("Volume.VolumeId", volume.volume_id(), VolumeId::parse)?,
        zone: Zone::new(required_text("Volume.AvailabilityZone", volume.availability_zone())?),
        state: state(volume.state()),
        multi_attach: volume.multi_attach_enabled() == Some(true),
        attachments: attachments.collect::<Result<_, _>>()?,
        tags: ResourceTags::read(&tags(volume.tags())),
    })
}

fn state(state: Option<&types::VolumeState>) -> VolumeState {
    match state {
        Some(types::VolumeState::Creating) => VolumeState::Creating,
        Some(types::VolumeState::Available) => VolumeState::Available,
        Some(types::VolumeState::InUse) => VolumeState::InUse,
        _ => VolumeState::Unusable,
    }
}

/// One that names no instance belongs to a service of AWS. The volume's state tells that it is in use.
fn attachment(attachment: &types::VolumeAttachment) -> Result<Option<Attachment>, Garbled> {
    let instance = optional("VolumeAttachment.InstanceId", attachment.instance_id(), InstanceId::parse)?;
    let (Some(instance), Some(state)) = (instance, attachment_state(attachment.state())) else {
        return Ok(None);
    };
    Ok(Some(Attachment {
        instance,
        device: DeviceName::reported(required_text("VolumeAttachment.Device", attachment.device())?),
        state,
        since: attachment.attach_time().and_then(time),
        delete_on_termination: attachment.delete_on_termination() == Some(true),
    }))
}

fn attachment_state(state: Option<&types::VolumeAttachmentState>) -> Option<AttachmentState> {
    match state {
        Some(types::VolumeAttachmentState::Attaching) => Some(AttachmentState::Attaching),
        Some(types::VolumeAttachmentState::Attached) => Some(AttachmentState::Attached),
        Some(types::VolumeAttachmentState::Detaching) => Some(AttachmentState::Detaching),
        Some(types::VolumeAttachmentState::Detached) => None,
        _ => Some(AttachmentState::Busy),
    }
}
