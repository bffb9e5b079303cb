//! Slots: what must survive together, gathered from the tags of volumes and addresses.
//!
//! This module says what belongs together and where each part is. It decides nothing.

use crate::device::DeviceName;
use crate::ids::{InstanceId, SlotName, Zone};
use crate::observation::{
    Address, Attachment, AttachmentState, Instance, InstanceState, Observation, Volume, VolumeState,
};
use crate::tags::{Policy, ResourceTags, Setting};
use std::collections::BTreeMap;

/// A slot of the observed fleet.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) name: &'a SlotName,
    /// By id, so that the first one decides who holds the slot.
    pub(crate) volumes: Vec<&'a Volume>,
    /// By allocation id.
    pub(crate) addresses: Vec<&'a Address>,
}

/// Where a volume is, as far as it matters for what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat<'a> {
    /// Attached to nothing.
    Free,
    /// EC2 accepted so recently to attach it to this instance, which runs, that its answers may not show it yet.
    Accepted(&'a Instance),
    /// Being created.
    Creating,
    /// In use, and EC2's answer does not say by whom.
    Unclear,
    /// Attached, or being attached, to an instance that runs.
    Running(&'a Instance),
    /// The same, to one that starts.
    Starting(&'a Instance),
    /// The same, to one that is being stopped.
    Stopping(&'a Instance),
    /// The same, to one that is stopped: it may be detached.
    Stopped(&'a Instance),
    /// The same, to one that is stopped and whose memory may be on disk: it may not be detached.
    Hibernated(&'a Instance),
    /// The same, to one that is being terminated, or was: EC2 will release it.
    Ending(&'a Instance),
    /// The same, to one that EC2 no longer lists.
    Unlisted(&'a InstanceId),
    /// On its way off an instance.
    Detaching(&'a InstanceId),
}

impl<'a> Seat<'a> {
    /// The instance that runs with the volume.
    pub(crate) fn running(self) -> Option<&'a Instance> {
        if let Self::Running(instance) = self { Some(instance) } else { None }
    }

    /// The instance to which EC2 has just accepted to attach the volume.
    pub(crate) fn accepted(self) -> Option<&'a Instance> {
        if let Self::Accepted(instance) = self { Some(instance) } else { None }
    }
}

impl<'a> Slot<'a> {
    pub(crate) fn first_volume(&self) -> Option<&'a Volume> {
        self.volumes.first().copied()
    }

    pub(crate) fn other_volumes(&self) -> impl Iterator<Item = &'a Volume> {
        self.volumes.iter().skip(1).copied()
    }

    /// The device names that its volumes have on the instance.
    pub(crate) fn devices_on(&self, instance: &'a Instance) -> impl Iterator<Item = &'a DeviceName> {
        let attachments = self.volumes.iter().flat_map(|volume| &volume.attachments);
        attachments
            .filter(|attachment| attachment.instance == instance.id)
            .map(|attachment| &attachment.device)
    }

    /// The zone that the slot cannot leave; none where it has no volumes.
    pub(crate) fn zone(&self) -> Option<&'a Zone> {
        self.first_volume().map(|volume| &volume.zone)
    }

    /// The policy that the slot's tags agree on, or else the default.
    pub(crate) fn policy(&self, observation: &Observation) -> Policy {
        let asked = self.tags().find_map(|(_, tags)| tags.handover.value().copied());
        asked.unwrap_or(observation.default_policy)
    }

    /// The ids of its resources, with what their tags say.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&'a str, &'a ResourceTags)> {
        let volumes = self.volumes.iter().map(|volume| (volume.id.as_str(), &volume.tags));
        volumes.chain(self.addresses.iter().map(|address| (address.allocation.as_str(), &address.tags)))
    }

    /// Whether a tag asks for the slot to be left alone.
    pub(crate) fn is_paused(&self) -> bool {
        self.tags().any(|(_, tags)| tags.paused == Setting::Value(true))
    }

    /// The same, or a tag's value means nothing and was meant to ask for something.
    pub(crate) fn may_be_paused(&self) -> bool {
        self.tags().any(|(_, tags)| tags.paused.may_be_true())
    }
}

/// The slots of the fleet, by name. The observation lists volumes and addresses by id.
pub(crate) fn group(observation: &Observation) -> Vec<Slot<'_>> {
    let mut slots: BTreeMap<&SlotName, Slot<'_>> = BTreeMap::new();
    let empty = |name| Slot { name, volumes: Vec::new(), addresses: Vec::new() };
    for volume in &observation.volumes {
        let name = &volume.tags.slot;
        slots.entry(name).or_insert_with(|| empty(name)).volumes.push(volume);
    }
    for address in &observation.addresses {
        let name = &address.tags.slot;
        slots.entry(name).or_insert_with(|| empty(name)).addresses.push(address);
    }
    slots.into_values().collect()
}

impl Volume {
    /// Its attachment. Several, which only Multi-Attach allows, block the slot before anyone asks.
    pub(crate) fn attachment(&self) -> Option<&Attachment> {
        self.attachments.first()
    }

    /// The instance that it is attached to or being attached to, and not on its way off.
    pub(crate) fn settled_on(&self) -> Option<&InstanceId> {
        let attachment = self.attachment()?;
        matches!(attachment.state, AttachmentState::Attaching | AttachmentState::Attached)
            .then_some(&attachment.instance)
    }

    /// Where it is.
    pub(crate) fn seat<'a>(&'a self, observation: &'a Observation) -> Seat<'a> {
        let Some(attachment) = self.attachment() else {
            let accepted = observation.memory.accepted.get(&self.id);
            if let Some(instance) = accepted.and_then(|accepted| accepted.not_shown_yet(observation)) {
                return Seat::Accepted(instance);
            }
            return match self.state {
                VolumeState::Available => Seat::Free,
                VolumeState::Creating => Seat::Creating,
                VolumeState::InUse | VolumeState::Unusable => Seat::Unclear,
            };
        };
        match attachment.state {
            AttachmentState::Detaching | AttachmentState::Busy => {
                return Seat::Detaching(&attachment.instance);
            }
            AttachmentState::Attaching | AttachmentState::Attached => {}
        }
        let Some(instance) = observation.instance(&attachment.instance) else {
            return Seat::Unlisted(&attachment.instance);
        };
        match instance.state {
            InstanceState::Pending => Seat::Starting(instance),
            InstanceState::Running => Seat::Running(instance),
            InstanceState::Stopping => Seat::Stopping(instance),
            InstanceState::Stopped if instance.hibernation => Seat::Hibernated(instance),
            InstanceState::Stopped => Seat::Stopped(instance),
            InstanceState::ShuttingDown | InstanceState::Terminated => Seat::Ending(instance),
        }
    }
}

impl Instance {
    /// Whether a tag asks for it to be left alone. A value that means nothing was meant to ask for something.
    pub(crate) fn is_paused(&self) -> bool {
        self.tags.paused.may_be_true()
    }
}
