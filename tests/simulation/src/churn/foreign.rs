//! What people do at random with what is theirs and not Holdfast's: scratch disks and Elastic IPs without its tags.

use super::{Churn, FLEET, told};
use crate::stage;
use local_ec2::actions::{DetachVolume, DisassociateAddress};
use local_ec2::state::{Address, Instance, Volume};
use local_ec2::{Cloud, TagSet};
use planner::ids::{InstanceId, Zone};
use planner::observation::InstanceState;

/// What a person's own things are called.
const NAME: (&str, &str) = ("Name", "scratch");

/// Where people attach a scratch disk: at the name of every first volume, too.
const DEVICES: [&str; 4] = ["/dev/sdf", "/dev/sdg", "/dev/sdp", "/dev/xvdba"];

/// More disks, or more addresses, than this are not made.
const MOST: usize = 4;

/// What can happen to what is nobody's slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Attach,
    Detach,
    Associate,
    Disassociate,
}

impl Churn {
    pub(super) fn foreign(&mut self, deed: Deed, cloud: &mut Cloud) -> Option<String> {
        match deed {
            Deed::Attach => self.attach(cloud),
            Deed::Detach => {
                let attached = disks(cloud).filter_map(|disk| Some((disk, disk.attachments.first()?)));
                let calls = attached.map(|(disk, on)| DetachVolume {
                    volume_id: disk.id.to_string(),
                    instance_id: on.instance.to_string(),
                    ..DetachVolume::default()
                });
                let call = self.random.choice(calls.collect::<Vec<_>>())?;
                Some(told(&call.volume_id, stage::ask(cloud, &call)))
            }
            Deed::Associate => self.associate(cloud),
            Deed::Disassociate => {
                let ids =
                    addresses(cloud).filter_map(|address| Some(address.association.as_ref()?.id.clone()));
                let association_id = self.random.choice(ids.collect::<Vec<_>>())?.to_string();
                let call = DisassociateAddress { association_id, public_ip: String::new() };
                Some(told(&call.association_id, stage::ask(cloud, &call)))
            }
        }
    }

    /// A disk is made where none is free, and attached another time.
    fn attach(&mut self, cloud: &mut Cloud) -> Option<String> {
        let id = self.standing(cloud)?;
        let zone = cloud.instance(&id)?.zone.clone();
        let is_free = |disk: &&Volume| disk.zone == zone && disk.state() == "available";
        let Some(disk) = disks(cloud).find(is_free).map(|disk| disk.id.clone()) else {
            return make_disk(&zone, cloud);
        };
        let device = self.random.choice(DEVICES)?;
        let answer = stage::attach(cloud, &disk, &id, device);
        self.foreign[0] += u64::from(answer.is_ok());
        Some(told(&format!("{disk} to {id} as {device}"), answer))
    }

    fn associate(&mut self, cloud: &mut Cloud) -> Option<String> {
        let id = self.standing(cloud)?;
        let place = self.random.choice(free_places(&id, cloud))?;
        let free = addresses(cloud).find(|address| address.association.is_none());
        let free = free.map(|address| address.allocation.clone());
        let address = match free {
            Some(free) => free,
            None if addresses(cloud).count() < MOST => stage::address(cloud, stage::tags(&[NAME])).ok()?,
            None => return None,
        };
        let answer = stage::associate(cloud, &address, &id, place);
        self.foreign[1] += u64::from(answer.is_ok());
        Some(told(&format!("{address} to {id} at {place}"), answer))
    }

    /// An instance that takes something; nearly every one is of a fleet.
    fn standing(&mut self, cloud: &Cloud) -> Option<InstanceId> {
        self.any(cloud, |instance: &Instance| {
            matches!(instance.state, InstanceState::Running | InstanceState::Stopped)
        })
    }
}

fn is_a_persons(tags: &TagSet) -> bool {
    tags.get(NAME.0) == Some(NAME.1) && tags.get(FLEET).is_none()
}

fn disks(cloud: &Cloud) -> impl Iterator<Item = &Volume> {
    cloud.volumes().filter(|volume| is_a_persons(&volume.tags))
}

fn addresses(cloud: &Cloud) -> impl Iterator<Item = &Address> {
    cloud.addresses().filter(|address| is_a_persons(&address.tags))
}

fn make_disk(zone: &Zone, cloud: &mut Cloud) -> Option<String> {
    if disks(cloud).count() >= MOST {
        return None;
    }
    let made = stage::volume(cloud, zone, stage::tags(&[NAME]));
    Some(told(&format!("made in {zone}"), made))
}

/// The private addresses of the instance that no Elastic IP points at, by their numbers.
fn free_places(id: &InstanceId, cloud: &Cloud) -> Vec<usize> {
    let Some(interface) = cloud.interfaces_of(id).next() else { return Vec::new() };
    let is_taken = |private| {
        let mut taken = cloud.addresses().filter_map(|address| address.association.as_ref());
        taken.any(|own| own.interface == interface.id && own.private == private)
    };
    let places = interface.addresses.iter().enumerate();
    places.filter(|(_, private)| !is_taken(**private)).map(|(place, _)| place).collect()
}
