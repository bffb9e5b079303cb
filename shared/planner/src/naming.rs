//! Device names: which one each volume of a slot asks for, and which it gets on a given instance.
//!
//! The first volumes of a fleet all ask for one name, so that two slots that race for an instance collide there
//! and EC2 lets one of them lose. That is why a first volume goes on to another name only when it is known that
//! no slot of the fleet has the first.

use crate::device::{self, DeviceName};
use crate::ids::VolumeId;
use crate::memory::{REFUSAL_SECONDS, STALE_SECONDS};
use crate::observation::{Instance, Observation, Volume};
use crate::slot::Slot;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a first volume asks for.
pub(crate) fn first_device(first: &Volume) -> DeviceName {
    first.tags.device.value().cloned().unwrap_or_else(device::first_default)
}

/// A first volume that asks for another name than this one, with that name, where this one may not be attached before a
/// person has decided. A name counts where all ask for it, or at least two more than for all others together: then no
/// change of one tag, and no volume more or less, lets another name count. So two looks of which one saw the change
/// never send two slots to one instance under two names, which EC2 would accept. Names are compared exactly: nobody says
/// that EC2 refuses `/dev/xvdf` while `/dev/sdf` is taken.
pub(crate) fn at_odds<'a>(
    first: &Volume,
    firsts: impl Iterator<Item = &'a Volume>,
) -> Option<(&'a Volume, DeviceName)> {
    let own = first_device(first);
    let (alike, others): (Vec<&Volume>, Vec<&Volume>) = firsts.partition(|other| first_device(other) == own);
    let mut asked: BTreeMap<DeviceName, Vec<&Volume>> = BTreeMap::new();
    for other in &others {
        asked.entry(first_device(other)).or_default().push(other);
    }
    let (name, volumes) = asked.into_iter().min_by_key(|(_, volumes)| Reverse(volumes.len()))?;
    let is_outvoted = alike.len() < others.len() + 2;
    volumes.first().filter(|_| is_outvoted).map(|volume| (*volume, name))
}

/// What each volume of the slot asks for, whatever instance it goes to: so the names are the same after each
/// handover.
pub(crate) fn wanted<'a>(slot: &Slot<'a>) -> BTreeMap<&'a VolumeId, DeviceName> {
    let mut wanted: BTreeMap<&VolumeId, DeviceName> = BTreeMap::new();
    if let Some(first) = slot.first_volume() {
        wanted.insert(&first.id, first_device(first));
    }
    for volume in slot.other_volumes() {
        if let Some(device) = volume.tags.device.value() {
            wanted.insert(&volume.id, device.clone());
        }
    }
    for volume in slot.other_volumes() {
        let free = others_pool().find(|name| !wanted.values().any(|taken| taken.is_same_device(name)));
        if let Some(name) = free {
            wanted.entry(&volume.id).or_insert(name);
        }
    }
    wanted
}

/// The names for volumes other than the first, the first's own one last.
fn others_pool() -> impl Iterator<Item = DeviceName> {
    device::pool().skip(1).chain(device::pool().take(1))
}

/// The name for a first volume on this instance, or the one that was refused and whose owner is yet to be seen.
pub(crate) fn for_first(
    slot: &Slot<'_>,
    first: &Volume,
    instance: &Instance,
    observation: &Observation,
) -> Result<DeviceName, DeviceName> {
    let wanted = first_device(first);
    let rest = device::pool().filter(|name| !name.is_same_device(&wanted));
    for name in std::iter::once(wanted.clone()).chain(rest) {
        // Where the slot has the name itself, no other slot can win it.
        if slot.devices_on(instance).any(|own| own.is_same_device(&name)) {
            continue;
        }
        // What was there before the instance was started again, or long ago, says nothing.
        let refused = observation.memory.refused_devices.get(&(instance.id.clone(), name.clone()));
        let age = |refused: &DateTime<Utc>| (observation.began - *refused).num_seconds();
        let Some(refused) =
            refused.filter(|refused| **refused >= instance.launched && age(refused) <= REFUSAL_SECONDS)
        else {
            return Ok(name);
        };
        // A slot that took the name could be seen by now, and would have the instance.
        let settled = age(refused) > STALE_SECONDS;
        let is_of_no_slot =
            settled || (is_alone(slot, observation) && has_foreign(instance, &name, observation));
        if !is_of_no_slot {
            return Err(name);
        }
    }
    Err(wanted)
}

/// Whether no other slot could have taken a name.
fn is_alone(slot: &Slot<'_>, observation: &Observation) -> bool {
    observation.volumes.iter().all(|volume| volume.tags.slot == *slot.name)
}

/// Whether the instance says that a volume of no slot has the name. That may be seconds old.
fn has_foreign(instance: &Instance, name: &DeviceName, observation: &Observation) -> bool {
    let mut owners = instance.devices.iter().filter(|device| device.device.is_same_device(name));
    owners.any(|device| observation.volumes.iter().all(|own| own.id != device.volume))
}

/// The name for another volume of the slot on this instance: the one it asks for, or the next free one that no tag
/// reserves for a volume of the slot. Names that EC2 has refused are tried last.
pub(crate) fn for_other(
    slot: &Slot<'_>,
    volume: &Volume,
    wanted: Option<&DeviceName>,
    taken: &[DeviceName],
    instance: &Instance,
    observation: &Observation,
) -> Option<DeviceName> {
    let refused = |name: &DeviceName| {
        observation
            .memory
            .refused_devices
            .keys()
            .any(|(on, other)| *on == instance.id && other.is_same_device(name))
    };
    let listed = instance.devices.iter().map(|device| (&device.volume, &device.device));
    let attached = observation.volumes.iter().flat_map(|other| {
        let here = other.attachments.iter().filter(|attachment| attachment.instance == instance.id);
        here.map(|attachment| (&other.id, &attachment.device))
    });
    let others: Vec<&DeviceName> =
        listed.chain(attached).filter(|(other, _)| **other != volume.id).map(|(_, name)| name).collect();
    let on_instance = |name: &DeviceName| others.iter().any(|other| other.is_same_device(name));
    let reserved = |name: &DeviceName| {
        let mut others = slot.volumes.iter().filter(|other| other.id != volume.id);
        others.any(|other| other.tags.device.value().is_some_and(|tagged| tagged.is_same_device(name)))
    };
    let mut names: Vec<DeviceName> = wanted.cloned().into_iter().chain(others_pool()).collect();
    names.retain(|name| !reserved(name));
    names.retain(|name| !taken.iter().any(|other| other.is_same_device(name)) && !on_instance(name));
    names.sort_by_key(refused);
    names.into_iter().next()
}
