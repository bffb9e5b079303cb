//! What one look at a fleet saw: the planner's whole input.
//!
//! Facts only, as EC2 reported them. What follows from them is decided elsewhere.

use crate::command::Record;
use crate::device::DeviceName;
use crate::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId, Zone};
use crate::lifecycle::{LifecycleHook, LifecycleState};
use crate::memory::Memory;
use crate::tags::{DrainingReason, DrainingTag, InstanceTags, Policy, ResourceTags};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

/// One observation of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When the first of its calls was made.
    pub began: DateTime<Utc>,
    /// The fleet that was looked at.
    pub fleet: FleetName,
    /// The policy of a slot that names none.
    pub default_policy: Policy,
    /// The document of Systems Manager that the policy `drain` runs.
    pub drain_document: Option<String>,
    /// Whether an instance that launches in a zone without any of the fleet's volumes is to be abandoned.
    pub abandons: bool,
    /// The volumes that are tagged with the fleet.
    pub volumes: Vec<Volume>,
    /// The Elastic IPs that are tagged with the fleet.
    pub addresses: Vec<Address>,
    /// The fleet's instances, and every other one that has one of its volumes or addresses.
    pub instances: Vec<Instance>,
    /// The names of all managed fleets.
    pub managed: BTreeSet<FleetName>,
    /// What Systems Manager has on record, of the instances that a plan [asked](crate::plan::SlotPlan::asks) about.
    pub records: BTreeMap<InstanceId, Record>,
    /// The lifecycle hooks of the groups that keep instances waiting, where they are to be completed.
    pub hooks: Vec<LifecycleHook>,
    /// What EC2 Auto Scaling refused to tell of groups, and why.
    pub refusals: BTreeSet<String>,
    /// What this invocation did before it looked.
    pub memory: Memory,
}

/// An EBS volume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Where it is; it cannot leave.
    pub zone: Zone,
    /// Its state.
    pub state: VolumeState,
    /// Whether several instances may attach it at once.
    pub multi_attach: bool,
    /// Its attachments, `detached` ones left out.
    pub attachments: Vec<Attachment>,
    /// What its tags say.
    pub tags: ResourceTags,
}

/// The state of a volume (EC2 API reference, `Volume.State`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VolumeState {
    /// Not ready yet.
    Creating,
    /// Attached to nothing.
    Available,
    /// Attached, or on the way to or from an instance.
    InUse,
    /// Broken, going or gone, or in a state that Holdfast does not know.
    Unusable,
}

/// A volume's attachment to an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attachment {
    /// The instance.
    pub instance: InstanceId,
    /// The device name.
    pub device: DeviceName,
    /// How far it is.
    pub state: AttachmentState,
    /// When it was asked for.
    pub since: Option<DateTime<Utc>>,
    /// Whether EC2 deletes the volume when the instance is terminated.
    pub delete_on_termination: bool,
}

/// The state of an attachment (EC2 API reference, `VolumeAttachment.State`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttachmentState {
    /// EC2 has accepted it.
    Attaching,
    /// Done.
    Attached,
    /// On the way off.
    Detaching,
    /// A detach was asked for and the instance still uses the volume; also a state that Holdfast does not know.
    Busy,
}

/// An Elastic IP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Its id.
    pub allocation: AllocationId,
    /// The address itself.
    pub public: Ipv4Addr,
    /// Where it points.
    pub association: Option<Association>,
    /// What its tags say.
    pub tags: ResourceTags,
}

/// An Elastic IP's association.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Association {
    /// Its id.
    pub id: AssociationId,
    /// The instance, where EC2 names one.
    pub instance: Option<InstanceId>,
    /// The network interface.
    pub interface: Option<InterfaceId>,
    /// The private address on that interface.
    pub private: Option<Ipv4Addr>,
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its state.
    pub state: InstanceState,
    /// Where it is.
    pub zone: Zone,
    /// When it was last started.
    pub launched: DateTime<Utc>,
    /// Whether it is a spot instance.
    pub spot: bool,
    /// The status code of its spot request when that says that the instance is about to go.
    pub doomed: Option<String>,
    /// The state that it has in its Auto Scaling group, if it is in one.
    pub lifecycle: Option<LifecycleState>,
    /// Whether it is configured for hibernation, or EC2 may hibernate it for its spot request.
    pub hibernation: bool,
    /// The name of its root device.
    pub root_device: Option<DeviceName>,
    /// What is attached to it. Stale now and then.
    pub devices: Vec<BlockDevice>,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
    /// What its tags say.
    pub tags: InstanceTags,
}

/// The state of an instance (EC2 API reference, `InstanceState.Name`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceState {
    /// Starting.
    Pending,
    /// Running, which does not mean that it will be in two minutes.
    Running,
    /// About to be stopped, or in a state that Holdfast does not know.
    Stopping,
    /// Off; what is attached stays attached.
    Stopped,
    /// About to be terminated.
    ShuttingDown,
    /// Gone.
    Terminated,
}

/// A volume as the instance lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockDevice {
    /// The device name.
    pub device: DeviceName,
    /// The volume.
    pub volume: VolumeId,
}

/// A network interface of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// Its id.
    pub id: InterfaceId,
    /// Whether it is the primary one.
    pub primary: bool,
    /// Its private addresses, the primary one first.
    pub addresses: Vec<PrivateAddress>,
}

/// A private address of a network interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrivateAddress {
    /// The address.
    pub private: Ipv4Addr,
    /// The Elastic IP that the instance says is associated here. Stale now and then. An address that EC2 lends
    /// to the instance (its owner is `amazon`) is none.
    pub elastic: Option<Ipv4Addr>,
}

/// Whether an instance can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Running, and nothing says that it is about to go.
    Healthy,
    /// Running, and EC2 recommends to replace it.
    Recommended,
    /// Running, and about to go, for this reason.
    Draining(String),
    /// Not running.
    NotRunning,
}

impl Volume {
    /// Whether an attachment of it is complete.
    pub fn is_attached(&self) -> bool {
        self.attachments.iter().any(|attachment| attachment.state == AttachmentState::Attached)
    }
}

impl Instance {
    /// Whether it can be relied on. Status checks are not read.
    pub fn health(&self) -> Health {
        if self.state != InstanceState::Running {
            return Health::NotRunning;
        }
        if let Some(code) = &self.doomed {
            return Health::Draining(format!("spot request {code}"));
        }
        if let Some(state) = self.lifecycle.as_ref().filter(|_| self.is_leaving_its_group()) {
            return Health::Draining(format!("{state} in its Auto Scaling group"));
        }
        match self.mark() {
            None => Health::Healthy,
            Some(tag) => match tag.reason {
                DrainingReason::RebalanceRecommendation => Health::Recommended,
                DrainingReason::SpotInterruption
                | DrainingReason::TerminateLifecycleAction
                | DrainingReason::Operator(_) => Health::Draining(tag.to_string()),
            },
        }
    }

    /// What it is marked with, unless that was of an earlier run.
    pub fn mark(&self) -> Option<&DrainingTag> {
        self.tags.draining.as_ref().filter(|mark| !mark.is_void(self.launched))
    }

    /// Whether the instance will end by itself, and soon. One that a person marked, or that its group keeps
    /// for one, may stay for ever.
    pub fn is_sure_to_go(&self) -> bool {
        let is_kept = self.lifecycle.as_ref().is_some_and(LifecycleState::is_retained);
        let by_its_group = self.is_leaving_its_group() || self.is_announced_by_its_group();
        let by_ec2 = self.notice().is_some() && !self.is_announced_by_its_group();
        self.doomed.is_some() || by_ec2 || (by_its_group && !is_kept)
    }

    /// Whether its Auto Scaling group is about to terminate it.
    pub fn is_leaving_its_group(&self) -> bool {
        self.lifecycle.as_ref().is_some_and(LifecycleState::is_terminating)
    }

    /// Whether its mark says that its Auto Scaling group is about to terminate it.
    pub fn is_announced_by_its_group(&self) -> bool {
        self.mark().is_some_and(|mark| mark.reason == DrainingReason::TerminateLifecycleAction)
    }

    /// When it was announced that it would end, by its mark.
    pub fn notice(&self) -> Option<DateTime<Utc>> {
        let mark = self.mark()?;
        match mark.reason {
            DrainingReason::SpotInterruption | DrainingReason::TerminateLifecycleAction => mark.since,
            DrainingReason::RebalanceRecommendation | DrainingReason::Operator(_) => None,
        }
    }

    /// The network interface that the addresses of a slot go to.
    pub fn primary_interface(&self) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.primary)
    }
}

impl Observation {
    /// The instance of that id, if it was seen.
    pub fn instance(&self, id: &InstanceId) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.id == *id)
    }

    /// Whether the instance says that it is of this fleet.
    pub fn is_member(&self, instance: &Instance) -> bool {
        instance.tags.fleets.contains(&self.fleet)
    }

    /// The managed fleets that claim the instance, when there are several. Then it is a candidate of none.
    pub fn rival_fleets<'i>(&self, instance: &'i Instance) -> Vec<&'i FleetName> {
        let claims: Vec<_> =
            instance.tags.fleets.iter().filter(|fleet| self.managed.contains(fleet)).collect();
        if claims.len() > 1 { claims } else { Vec::new() }
    }

    /// The instance that an address points at: EC2 names the instance, or only its network interface.
    pub fn instance_of(&self, association: &Association) -> Option<&Instance> {
        match (&association.instance, &association.interface) {
            (Some(id), _) => self.instance(id),
            (None, Some(interface)) => self
                .instances
                .iter()
                .find(|instance| instance.interfaces.iter().any(|own| own.id == *interface)),
            (None, None) => None,
        }
    }
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        })
    }
}
