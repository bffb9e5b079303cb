//! What a look leads to; and mistakes that the check must find, each a change of the plan, of what the planner is told, or
//! of the loop.

use crate::ec2::{Call, Violation};
use crate::look::Sources;
use crate::memory::Memory;
use crate::ssm::Volumes;
use crate::view::{self, Calls};
use crate::world::{Handover, Instance, Link, LinkState, Mark, Phase};
use planner::command::{CommandStatus, Record};
use planner::ids::VolumeId;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

/// A mistake to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// `DetachVolume` names no instance.
    DetachNamesNoInstance,
    /// A step is carried out however old its look is.
    NoFreshness,
    /// First volumes ask for device names of their own.
    NoCommonDevice,
    /// A volume is detached from an instance that is merely about to go.
    DetachFromDraining,
    /// The second volume does not wait until EC2 has accepted the first.
    SecondVolumeAhead,
    /// The addresses do not wait until EC2 has accepted the first volume.
    AddressAhead,
    /// A holder is ended though nobody can take over.
    EndWithoutCandidate,
    /// A holder is ended though it has a volume of somebody else.
    EndWithForeign,
    /// A holder is ended though a volume goes with it.
    EndWithVolume,
    /// A holder is ended that nobody said would go.
    EndHealthy,
    /// The next device name is tried without waiting for who has the first.
    NextDeviceAtOnce,
    /// A pause is not seen.
    PauseUnseen,
    /// A command that failed is taken for a proof.
    ProofFromFailure,
    /// A command that has not ended is taken for a proof.
    ProofFromRunning,
    /// A command is taken for a proof whatever came after it: a start of the instance, another attachment.
    ProofFromBefore,
    /// A command is taken for a proof of every volume, whichever it names.
    ProofOfAnother,
    /// What is to be drained is detached.
    DetachUndrained,
    /// A holder is drained though nobody can take over and there is time.
    DrainWithoutCandidate,
    /// A holder is drained that nobody said would go.
    DrainHealthy,
    /// No mistake of Holdfast's, but an assumption less: EC2's answers may show an instance that was started again as
    /// running, and a volume still there that was taken from it before it ran.
    NoSettledStart,
    /// The same: a drained volume may be attached elsewhere while somebody still acts on a look that saw it where it was.
    QuickDrain,
}

/// What a look leads to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The calls of each slot that has any.
    pub slots: Vec<Calls>,
    /// Whether something is to be waited for.
    pub waits: bool,
    /// What must not be planned.
    pub violation: Option<Violation>,
}

thread_local! {
    /// What was planned before. Many states are looked at alike.
    static KNOWN: RefCell<HashMap<u64, Rc<Outcome>>> = RefCell::default();
}

/// What a look leads to.
pub fn look(sources: Sources<'_>, memory: &Memory, bug: Option<Bug>) -> Option<Rc<Outcome>> {
    let key = BuildHasherDefault::<DefaultHasher>::default().hash_one((sources, memory, bug));
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
        return Some(known);
    }
    let outcome = Rc::new(plan(sources, memory, bug)?);
    KNOWN.with_borrow_mut(|known| known.insert(key, Rc::clone(&outcome)));
    Some(outcome)
}

fn plan(sources: Sources<'_>, memory: &Memory, bug: Option<Bug>) -> Option<Outcome> {
    let mut memory = memory.clone();
    if bug == Some(Bug::NextDeviceAtOnce) {
        memory.hasten();
    }
    let mut seen = sources.observe(&memory)?;
    mislead(&mut seen, bug);
    let mut outcome = Outcome::default();
    let named = (0..).take(sources.volumes.volumes.len()).filter_map(view::volume_id);
    let named: BTreeSet<VolumeId> = named.collect();
    let plan = sources.plan(&mut seen, |record| misquote(record, &named, bug))?;
    for slot in &plan.slots {
        let (mut calls, waits) = view::calls(slot)?;
        spoil(&mut calls, sources, bug);
        outcome.waits |= waits;
        outcome.violation = outcome.violation.or_else(|| charge(&calls, sources));
        if calls.lead.is_some() || !calls.chains.is_empty() {
            outcome.slots.push(calls);
        }
    }
    Some(outcome)
}

/// Nobody is ended or drained unless somebody was seen that could take over, or the time is short.
fn charge(calls: &Calls, seen: Sources<'_>) -> Option<Violation> {
    let (left, violation) =
        calls.lead.iter().chain(calls.chains.iter().flatten()).find_map(|call| match call {
            Call::Terminate { instance } => Some((*instance, Violation::EndedWithoutCandidate)),
            Call::Drain { instance, .. } => Some((*instance, Violation::DrainedWithoutCandidate)),
            Call::Attach { .. }
            | Call::Detach { .. }
            | Call::Associate { .. }
            | Call::Disassociate { .. } => None,
        })?;
    let can_take_over =
        |n: u8| n != left && seen.instances.is_fit(n) && !seen.volumes.has_another(calls.slot, n);
    let is_short = seen.volumes.handover == Handover::Drain
        && seen.instances.instance(left).is_some_and(|on| on.mark == Mark::Short);
    (!is_short && !seen.instances.numbers().any(can_take_over)).then_some(violation)
}

/// Changes what the planner is told.
fn mislead(seen: &mut planner::observation::Observation, bug: Option<Bug>) {
    use planner::tags::Setting;
    match bug {
        Some(Bug::EndWithForeign) => seen.instances.iter_mut().for_each(|instance| instance.devices.clear()),
        Some(Bug::EndWithVolume) => {
            let attachments = seen.volumes.iter_mut().flat_map(|volume| &mut volume.attachments);
            attachments.for_each(|attachment| attachment.delete_on_termination = false);
        }
        Some(Bug::PauseUnseen) => {
            seen.volumes.iter_mut().for_each(|volume| volume.tags.paused = Setting::Absent);
            seen.instances.iter_mut().for_each(|instance| instance.tags.paused = Setting::Absent);
        }
        Some(_) | None => {}
    }
}

/// Changes what Systems Manager tells.
fn misquote(record: &mut Record, named: &BTreeSet<VolumeId>, bug: Option<Bug>) {
    let Record::Commands(commands) = record else { return };
    for command in commands {
        match (bug, &command.status) {
            (Some(Bug::ProofFromFailure), CommandStatus::Failed(_))
            | (Some(Bug::ProofFromRunning), CommandStatus::InProgress) => {
                command.status = CommandStatus::Success;
            }
            (Some(Bug::ProofFromBefore), _) => command.requested = view::time(view::NOW),
            (Some(Bug::ProofOfAnother), _) => command.volumes.clone_from(named),
            (Some(_) | None, _) => {}
        }
    }
}

/// Changes what was planned.
fn spoil(calls: &mut Calls, sources: Sources<'_>, bug: Option<Bug>) {
    let volumes = (0..).zip(&sources.volumes.volumes);
    let first =
        volumes.filter(|(_, volume)| volume.slot == calls.slot).map(|(n, volume)| (n, volume.link)).next();
    let holder = first.and_then(|(n, link)| Some((n, link?)));
    let holder = holder.filter(|(_, link)| {
        link.state == LinkState::Attached && sources.instances.phase(link.instance) == Phase::Running
    });
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

fn drain(volume: u8, link: Link) -> Call {
    Call::Drain { instance: link.instance, volumes: Volumes::default().with(volume) }
}
