//! Occupancy: which slots have something of theirs on which instance.

use crate::ids::{InstanceId, SlotName};
use crate::observation::{Health, Instance, InstanceState, Observation};
use crate::slot::Slot;
use std::collections::{BTreeMap, BTreeSet};

/// Who has what.
#[derive(Debug, Default)]
pub(crate) struct Occupancy<'a> {
    /// The slots that have a volume on the instance, in whatever state of attachment.
    by_volume: BTreeMap<&'a InstanceId, BTreeSet<&'a SlotName>>,
    /// Those of them whose volume is not on its way off.
    settled: BTreeMap<&'a InstanceId, BTreeSet<&'a SlotName>>,
    /// The slot without volumes that has the instance by its addresses.
    by_address: BTreeMap<&'a InstanceId, &'a SlotName>,
    /// The instance of each slot without volumes that has one.
    homes: BTreeMap<&'a SlotName, &'a Instance>,
}

impl<'a> Occupancy<'a> {
    /// Reads it off the observation. A slot without volumes has the instance that its first address points at, one that
    /// it can stay on before one that it cannot, unless a slot with volumes, or another one of its kind and of an earlier
    /// name, has that instance.
    pub(crate) fn read(slots: &[Slot<'a>], observation: &'a Observation) -> Self {
        let mut occupancy = Self::default();
        for slot in slots {
            for volume in &slot.volumes {
                for attachment in &volume.attachments {
                    occupancy.by_volume.entry(&attachment.instance).or_default().insert(slot.name);
                }
                let accepted = volume.seat(observation).accepted().map(|instance| &instance.id);
                let settled = volume.settled_on().or(accepted);
                if let Some(instance) = settled {
                    occupancy.by_volume.entry(instance).or_default().insert(slot.name);
                    occupancy.settled.entry(instance).or_default().insert(slot.name);
                }
            }
        }
        for slot in slots.iter().filter(|slot| slot.volumes.is_empty()) {
            let instances = slot.addresses.iter().filter_map(|address| address.spot(observation).instance());
            let own = instances.filter(|instance| {
                observation.is_member(instance)
                    && instance.state != InstanceState::Terminated
                    && !occupancy.by_volume.contains_key(&instance.id)
                    && !occupancy.by_address.contains_key(&instance.id)
            });
            let home = own.min_by_key(|instance| match instance.health() {
                Health::Healthy | Health::Recommended => 0,
                Health::Draining(_) | Health::NotRunning => 1,
            });
            if let Some(home) = home {
                occupancy.by_address.insert(&home.id, slot.name);
                occupancy.homes.insert(slot.name, home);
            }
        }
        occupancy
    }

    /// The instance that a slot without volumes has.
    pub(crate) fn home_of(&self, slot: &SlotName) -> Option<&'a Instance> {
        self.homes.get(slot).copied()
    }

    /// Whether the slot has a volume on the instance that is not on its way off.
    pub(crate) fn has_volume_on(&self, slot: &SlotName, instance: &InstanceId) -> bool {
        self.settled.get(instance).is_some_and(|slots| slots.contains(slot))
    }

    /// Whether the slot has the instance, or a volume there.
    pub(crate) fn is_on(&self, slot: &SlotName, instance: &InstanceId) -> bool {
        self.has_volume_on(slot, instance) || self.by_address.get(instance).is_some_and(|own| *own == slot)
    }

    /// Another slot that has a volume on the instance.
    pub(crate) fn other_by_volume(&self, slot: &SlotName, instance: &InstanceId) -> Option<&'a SlotName> {
        self.by_volume.get(instance)?.iter().find(|other| **other != slot).copied()
    }

    /// Another slot, without volumes, that has the instance.
    pub(crate) fn other_by_address(&self, slot: &SlotName, instance: &InstanceId) -> Option<&'a SlotName> {
        self.by_address.get(instance).filter(|other| **other != slot).copied()
    }

    /// Another slot that has the instance, or a volume there.
    pub(crate) fn other(&self, slot: &SlotName, instance: &InstanceId) -> Option<&'a SlotName> {
        self.other_by_volume(slot, instance).or_else(|| self.other_by_address(slot, instance))
    }
}
