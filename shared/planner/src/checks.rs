//! Checks: what about a slot a person must mend before anything of it may move.
//!
//! Each check reads the observation and names what is wrong. None guesses what was meant.

use crate::device::{DeviceName, MOST_VOLUMES};
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::naming;
use crate::observation::{
    AttachmentState, Health, Instance, InstanceState, Observation, Volume, VolumeState,
};
use crate::slot::{Seat, Slot};
use crate::spot::Spot;
use crate::tags::{Policy, Setting};
use crate::view::View;
use std::collections::BTreeMap;

/// After how many seconds of `attaching` EC2 will not get there by itself; the EBS CSI driver gives up there too.
const STUCK_SECONDS: i64 = 90;

/// Everything that blocks the slot.
pub(crate) fn blocking(slot: &Slot<'_>, view: &View<'_>) -> Vec<Finding> {
    let observation = view.observation;
    let mut findings = Vec::new();
    if !observation.fleet.is_usable() {
        findings.push(Finding::UnusableFleetName { fleet: observation.fleet.clone() });
    }
    tags(slot, &mut findings);
    devices(slot, &mut findings);
    findings.extend(first_device(slot, view).filter(|_| !stays(slot, observation)));
    volumes(slot, observation, &mut findings);
    several_instances(slot, observation, &mut findings);
    addresses(slot, observation, &mut findings);
    shared_instance(slot, view, &mut findings);
    holder_tags(slot, view, &mut findings);
    findings
}

/// What is to be told of the slot and keeps nothing from being done for it where it is.
pub(crate) fn notices(slot: &Slot<'_>, view: &View<'_>) -> Vec<Finding> {
    let observation = view.observation;
    let mut findings: Vec<Finding> =
        first_device(slot, view).into_iter().filter(|_| stays(slot, observation)).collect();
    // A slot without volumes has nothing to unmount.
    if slot.policy(observation) == Policy::Drain
        && observation.drain_document.is_none()
        && !slot.volumes.is_empty()
    {
        findings.push(Finding::NoDrainDocument);
    }
    for volume in &slot.volumes {
        for attachment in volume.attachments.iter().filter(|attachment| attachment.delete_on_termination) {
            let instance = attachment.instance.clone();
            findings.push(Finding::DeleteOnTermination { volume: volume.id.clone(), instance });
        }
    }
    findings
}

fn tags(slot: &Slot<'_>, findings: &mut Vec<Finding>) {
    for (resource, tags) in slot.tags() {
        if let Setting::Invalid(value) = &tags.handover {
            findings.push(Finding::UnknownPolicy { resource: resource.to_owned(), value: value.clone() });
        }
        if let Setting::Invalid(value) = &tags.paused {
            findings.push(Finding::InvalidPaused { resource: resource.to_owned(), value: value.clone() });
        }
    }
    let mut asked = slot.tags().filter_map(|(id, tags)| Some((id, *tags.handover.value()?)));
    if let Some((other, other_policy)) = asked.next()
        && let Some((resource, policy)) = asked.find(|(_, policy)| *policy != other_policy)
    {
        let (resource, other) = (resource.to_owned(), other.to_owned());
        findings.push(Finding::PoliciesDisagree { resource, policy, other, other_policy });
    }
}

fn devices(slot: &Slot<'_>, findings: &mut Vec<Finding>) {
    for volume in &slot.volumes {
        if let Setting::Invalid(value) = &volume.tags.device {
            findings.push(Finding::InvalidDevice { volume: volume.id.clone(), value: value.clone() });
        }
    }
    if slot.volumes.len() > MOST_VOLUMES {
        findings.push(Finding::TooManyVolumes { count: slot.volumes.len() });
    }
    let Some(first) = slot.first_volume() else { return };
    let device = naming::first_device(first);
    let mut asked: Vec<(_, DeviceName)> = vec![(first, device.clone())];
    for volume in slot.other_volumes() {
        let Some(wanted) = volume.tags.device.value() else {
            continue;
        };
        if let Some((other, _)) = asked.iter().find(|(_, taken)| taken.is_same_device(wanted)) {
            let (volume, other) = (volume.id.clone(), other.id.clone());
            findings.push(Finding::SameDevice { volume, other, device: wanted.clone() });
        }
        asked.push((volume, wanted.clone()));
    }
}

/// That the slot's first volume asks for another name than those of other slots, so that it may be attached nowhere.
pub(crate) fn first_device(slot: &Slot<'_>, view: &View<'_>) -> Option<Finding> {
    let first = slot.first_volume()?;
    let firsts = view.slots.iter().filter_map(Slot::first_volume);
    let (other, other_device) = naming::at_odds(first, firsts)?;
    let (volume, device) = (first.id.clone(), naming::first_device(first));
    Some(Finding::FirstDevicesDisagree { volume, device, other: other.id.clone(), other_device })
}

/// Whether the slot's first volume is where it need not leave for now.
fn stays(slot: &Slot<'_>, observation: &Observation) -> bool {
    let holder = slot.first_volume().and_then(|first| first.seat(observation).running());
    holder.is_some_and(|holder| match holder.health() {
        Health::Healthy | Health::Recommended => true,
        Health::Draining(_) | Health::NotRunning => false,
    })
}

fn volumes(slot: &Slot<'_>, observation: &Observation, findings: &mut Vec<Finding>) {
    for volume in &slot.volumes {
        let id = || volume.id.clone();
        if let Some(first) = slot.first_volume().filter(|first| first.zone != volume.zone) {
            let (zone, other, other_zone) = (volume.zone.clone(), first.id.clone(), first.zone.clone());
            findings.push(Finding::SeveralZones { volume: id(), zone, other, other_zone });
        }
        if volume.multi_attach || volume.attachments.len() > 1 {
            findings.push(Finding::MultiAttach { volume: id() });
        }
        match volume.state {
            VolumeState::Unusable => findings.push(Finding::UnusableVolume { volume: id() }),
            VolumeState::Creating | VolumeState::Available | VolumeState::InUse => {}
        }
        for attachment in &volume.attachments {
            let attached_to = || attachment.instance.clone();
            let seconds = attachment.since.map_or(0, |since| (observation.began - since).num_seconds());
            if attachment.state == AttachmentState::Attaching && seconds > STUCK_SECONDS {
                findings.push(Finding::StuckAttaching { volume: id(), instance: attached_to(), seconds });
            }
            let Some(instance) = observation.instance(&attachment.instance) else {
                continue;
            };
            if instance.root_device.as_ref().is_some_and(|root| root.is_same_device(&attachment.device)) {
                findings.push(Finding::RootDevice { volume: id(), instance: attached_to() });
            }
            // A terminated instance may have lost its tags, and EC2 is about to release the volume.
            if instance.state != InstanceState::Terminated && !observation.is_member(instance) {
                findings.push(Finding::VolumeOutsideFleet { volume: id(), instance: attached_to() });
            }
        }
        if let Some(instance) = taken_back_from(volume, observation) {
            findings.push(Finding::TakenBack { volume: id(), instance: instance.clone() });
        }
    }
}

/// The running instance to which EC2 accepted to attach the volume, when the volume is free all the same, and has
/// been for longer than EC2's answers are stale. If the instance was started since, it may have been detached while that was
/// stopped.
fn taken_back_from<'a>(volume: &Volume, observation: &'a Observation) -> Option<&'a InstanceId> {
    let accepted = observation.memory.accepted.get(&volume.id)?;
    let instance = observation.instance(&accepted.instance)?;
    // A volume that may still show up there has another seat.
    let free = volume.seat(observation) == Seat::Free && instance.state == InstanceState::Running;
    let same_run = accepted.at >= instance.launched;
    (free && same_run).then_some(&accepted.instance)
}

fn several_instances(slot: &Slot<'_>, observation: &Observation, findings: &mut Vec<Finding>) {
    let mut running =
        slot.volumes.iter().filter_map(|volume| Some((volume, volume.seat(observation).running()?)));
    let Some((volume, instance)) = running.next() else {
        return;
    };
    if let Some((other, other_instance)) = running.find(|(_, other)| other.id != instance.id) {
        findings.push(Finding::SeveralInstances {
            volume: volume.id.clone(),
            instance: instance.id.clone(),
            other: other.id.clone(),
            other_instance: other_instance.id.clone(),
        });
    }
}

fn addresses(slot: &Slot<'_>, observation: &Observation, findings: &mut Vec<Finding>) {
    for address in &slot.addresses {
        let target = match address.spot(observation) {
            Spot::On(instance, _)
                if instance.state != InstanceState::Terminated && !observation.is_member(instance) =>
            {
                instance.id.to_string()
            }
            Spot::Elsewhere(association) => match &association.interface {
                Some(interface) => interface.to_string(),
                None => association.id.to_string(),
            },
            Spot::Free | Spot::Accepted(..) | Spot::On(..) | Spot::Unlisted(_) => continue,
        };
        findings.push(Finding::AddressOutsideFleet { address: address.allocation.clone(), target });
    }
}

/// An instance that runs with volumes of two slots cannot be mended without taking some from it. The slot whose first
/// volume is there has it; the other one is in the wrong place. Where both have, or neither has, both are blocked.
fn shared_instance(slot: &Slot<'_>, view: &View<'_>, findings: &mut Vec<Finding>) {
    let leads = |slot: &Slot<'_>, on: &Instance| {
        slot.first_volume().and_then(|volume| volume.settled_on()) == Some(&on.id)
    };
    let running = slot.volumes.iter().filter_map(|volume| volume.seat(view.observation).running());
    for instance in running {
        for other in view.slots.iter().filter(|other| other.name != slot.name) {
            let mut volumes = other.volumes.iter();
            let is_there = volumes.any(|volume| volume.settled_on() == Some(&instance.id));
            if is_there && (!leads(slot, instance) || leads(other, instance)) {
                let (instance, slot, other) = (instance.id.clone(), slot.name.clone(), other.name.clone());
                let finding = Finding::SharedHolder { instance, slot, other };
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
    }
}

/// A value of `holdfast:paused` that means nothing, on an instance that has something of the slot.
fn holder_tags(slot: &Slot<'_>, view: &View<'_>, findings: &mut Vec<Finding>) {
    let attachments = slot.volumes.iter().flat_map(|volume| &volume.attachments);
    let on = attachments.filter_map(|attachment| view.observation.instance(&attachment.instance));
    let holders: BTreeMap<&InstanceId, &Instance> =
        on.chain(view.occupancy.home_of(slot.name)).map(|holder| (&holder.id, holder)).collect();
    for holder in holders.values() {
        if let Setting::Invalid(value) = &holder.tags.paused {
            let resource = holder.id.to_string();
            findings.push(Finding::InvalidPaused { resource, value: value.clone() });
        }
    }
}
