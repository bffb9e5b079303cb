//! A volume and its attachments.

use crate::tags::TagSet;
use crate::time::Time;
use planner::ids::{InstanceId, VolumeId, Zone};
use planner::observation::AttachmentState;
use std::collections::BTreeMap;

/// An EBS volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Where it is.
    pub zone: Zone,
    /// In GiB.
    pub size: u32,
    /// Its type.
    pub kind: VolumeType,
    /// Whether several instances may attach it at once.
    pub multi_attach: bool,
    /// The KMS key of an encrypted volume.
    pub key: Option<String>,
    /// Whether it is there yet, and still.
    pub life: VolumeLife,
    /// When it was asked for.
    pub created: Time,
    /// Its attachments; none is `detached`.
    pub attachments: Vec<Attachment>,
    /// When it last came off each instance that it was attached to.
    pub left: BTreeMap<InstanceId, Time>,
    /// Its tags.
    pub tags: TagSet,
}

/// Whether a volume is there. Whether it is `available` or `in-use` follows from its attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeLife {
    /// Not yet.
    Creating,
    /// It is.
    Ready,
    /// Not for long.
    Deleting,
    /// It could not be created, or broke.
    Failed,
}

/// The types of volumes (EC2 API reference, `Volume.VolumeType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is EC2's own name")]
pub enum VolumeType {
    Standard,
    Gp2,
    Gp3,
    Io1,
    Io2,
    St1,
    Sc1,
}

/// A volume's attachment to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Tells it from every other attachment that ever was.
    pub serial: u64,
    /// The instance.
    pub instance: InstanceId,
    /// The device name, as it was asked for.
    pub device: String,
    /// How far it is.
    pub state: AttachmentState,
    /// When it was asked for.
    pub since: Time,
    /// Whether EC2 deletes the volume when the instance is terminated.
    pub delete_on_termination: bool,
    /// Since when that is so.
    pub delete_on_termination_since: Time,
    /// What the instance does with it.
    pub usage: Usage,
}

/// What an instance does with an attached volume. EC2 never tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Nothing yet, or no longer since it stopped.
    Idle,
    /// It is mounted. A detach then stays `busy` (EC2 API reference, `DetachVolume`).
    Mounted,
    /// It was unmounted for good in this run: nothing mounts it before the next start.
    Drained,
}

impl VolumeType {
    /// Every type.
    pub const ALL: [Self; 7] =
        [Self::Standard, Self::Gp2, Self::Gp3, Self::Io1, Self::Io2, Self::St1, Self::Sc1];

    /// What EC2 calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Gp2 => "gp2",
            Self::Gp3 => "gp3",
            Self::Io1 => "io1",
            Self::Io2 => "io2",
            Self::St1 => "st1",
            Self::Sc1 => "sc1",
        }
    }

    /// The type of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The largest of them, in GiB (EBS user guide, "Amazon EBS volume types").
    pub(crate) fn largest(self) -> u32 {
        match self {
            Self::Standard => 1024,
            Self::Gp2 | Self::Io1 | Self::St1 | Self::Sc1 => 16_384,
            Self::Gp3 | Self::Io2 => 65_536,
        }
    }

    /// Whether several instances may attach one at once (EC2 user guide, "Attach a volume to multiple instances").
    pub fn can_multi_attach(self) -> bool {
        matches!(self, Self::Io1 | Self::Io2)
    }
}

impl Volume {
    /// Its state as EC2 tells it.
    pub fn state(&self) -> &'static str {
        match self.life {
            VolumeLife::Creating => "creating",
            VolumeLife::Deleting => "deleting",
            VolumeLife::Failed => "error",
            VolumeLife::Ready if self.attachments.is_empty() => "available",
            VolumeLife::Ready => "in-use",
        }
    }

    /// Its attachment to the instance.
    pub fn attachment_to(&self, instance: &InstanceId) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.instance == *instance)
    }

    /// Its attachment of that serial number.
    pub(crate) fn attachment_mut(&mut self, serial: u64) -> Option<&mut Attachment> {
        self.attachments.iter_mut().find(|attachment| attachment.serial == serial)
    }
}

/// What EC2 calls the state of an attachment.
pub(crate) fn attachment_state(state: AttachmentState) -> &'static str {
    match state {
        AttachmentState::Attaching => "attaching",
        AttachmentState::Attached => "attached",
        AttachmentState::Detaching => "detaching",
        AttachmentState::Busy => "busy",
    }
}
