//! What a look sees.

use crate::memory::Memory;
use crate::record::{self, Answer, DOCUMENT};
use crate::ssm::Command;
use crate::view::{
    NOW, allocation_id, association_id, device, instance_id, interface_id, number, private, slot_name, time,
    volume_id,
};
use crate::world::{Address, Handover, Instance, Link, LinkState, Mark, Phase, Volume, World};
use planner::command::Record;
use planner::ids::{FleetName, InstanceId, Zone};
use planner::observation as seen;
use planner::plan::Plan;
use planner::tags::{DrainingReason, DrainingTag, InstanceTags, ResourceTags, Setting};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Where a look reads each kind of resource: EC2's answers may be of different times.
#[derive(Debug, Clone, Copy, Hash)]
pub struct Sources<'a> {
    /// `DescribeVolumes`.
    pub volumes: &'a World,
    /// `DescribeAddresses`.
    pub addresses: &'a World,
    /// `DescribeInstances`, with what is attached to them.
    pub instances: &'a World,
    /// `ListCommands`.
    pub record: Answer<'a>,
    /// The commands that tell what came before what.
    pub order: &'a [Command],
}

impl<'a> Sources<'a> {
    /// Everything as it is.
    pub fn all(world: &'a World) -> Self {
        let order = &world.record;
        Self { volumes: world, addresses: world, instances: world, record: Answer::Commands(order), order }
    }

    /// What the look sees.
    pub fn observe(&self, memory: &Memory) -> Option<seen::Observation> {
        let (fleet, places) = (fleet(), self.volumes.places());
        let paused = self.volumes.paused;
        let volumes = (0..).zip(&self.volumes.volumes);
        let addresses = (0..).zip(&self.addresses.addresses);
        let instances = (0..).zip(&self.instances.instances);
        let born = instances.filter(|(_, instance)| instance.phase != Phase::Unborn);
        Some(seen::Observation {
            began: time(NOW),
            default_policy: self.volumes.handover.policy(),
            drain_document: (self.volumes.handover == Handover::Drain).then(|| DOCUMENT.to_owned()),
            abandons: false,
            hooks: Vec::new(),
            refusals: BTreeSet::new(),
            volumes: volumes.map(|(n, it)| self.volume(n, it, paused)).collect::<Option<_>>()?,
            addresses: addresses.map(|(n, it)| address(n, *it, paused)).collect::<Option<_>>()?,
            instances: born.map(|(n, it)| self.instance(n, it, places)).collect::<Option<_>>()?,
            managed: BTreeSet::from([fleet.clone()]),
            fleet,
            records: BTreeMap::new(),
            memory: memory.remembered()?,
        })
    }

    /// What is planned on what was seen; Systems Manager is asked where a plan depends on it (`reconciler::record`).
    /// What it says may be changed on the way.
    pub fn plan(&self, seen: &mut seen::Observation, change: impl Fn(&mut Record)) -> Option<Plan> {
        loop {
            let plan = planner::plan(seen);
            let asked = plan.slots.iter().filter_map(|slot| slot.asks.clone());
            let asked: Vec<InstanceId> = asked.filter(|id| !seen.records.contains_key(id)).collect();
            if asked.is_empty() {
                return Some(plan);
            }
            for instance in asked {
                let mut record = self.record.of(number(instance.as_str())?)?;
                change(&mut record);
                seen.records.insert(instance, record);
            }
        }
    }

    fn volume(&self, n: u8, volume: &Volume, paused: Option<u8>) -> Option<seen::Volume> {
        Some(seen::Volume {
            id: volume_id(n)?,
            zone: Zone::new("a"),
            state: if volume.link.is_some() {
                seen::VolumeState::InUse
            } else {
                seen::VolumeState::Available
            },
            multi_attach: false,
            attachments: volume
                .link
                .into_iter()
                .map(|link| self.attachment(n, link))
                .collect::<Option<_>>()?,
            tags: resource_tags(volume.slot, paused),
        })
    }

    fn attachment(&self, volume: u8, link: Link) -> Option<seen::Attachment> {
        Some(seen::Attachment {
            instance: instance_id(link.instance)?,
            device: device(link.device),
            state: match link.state {
                LinkState::Attaching => seen::AttachmentState::Attaching,
                LinkState::Attached => seen::AttachmentState::Attached,
                LinkState::Detaching => seen::AttachmentState::Detaching,
            },
            since: Some(record::attached(self.order, volume, link)),
            delete_on_termination: link.doomed,
        })
    }

    fn instance(&self, n: u8, instance: &Instance, places: u8) -> Option<seen::Instance> {
        let own = (0..).zip(&self.instances.volumes);
        let own = own.filter_map(|(volume, it)| {
            let link = it.link.filter(|link| link.instance == n)?;
            Some(seen::BlockDevice { device: device(link.device), volume: volume_id(volume)? })
        });
        let foreign = instance.foreign.and_then(|letter| {
            Some(seen::BlockDevice { device: device(letter), volume: volume_id(u8::MAX)? })
        });
        let place = |place| seen::PrivateAddress { private: private(n, place), elastic: None };
        Some(seen::Instance {
            id: instance_id(n)?,
            state: match instance.phase {
                Phase::Unborn | Phase::Pending => seen::InstanceState::Pending,
                Phase::Running => seen::InstanceState::Running,
                Phase::Stopping => seen::InstanceState::Stopping,
                Phase::Stopped => seen::InstanceState::Stopped,
                Phase::Ending => seen::InstanceState::ShuttingDown,
                Phase::Gone => seen::InstanceState::Terminated,
            },
            zone: Zone::new("a"),
            launched: record::launched(self.order, n, instance.launched),
            spot: true,
            doomed: None,
            lifecycle: None,
            hibernation: false,
            root_device: None,
            devices: own.chain(foreign).collect(),
            interfaces: vec![seen::Interface {
                id: interface_id(n)?,
                primary: true,
                addresses: (0..places).map(place).collect(),
            }],
            tags: InstanceTags {
                group: None,
                fleets: BTreeSet::from([fleet()]),
                draining: draining(instance.mark),
                paused: if instance.paused { Setting::Value(true) } else { Setting::Absent },
            },
        })
    }
}

fn fleet() -> FleetName {
    FleetName::new("web")
}

fn resource_tags(slot: u8, paused: Option<u8>) -> ResourceTags {
    ResourceTags {
        fleet: fleet(),
        slot: slot_name(slot),
        device: Setting::Absent,
        handover: Setting::Absent,
        paused: if paused == Some(slot) { Setting::Value(true) } else { Setting::Absent },
    }
}

fn address(n: u8, address: Address, paused: Option<u8>) -> Option<seen::Address> {
    let association = match address.at {
        Some(at) => Some(seen::Association {
            id: association_id(at.id)?,
            instance: Some(instance_id(at.instance)?),
            interface: Some(interface_id(at.instance)?),
            private: Some(private(at.instance, at.place)),
        }),
        None => None,
    };
    Some(seen::Address {
        allocation: allocation_id(n)?,
        public: Ipv4Addr::new(203, 0, 113, n),
        association,
        tags: resource_tags(address.slot, paused),
    })
}

fn draining(mark: Mark) -> Option<DrainingTag> {
    match mark {
        Mark::None => None,
        Mark::Recommended => Some(DrainingTag::read("rebalance-recommendation")),
        Mark::Interrupted => Some(DrainingTag::read("spot-interruption-warning")),
        // Less is left of the two minutes than a handover takes.
        Mark::Short => {
            Some(DrainingTag { reason: DrainingReason::SpotInterruption, since: Some(time(NOW - 100)) })
        }
        Mark::ByHand => Some(DrainingTag::read("by hand")),
    }
}
