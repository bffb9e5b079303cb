//! Lifecycle actions: which of the instances that their Auto Scaling group keeps waiting may go on.
//!
//! One that launches waits until it runs, and while a slot is on its way to it. One that is to be terminated waits while
//! its slot can be handed over, or drained, before. Nobody else waits for anything.

use crate::finding::Finding;
use crate::ids::{InstanceId, SlotName};
use crate::lifecycle::{ActionResult, LifecycleHook, LifecycleState, Transition};
use crate::observation::{Instance, InstanceState, Observation};
use crate::plan::{Next, SlotPlan, Step};
use crate::slot::Slot;
use crate::view::View;
use std::collections::BTreeSet;

/// What the names of the hooks begin with that Holdfast completes. Others are somebody else's.
pub const PREFIX: &str = "holdfast";

/// How long a heartbeat is enough for, in seconds: the shortest time-out of a hook is 30 s (EC2 Auto Scaling API
/// reference, `PutLifecycleHook`).
const BEAT_SECONDS: i64 = 20;

/// What to do about the lifecycle actions of the fleet's instances, what to wait for, and what to tell.
pub(crate) fn steps(view: &View<'_>, slots: &[SlotPlan]) -> (Vec<Step>, Next, Vec<Finding>) {
    let observation = view.observation;
    let (mut steps, mut next, mut findings) = (Vec::new(), Next::Nothing, Vec::new());
    for instance in observation.instances.iter().filter(|instance| observation.is_member(instance)) {
        let is_stranded = is_stranded(instance, observation);
        if is_stranded {
            let zones: BTreeSet<&str> =
                observation.volumes.iter().map(|volume| volume.zone.as_str()).collect();
            let (zone, zones) = (instance.zone.clone(), zones.into_iter().collect::<Vec<_>>().join(", "));
            findings.push(Finding::ZoneWithoutVolume { instance: instance.id.clone(), zone, zones });
        }
        for hook in pending(instance, observation) {
            if hook.transition == Transition::Terminating && is_left_to_its_time_out(instance, view) {
                continue;
            }
            let gives_up = is_stranded && observation.abandons && hook.transition == Transition::Launching;
            let result = if gives_up { ActionResult::Abandon } else { ActionResult::Continue };
            let is_early = !gives_up && hook.transition == Transition::Launching && is_starting(instance);
            if is_early {
                next = Next::Candidate;
            }
            let waits = is_early || is_waited_for(&instance.id, hook.transition, slots);
            steps.extend(step(hook, instance, waits, result, observation));
        }
    }
    let has_group = |instance: &Instance| instance.tags.group.is_some() && observation.is_member(instance);
    if observation.instances.iter().any(has_group) {
        let refusals = observation.refusals.iter().cloned();
        findings.extend(refusals.map(|reason| Finding::GroupRefused { reason }));
    }
    let failures = observation.memory.failures.iter().filter(|failure| failure.slot.is_none());
    findings.extend(failures.map(crate::memory::Failure::finding));
    (steps, next, findings)
}

/// The hooks of Holdfast at which the instance waits.
fn pending<'a>(instance: &Instance, observation: &'a Observation) -> Vec<&'a LifecycleHook> {
    let transition = instance.lifecycle.as_ref().and_then(LifecycleState::waits_at);
    let is_its = |hook: &&LifecycleHook| {
        instance.tags.group.as_ref() == Some(&hook.group)
            && transition == Some(hook.transition)
            && hook.name.starts_with(PREFIX)
    };
    observation.hooks.iter().filter(is_its).collect()
}

/// Whether the instance is not to be let go to its end: EC2 would delete a volume of the fleet with it, another fleet may be
/// at work on it, or a person, who has paused it or its slot. Whoever it is has until the hook's own time-out; nobody puts that
/// off, or it might never come.
fn is_left_to_its_time_out(instance: &Instance, view: &View<'_>) -> bool {
    let observation = view.observation;
    let has_part_of = |slot: &&Slot<'_>| {
        let mut attachments = slot.volumes.iter().flat_map(|volume| &volume.attachments);
        let mut associations = slot.addresses.iter().filter_map(|address| address.association.as_ref());
        attachments.any(|own| own.instance == instance.id)
            || associations.any(|own| observation.instance_of(own).is_some_and(|on| on.id == instance.id))
    };
    takes_a_volume_with_it(instance, observation)
        || !observation.rival_fleets(instance).is_empty()
        || instance.is_paused()
        || view.slots.iter().filter(has_part_of).any(Slot::may_be_paused)
}

/// Whether EC2 would delete a volume of the fleet with the instance.
fn takes_a_volume_with_it(instance: &Instance, observation: &Observation) -> bool {
    let mut attachments = observation.volumes.iter().flat_map(|volume| &volume.attachments);
    attachments.any(|own| own.instance == instance.id && own.delete_on_termination)
}

/// Whether the instance is to serve and EC2 does not show yet that it runs: by an answer that is stale, or since its group was
/// faster. What will be on its way to it then is not known before.
fn is_starting(instance: &Instance) -> bool {
    let serves = instance.lifecycle.as_ref().is_some_and(LifecycleState::serves);
    serves && instance.state == InstanceState::Pending
}

/// Whether a slot is on its way to the instance, or is to come off it before it ends.
fn is_waited_for(instance: &InstanceId, transition: Transition, slots: &[SlotPlan]) -> bool {
    slots.iter().any(|slot| match transition {
        Transition::Launching => slot.bound_for.as_ref() == Some(instance),
        Transition::Terminating => slot.leaves.as_ref() == Some(instance),
    })
}

fn step(
    hook: &LifecycleHook,
    instance: &Instance,
    waits: bool,
    result: ActionResult,
    observation: &Observation,
) -> Option<Step> {
    let (memory, key) = (&observation.memory, (instance.id.clone(), hook.name.clone()));
    let (group, name, instance) = (hook.group.clone(), hook.name.clone(), instance.id.clone());
    let step = if waits {
        let beat = memory.beats.get(&key);
        if beat.is_some_and(|beat| (observation.began - *beat).num_seconds() < BEAT_SECONDS) {
            return None;
        }
        Step::RecordHeartbeat { instance, group, hook: name }
    } else {
        // What was completed a moment ago may still be seen to wait, and at another hook it does.
        if memory.completed.contains(&key) {
            return None;
        }
        Step::CompleteLifecycleAction { instance, group, hook: name, result }
    };
    memory.failure_of(&step).is_none().then_some(step)
}

/// Whether the instance's group has it serve in a zone where the fleet, which has volumes, has none, nor anything else that
/// could go to it.
fn is_stranded(instance: &Instance, observation: &Observation) -> bool {
    let volumes = &observation.volumes;
    let has_volumes = |slot: &SlotName| volumes.iter().any(|volume| volume.tags.slot == *slot);
    instance.lifecycle.as_ref().is_some_and(LifecycleState::serves)
        && !volumes.is_empty()
        && volumes.iter().all(|volume| volume.zone != instance.zone)
        && observation.addresses.iter().all(|address| has_volumes(&address.tags.slot))
}
