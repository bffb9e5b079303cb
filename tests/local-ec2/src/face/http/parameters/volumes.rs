//! The parameters of calls about volumes and their attachments.

use super::{Form, common};
use crate::actions::{AttachVolume, CreateVolume, DeleteVolume, DetachVolume};
use crate::error::ApiError;

pub(super) fn create(form: &mut Form) -> Result<CreateVolume, ApiError> {
    // How fast a volume is makes no difference here.
    form.skip(&["Iops", "Throughput"]);
    Ok(CreateVolume {
        availability_zone: form.text("AvailabilityZone"),
        size: form.number("Size")?,
        snapshot_id: form.text("SnapshotId"),
        volume_type: form.text("VolumeType"),
        multi_attach_enabled: form.flag("MultiAttachEnabled")?.unwrap_or(false),
        encrypted: form.flag("Encrypted")?.unwrap_or(false),
        kms_key_id: form.text("KmsKeyId"),
        tags: common::tags_of(form, "volume")?,
        client_token: form.text("ClientToken"),
    })
}

pub(super) fn delete(form: &mut Form) -> DeleteVolume {
    DeleteVolume { volume_id: form.text("VolumeId") }
}

pub(super) fn attach(form: &mut Form) -> AttachVolume {
    AttachVolume {
        volume_id: form.text("VolumeId"),
        instance_id: form.text("InstanceId"),
        device: form.text("Device"),
    }
}

pub(super) fn detach(form: &mut Form) -> Result<DetachVolume, ApiError> {
    Ok(DetachVolume {
        volume_id: form.text("VolumeId"),
        instance_id: form.text("InstanceId"),
        device: form.text("Device"),
        force: form.flag("Force")?.unwrap_or(false),
    })
}
