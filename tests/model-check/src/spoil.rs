//! Mistakes of the plan: calls that it should not have, and calls that it lacks.

use crate::bug::Bug;
use crate::ec2::Call;
use crate::look::Sources;
use crate::memory::Memory;
use crate::ssm::Volumes;
use crate::view::Calls;
use crate::world::{Instance, Link, LinkState, Phase};

/// Changes what was planned for a slot.
pub(crate) fn spoil(calls: &mut Calls, sources: Sources<'_>, memory: &Memory, bug: Option<Bug>) {
    let starting = holder(calls.slot, Phase::Pending, sources);
    if let (Some(Bug::DetachFromStarting), Some((volume, link))) = (bug, starting) {
        calls.lead = Some(Call::Detach { volume, instance: Some(link.instance) });
    }
    let holder = holder(calls.slot, Phase::Running, sources);
    harm(calls, holder, sources, bug);
    if rests(calls) {
        calls.lead = holder.and_then(|(volume, link)| {
            let volume = Call::Detach { volume, instance: Some(link.instance) };
            let address = release(calls.slot, link.instance, sources);
            undo(volume, address, memory, bug)
        });
    }
    leave_out(calls, sources, bug);
}

/// The slot's first volume, where an instance in this phase has it.
fn holder(slot: u8, phase: Phase, sources: Sources<'_>) -> Option<(u8, Link)> {
    let (volume, first) = (0..).zip(&sources.volumes.volumes).find(|(_, volume)| volume.slot == slot)?;
    let link = first.link.filter(|link| link.state == LinkState::Attached)?;
    (sources.instances.phase(link.instance) == phase).then_some((volume, link))
}

/// Has a call made that is unsafe.
fn harm(calls: &mut Calls, holder: Option<(u8, Link)>, sources: Sources<'_>, bug: Option<Bug>) {
    let is_healthy = |n| sources.instances.instance(n).is_some_and(Instance::is_healthy);
    match (bug, holder) {
        (Some(Bug::DetachNamesNoInstance), _) => {
            for call in calls.lead.iter_mut().chain(calls.chains.iter_mut().flatten()) {
                if let Call::Detach { instance, .. } = call {
                    *instance = None;
                }
            }
        }
        (Some(Bug::NoCommonDevice), _) => {
            if let Some(Call::Attach { device, .. }) = &mut calls.lead {
                *device = char::from(b'q' + calls.slot);
            }
        }
        (Some(Bug::DetachFromDraining), Some((volume, link))) if !is_healthy(link.instance) => {
            calls.lead = Some(Call::Detach { volume, instance: Some(link.instance) });
        }
        (Some(Bug::EndWithoutCandidate), Some((_, link))) if !is_healthy(link.instance) => {
            calls.lead = Some(Call::Terminate { instance: link.instance });
        }
        (Some(Bug::DetachUndrained), _) => {
            if let Some(Call::Drain { instance, volumes }) = calls.lead {
                let volume = volumes.numbers().next().unwrap_or(0);
                calls.lead = Some(Call::Detach { volume, instance: Some(instance) });
            }
        }
        (Some(Bug::DrainWithoutCandidate), Some((volume, link))) if !is_healthy(link.instance) => {
            calls.lead = Some(drain(volume, link));
        }
        (Some(Bug::DrainHealthy), Some((volume, link))) => calls.lead = Some(drain(volume, link)),
        (Some(Bug::EndHealthy), Some((_, link))) => {
            calls.lead = Some(Call::Terminate { instance: link.instance });
        }
        (Some(_) | None, _) => {}
    }
}

/// Where nothing is left to do, takes the volume or the address off the holder.
fn undo(volume: Call, address: Option<Call>, memory: &Memory, bug: Option<Bug>) -> Option<Call> {
    match bug {
        Some(Bug::RedoesTheAddress) => address,
        Some(Bug::BeginsWithTheAddress) if memory.is_empty() => address,
        Some(Bug::BeginsWithTheVolume) if memory.is_empty() => Some(volume),
        Some(_) | None => None,
    }
}

/// Leaves out some of what was planned, or changes where it goes.
fn leave_out(calls: &mut Calls, sources: Sources<'_>, bug: Option<Bug>) {
    match bug {
        Some(Bug::Never(kind)) => {
            let is_left_out = |call: &Call| sources.volumes.kind(*call) == kind;
            if calls.lead.as_ref().is_some_and(is_left_out) {
                (calls.lead, calls.chains) = (None, Vec::new());
            }
            for chain in &mut calls.chains {
                chain.truncate(chain.iter().position(is_left_out).unwrap_or(chain.len()));
            }
        }
        Some(Bug::FirstSlotAlone) if calls.slot > 0 => (calls.lead, calls.chains) = (None, Vec::new()),
        Some(Bug::OneCallALook) => {
            calls.chains.truncate(usize::from(calls.lead.is_none()));
            calls.chains.iter_mut().for_each(|chain| chain.truncate(1));
        }
        Some(Bug::FirstPlaceAlone) => {
            for call in calls.lead.iter_mut().chain(calls.chains.iter_mut().flatten()) {
                if let Call::Associate { place, .. } = call {
                    *place = 0;
                }
            }
        }
        Some(_) | None => {}
    }
    calls.chains.retain(|chain| !chain.is_empty());
}

/// Whether nothing was planned.
fn rests(calls: &Calls) -> bool {
    calls.lead.is_none() && calls.chains.is_empty()
}

/// Takes the slot's first address off the instance, if it is there.
fn release(slot: u8, instance: u8, sources: Sources<'_>) -> Option<Call> {
    let own = (0..).zip(&sources.addresses.addresses).filter(|(_, address)| address.slot == slot);
    let mut there =
        own.filter_map(|(n, address)| Some((n, address.at?))).filter(|(_, at)| at.instance == instance);
    there.next().map(|(address, at)| Call::Disassociate { address, association: at.id })
}

fn drain(volume: u8, link: Link) -> Call {
    Call::Drain { instance: link.instance, volumes: Volumes::default().with(volume) }
}
