//! Charges: what a call would be guilty of if EC2 carried it out now.

use super::Offence;
use crate::actions::{AttachVolume, CreateTags, DetachVolume, TerminateInstances};
use crate::cloud::Cloud;
use crate::ssm::SendCommand;
use crate::state::{Attachment, Instance, Member, SpotCode, Usage, Volume};
use crate::tags::TagSet;
use crate::time::Time;
use chrono::{DateTime, TimeDelta};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::InstanceState;
use std::collections::BTreeSet;

pub(super) const FLEET: &str = "holdfast:fleet";
pub(super) const SLOT: &str = "holdfast:slot";
const DRAINING: &str = "holdfast:draining";
/// The tags that say which fleet an instance is of (README, "Tags").
const FLEET_KEYS: [&str; 4] =
    [FLEET, "aws:ec2spot:fleet-request-id", "aws:ec2:fleet-id", "aws:autoscaling:groupName"];

/// For how long after a tag or `DeleteOnTermination` was changed, or an instance ceased to be stopped, a call may rest on
/// what it was: a look is acted on for 5 seconds, and an act may take 3.
const GRACE: TimeDelta = TimeDelta::seconds(8);

impl Cloud {
    pub(super) fn grace(&self) -> Time {
        self.now - GRACE - self.setup.timing.max_lag
    }

    /// The fleets that a volume or an address is of.
    pub(super) fn fleets_of<'t>(&self, tags: &'t TagSet) -> BTreeSet<&'t str> {
        tags.since(FLEET, self.grace()).filter(|fleet| !fleet.is_empty()).collect()
    }

    /// The fleets that an instance is of.
    fn memberships<'t>(&self, tags: &'t TagSet) -> BTreeSet<&'t str> {
        let grace = self.grace();
        FLEET_KEYS.iter().flat_map(|key| tags.since(key, grace)).filter(|fleet| !fleet.is_empty()).collect()
    }

    /// What is foreign about giving the resource to the instance.
    pub(super) fn strangers(
        &self,
        resource: &str,
        tags: &TagSet,
        instance: Option<&Instance>,
    ) -> Option<Offence> {
        let fleets = self.fleets_of(tags);
        if fleets.is_empty() {
            return Some(Offence::ForeignResource { resource: resource.to_owned() });
        }
        let instance = instance.filter(|instance| fleets.is_disjoint(&self.memberships(&instance.tags)))?;
        Some(Offence::ForeignInstance { resource: resource.to_owned(), instance: instance.id.clone() })
    }

    /// Whether anything says that the instance is about to go, or said so a moment ago: its mark, its spot request, or its
    /// Auto Scaling group.
    fn is_seen_to_go(&self, instance: &Instance) -> bool {
        let is_marked =
            instance.tags.since(DRAINING, self.grace()).any(|mark| self.is_in_force(mark, instance));
        let request = self.spot_request_of(&instance.id);
        let is_doomed = request.is_some_and(|request| request.code != SpotCode::Fulfilled);
        is_marked || is_doomed || self.members.get(&instance.id).is_some_and(Member::is_ending)
    }

    /// Whether the mark was not written before the instance was started last: its time is its last word, where it has one.
    fn is_in_force(&self, mark: &str, instance: &Instance) -> bool {
        let since = mark.rsplit(' ').next().and_then(|word| DateTime::parse_from_rfc3339(word).ok());
        // EC2 tells the launch time to the second.
        let launched = instance.launched.timestamp();
        since.is_none_or(|since| since.timestamp() >= launched) || instance.launched >= self.grace()
    }

    fn named_volume(&self, id: &str) -> Option<&Volume> {
        self.volumes.get(&VolumeId::parse(id).ok()?)
    }

    fn named_instance(&self, id: &str) -> Option<&Instance> {
        self.instances.get(&InstanceId::parse(id).ok()?)
    }
}

pub(crate) fn of_attach(call: &AttachVolume, cloud: &Cloud) -> Vec<Offence> {
    let (Some(volume), Some(target)) =
        (cloud.named_volume(&call.volume_id), cloud.named_instance(&call.instance_id))
    else {
        return Vec::new();
    };
    let mut offences: Vec<Offence> =
        cloud.strangers(volume.id.as_str(), &volume.tags, Some(target)).into_iter().collect();
    offences.extend(cloud.pause_ignored(volume.id.as_str(), &volume.tags, Some(target)));
    for other in cloud.volumes.values().filter(|other| other.id != volume.id) {
        for attachment in &other.attachments {
            offences.extend(split_or_shared(volume, target, other, attachment, cloud));
        }
    }
    offences
}

/// What is wrong with attaching the volume to the instance while the other one is attached like this.
fn split_or_shared(
    volume: &Volume,
    target: &Instance,
    other: &Volume,
    attachment: &Attachment,
    cloud: &Cloud,
) -> Option<Offence> {
    let slot = slot_of(&volume.tags)?;
    let is_same_slot = slot_of(&other.tags)? == slot;
    let (id, instance, other) = (volume.id.clone(), target.id.clone(), other.id.clone());
    if attachment.instance == target.id {
        return (!is_same_slot).then_some(Offence::SecondSlot { volume: id, instance, other });
    }
    let has_ended = |holder: &Instance| holder.state == InstanceState::Terminated;
    let over = cloud.instances.get(&attachment.instance).is_none_or(has_ended);
    let other_instance = attachment.instance.clone();
    (is_same_slot && !over).then_some(Offence::Split { volume: id, instance, other, other_instance })
}

/// The fleet and the slot of a volume that is tagged for Holdfast.
fn slot_of(tags: &TagSet) -> Option<(&str, &str)> {
    let fleet = tags.get(FLEET).filter(|fleet| !fleet.is_empty())?;
    Some((fleet, tags.get(SLOT).filter(|slot| !slot.is_empty()).unwrap_or("main")))
}

pub(crate) fn of_detach(call: &DetachVolume, cloud: &Cloud) -> Vec<Offence> {
    let mut offences = Vec::new();
    let volume = || call.volume_id.clone();
    if call.force {
        offences.push(Offence::Force { volume: volume() });
    }
    if call.instance_id.is_empty() {
        offences.push(Offence::DetachFromAnyone { volume: volume() });
    }
    let Some(volume) = cloud.named_volume(&call.volume_id) else { return offences };
    offences.extend(cloud.strangers(volume.id.as_str(), &volume.tags, None));
    offences.extend(cloud.pause_ignored(volume.id.as_str(), &volume.tags, None));
    for attachment in &volume.attachments {
        let named = call.instance_id.is_empty() || call.instance_id == attachment.instance.as_str();
        if let Some(holder) = cloud.instances.get(&attachment.instance).filter(|_| named) {
            offences.extend(taken_from(volume, attachment, holder, cloud.grace()));
        }
    }
    offences
}

/// EC2 takes no precondition on the state, so an instance may be started, or terminated, between the look that saw it
/// stopped and the call. The written assumption (`ARCHITECTURE.md`, invariant 8) is that it then mounts nothing for
/// longer than that.
fn taken_from(volume: &Volume, attachment: &Attachment, holder: &Instance, grace: Time) -> Option<Offence> {
    let (volume, instance, state) = (volume.id.clone(), holder.id.clone(), holder.state);
    let live = Offence::DetachedFromLive { volume: volume.clone(), instance: instance.clone(), state };
    let may_remember = holder.hibernation || holder.hibernated;
    let was_stopped = holder.stopped_until.is_some_and(|until| until >= grace);
    // Whatever has become of the instance since: nothing mounts it again in this run.
    let is_drained = attachment.usage == Usage::Drained;
    match state {
        InstanceState::Running | InstanceState::Stopping | InstanceState::ShuttingDown if is_drained => None,
        InstanceState::Pending | InstanceState::ShuttingDown if was_stopped && !may_remember => None,
        InstanceState::Stopped if may_remember => Some(Offence::DetachedFromHibernated { volume, instance }),
        InstanceState::Stopped | InstanceState::Terminated => None,
        InstanceState::Pending
        | InstanceState::Running
        | InstanceState::Stopping
        | InstanceState::ShuttingDown => Some(live),
    }
}

/// Holdfast marks what it was told of: an instance that EC2 or its group has announced to go, some time or other, for events
/// come late.
pub(crate) fn of_create_tags(call: &CreateTags, cloud: &Cloud) -> Vec<Offence> {
    let foreign = call.tags.keys().filter(|key| *key != DRAINING);
    let mut offences: Vec<Offence> = foreign.map(|key| Offence::ForeignTag { key: key.clone() }).collect();
    for resource in &call.resources {
        let own =
            cloud.named_instance(resource).filter(|instance| !cloud.memberships(&instance.tags).is_empty());
        if own.is_none() {
            offences.push(Offence::ForeignResource { resource: resource.clone() });
        }
        let was_announced = |instance: &&Instance| {
            let is_leaving = cloud.members.get(&instance.id).is_some_and(Member::is_ending);
            is_leaving || instance.is_ending() || cloud.announced.contains(&instance.id)
        };
        let healthy = own.filter(|own| call.tags.contains_key(DRAINING) && !was_announced(own));
        offences.extend(healthy.map(|own| Offence::MarkedInHealth { instance: own.id.clone() }));
    }
    offences
}

/// A drain stops the service, so it is for instances that are about to go, and for volumes of their fleet. One that has left
/// meanwhile makes the document fail before it stops anything.
pub(crate) fn of_send_command(call: &SendCommand, cloud: &Cloud) -> Vec<Offence> {
    let mut offences = Vec::new();
    let volumes = call.parameters.get("volumes").into_iter().flatten().flat_map(|text| text.split(' '));
    let volumes: Vec<&Volume> = volumes.filter_map(|id| cloud.named_volume(id)).collect();
    for instance in call.instance_ids.iter().filter_map(|id| cloud.named_instance(id)) {
        let foreign = |volume: &&Volume| cloud.strangers(volume.id.as_str(), &volume.tags, Some(instance));
        offences.extend(volumes.iter().filter_map(foreign));
        offences.extend(volumes.iter().filter_map(|volume| cloud.drained_against_policy(volume, instance)));
        offences.extend(cloud.pause_ignored_at(instance));
        if !cloud.is_seen_to_go(instance) {
            offences.push(Offence::DrainedInHealth { instance: instance.id.clone() });
        }
    }
    offences
}

/// Who ends an instance ends one that is about to go, or that EC2 has recommended to replace: the mark of that may not have
/// been written. One that was started again a moment ago was about to go before.
pub(crate) fn of_terminate(call: &TerminateInstances, cloud: &Cloud) -> Vec<Offence> {
    let mut offences = Vec::new();
    for instance in call.instance_ids.iter().filter_map(|id| cloud.named_instance(id)) {
        let was_stopped = instance.stopped_until.is_some_and(|until| until >= cloud.grace());
        let may_go = cloud.is_seen_to_go(instance) || cloud.recommended.contains(&instance.id);
        if !may_go && !was_stopped && !instance.is_ending() {
            offences.push(Offence::TerminatedInHealth { instance: instance.id.clone() });
        }
        offences.extend(cloud.terminated_against_policy(instance));
        offences.extend(cloud.pause_ignored_at(instance));
        if cloud.memberships(&instance.tags).is_empty() {
            offences.push(Offence::ForeignResource { resource: instance.id.to_string() });
        }
        let tagged = cloud.volumes.values().filter(|volume| !cloud.fleets_of(&volume.tags).is_empty());
        // Nobody can know yet of what somebody changed a moment ago.
        let goes_along = |attachment: &Attachment| {
            attachment.delete_on_termination && attachment.delete_on_termination_since <= cloud.grace()
        };
        let is_foreign = |volume: &&Volume| {
            let is_data = |on: &Attachment| on.device != instance.root_device && on.since <= cloud.grace();
            cloud.fleets_of(&volume.tags).is_empty()
                && volume.attachment_to(&instance.id).is_some_and(is_data)
        };
        let foreign = cloud.volumes.values().filter(is_foreign);
        offences.extend(foreign.map(|volume| Offence::TerminatedWithForeign {
            instance: instance.id.clone(),
            volume: volume.id.clone(),
        }));
        let going = tagged.filter(|v| v.attachment_to(&instance.id).is_some_and(goes_along));
        offences.extend(going.map(|volume| Offence::TerminatedWithVolume {
            instance: instance.id.clone(),
            volume: volume.id.clone(),
        }));
    }
    offences
}
