//! Instances: which of them could hold a slot, and what keeps a slot from moving.

use super::slots::Parts;
use super::{Name, places};
use local_ec2::state::{Attachment, Instance, Interruption, Lifecycle, Member, SpotCode};
use local_ec2::{Cloud, Time};
use planner::ids::InstanceId;
use planner::observation::{AttachmentState, InstanceState};
use std::collections::{BTreeMap, BTreeSet};

/// The tags that say which fleet an instance is of (README, "Tags").
const FLEET_KEYS: [&str; 4] =
    ["holdfast:fleet", "aws:ec2spot:fleet-request-id", "aws:ec2:fleet-id", "aws:autoscaling:groupName"];

/// Whether a tag's value says yes.
pub(super) fn says_true(value: &str) -> bool {
    value == "true"
}

/// Whether the instance runs, and nothing says that it is about to go.
pub(super) fn is_healthy(cloud: &Cloud, id: &InstanceId) -> bool {
    cloud.instance(id).is_some_and(|i| i.state == InstanceState::Running && !is_draining(cloud, i))
}

fn is_draining(cloud: &Cloud, instance: &Instance) -> bool {
    let doomed = cloud.spot_request(&instance.id).is_some_and(|request| request.code != SpotCode::Fulfilled);
    let marked = instance.tags.get("holdfast:draining").is_some()
        && marked_since(instance).is_none_or(|since| since >= instance.launched);
    doomed || marked || cloud.member(&instance.id).is_some_and(Member::is_ending)
}

/// Since when the instance is marked, where its mark says that.
pub(super) fn marked_since(instance: &Instance) -> Option<Time> {
    let mark = instance.tags.get("holdfast:draining")?;
    mark.rsplit_once(' ').and_then(|(_, time)| time.parse().ok())
}

/// Whether its Auto Scaling group, if it is in one, means it to serve.
fn serves(cloud: &Cloud, instance: &Instance) -> bool {
    cloud.member(&instance.id).is_none_or(|member| match member.lifecycle {
        Lifecycle::Pending | Lifecycle::PendingWait | Lifecycle::PendingProceed | Lifecycle::InService => {
            true
        }
        Lifecycle::Terminating
        | Lifecycle::TerminatingWait
        | Lifecycle::TerminatingProceed
        | Lifecycle::EnteringStandby
        | Lifecycle::Standby
        | Lifecycle::Detaching => false,
    })
}

pub(super) fn is_paused(instance: &Instance) -> bool {
    instance.tags.get("holdfast:paused").is_some_and(|value| !["", "false"].contains(&value))
}

pub(super) fn fleets(instance: &Instance) -> BTreeSet<&str> {
    FLEET_KEYS.iter().filter_map(|key| instance.tags.get(key)).filter(|fleet| !fleet.is_empty()).collect()
}

/// Who stands where, as it matters for who could hold what.
pub struct Standing<'c> {
    cloud: &'c Cloud,
    managed: BTreeSet<String>,
    /// How many first volumes of each fleet ask for each device name.
    first_devices: BTreeMap<(String, String), usize>,
    /// By the volumes of these slots.
    by_volume: BTreeMap<InstanceId, BTreeSet<Name>>,
    /// By the addresses of these slots: those without volumes, and whether a person keeps it from giving way.
    by_address: BTreeMap<InstanceId, BTreeMap<Name, bool>>,
}

/// What keeps a volume from going to an instance, or does not.
enum Hold {
    /// It is free, or can be made so.
    Loose,
    /// It is on this instance, which runs well.
    On(InstanceId),
    /// It stays where it is, whatever anybody wants.
    Fast,
}

impl<'c> Standing<'c> {
    /// Reads it off the cloud.
    pub fn read(slots: &BTreeMap<Name, Parts<'c>>, cloud: &'c Cloud) -> Self {
        let managed = slots.keys().map(|(fleet, _)| fleet.clone()).collect();
        let (first_devices, by_volume, by_address) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut own = Self { cloud, managed, first_devices, by_volume, by_address };
        for (name, parts) in slots {
            if let Some(device) = parts.first_device() {
                *own.first_devices.entry((name.0.clone(), device.to_owned())).or_default() += 1;
            }
            for attachment in parts.volumes.iter().flat_map(|volume| &volume.attachments) {
                own.by_volume.entry(attachment.instance.clone()).or_default().insert(name.clone());
            }
            if parts.volumes.is_empty() {
                let fixed = parts.is_paused() || parts.is_bad();
                for instance in parts.pointed_at.iter().flatten() {
                    own.by_address.entry(instance.clone()).or_default().insert(name.clone(), fixed);
                }
            }
        }
        own
    }

    /// The instances that could hold the slot; none, if something excuses that it is not held.
    pub fn who_could_hold(&self, name: &Name, parts: &Parts<'_>) -> Vec<InstanceId> {
        let nobody = Vec::new;
        if !self.is_open(name, parts) {
            return nobody();
        }
        let mut on = BTreeSet::new();
        for volume in &parts.volumes {
            for attachment in &volume.attachments {
                match self.hold(attachment) {
                    Hold::Loose => {}
                    Hold::On(instance) => drop(on.insert(instance)),
                    Hold::Fast => return nobody(),
                }
            }
        }
        let first_on = parts.volumes.first().and_then(|first| first.attachments.first());
        match (on.len(), on.pop_first()) {
            (0, _) if self.waits_at_home(parts) => nobody(),
            (0, _) => {
                let open = self.cloud.instances().filter(|instance| self.is_open_to(name, parts, instance));
                open.map(|instance| instance.id.clone()).collect()
            }
            (1, Some(only)) => {
                let Some(instance) = self.cloud.instance(&only) else { return nobody() };
                let is_holder = first_on.is_some_and(|attachment| attachment.instance == only);
                let fits = self.is_alone(name, &only) && self.has_room(parts, instance);
                if fits && (is_holder || self.is_fit(name, instance)) { vec![only] } else { nobody() }
            }
            _ => nobody(),
        }
    }

    /// Whether nothing asks to leave the slot alone, or needs a person.
    pub(super) fn is_open(&self, name: &Name, parts: &Parts<'_>) -> bool {
        let blocked = parts.is_bad() || self.is_odd(name, parts) || self.is_outside(name, parts);
        !blocked && !parts.is_paused() && !self.is_on_paused(parts)
    }

    /// Whether no other slot has a volume on the instance.
    pub(super) fn is_alone(&self, name: &Name, instance: &InstanceId) -> bool {
        self.by_volume.get(instance).is_none_or(|slots| slots.iter().all(|other| other == name))
    }

    /// Whether no other managed fleet claims the instance.
    pub(super) fn has_one_fleet(&self, instance: &Instance) -> bool {
        fleets(instance).iter().filter(|fleet| self.managed.contains(**fleet)).count() == 1
    }

    /// Whether something of it is on an instance that is not of its fleet, and has not ended.
    fn is_outside(&self, name: &Name, parts: &Parts<'_>) -> bool {
        let is_stranger = |instance: &Instance| {
            instance.state != InstanceState::Terminated && !fleets(instance).contains(name.0.as_str())
        };
        self.holders(parts).any(is_stranger)
    }

    /// The instances that have something of it.
    fn holders<'p>(&'p self, parts: &'p Parts<'_>) -> impl Iterator<Item = &'p Instance> {
        let attachments = parts.volumes.iter().flat_map(|volume| &volume.attachments);
        let on = attachments.map(|attachment| &attachment.instance).chain(parts.pointed_at.iter().flatten());
        on.filter_map(|id| self.cloud.instance(id))
    }

    /// Whether its first volume asks for a name that does not count, and is not where it can stay: a name counts that all
    /// first volumes of the fleet ask for, or at least two more than for all others together.
    fn is_odd(&self, name: &Name, parts: &Parts<'_>) -> bool {
        let Some(own) = parts.first_device() else { return false };
        let of_fleet = || self.first_devices.iter().filter(|((fleet, _), _)| *fleet == name.0);
        let alike: usize = of_fleet().filter(|((_, device), _)| device == own).map(|(_, count)| count).sum();
        let others = of_fleet().map(|(_, count)| count).sum::<usize>() - alike;
        let first_on = parts.volumes.first().and_then(|first| first.attachments.first());
        let stays = first_on.is_some_and(|attachment| is_healthy(self.cloud, &attachment.instance));
        others > 0 && alike < others + 2 && !stays
    }

    fn is_on_paused(&self, parts: &Parts<'_>) -> bool {
        self.holders(parts).any(is_paused)
    }

    /// Whether the memory of the instance, which is stopped, may hold what it had mounted.
    fn may_remember(&self, instance: &Instance) -> bool {
        let request = self.cloud.spot_request(&instance.id);
        instance.hibernation || request.is_some_and(|request| request.interruption == Interruption::Hibernate)
    }

    fn hold(&self, attachment: &Attachment) -> Hold {
        let Some(instance) = self.cloud.instance(&attachment.instance) else { return Hold::Fast };
        let settled = matches!(attachment.state, AttachmentState::Attaching | AttachmentState::Attached);
        match instance.state {
            InstanceState::Running if settled && !is_draining(self.cloud, instance) => {
                Hold::On(instance.id.clone())
            }
            InstanceState::Stopped if self.may_remember(instance) => Hold::Fast,
            InstanceState::Stopped | InstanceState::Terminated => Hold::Loose,
            InstanceState::Running
            | InstanceState::Pending
            | InstanceState::Stopping
            | InstanceState::ShuttingDown => Hold::Fast,
        }
    }

    /// Whether the instance may take the slot, and has nothing of another.
    fn is_open_to(&self, name: &Name, parts: &Parts<'_>, instance: &Instance) -> bool {
        let zone = parts.volumes.first().map(|volume| &volume.zone);
        let others =
            self.by_address.get(&instance.id).into_iter().flatten().filter(|(other, _)| *other != name);
        let keeps_out = |(_, fixed): (&Name, &bool)| *fixed || parts.volumes.is_empty();
        self.is_fit(name, instance)
            && zone.is_none_or(|zone| *zone == instance.zone)
            && self.by_volume.get(&instance.id).is_none_or(BTreeSet::is_empty)
            && !others.into_iter().any(keeps_out)
            && self.has_room(parts, instance)
    }

    /// Whether it is a healthy instance of the fleet, and of no other.
    pub(super) fn is_fit(&self, name: &Name, instance: &Instance) -> bool {
        fleets(instance).contains(name.0.as_str())
            && self.has_one_fleet(instance)
            && is_healthy(self.cloud, &instance.id)
            && serves(self.cloud, instance)
            && !is_paused(instance)
    }

    /// Whether it has a private address for each of the slot's addresses.
    pub(super) fn has_room(&self, parts: &Parts<'_>, instance: &Instance) -> bool {
        places::has_room(parts, instance, self.cloud)
    }

    /// Whether a slot without volumes is at home on an instance that has no room for the rest of it: it waits there.
    fn waits_at_home(&self, parts: &Parts<'_>) -> bool {
        let homes = parts.pointed_at.iter().flatten().filter(|id| is_healthy(self.cloud, id));
        let mut homes = homes.filter_map(|id| self.cloud.instance(id));
        parts.volumes.is_empty() && homes.any(|home| !self.has_room(parts, home))
    }
}
