//! A plan: what to do next for each slot of a fleet, and what to tell people. The planner's whole output.

use crate::device::DeviceName;
use crate::finding::Finding;
use crate::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, SlotName, VolumeId};
use crate::lifecycle::ActionResult;
use serde::Serialize;
use std::net::Ipv4Addr;

/// What to do for a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The fleet.
    pub fleet: FleetName,
    /// Its slots, by name.
    pub slots: Vec<SlotPlan>,
    /// Steps that are of no slot, side by side with those of the slots: what becomes of lifecycle actions.
    pub steps: Vec<Step>,
    /// What the lifecycle actions wait for.
    pub next: Next,
    /// What concerns no slot in particular.
    pub findings: Vec<Finding>,
}

/// What to do for a slot: one round of steps, after which to look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotPlan {
    /// The slot.
    pub slot: SlotName,
    /// How it stands.
    pub state: SlotState,
    /// The instance that has it now.
    pub holder: Option<InstanceId>,
    /// The step that decides about the first volume, to be done alone and before all others.
    pub lead: Option<Step>,
    /// What follows once EC2 has accepted the lead: chains that go side by side, each in its order.
    pub follow: Vec<Vec<Step>>,
    /// What to tell people.
    pub findings: Vec<Finding>,
    /// What to wait for when there is no step.
    pub next: Next,
    /// The instance of which the plan would have to know what Systems Manager has on record. Whoever looks up
    /// [`Observation::records`](crate::observation::Observation::records) for it plans again.
    pub asks: Option<InstanceId>,
    /// The instance that the slot is on its way to, or soon will be: its launch had better wait for that.
    pub bound_for: Option<InstanceId>,
    /// The instance that the slot is about to come off: its termination had better wait for that.
    pub leaves: Option<InstanceId>,
}

impl SlotPlan {
    /// All its steps.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lead.iter().chain(self.follow.iter().flatten())
    }
}

/// How a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotState {
    /// All of it is on one healthy instance.
    Held,
    /// On its way.
    Moving,
    /// There is no candidate, or the release has not come.
    Waiting,
    /// A person must act.
    Blocked,
    /// Left alone, as its tags ask.
    Paused,
}

/// What a slot without a step waits for. Of several things, the later one in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    /// Nothing that a further look would see soon.
    Nothing,
    /// A candidate for a slot whose holder is about to go: it may be on its way, and the time is short.
    Candidate,
    /// The release of a volume whose holder is ending, with a candidate at hand: seconds to minutes.
    Release,
    /// Something that takes seconds, such as an attachment that EC2 has accepted.
    Transition,
}

/// One mutating call of EC2, Systems Manager or EC2 Auto Scaling, with the precondition that it was planned on: EC2 refuses it when that has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Attaches a free volume.
    AttachVolume {
        /// The volume.
        volume: VolumeId,
        /// Its new holder.
        instance: InstanceId,
        /// The device name.
        device: DeviceName,
    },
    /// Detaches a volume from the instance that was seen to have it, which is stopped, or was seen to be drained of it.
    DetachVolume {
        /// The volume.
        volume: VolumeId,
        /// The instance that has it.
        instance: InstanceId,
    },
    /// Ends the association that was seen.
    DisassociateAddress {
        /// The Elastic IP.
        address: AllocationId,
        /// The association.
        association: AssociationId,
    },
    /// Points a free Elastic IP at a free private address.
    AssociateAddress {
        /// The Elastic IP.
        address: AllocationId,
        /// Its new holder.
        instance: InstanceId,
        /// That instance's primary network interface.
        interface: InterfaceId,
        /// The private address on it.
        private: Ipv4Addr,
    },
    /// Ends a draining holder, so that its own shutdown unmounts the volumes and EC2 releases them.
    TerminateInstance {
        /// The instance.
        instance: InstanceId,
    },
    /// Has a draining holder unmount volumes of the slot.
    DrainVolumes {
        /// The instance.
        instance: InstanceId,
        /// The volumes.
        volumes: Vec<VolumeId>,
        /// The document of Systems Manager that does it.
        document: String,
    },
    /// Lets an instance go on that its Auto Scaling group keeps waiting, or gives it up.
    CompleteLifecycleAction {
        /// The instance.
        instance: InstanceId,
        /// The group.
        group: FleetName,
        /// The group's hook.
        hook: String,
        /// How the instance goes on.
        result: ActionResult,
    },
    /// Has an Auto Scaling group keep an instance waiting for longer.
    RecordHeartbeat {
        /// The instance.
        instance: InstanceId,
        /// The group.
        group: FleetName,
        /// The group's hook.
        hook: String,
    },
    /// Marks an instance that is about to go with the tag `holdfast:draining`.
    MarkDraining {
        /// The instance.
        instance: InstanceId,
        /// The tag's value.
        value: String,
    },
}

impl Step {
    /// The name that reports and logs give it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AttachVolume { .. } => "attach-volume",
            Self::DetachVolume { .. } => "detach-volume",
            Self::DisassociateAddress { .. } => "disassociate-address",
            Self::AssociateAddress { .. } => "associate-address",
            Self::TerminateInstance { .. } => "terminate-instance",
            Self::DrainVolumes { .. } => "drain-volumes",
            Self::CompleteLifecycleAction { .. } => "complete-lifecycle-action",
            Self::RecordHeartbeat { .. } => "record-heartbeat",
            Self::MarkDraining { .. } => "mark-draining",
        }
    }

    /// The instance that it names.
    pub fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::AttachVolume { instance, .. }
            | Self::DetachVolume { instance, .. }
            | Self::AssociateAddress { instance, .. }
            | Self::TerminateInstance { instance }
            | Self::DrainVolumes { instance, .. }
            | Self::CompleteLifecycleAction { instance, .. }
            | Self::RecordHeartbeat { instance, .. }
            | Self::MarkDraining { instance, .. } => Some(instance),
            Self::DisassociateAddress { .. } => None,
        }
    }

    /// The volume that it moves, if one.
    pub fn volume(&self) -> Option<&VolumeId> {
        match self {
            Self::AttachVolume { volume, .. } | Self::DetachVolume { volume, .. } => Some(volume),
            Self::DisassociateAddress { .. }
            | Self::AssociateAddress { .. }
            | Self::TerminateInstance { .. }
            | Self::DrainVolumes { .. }
            | Self::CompleteLifecycleAction { .. }
            | Self::RecordHeartbeat { .. }
            | Self::MarkDraining { .. } => None,
        }
    }

    /// The address that it moves, if one.
    pub fn address(&self) -> Option<&AllocationId> {
        match self {
            Self::DisassociateAddress { address, .. } | Self::AssociateAddress { address, .. } => {
                Some(address)
            }
            Self::AttachVolume { .. }
            | Self::DetachVolume { .. }
            | Self::TerminateInstance { .. }
            | Self::DrainVolumes { .. }
            | Self::CompleteLifecycleAction { .. }
            | Self::RecordHeartbeat { .. }
            | Self::MarkDraining { .. } => None,
        }
    }

    /// The volume, the address, the hook or the instance that it is about.
    pub fn resource(&self) -> &str {
        match self {
            Self::AttachVolume { volume, .. } | Self::DetachVolume { volume, .. } => volume.as_str(),
            Self::DisassociateAddress { address, .. } | Self::AssociateAddress { address, .. } => {
                address.as_str()
            }
            Self::CompleteLifecycleAction { hook, .. } | Self::RecordHeartbeat { hook, .. } => hook,
            Self::TerminateInstance { instance }
            | Self::DrainVolumes { instance, .. }
            | Self::MarkDraining { instance, .. } => instance.as_str(),
        }
    }

    /// Whether it is the same act on the same resource and instance, under whatever device or private address.
    pub fn is_same_act(&self, other: &Self) -> bool {
        self.name() == other.name()
            && self.resource() == other.resource()
            && self.instance() == other.instance()
    }
}
