//! Between the model's numbers and the planner's types: what a look sees, and which calls a plan means.

use crate::ec2::Call;
use crate::memory::Memory;
use crate::record::{self, Answer, DOCUMENT};
use crate::ssm::Command;
use crate::world::{Address, Handover, Instance, Link, LinkState, Mark, Phase, Volume, World};
use chrono::{DateTime, TimeDelta, Utc};
use planner::command::Record;
use planner::device::DeviceName;
use planner::ids::{
    AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, SlotName, VolumeId, Zone,
};
use planner::observation as seen;
use planner::plan::{Next, Plan, SlotPlan, Step};
use planner::tags::{DrainingReason, DrainingTag, InstanceTags, ResourceTags, Setting};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// When every look begins, in seconds.
pub const NOW: i64 = 1000;
/// When the first instance was launched, the others a second later each.
pub const LAUNCH: i64 = 100;

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
            volumes: volumes.map(|(n, it)| self.volume(n, it, paused)).collect::<Option<_>>()?,
            addresses: addresses.map(|(n, it)| address(n, *it, paused)).collect::<Option<_>>()?,
            instances: born.map(|(n, it)| self.instance(n, it, places)).collect::<Option<_>>()?,
            managed: BTreeSet::from([fleet.clone()]),
            fleet,
            records: BTreeMap::new(),
            memory: memory.remembered()?,
        })
    }
}

/// What a plan asks for one slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Calls {
    /// The slot.
    pub slot: u8,
    /// What comes alone and before all others.
    pub lead: Option<Call>,
    /// What follows it, side by side.
    pub chains: Vec<Vec<Call>>,
}

/// The calls that a slot's plan means, and whether the slot waits for something.
pub fn calls(plan: &SlotPlan) -> Option<(Calls, bool)> {
    let chain = |steps: &Vec<Step>| steps.iter().map(call).collect::<Option<_>>();
    let lead = match &plan.lead {
        Some(step) => Some(call(step)?),
        None => None,
    };
    let chains = plan.follow.iter().map(chain).collect::<Option<_>>()?;
    let slot = number(plan.slot.as_str())?;
    Some((Calls { slot, lead, chains }, plan.next != Next::Nothing))
}

fn call(step: &Step) -> Option<Call> {
    Some(match step {
        Step::AttachVolume { volume, instance, device } => Call::Attach {
            volume: number(volume.as_str())?,
            instance: number(instance.as_str())?,
            device: device.as_str().chars().last()?,
        },
        Step::DetachVolume { volume, instance } => {
            Call::Detach { volume: number(volume.as_str())?, instance: Some(number(instance.as_str())?) }
        }
        Step::AssociateAddress { address, instance, private, .. } => Call::Associate {
            address: number(address.as_str())?,
            instance: number(instance.as_str())?,
            place: private.octets()[3],
        },
        Step::DisassociateAddress { address, association } => Call::Disassociate {
            address: number(address.as_str())?,
            association: number(association.as_str())?,
        },
        Step::TerminateInstance { instance } => Call::Terminate { instance: number(instance.as_str())? },
        Step::DrainVolumes { instance, volumes, .. } => Call::Drain {
            instance: number(instance.as_str())?,
            volumes: volumes.iter().map(|volume| number(volume.as_str())).collect::<Option<_>>()?,
        },
        Step::CompleteLifecycleAction { .. } | Step::RecordHeartbeat { .. } | Step::MarkDraining { .. } => {
            return None;
        }
    })
}

/// The step that a call was.
pub fn step(call: Call) -> Option<Step> {
    Some(match call {
        Call::Attach { volume, instance, device: letter } => Step::AttachVolume {
            volume: volume_id(volume)?,
            instance: instance_id(instance)?,
            device: device(letter),
        },
        Call::Detach { volume, instance } => {
            Step::DetachVolume { volume: volume_id(volume)?, instance: instance_id(instance?)? }
        }
        Call::Associate { address, instance, place } => Step::AssociateAddress {
            address: allocation_id(address)?,
            instance: instance_id(instance)?,
            interface: interface_id(instance)?,
            private: private(instance, place),
        },
        Call::Disassociate { address, association } => Step::DisassociateAddress {
            address: allocation_id(address)?,
            association: association_id(association)?,
        },
        Call::Terminate { instance } => Step::TerminateInstance { instance: instance_id(instance)? },
        Call::Drain { instance, volumes } => Step::DrainVolumes {
            instance: instance_id(instance)?,
            volumes: volumes.numbers().map(volume_id).collect::<Option<_>>()?,
            document: DOCUMENT.to_owned(),
        },
    })
}

fn number(id: &str) -> Option<u8> {
    u8::from_str_radix(id.rsplit('-').next()?, 16).ok()
}

/// A time, in seconds.
pub(crate) fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

pub(crate) fn instance_id(n: u8) -> Option<InstanceId> {
    InstanceId::parse(&format!("i-{n:08x}")).ok()
}

pub(crate) fn volume_id(n: u8) -> Option<VolumeId> {
    VolumeId::parse(&format!("vol-{n:08x}")).ok()
}

pub(crate) fn allocation_id(n: u8) -> Option<AllocationId> {
    AllocationId::parse(&format!("eipalloc-{n:08x}")).ok()
}

fn association_id(n: u8) -> Option<AssociationId> {
    AssociationId::parse(&format!("eipassoc-{n:08x}")).ok()
}

fn interface_id(instance: u8) -> Option<InterfaceId> {
    InterfaceId::parse(&format!("eni-{instance:08x}")).ok()
}

pub(crate) fn slot_name(slot: u8) -> SlotName {
    SlotName::new(format!("slot-{slot:x}"))
}

pub(crate) fn device(letter: char) -> DeviceName {
    DeviceName::reported(format!("/dev/sd{letter}"))
}

pub(crate) fn private(instance: u8, place: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, instance, place)
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

impl Sources<'_> {
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
