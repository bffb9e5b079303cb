//! Slots, gathered from the tags of the cloud's volumes and addresses.

use super::Name;
use super::instances::{is_healthy, says_true};
use local_ec2::Cloud;
use local_ec2::state::{Address, Volume};
use planner::ids::InstanceId;
use planner::observation::AttachmentState;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a first volume asks for without a tag (README, "Tags").
const FIRST_DEVICE: &str = "/dev/sdf";
/// The device names that a tag may ask for.
const DEVICES: [&str; 11] = [
    "/dev/sdf", "/dev/sdg", "/dev/sdh", "/dev/sdi", "/dev/sdj", "/dev/sdk", "/dev/sdl", "/dev/sdm",
    "/dev/sdn", "/dev/sdo", "/dev/sdp",
];

/// What belongs to one slot.
#[derive(Debug, Default)]
pub struct Parts<'c> {
    /// By id.
    pub volumes: Vec<&'c Volume>,
    /// By id.
    pub addresses: Vec<&'c Address>,
    /// The instance of each address that has one, in the same order.
    pub pointed_at: Vec<Option<InstanceId>>,
}

/// Every slot that the tags make.
pub fn slots(cloud: &Cloud) -> BTreeMap<Name, Parts<'_>> {
    let mut slots: BTreeMap<Name, Parts<'_>> = BTreeMap::new();
    for volume in cloud.volumes() {
        if let Some(name) = name(|key| volume.tags.get(key)) {
            slots.entry(name).or_default().volumes.push(volume);
        }
    }
    for address in cloud.addresses() {
        if let Some(name) = name(|key| address.tags.get(key)) {
            let parts = slots.entry(name).or_default();
            parts.addresses.push(address);
            parts.pointed_at.push(cloud.holder_of(&address.allocation).cloned());
        }
    }
    slots
}

fn name<'t>(tag: impl Fn(&str) -> Option<&'t str>) -> Option<Name> {
    let fleet = tag("holdfast:fleet").filter(|fleet| !fleet.is_empty())?;
    let slot = tag("holdfast:slot").filter(|slot| !slot.is_empty()).unwrap_or("main");
    Some((fleet.to_owned(), slot.to_owned()))
}

impl Parts<'_> {
    /// The healthy instance that has all of it.
    pub fn holder(&self, cloud: &Cloud) -> Option<InstanceId> {
        let attachment = self.volumes.first().and_then(|first| first.attachments.first());
        let holder = match attachment {
            Some(attachment) => Some(&attachment.instance),
            None => self.pointed_at.first()?.as_ref(),
        }?;
        (self.is_all_on(holder) && is_healthy(cloud, holder)).then(|| holder.clone())
    }

    /// Whether the instance has all of it.
    pub fn is_all_on(&self, instance: &InstanceId) -> bool {
        let is_here = |volume: &&Volume| match volume.attachments.as_slice() {
            [only] => only.instance == *instance && only.state == AttachmentState::Attached,
            _ => false,
        };
        self.volumes.iter().all(is_here) && self.pointed_at.iter().all(|on| on.as_ref() == Some(instance))
    }

    /// Whether a tag of one of its parts asks to leave it alone.
    pub(super) fn is_paused(&self) -> bool {
        self.tags("holdfast:paused").any(says_true)
    }

    /// Whether its own tags or zones need a person.
    pub(super) fn is_bad(&self) -> bool {
        let zones: BTreeSet<_> = self.volumes.iter().map(|volume| &volume.zone).collect();
        let policies: BTreeSet<_> =
            self.tags("holdfast:handover").filter(|policy| !policy.is_empty()).collect();
        let known = |policy: &&str| ["on-release", "drain", "terminate"].contains(policy);
        let devices = self.devices();
        let distinct: BTreeSet<_> = devices.iter().collect();
        zones.len() > 1
            || policies.len() > 1
            || !policies.iter().all(known)
            || distinct.len() < devices.len()
            || !devices.iter().all(|device| DEVICES.contains(device))
            || self.tags("holdfast:paused").any(|value| !["", "true", "false"].contains(&value))
    }

    /// The policy that its tags ask for.
    pub(super) fn policy(&self) -> Option<&str> {
        self.tags("holdfast:handover").find(|policy| !policy.is_empty())
    }

    /// The device name that its first volume asks for.
    pub(super) fn first_device(&self) -> Option<&str> {
        self.devices().first().copied()
    }

    /// The device names that it asks for, that of its first volume first.
    fn devices(&self) -> Vec<&str> {
        let first = self.volumes.iter().take(1).map(|first| device_tag(first).unwrap_or(FIRST_DEVICE));
        first.chain(self.volumes.iter().skip(1).filter_map(|other| device_tag(other))).collect()
    }

    fn tags<'s>(&'s self, key: &'static str) -> impl Iterator<Item = &'s str> {
        let volumes = self.volumes.iter().filter_map(move |volume| volume.tags.get(key));
        volumes.chain(self.addresses.iter().filter_map(move |address| address.tags.get(key)))
    }
}

fn device_tag(volume: &Volume) -> Option<&str> {
    volume.tags.get("holdfast:device").filter(|device| !device.is_empty())
}

impl fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let volumes = self.volumes.iter().map(|volume| {
            let on = volume.attachments.iter().map(|a| format!(" {:?} {} {}", a.state, a.instance, a.device));
            format!("{} in {}{}", volume.id, volume.zone, on.collect::<String>())
        });
        let addresses = self.addresses.iter().zip(&self.pointed_at).map(|(address, instance)| {
            let on = instance.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {on}", address.allocation)
        });
        f.write_str(&volumes.chain(addresses).collect::<Vec<_>>().join(", "))
    }
}
