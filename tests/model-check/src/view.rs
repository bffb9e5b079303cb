//! Between the model's numbers and the planner's types: what a look sees, and which calls a plan means.

use crate::world::{Call, LinkState, Phase, World};
use chrono::{DateTime, TimeDelta, Utc};
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId, Zone};
use planner::memory::Memory;
use planner::observation::{
    Address, Association, Attachment, AttachmentState, Instance, InstanceState, Interface, Observation,
    PrivateAddress, Volume, VolumeState,
};
use planner::plan::{SlotPlan, Step};
use planner::tags::{self, DrainingTag, InstanceTags, Policy, ResourceTags, Setting, Tags};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// What a look sees that reads each kind of resource from its own world: answers of EC2 may be of different times.
pub fn observe(volumes: &World, addresses: &World, instances: &World) -> Option<Observation> {
    let fleet = FleetName::new("web");
    let places = volumes.places();
    Some(Observation {
        began: time(1000),
        default_policy: Policy::OnRelease,
        drain_document: None,
        volumes: (0..volumes.volumes.len()).map(|n| volume(n, volumes)).collect::<Option<_>>()?,
        addresses: (0..addresses.addresses.len()).map(|n| address(n, addresses)).collect::<Option<_>>()?,
        instances: (0..instances.instances.len())
            .filter(|n| instances.phase(*n) != Phase::Unborn)
            .map(|n| instance(n, places, instances))
            .collect::<Option<_>>()?,
        managed: BTreeSet::from([fleet.clone()]),
        fleet,
        records: BTreeMap::new(),
        memory: Memory::default(),
    })
}

/// The calls that a slot's plan means: the lead, and the chains that follow it.
pub fn calls(plan: &SlotPlan) -> (Option<Call>, Vec<Vec<Call>>) {
    let chain = |steps: &Vec<Step>| steps.iter().filter_map(call).collect();
    (plan.lead.as_ref().and_then(call), plan.follow.iter().map(chain).collect())
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
            place: usize::from(private.octets()[3]),
        },
        Step::DisassociateAddress { address, association } => Call::Disassociate {
            address: number(address.as_str())?,
            association: u8::try_from(number(association.as_str())?).ok()?,
        },
        Step::TerminateInstance { instance } => Call::Terminate { instance: number(instance.as_str())? },
        Step::DrainVolumes { .. } | Step::MarkDraining { .. } => return None,
    })
}

fn number(id: &str) -> Option<usize> {
    usize::from_str_radix(id.rsplit('-').next()?, 16).ok()
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn resource_tags(slot: usize) -> ResourceTags {
    let slot = World::slot_name(slot).to_string();
    ResourceTags::read(&Tags::from([
        (tags::FLEET.to_owned(), "web".to_owned()),
        (tags::SLOT.to_owned(), slot),
    ]))
}

fn volume(n: usize, world: &World) -> Option<Volume> {
    let volume = world.volumes.get(n)?;
    let attachment = |link: crate::world::Link| {
        Some(Attachment {
            instance: InstanceId::parse(&format!("i-{:08x}", link.instance)).ok()?,
            device: DeviceName::reported(format!("/dev/sd{}", link.device)),
            state: match link.state {
                LinkState::Attaching => AttachmentState::Attaching,
                LinkState::Attached => AttachmentState::Attached,
                LinkState::Detaching => AttachmentState::Detaching,
            },
            since: Some(time(990)),
            delete_on_termination: false,
        })
    };
    Some(Volume {
        id: VolumeId::parse(&format!("vol-{n:08x}")).ok()?,
        zone: Zone::new("a"),
        state: if volume.link.is_some() { VolumeState::InUse } else { VolumeState::Available },
        multi_attach: false,
        attachments: volume.link.into_iter().map(attachment).collect::<Option<_>>()?,
        tags: resource_tags(volume.slot),
    })
}

fn address(n: usize, world: &World) -> Option<Address> {
    let address = world.addresses.get(n)?;
    let association = |(instance, place): (usize, usize)| {
        Some(Association {
            id: AssociationId::parse(&format!("eipassoc-{:08x}", address.association)).ok()?,
            instance: Some(InstanceId::parse(&format!("i-{instance:08x}")).ok()?),
            interface: InterfaceId::parse(&format!("eni-{instance:08x}")).ok(),
            private: Some(private(instance, place)?),
        })
    };
    Some(Address {
        allocation: AllocationId::parse(&format!("eipalloc-{n:08x}")).ok()?,
        public: Ipv4Addr::new(203, 0, 113, u8::try_from(n).ok()?),
        association: match address.at {
            Some(at) => Some(association(at)?),
            None => None,
        },
        tags: resource_tags(address.slot),
    })
}

fn private(instance: usize, place: usize) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::new(10, 0, u8::try_from(instance).ok()?, u8::try_from(place).ok()?))
}

fn instance(n: usize, places: usize, world: &World) -> Option<Instance> {
    let instance = world.instances.get(n)?;
    let place = |place| Some(PrivateAddress { private: private(n, place)?, elastic: None });
    Some(Instance {
        id: InstanceId::parse(&format!("i-{n:08x}")).ok()?,
        state: match instance.phase {
            Phase::Unborn | Phase::Pending => InstanceState::Pending,
            Phase::Running => InstanceState::Running,
            Phase::Stopping => InstanceState::Stopping,
            Phase::Stopped => InstanceState::Stopped,
            Phase::Ending => InstanceState::ShuttingDown,
            Phase::Gone => InstanceState::Terminated,
        },
        zone: Zone::new("a"),
        launched: time(i64::try_from(n).ok()?),
        spot: true,
        doomed: None,
        hibernation: false,
        root_device: None,
        devices: Vec::new(),
        interfaces: vec![Interface {
            id: InterfaceId::parse(&format!("eni-{n:08x}")).ok()?,
            primary: true,
            addresses: (0..places).map(place).collect::<Option<_>>()?,
        }],
        tags: InstanceTags {
            fleets: BTreeSet::from([FleetName::new("web")]),
            draining: instance.draining.then(|| DrainingTag::read("spot-interruption-warning")),
            paused: Setting::Absent,
        },
    })
}
