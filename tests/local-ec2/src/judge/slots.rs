//! Slots, as far as there is no doubt: which parts a slot has, which policy, and whether it is to be left alone.
//!
//! A call may rest on what was so until a moment ago ([`Cloud::grace`]). Whatever was changed since then is in doubt, and
//! doubt accuses nobody.

use super::Offence;
use super::charges::{FLEET, SLOT};
use crate::cloud::Cloud;
use crate::state::{Attachment, Instance, Volume};
use crate::tags::TagSet;
use planner::ids::InstanceId;
use planner::tags::Policy;

const HANDOVER: &str = "holdfast:handover";
const PAUSED: &str = "holdfast:paused";

/// The fleet and the name of a slot.
type Name<'t> = (&'t str, &'t str);

impl Cloud {
    /// The slot that the resource has been of for long enough. None: it is of none, or in doubt.
    fn settled_slot<'t>(&self, tags: &'t TagSet) -> Option<Name<'t>> {
        let fleet = tags.settled(FLEET, self.grace()).filter(|fleet| !fleet.is_empty())?;
        let slot = tags.settled(SLOT, self.grace())?;
        Some((fleet, if slot.is_empty() { "main" } else { slot }))
    }

    /// The tags of whatever may be a part of a slot.
    fn managed_tags(&self) -> impl Iterator<Item = &TagSet> {
        let volumes = self.volumes.values().map(|volume| &volume.tags);
        volumes.chain(self.addresses.values().map(|address| &address.tags))
    }

    fn parts<'c>(&'c self, slot: Name<'c>) -> impl Iterator<Item = &'c TagSet> {
        self.managed_tags().filter(move |tags| self.settled_slot(tags) == Some(slot))
    }

    /// Whether the slot of a resource may have the policy. One whose parts disagree has none, and is left alone.
    fn may_have(&self, policy: Policy, tags: &TagSet) -> bool {
        let grace = self.grace();
        let Some(slot) = self.settled_slot(tags) else { return true };
        let is_settled =
            |tags: &TagSet| [FLEET, SLOT, HANDOVER].iter().all(|key| tags.settled(key, grace).is_some());
        if self.managed_tags().any(|other| self.fleets_of(other).contains(slot.0) && !is_settled(other)) {
            return true;
        }
        let asked =
            || self.parts(slot).filter_map(|tags| tags.get(HANDOVER)).filter(|asked| !asked.is_empty());
        match asked().next() {
            Some(_) => asked().all(|asked| asked == policy.as_str()),
            None => self.setup.default_policy.is_none_or(|default| default == policy),
        }
    }

    /// Whether the volume is on the instance, or was a moment ago.
    fn is_or_was_on(&self, volume: &Volume, instance: &InstanceId) -> bool {
        volume.attachment_to(instance).is_some()
            || volume.left.get(instance).is_some_and(|at| *at >= self.grace())
    }

    /// Whether no other volume is sure to come before this one in its slot.
    fn may_be_first(&self, volume: &Volume) -> bool {
        let slot = self.settled_slot(&volume.tags);
        let mut others = self.volumes.values().filter(|other| other.id < volume.id);
        slot.is_none() || others.all(|other| self.settled_slot(&other.tags) != slot)
    }

    /// Only a holder is terminated, and only by the policy of its slot. One that ends already has let go, perhaps.
    pub(super) fn terminated_against_policy(&self, instance: &Instance) -> Option<Offence> {
        let mut here = self.volumes.values().filter(|volume| self.is_or_was_on(volume, &instance.id));
        let is_reason = |volume: &Volume| {
            !self.fleets_of(&volume.tags).is_empty()
                && self.may_be_first(volume)
                && self.may_have(Policy::Terminate, &volume.tags)
        };
        let may_end = instance.is_ending() || here.any(is_reason);
        (!may_end).then(|| Offence::TerminatedAgainstPolicy { instance: instance.id.clone() })
    }

    /// Only volumes of the policy are drained, and only where they are. One that is foreign is another offence.
    pub(super) fn drained_against_policy(&self, volume: &Volume, instance: &Instance) -> Option<Offence> {
        let is_right = self.is_or_was_on(volume, &instance.id) && self.may_have(Policy::Drain, &volume.tags);
        let is_own = !self.fleets_of(&volume.tags).is_empty();
        let (instance, volume) = (instance.id.clone(), volume.id.clone());
        (is_own && !is_right).then_some(Offence::DrainedAgainstPolicy { instance, volume })
    }

    fn is_paused(&self, tags: &TagSet) -> bool {
        tags.settled(PAUSED, self.grace()) == Some("true")
    }

    /// Whether somebody wants the slot left alone: a tag of one of its parts says so, or of an instance that has long had a
    /// volume of it.
    fn is_slot_paused(&self, slot: Name<'_>) -> bool {
        let is_old = |on: &&Attachment| on.since < self.grace();
        let of_it = self.volumes.values().filter(|volume| self.settled_slot(&volume.tags) == Some(slot));
        let mut holders = of_it.flat_map(|volume| volume.attachments.iter().filter(is_old));
        let is_holder_paused = |on: &Attachment| {
            self.instances.get(&on.instance).is_some_and(|holder| self.is_paused(&holder.tags))
        };
        self.parts(slot).any(|tags| self.is_paused(tags)) || holders.any(is_holder_paused)
    }

    /// What is wrong with moving the resource, to or from the instance, where something of that is to be left alone. What
    /// follows an attachment rests on a look that may not show it yet, and the pause of an instance is seen by what is
    /// attached there; so that counts from twice the time on.
    pub(super) fn pause_ignored(
        &self,
        resource: &str,
        tags: &TagSet,
        instance: Option<&Instance>,
    ) -> Option<Offence> {
        let grace = self.grace();
        let earlier = grace - (self.now - grace);
        let instance = instance.filter(|instance| instance.tags.settled(PAUSED, earlier) == Some("true"));
        if self.settled_slot(tags).is_some_and(|slot| self.is_slot_paused(slot)) {
            return Some(Offence::PauseIgnored { resource: resource.to_owned() });
        }
        instance.map(|instance| Offence::PauseIgnored { resource: instance.id.to_string() })
    }

    /// What is wrong with ending or draining the instance, where it or a slot that has long had a volume there is to be left
    /// alone.
    pub(super) fn pause_ignored_at(&self, instance: &Instance) -> Option<Offence> {
        let is_old = |volume: &&Volume| {
            volume.attachment_to(&instance.id).is_some_and(|attachment| attachment.since < self.grace())
        };
        let here = self.volumes.values().filter(is_old);
        let mut slots = here.filter_map(|volume| self.settled_slot(&volume.tags));
        let is_touched = self.is_paused(&instance.tags) || slots.any(|slot| self.is_slot_paused(slot));
        is_touched.then(|| Offence::PauseIgnored { resource: instance.id.to_string() })
    }
}
