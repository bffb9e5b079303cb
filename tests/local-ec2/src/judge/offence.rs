//! What a call of Holdfast must never do.

use planner::ids::{AllocationId, InstanceId, VolumeId};
use planner::observation::InstanceState;

/// A way to break the promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what it is")]
pub enum Offence {
    #[error("{volume} was to be forced off")]
    Force { volume: String },
    #[error("{volume} was to be detached from whoever has it")]
    DetachFromAnyone { volume: String },
    #[error("{address} was to be taken from whoever has it")]
    TakeAddress { address: String },
    #[error("{address} was to be let go, whatever its association")]
    DisassociateAnything { address: String },
    #[error("the tag `{key}` is not Holdfast's to set")]
    ForeignTag { key: String },
    #[error("{action} is no call of Holdfast's")]
    NotItsCall { action: &'static str },

    #[error("{volume} was taken from {instance}, which was {state} and had not been drained of it")]
    DetachedFromLive { volume: VolumeId, instance: InstanceId, state: InstanceState },
    #[error("{volume} was taken from {instance}, whose memory may hold unwritten pages of it")]
    DetachedFromHibernated { volume: VolumeId, instance: InstanceId },
    #[error("{volume} was attached to {instance} while {other} of its slot was on {other_instance}")]
    Split { volume: VolumeId, instance: InstanceId, other: VolumeId, other_instance: InstanceId },
    #[error("{volume} was attached to {instance}, which has {other} of another slot")]
    SecondSlot { volume: VolumeId, instance: InstanceId, other: VolumeId },
    #[error("{resource} is not tagged for Holdfast")]
    ForeignResource { resource: String },
    #[error("{instance} is not of the fleet of {resource}")]
    ForeignInstance { resource: String, instance: InstanceId },
    #[error("{address} displaced {displaced}")]
    Displaced { address: AllocationId, displaced: AllocationId },
    #[error("{instance} was to be drained, and nothing says that it is about to go")]
    DrainedInHealth { instance: InstanceId },
    #[error("{instance} was terminated, and nothing says that it is about to go")]
    TerminatedInHealth { instance: InstanceId },
    #[error("{instance} was marked as draining, and nothing has ever told that it goes")]
    MarkedInHealth { instance: InstanceId },
    #[error("{instance} was terminated, and has {volume}, which is not Holdfast's")]
    TerminatedWithForeign { instance: InstanceId, volume: VolumeId },
    #[error("{instance} was let go in its group, and {reason}")]
    LetGoTooSoon { instance: InstanceId, reason: String },
    #[error("{instance} was terminated, and {volume} goes with it")]
    TerminatedWithVolume { instance: InstanceId, volume: VolumeId },
    #[error("{instance} was terminated, and holds no slot of the policy `terminate`")]
    TerminatedAgainstPolicy { instance: InstanceId },
    #[error("{instance} was to be drained of {volume}, and has no such volume by the policy `drain`")]
    DrainedAgainstPolicy { instance: InstanceId, volume: VolumeId },
    #[error("{resource} was not left alone, which is paused")]
    PauseIgnored { resource: String },
}

impl Offence {
    /// Whether asking for it is bad enough. The others are bad when EC2 does what is asked.
    pub fn is_in_the_attempt(&self) -> bool {
        match self {
            Self::Force { .. }
            | Self::DetachFromAnyone { .. }
            | Self::TakeAddress { .. }
            | Self::DisassociateAnything { .. }
            | Self::ForeignTag { .. }
            | Self::NotItsCall { .. } => true,
            Self::DetachedFromLive { .. }
            | Self::DetachedFromHibernated { .. }
            | Self::Split { .. }
            | Self::SecondSlot { .. }
            | Self::ForeignResource { .. }
            | Self::ForeignInstance { .. }
            | Self::Displaced { .. }
            | Self::DrainedInHealth { .. }
            | Self::TerminatedInHealth { .. }
            | Self::LetGoTooSoon { .. }
            | Self::MarkedInHealth { .. }
            | Self::TerminatedWithForeign { .. }
            | Self::TerminatedWithVolume { .. }
            | Self::TerminatedAgainstPolicy { .. }
            | Self::DrainedAgainstPolicy { .. }
            | Self::PauseIgnored { .. } => false,
        }
    }
}
