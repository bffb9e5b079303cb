//! `AttachVolume` and `DetachVolume`.

use super::Operation;
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::judge::{self, Offence};
use crate::life::Detachment;
use crate::lookup::instance_id;
use crate::state::{Attachment, Instance, Volume, VolumeLife, is_device_name, is_same_device};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::InstanceState;

/// How many attachments an instance can have: 28 in all, of which network interfaces take their part (EC2 user guide,
/// "Instance volume limits", Nitro).
const MOST_ATTACHMENTS: usize = 28;
/// How many instances a volume with Multi-Attach can have (EC2 user guide, "Attach a volume to multiple instances").
const MOST_INSTANCES: usize = 16;

/// Families of instance types that encrypted volumes cannot be attached to (EBS user guide, "Amazon EBS encryption":
/// what is neither current nor in the list of earlier ones).
const WITHOUT_ENCRYPTION: [&str; 5] = ["c1", "hs1", "m1", "m2", "t1"];

/// `AttachVolume`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct AttachVolume {
    pub volume_id: String,
    pub instance_id: String,
    pub device: String,
}

/// `DetachVolume`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DetachVolume {
    pub volume_id: String,
    pub instance_id: String,
    pub device: String,
    pub force: bool,
}

/// An attachment, and of which volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    /// The volume.
    pub volume: VolumeId,
    /// The attachment.
    pub attachment: Attachment,
}

impl Operation for AttachVolume {
    type Answer = AttachmentView;

    fn name(&self) -> &'static str {
        "AttachVolume"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_attach(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<AttachmentView, ApiError> {
        let device = required("device", &self.device)?;
        let volume = cloud.find_volume(&self.volume_id)?;
        let instance = cloud.find_instance(&self.instance_id)?;
        if !is_device_name(device) {
            return Err(ApiError::value(format!(
                "Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
            )));
        }
        cloud.check_manager([volume.id.as_str(), instance.id.as_str()])?;
        check_volume(&volume, &instance.id)?;
        check_instance(&volume, &instance)?;
        cloud.check_place(&instance.id, device)?;
        cloud.attach(&volume.id, &instance.id, device);
        cloud.attachment_of(&volume.id, &instance.id)
    }
}

fn check_volume(volume: &Volume, instance: &InstanceId) -> Result<(), ApiError> {
    match volume.life {
        VolumeLife::Ready => {}
        VolumeLife::Creating | VolumeLife::Deleting | VolumeLife::Failed => {
            return Err(not_in_state(volume));
        }
    }
    let is_here = volume.attachment_to(instance).is_some();
    if is_here || (!volume.multi_attach && !volume.attachments.is_empty()) {
        let message = format!("{} is already attached to an instance", volume.id);
        return Err(ApiError::refusal("VolumeInUse", message));
    }
    if volume.attachments.len() >= MOST_INSTANCES {
        let message = format!("{} is attached to the maximum of {MOST_INSTANCES} instances", volume.id);
        return Err(ApiError::refusal("AttachmentLimitExceeded", message));
    }
    Ok(())
}

/// As EC2 writes it, with the missing blank (hashicorp/terraform #9023).
fn not_in_state(volume: &Volume) -> ApiError {
    let message = format!("Volume '{}'is in the '{}' state.", volume.id, volume.state());
    ApiError::refusal("IncorrectState", message)
}

/// A volume is attached to a running or stopped instance of its zone (EC2 API reference, `AttachVolume`).
fn check_instance(volume: &Volume, instance: &Instance) -> Result<(), ApiError> {
    match instance.state {
        InstanceState::Running | InstanceState::Stopped => {}
        InstanceState::Pending
        | InstanceState::Stopping
        | InstanceState::ShuttingDown
        | InstanceState::Terminated => {
            // `IncorrectState`, not `IncorrectInstanceState` (hashicorp/terraform #12459).
            let message = format!("Instance '{}' is not 'running'.", instance.id);
            return Err(ApiError::refusal("IncorrectState", message));
        }
    }
    let family = instance.instance_type.split('.').next().unwrap_or_default();
    if volume.key.is_some() && WITHOUT_ENCRYPTION.contains(&family) {
        let message = format!("Encrypted volumes are not supported by the type {}.", instance.instance_type);
        return Err(ApiError::refusal("EncryptedVolumesNotSupported", message));
    }
    if volume.zone != instance.zone {
        let (volume, instance) = (&volume.id, &instance.id);
        let message =
            format!("The volume '{volume}' is not in the same availability zone as instance '{instance}'");
        return Err(ApiError::refusal("InvalidVolume.ZoneMismatch", message));
    }
    Ok(())
}

impl Cloud {
    /// Refuses what a service of AWS manages: "You can't detach or force detach volumes that are attached to Amazon Web
    /// Services-managed resources. Attempting to do this results in the `UnsupportedOperationException` exception" (EC2
    /// API reference, `DetachVolume`). That `AttachVolume` is refused alike is assumed.
    fn check_manager(&self, ids: [&str; 2]) -> Result<(), ApiError> {
        match ids.into_iter().find(|id| self.managed.contains(*id)) {
            Some(id) => {
                let message =
                    format!("The operation is not supported: '{id}' is managed by a service of AWS.");
                Err(ApiError::refusal("UnsupportedOperationException", message))
            }
            None => Ok(()),
        }
    }

    /// Whether the instance has room for another volume, and the name is free there.
    fn check_place(&self, instance: &InstanceId, device: &str) -> Result<(), ApiError> {
        let attached = self.volumes.values().filter_map(|volume| volume.attachment_to(instance));
        let mut count = 0;
        let mut taken = self.is_stuck(instance, device);
        for attachment in attached {
            count += 1;
            taken |= is_same_device(&attachment.device, device);
        }
        if taken {
            return Err(ApiError::value(format!(
                "Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            )));
        }
        let interfaces = self.interfaces.values().filter(|own| own.instance() == Some(instance)).count();
        if count + interfaces >= MOST_ATTACHMENTS {
            // Words of kubernetes-sigs/aws-ebs-csi-driver #2500.
            let most = MOST_ATTACHMENTS.saturating_sub(interfaces);
            let message = format!(
                "You may attach up to {most} devices for this instance type. Please use a larger instance size to \
                 attach more volumes."
            );
            return Err(ApiError::refusal("AttachmentLimitExceeded", message));
        }
        Ok(())
    }

    fn attachment_of(&self, volume: &VolumeId, instance: &InstanceId) -> Result<AttachmentView, ApiError> {
        let attachment = self.volumes.get(volume).and_then(|volume| volume.attachment_to(instance)).cloned();
        let attachment = attachment.ok_or_else(|| not_attached(volume, instance))?;
        Ok(AttachmentView { volume: volume.clone(), attachment })
    }
}

fn not_attached(volume: &VolumeId, instance: &InstanceId) -> ApiError {
    let message = format!("The volume '{volume}' is not attached to instance '{instance}'");
    ApiError::refusal("InvalidAttachment.NotFound", message)
}

impl Operation for DetachVolume {
    type Answer = AttachmentView;

    fn name(&self) -> &'static str {
        "DetachVolume"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_detach(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<AttachmentView, ApiError> {
        let volume = cloud.find_volume(&self.volume_id)?;
        let named = if self.instance_id.is_empty() { None } else { Some(instance_id(&self.instance_id)?) };
        if let Some(instance) = &named {
            cloud.find_instance(instance.as_str())?;
        }
        if volume.attachments.is_empty() {
            return Err(not_in_state(&volume));
        }
        let attachment = self.attachment(&volume, named.as_ref())?;
        let (serial, instance) = (attachment.serial, attachment.instance.clone());
        cloud.check_manager([volume.id.as_str(), instance.as_str()])?;
        cloud.check_root(&volume, attachment)?;
        let how = if self.force { Detachment::Forced } else { Detachment::Clean };
        cloud.detach(&volume.id, serial, how);
        cloud.attachment_of(&volume.id, &instance)
    }
}

impl DetachVolume {
    /// The attachment that is meant. The instance may be left out, except with Multi-Attach (EC2 API reference,
    /// `DetachVolume`); which error that is, is assumed.
    fn attachment<'v>(
        &self,
        volume: &'v Volume,
        named: Option<&InstanceId>,
    ) -> Result<&'v Attachment, ApiError> {
        let found = match (named, volume.attachments.as_slice()) {
            (Some(instance), _) => volume.attachment_to(instance),
            (None, [only]) => Some(only),
            (None, _) => return Err(ApiError::missing("instanceId")),
        };
        let is_device = |attachment: &&Attachment| {
            self.device.is_empty() || is_same_device(&attachment.device, &self.device)
        };
        found.filter(is_device).ok_or_else(|| {
            let instance = named.map_or_else(String::new, ToString::to_string);
            let message = format!("The volume '{}' is not attached to instance '{instance}'", volume.id);
            ApiError::refusal("InvalidAttachment.NotFound", message)
        })
    }
}

impl Cloud {
    /// The root device comes off a stopped instance only (EC2 API reference, `DetachVolume`).
    fn check_root(&self, volume: &Volume, attachment: &Attachment) -> Result<(), ApiError> {
        let Some(instance) = self.instances.get(&attachment.instance) else { return Ok(()) };
        let is_root = is_same_device(&attachment.device, &instance.root_device);
        if is_root && instance.state != InstanceState::Stopped {
            let message =
                format!("Unable to detach root volume '{}' from instance '{}'", volume.id, instance.id);
            return Err(ApiError::refusal("OperationNotPermitted", message));
        }
        Ok(())
    }
}
