//! What a caller does that makes a mistake on purpose.

use super::Caller;
use crate::deployment::DOCUMENT;
use crate::mistake::Mistake;
use chrono::TimeDelta;
use local_ec2::actions::Operation;
use local_ec2::{Cloud, Principal, RegionClock, Time};
use planner::ids::InstanceId;
use planner::observation::{Instance, Volume, VolumeState};
use planner::tags::{FLEET, Policy, ResourceTags, Setting};
use reconciler::clock::Clock;
use reconciler::ec2::{Action, Cause, Ec2Error, ListedCommand};
use std::collections::BTreeSet;

/// How old a drain is that never was: old enough to be acted on at once.
const BELIEVABLE: TimeDelta = TimeDelta::seconds(20);

impl Caller {
    /// A command that was never sent, and that drained every volume there is a moment ago.
    fn made_up(&self, instance: &InstanceId) -> ListedCommand {
        let cloud = self.region.cloud();
        ListedCommand {
            id: "made-up".to_owned(),
            document: DOCUMENT.to_owned(),
            instances: vec![instance.to_string()],
            volumes: cloud.volumes().map(|volume| volume.id.to_string()).collect(),
            requested: Some(cloud.now() - BELIEVABLE),
            status: "Success".to_owned(),
            details: "Success".to_owned(),
        }
    }

    /// Reads the tags of a volume or an address as the mistake has it.
    pub(super) fn misread(&self, tags: &mut ResourceTags) {
        match self.mistake {
            Some(Mistake::TerminateAnyway) => tags.handover = Setting::Value(Policy::Terminate),
            Some(Mistake::DrainAnyway) => tags.handover = Setting::Value(Policy::Drain),
            Some(Mistake::IgnorePause) => tags.paused = Setting::Absent,
            Some(_) | None => {}
        }
    }

    /// A call that the reconciler's interface cannot express.
    pub(super) fn straight<O: Operation>(&self, action: Action, call: &O) -> Result<(), Ec2Error> {
        let answer = self.region.cloud().perform(call, Principal::Holdfast);
        let cause = |error: local_ec2::ApiError| Cause::Answer {
            code: error.code.to_owned(),
            message: error.message,
        };
        answer.map(drop).map_err(|error| Ec2Error { action, cause: cause(error) })
    }

    /// Reads the commands of an instance as the mistake has it.
    pub(super) fn misquote(&self, instance: &InstanceId, commands: &mut Vec<ListedCommand>) {
        if self.makes(Mistake::NoProof) {
            commands.push(self.made_up(instance));
        }
        for command in commands {
            if self.makes(Mistake::OldProof) && command.status == "Success" {
                command.requested = Some(self.inner.now() - BELIEVABLE);
            }
            if self.makes(Mistake::ForeignProof) {
                command.volumes = self.made_up(instance).volumes;
            }
        }
    }

    /// An instance that it is not about.
    pub(super) fn another_than(&self, instance: &InstanceId) -> Option<InstanceId> {
        self.region.cloud().instances().map(|other| other.id.clone()).find(|other| other != instance)
    }
}

/// The clock of an invocation; it stands still where that is the mistake.
#[derive(Debug, Clone, Copy)]
pub struct CallerClock {
    pub(super) clock: RegionClock,
    pub(super) standing: Option<Time>,
}

impl Clock for CallerClock {
    fn now(&self) -> Time {
        self.standing.unwrap_or_else(|| self.clock.now())
    }
}

/// Shows every volume of a slot but the first as free.
pub(super) fn free_the_others(found: &mut [Volume]) {
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let mut seen = BTreeSet::new();
    for volume in found {
        if !seen.insert((volume.tags.fleet.clone(), volume.tags.slot.clone())) {
            (volume.state, volume.attachments) = (VolumeState::Available, Vec::new());
        }
    }
}

/// Shows no volume and no Elastic IP without a fleet on any instance.
pub(super) fn hide_the_foreign(found: &mut [Instance], cloud: &Cloud) {
    let volumes = cloud.volumes().filter(|volume| volume.tags.get(FLEET).is_some());
    let volumes: BTreeSet<_> = volumes.map(|volume| &volume.id).collect();
    let addresses = cloud.addresses().filter(|address| address.tags.get(FLEET).is_some());
    let addresses: BTreeSet<_> = addresses.map(|address| address.public).collect();
    for instance in found {
        instance.devices.retain(|device| volumes.contains(&device.volume));
        for place in instance.interfaces.iter_mut().flat_map(|interface| &mut interface.addresses) {
            place.elastic = place.elastic.filter(|elastic| addresses.contains(elastic));
        }
    }
}

/// Whether EC2 refused for the device's name.
pub(super) fn is_taken(answer: &Result<(), Ec2Error>) -> bool {
    let Err(Ec2Error { cause: Cause::Answer { message, .. }, .. }) = answer else { return false };
    message.contains("is already in use")
}
