//! What one invocation remembers from its earlier looks, so that a plan need not repeat what failed.
//!
//! It is lost with the invocation, and every plan is safe without it.

use crate::command::DELIVERY_SECONDS;
use crate::device::DeviceName;
use crate::finding::Finding;
use crate::ids::{AllocationId, InstanceId, SlotName, VolumeId};
use crate::observation::{Instance, InstanceState, Observation};
use crate::plan::Step;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// For how long EC2's answers may be older than its acts, in seconds: the assumption that the freshness of a
/// look rests on, too.
pub const STALE_SECONDS: i64 = 5;

/// For how long a refused device name counts, in seconds: long enough to try all names one after another, each after
/// [`STALE_SECONDS`]. After that it is asked for anew.
pub(crate) const REFUSAL_SECONDS: i64 = 60;

/// What an invocation did before it looked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Attachments that EC2 accepted, and when.
    pub accepted: BTreeMap<VolumeId, Accepted>,
    /// Associations that EC2 accepted, and when.
    pub associated: BTreeMap<AllocationId, Associated>,
    /// Instances that EC2 accepted to terminate, and when.
    pub terminated: BTreeMap<InstanceId, DateTime<Utc>>,
    /// Instances whose mark could not be written: who looks after this invocation does not know that they are to go.
    pub unmarked: BTreeSet<InstanceId>,
    /// Instances to which Systems Manager accepted to send the drain document, and when.
    pub sent: BTreeMap<InstanceId, DateTime<Utc>>,
    /// Lifecycle actions that were completed, or that EC2 Auto Scaling said were over: of which instance, at which hook.
    pub completed: BTreeSet<(InstanceId, String)>,
    /// When each of them last had a heartbeat.
    pub beats: BTreeMap<(InstanceId, String), DateTime<Utc>>,
    /// Device names that EC2 said were taken, and when it last did.
    pub refused_devices: BTreeMap<(InstanceId, DeviceName), DateTime<Utc>>,
    /// Steps that EC2 refused for good.
    pub failures: Vec<Failure>,
}

/// An attachment or association that EC2 accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// To which instance.
    pub instance: InstanceId,
    /// When the answer came.
    pub at: DateTime<Utc>,
}

/// An association that EC2 accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Associated {
    /// To which instance, and when.
    pub accepted: Accepted,
    /// To which of its private addresses.
    pub private: Ipv4Addr,
}

/// A step that EC2 refused, and would refuse again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose step it was; none when it was the fleet's.
    pub slot: Option<SlotName>,
    /// The step.
    pub step: Step,
    /// What EC2 said.
    pub reason: String,
}

impl Accepted {
    /// The instance, while it was so recently that EC2's answers may not show it yet.
    pub(crate) fn not_shown_yet<'a>(&self, observation: &'a Observation) -> Option<&'a Instance> {
        let recent = (observation.began - self.at).num_seconds() <= STALE_SECONDS;
        let instance = observation.instance(&self.instance).filter(|_| recent);
        instance.filter(|instance| instance.state == InstanceState::Running)
    }
}

impl Memory {
    /// Forgets the refused names that the look explains: a volume of the fleet has them. Once that has left, the name is
    /// free again, and who still took the refusal for its word would go on to another one.
    pub fn learn(&mut self, seen: &Observation) {
        let attachments = || seen.volumes.iter().flat_map(|volume| &volume.attachments);
        self.refused_devices.retain(|(instance, name), _| {
            !attachments().any(|on| on.instance == *instance && on.device.is_same_device(name))
        });
    }

    /// Whether a drain command was sent so recently that the record may not show it yet: an instance that has not
    /// taken it up may not be listed with it.
    pub(crate) fn is_sent(&self, instance: &InstanceId, observation: &Observation) -> bool {
        let at = self.sent.get(instance);
        at.is_some_and(|at| (observation.began - *at).num_seconds() <= DELIVERY_SECONDS)
    }

    /// What EC2 said when it refused the step for good, if it did.
    pub(crate) fn failure_of(&self, step: &Step) -> Option<&Failure> {
        self.failures.iter().find(|failure| failure.step.is_same_act(step))
    }
}

impl Failure {
    /// What to tell people of it.
    pub(crate) fn finding(&self) -> Finding {
        let (step, resource) = (self.step.name(), self.step.resource().to_owned());
        Finding::Refused { step, resource, reason: self.reason.clone() }
    }
}
