//! Checks: what about a slot a person must mend before anything of it may move.
//!
//! Each check reads the observation and names what is wrong. None guesses what was meant.

use crate::device::{DeviceName, MOST_VOLUMES};
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::memory::STALE_SECONDS;
use crate::naming;
use crate::observation::{AttachmentState, InstanceState, Observation, VolumeState};
use crate::slot::{Seat, Slot};
use crate::tags::{Policy, ResourceTags, Setting};

/// After how many seconds of `attaching` EC2 will not get there by itself; the EBS CSI driver gives up there too.
const STUCK_SECONDS: i64 = 90;

/// Everything that blocks the slot.
pub(crate) fn blocking(slot: &Slot<'_>, slots: &[Slot<'_>], observation: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !observation.fleet.is_usable() {
        findings.push(Finding::UnusableFleetName { fleet: observation.fleet.clone() });
    }
    tags(slot, &mut findings);
    devices(slot, slots, &mut findings);
    volumes(slot, observation, &mut findings);
    several_instances(slot, observation, &mut findings);
    addresses(slot, observation, &mut findings);
    shared_holder(slot, slots, observation, &mut findings);
    findings
}

/// What is worth telling and blocks nothing.
pub(crate) fn notices(slot: &Slot<'_>, observation: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    match slot.policy(observation) {
        Policy::OnRelease => {}
        policy @ (Policy::Drain | Policy::Terminate) => findings.push(Finding::PolicyUnavailable { policy }),
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
    let volumes = slot.volumes.iter().map(|volume| (volume.id.as_str(), &volume.tags));
    let addresses = slot.addresses.iter().map(|address| (address.allocation.as_str(), &address.tags));
    let resources: Vec<(&str, &ResourceTags)> = volumes.chain(addresses).collect();
    for (resource, tags) in &resources {
        if let Setting::Invalid(value) = &tags.handover {
            findings.push(Finding::UnknownPolicy { resource: (*resource).to_owned(), value: value.clone() });
        }
        if let Setting::Invalid(value) = &tags.paused {
            findings.push(Finding::InvalidPaused { resource: (*resource).to_owned(), value: value.clone() });
        }
    }
    let mut asked = resources.iter().filter_map(|(id, tags)| Some((*id, *tags.handover.value()?)));
    if let Some((other, other_policy)) = asked.next()
        && let Some((resource, policy)) = asked.find(|(_, policy)| *policy != other_policy)
    {
        let (resource, other) = (resource.to_owned(), other.to_owned());
        findings.push(Finding::PoliciesDisagree { resource, policy, other, other_policy });
    }
}

fn devices(slot: &Slot<'_>, slots: &[Slot<'_>], findings: &mut Vec<Finding>) {
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
    let rivals = slots.iter().filter_map(Slot::first_volume);
    let rival = rivals
        .map(|other| (other, naming::first_device(other)))
        .find(|(_, name)| !name.is_same_device(&device));
    if let Some((other, other_device)) = rival {
        let (volume, other) = (first.id.clone(), other.id.clone());
        findings.push(Finding::FirstDevicesDisagree { volume, device, other, other_device });
    }
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
            if let Setting::Invalid(value) = &instance.tags.paused {
                let resource = instance.id.to_string();
                findings.push(Finding::InvalidPaused { resource, value: value.clone() });
            }
        }
        if let Some(instance) = taken_back_from(volume, observation) {
            findings.push(Finding::TakenBack { volume: id(), instance: instance.clone() });
        }
    }
}

/// The running instance to which EC2 accepted to attach the volume, when the volume is free all the same, and has
/// been for longer than EC2's answers are stale.
fn taken_back_from<'a>(
    volume: &crate::observation::Volume,
    observation: &'a Observation,
) -> Option<&'a InstanceId> {
    let accepted = observation.memory.accepted.get(&volume.id)?;
    let instance = observation.instance(&accepted.instance)?;
    let settled = (observation.began - accepted.at).num_seconds() > STALE_SECONDS;
    let free = volume.seat(observation) == Seat::Free && instance.state == InstanceState::Running;
    (free && settled).then_some(&accepted.instance)
}

fn several_instances(slot: &Slot<'_>, observation: &Observation, findings: &mut Vec<Finding>) {
    let mut running = slot.volumes.iter().filter_map(|volume| match volume.seat(observation) {
        Seat::Running(instance) => Some((volume, instance)),
        Seat::Free
        | Seat::Creating
        | Seat::Unclear
        | Seat::Starting(_)
        | Seat::Stopping(_)
        | Seat::Stopped(_)
        | Seat::Hibernated(_)
        | Seat::Ending(_)
        | Seat::Unlisted(_)
        | Seat::Detaching(_) => None,
    });
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
        let Some(association) = &address.association else {
            continue;
        };
        let target = match observation.instance_of(association) {
            Some(instance)
                if instance.state == InstanceState::Terminated || observation.is_member(instance) =>
            {
                continue;
            }
            Some(instance) => instance.id.to_string(),
            None => match (&association.instance, &association.interface) {
                (Some(instance), _) => instance.to_string(),
                (None, Some(interface)) => interface.to_string(),
                (None, None) => association.id.to_string(),
            },
        };
        findings.push(Finding::AddressOutsideFleet { address: address.allocation.clone(), target });
    }
}

/// An instance that runs with the first volumes of two slots cannot be mended without taking one from it.
fn shared_holder(
    slot: &Slot<'_>,
    slots: &[Slot<'_>],
    observation: &Observation,
    findings: &mut Vec<Finding>,
) {
    let Some(Seat::Running(holder)) = slot.first_volume().map(|volume| volume.seat(observation)) else {
        return;
    };
    let others = slots.iter().filter(|other| other.name != slot.name);
    for other in others {
        if other.first_volume().and_then(|volume| volume.settled_on()) == Some(&holder.id) {
            let (slot, other) = (slot.name.clone(), other.name.clone());
            findings.push(Finding::SharedHolder { instance: holder.id.clone(), slot, other });
        }
    }
}
