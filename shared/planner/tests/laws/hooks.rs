//! What becomes of lifecycle actions: nobody waits for nothing, and nothing is ended that is to come off first.

use crate::config;
use crate::facts::{is_draining, is_member, is_paused, is_settled, is_volume_step, planned, slot};
use crate::safety::{any_or_draining, attaching, seen_and_planned};
use crate::worlds::{REMEMBERED, World, worlds};
use planner::ids::InstanceId;
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState, Transition};
use planner::observation::{AttachmentState, Instance, InstanceState, Observation};
use planner::plan::{SlotState, Step};
use planner::tags::{Policy, ResourceTags, Setting};
use proptest::prelude::*;

fn any() -> impl Strategy<Value = World> {
    prop_oneof![2 => any_or_draining(), 1 => worlds(REMEMBERED)]
}

/// Every instance of the fleet that waits at a hook of Holdfast, with the hook.
fn pending(seen: &Observation) -> Vec<(&Instance, &LifecycleHook)> {
    let members = seen.instances.iter().filter(|instance| is_member(seen, instance));
    let at = |instance: &Instance, hook: &LifecycleHook| {
        hook.name.starts_with("holdfast")
            && instance.tags.group.as_ref() == Some(&hook.group)
            && instance.lifecycle.as_ref().and_then(LifecycleState::waits_at) == Some(hook.transition)
    };
    let all = members.flat_map(|instance| seen.hooks.iter().map(move |hook| (instance, hook)));
    all.filter(|(instance, hook)| at(instance, hook)).collect()
}

/// Whether a slot that a person must see to has steps that lead to the instance all the same.
fn is_blocked_on(plan: &planner::plan::Plan, instance: &Instance) -> bool {
    let mut blocked = plan.slots.iter().filter(|slot| slot.state == SlotState::Blocked);
    blocked.any(|slot| slot.steps().any(|step| step.instance() == Some(&instance.id)))
}

fn names(step: &Step) -> Option<(&InstanceId, &str)> {
    match step {
        Step::CompleteLifecycleAction { instance, hook, .. }
        | Step::RecordHeartbeat { instance, hook, .. } => Some((instance, hook)),
        Step::AttachVolume { .. }
        | Step::DetachVolume { .. }
        | Step::DisassociateAddress { .. }
        | Step::AssociateAddress { .. }
        | Step::TerminateInstance { .. }
        | Step::DrainVolumes { .. }
        | Step::MarkDraining { .. } => None,
    }
}

/// Whether a volume or an address is on it, and something of the same slot is paused, or meant to be.
fn has_part_of_a_paused_slot(instance: &Instance, seen: &Observation) -> bool {
    let volumes = seen.volumes.iter().filter(|v| v.attachments.iter().any(|own| own.instance == instance.id));
    let addresses = seen.addresses.iter().filter(|address| {
        let on = address.association.as_ref().and_then(|association| seen.instance_of(association));
        on.is_some_and(|on| on.id == instance.id)
    });
    let names = volumes.map(|v| &v.tags.slot).chain(addresses.map(|address| &address.tags.slot));
    let asks = |tags: &ResourceTags| !matches!(tags.paused, Setting::Absent | Setting::Value(false));
    names.map(|name| slot(seen, name)).any(|slot| {
        slot.volumes.iter().any(|v| asks(&v.tags)) || slot.addresses.iter().any(|address| asks(&address.tags))
    })
}

proptest! {
    #![proptest_config(config())]

    /// Only what is pending is completed or prolonged, at hooks for Holdfast alone, and all of it is, unless that has been
    /// done.
    #[test]
    fn every_pending_action_has_its_step_and_nothing_else_has(world in any()) {
        let (seen, plan) = seen_and_planned(&world);
        let pending = pending(seen);
        for step in &plan.steps {
            let named = names(step).expect("a step about a lifecycle action");
            prop_assert!(pending.iter().any(|(instance, hook)| (&instance.id, hook.name.as_str()) == named));
        }
        for (instance, hook) in pending {
            let own = plan.steps.iter().filter(|step| names(step) == Some((&instance.id, &hook.name)));
            let key = (instance.id.clone(), hook.name.clone());
            let (completed, beat) = (&seen.memory.completed, seen.memory.beats.get(&key));
            let is_done = completed.contains(&key)
                || beat.is_some_and(|beat| (seen.began - *beat).num_seconds() < 20);
            let mut attachments = seen.volumes.iter().flat_map(|volume| &volume.attachments);
            let takes_one = attachments.any(|own| own.instance == instance.id && own.delete_on_termination);
            let is_paused = is_paused(instance) || has_part_of_a_paused_slot(instance, seen);
            let is_left = is_paused || takes_one || seen.managed.intersection(&instance.tags.fleets).count() > 1;
            let is_done = is_done || (hook.transition == Transition::Terminating && is_left);
            let count = own.count();
            prop_assert!(count == 1 || (count == 0 && is_done), "{} {}", instance.id, hook.name);
        }
    }

    /// An instance that is to be terminated is kept only for a policy that takes the slot off it first, and is not let go
    /// while that is done.
    #[test]
    fn instance_that_ends_is_kept_only_until_its_slot_is_off(world in any()) {
        let (seen, plan) = seen_and_planned(&world);
        for (instance, hook) in pending(seen) {
            if hook.transition != Transition::Terminating {
                continue;
            }
            let has = |slot: &crate::facts::SlotFacts<'_>| {
                let mut on = slot.volumes.iter().flat_map(|volume| &volume.attachments);
                on.any(|attachment| {
                    let is_there = is_settled(attachment) || attachment.state == AttachmentState::Detaching;
                    attachment.instance == instance.id && is_there
                })
            };
            for step in plan.steps.iter().filter(|step| names(step) == Some((&instance.id, &hook.name))) {
                let mut slots = planned(seen, &plan);
                if let Step::RecordHeartbeat { .. } = step {
                    prop_assert!(is_draining(instance));
                    prop_assert!(slots.any(|(_, slot)| has(&slot) && slot.policy() != Policy::OnRelease));
                } else {
                    let comes_off = |step: &Step| {
                        let is_one = matches!(step, Step::DrainVolumes { .. } | Step::DetachVolume { .. });
                        is_one && step.instance() == Some(&instance.id) && instance.state == InstanceState::Running
                    };
                    prop_assert!(!slots.any(|(slot, _)| slot.steps().any(comes_off)));
                }
            }
        }
    }

    /// An instance that launches is kept only until it runs, and for a slot that is not whole yet and comes to it, and is not
    /// let go while something is attached.
    #[test]
    fn instance_that_launches_is_kept_only_for_a_slot_that_comes(world in any()) {
        let (seen, plan) = seen_and_planned(&world);
        for (instance, hook) in pending(seen) {
            if hook.transition != Transition::Launching {
                continue;
            }
            for step in plan.steps.iter().filter(|step| names(step) == Some((&instance.id, &hook.name))) {
                let mut slots = planned(seen, &plan);
                if let Step::RecordHeartbeat { .. } = step {
                    let comes = slots.any(|(slot, of)| {
                        let is_open = matches!(slot.state, SlotState::Moving | SlotState::Waiting);
                        is_open && (of.is_fit(instance) || slot.holder.as_ref() == Some(&instance.id))
                    });
                    let mut accepted = seen.memory.accepted.values().chain(seen.memory.associated.values().map(|it| &it.accepted));
                    prop_assert!(comes || instance.state == InstanceState::Pending || accepted.any(|accepted| accepted.instance == instance.id));
                } else {
                    let is_attached = slots.any(|(slot, _)| attaching(slot).any(|(_, to, _)| *to == instance.id));
                    prop_assert!(!is_attached || is_blocked_on(&plan, instance));
                }
            }
        }
    }

    /// Only an instance that launches where the fleet has no volume is given up, only where that was asked for, and never
    /// one that has something.
    #[test]
    fn only_a_stranded_instance_is_abandoned(world in any()) {
        let (seen, plan) = seen_and_planned(&world);
        for step in &plan.steps {
            let Step::CompleteLifecycleAction { instance, result: ActionResult::Abandon, .. } = step else { continue };
            let abandoned = seen.instances.iter().find(|other| other.id == *instance).expect("it was seen");
            prop_assert!(seen.abandons && !seen.volumes.is_empty());
            prop_assert!(seen.volumes.iter().all(|volume| volume.zone != abandoned.zone));
            let touched = plan.slots.iter().flat_map(planner::plan::SlotPlan::steps).filter(|step| is_volume_step(step));
            prop_assert!(!touched.filter_map(Step::instance).any(|other| other == instance));
        }
    }
}

#[test]
fn worlds_lead_to_each_end_of_an_action() {
    use proptest::strategy::ValueTree;
    let (mut runner, strategy) = (proptest::test_runner::TestRunner::deterministic(), any());
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..12_000 {
        let world = strategy.new_tree(&mut runner).expect("a world").current();
        for step in planner::plan(&world.0).steps {
            let transition =
                world.0.hooks.iter().find(|hook| names(&step).is_some_and(|(_, name)| name == hook.name));
            let result =
                if let Step::CompleteLifecycleAction { result, .. } = step { Some(result) } else { None };
            *counts.entry((transition.map(|hook| hook.transition), result)).or_insert(0) += 1;
        }
    }
    for transition in [Transition::Launching, Transition::Terminating] {
        for result in [None, Some(ActionResult::Continue)] {
            assert!(counts.get(&(Some(transition), result)).is_some_and(|count| *count > 10), "{counts:?}");
        }
    }
    assert!(counts.contains_key(&(Some(Transition::Launching), Some(ActionResult::Abandon))), "{counts:?}");
}
