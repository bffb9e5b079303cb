//! Candidates: which instances may take a slot, in which order, and why the others may not.

use crate::ids::{InstanceId, SlotName};
use crate::observation::{Health, Instance, InstanceState, Observation};
use crate::plan::Step;
use crate::slot::{Seat, Slot};
use std::collections::BTreeMap;

/// Who has what: the slot that keeps each instance from taking another.
#[derive(Debug, Default)]
pub(crate) struct Occupancy<'a> {
    /// By a volume of this slot, in whatever state of attachment.
    by_volume: BTreeMap<&'a InstanceId, &'a SlotName>,
    /// By the addresses of this slot, which has no volumes.
    by_address: BTreeMap<&'a InstanceId, &'a SlotName>,
    /// The instance of each slot without volumes that has one.
    homes: BTreeMap<&'a SlotName, &'a Instance>,
}

impl<'a> Occupancy<'a> {
    /// Reads it off the observation. A slot without volumes has the instance that its first address points at,
    /// unless a slot with volumes, or another one of its kind and of an earlier name, has that instance.
    pub(crate) fn read(slots: &[Slot<'a>], observation: &'a Observation) -> Self {
        let mut occupancy = Self::default();
        for slot in slots {
            for attachment in slot.volumes.iter().filter_map(|volume| volume.attachment()) {
                occupancy.by_volume.entry(&attachment.instance).or_insert(slot.name);
            }
        }
        for slot in slots.iter().filter(|slot| slot.volumes.is_empty()) {
            let associations = slot.addresses.iter().filter_map(|address| address.association.as_ref());
            let mut instances = associations.filter_map(|association| observation.instance_of(association));
            let home = instances.find(|instance| {
                observation.is_member(instance)
                    && instance.state != InstanceState::Terminated
                    && occupancy.holder_of(&instance.id).is_none()
            });
            if let Some(home) = home {
                occupancy.by_address.insert(&home.id, slot.name);
                occupancy.homes.insert(slot.name, home);
            }
        }
        occupancy
    }

    /// The slot that has the instance.
    pub(crate) fn holder_of(&self, instance: &InstanceId) -> Option<&'a SlotName> {
        self.by_volume.get(instance).or_else(|| self.by_address.get(instance)).copied()
    }

    /// The instance that a slot without volumes has.
    pub(crate) fn home_of(&self, slot: &SlotName) -> Option<&'a Instance> {
        self.homes.get(slot).copied()
    }

    /// The slot that keeps the instance from taking this one. An address gives way to volumes.
    fn in_the_way(&self, slot: &Slot<'_>, instance: &InstanceId) -> Option<&'a SlotName> {
        let by_volume = self.by_volume.get(instance).filter(|other| **other != slot.name);
        let by_address = self.by_address.get(instance).filter(|other| **other != slot.name);
        by_volume.or_else(|| by_address.filter(|_| slot.volumes.is_empty())).copied()
    }
}

/// The instances that may take the slot, the preferred ones first: those that nothing recommends to replace, then
/// those that no address would have to leave, then by launch time and id.
pub(crate) fn candidates<'a>(
    slot: &Slot<'_>,
    occupancy: &Occupancy<'_>,
    observation: &'a Observation,
) -> Vec<&'a Instance> {
    let fit = |instance: &&Instance| unfit(instance, slot, occupancy, observation).is_none();
    let mut fitting: Vec<&Instance> = observation.instances.iter().filter(fit).collect();
    fitting.sort_by_key(|instance| {
        let yielding = occupancy.by_address.get(&instance.id).is_some_and(|other| *other != slot.name);
        (instance.health() == Health::Recommended, yielding, instance.launched, &instance.id)
    });
    fitting
}

/// Why there is no candidate, told by what each instance of the fleet lacks.
pub(crate) fn why_none(slot: &Slot<'_>, occupancy: &Occupancy<'_>, observation: &Observation) -> String {
    /// As many instances as a reader takes in.
    const MOST_NAMED: usize = 5;
    let place = slot.zone().map_or_else(|| "any zone".to_owned(), ToString::to_string);
    let mut reasons: Vec<String> = observation
        .instances
        .iter()
        .filter(|instance| observation.is_member(instance) && instance.state != InstanceState::Terminated)
        .map(|instance| {
            let reason = unfit(instance, slot, occupancy, observation);
            format!("{} {}", instance.id, reason.unwrap_or_else(|| "is to take another slot".to_owned()))
        })
        .collect();
    reasons.sort();
    let more = reasons.len().saturating_sub(MOST_NAMED);
    reasons.truncate(MOST_NAMED);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    if reasons.is_empty() {
        return format!("the slot needs an instance in {place}, and the fleet has none anywhere");
    }
    format!("the slot needs a healthy instance in {place}; {}", reasons.join("; "))
}

/// Why the instance may not take the slot.
fn unfit(
    instance: &Instance,
    slot: &Slot<'_>,
    occupancy: &Occupancy<'_>,
    observation: &Observation,
) -> Option<String> {
    if !observation.is_member(instance) {
        return Some("is not of this fleet".to_owned());
    }
    match instance.health() {
        Health::Healthy | Health::Recommended => {}
        Health::Draining(reason) => return Some(format!("is draining ({reason})")),
        Health::NotRunning => return Some(format!("is {}", instance.state)),
    }
    if let Some(zone) = slot.zone().filter(|zone| **zone != instance.zone) {
        return Some(format!("is in {}, not in {zone}", instance.zone));
    }
    if instance.is_paused() {
        return Some("is paused".to_owned());
    }
    let rivals = observation.rival_fleets(instance);
    if !rivals.is_empty() {
        return Some("is claimed by several fleets".to_owned());
    }
    if let Some(other) = occupancy.in_the_way(slot, &instance.id) {
        return Some(format!("holds the slot {other}"));
    }
    for volume in slot.other_volumes() {
        if let Seat::Running(anchor) = volume.seat(observation)
            && anchor.id != instance.id
        {
            return Some(format!("is not {}, which has {}", anchor.id, volume.id));
        }
    }
    let first = slot.first_volume()?;
    let failure = observation.memory.failures.iter().find(|failure| {
        matches!(&failure.step, Step::AttachVolume { volume, instance: to, .. }
            if *volume == first.id && *to == instance.id)
    });
    failure.map(|failure| format!("was refused: {}", failure.reason))
}
