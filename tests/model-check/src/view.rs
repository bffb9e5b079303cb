//! Between the model's numbers and the planner's types: ids, times, and which calls a plan means.

use crate::ec2::Call;
use crate::record::DOCUMENT;
use chrono::{DateTime, TimeDelta, Utc};
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, SlotName, VolumeId};
use planner::plan::{Next, SlotPlan, Step};
use std::net::Ipv4Addr;

/// When every look begins, in seconds.
pub const NOW: i64 = 1000;
/// When the first instance was launched, the others a second later each.
pub const LAUNCH: i64 = 100;

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

/// The calls that a slot's plan means, and whether the slot waits for something. None: this model has no words for it.
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
        // Nothing here has a lifecycle hook, nor a request that dooms it.
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

pub(crate) fn number(id: &str) -> Option<u8> {
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

pub(crate) fn association_id(n: u8) -> Option<AssociationId> {
    AssociationId::parse(&format!("eipassoc-{n:08x}")).ok()
}

pub(crate) fn interface_id(instance: u8) -> Option<InterfaceId> {
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
