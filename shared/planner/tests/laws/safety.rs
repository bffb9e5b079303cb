//! What no step ever does.

use crate::config;
use crate::dice::{Dice, bytes};
use crate::facts::{
    SlotFacts, attachments, find, has_volume_of_another, is_contended, is_draining, is_free, is_healthy,
    is_in, is_member, is_paused, is_proven, is_recommended, is_settled, is_shut, planned, pointed_at,
};
use crate::worlds::{ANY, CLEAN, DRAINING, World, worlds};
use chrono::TimeDelta;
use planner::device::DeviceName;
use planner::ids::InstanceId;
use planner::observation::{Instance, InstanceState, Observation, Volume};
use planner::plan;
use planner::plan::{SlotPlan, SlotState, Step};
use planner::tags::{DrainingReason, Policy, Setting};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The attachments that a slot plans.
pub(crate) fn attaching(plan: &SlotPlan) -> impl Iterator<Item = (&str, &InstanceId, &DeviceName)> {
    plan.steps().filter_map(|step| match step {
        Step::AttachVolume { volume, instance, device } => Some((volume.as_str(), instance, device)),
        Step::DetachVolume { .. }
        | Step::DisassociateAddress { .. }
        | Step::AssociateAddress { .. }
        | Step::TerminateInstance { .. }
        | Step::DrainVolumes { .. }
        | Step::CompleteLifecycleAction { .. }
        | Step::RecordHeartbeat { .. }
        | Step::MarkDraining { .. } => None,
    })
}

pub(crate) fn any_or_draining() -> impl Strategy<Value = World> {
    prop_oneof![2 => worlds(ANY), 1 => worlds(DRAINING)]
}

pub(crate) fn seen_and_planned(world: &World) -> (&Observation, planner::plan::Plan) {
    (&world.0, plan(&world.0))
}

/// Whether every volume that the slot has on the instance is proven to be drained, and the policy and a candidate call for it.
fn is_drained_for_somebody(seen: &Observation, slot: &SlotFacts<'_>, from: &Instance) -> bool {
    let here = |volume: &&&Volume| volume.attachments.iter().any(|a| a.instance == from.id && is_settled(a));
    from.state == InstanceState::Running
        && (is_draining(from) || is_recommended(from))
        && slot.policy() == Policy::Drain
        && slot.volumes.iter().filter(here).all(|volume| is_proven(seen, volume, from))
        && seen.instances.iter().any(|other| slot.is_fit(other) && other.id != from.id)
}

/// Whether EC2, or the group, warned of the instance's end more than so many seconds ago; of a group without a warning
/// nobody knows since when.
fn is_warned_for(seen: &Observation, instance: &Instance, seconds: i64) -> bool {
    let mark = instance.tags.draining.as_ref();
    let reasons = [DrainingReason::SpotInterruption, DrainingReason::TerminateLifecycleAction];
    let mark = mark.filter(|mark| reasons.contains(&mark.reason));
    let since = mark.and_then(|mark| mark.since).filter(|since| *since >= instance.launched);
    since.map_or(is_in(instance, &["Terminating"]), |since| seen.began - since > TimeDelta::seconds(seconds))
}

proptest! {
    #![proptest_config(config())]

    /// "From a *stopped* holder Holdfast detaches it, once a candidate exists, but not when the instance is configured
    /// for hibernation", and from one that runs only what was proven to be drained. The step names the instance that was
    /// seen to have the volume.
    #[test]
    fn volume_is_detached_from_a_stopped_or_a_drained_instance_alone_and_for_somebody(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                let Step::DetachVolume { volume, instance } = step else { continue };
                let volume = slot.volumes.iter().find(|own| own.id == *volume).expect("a volume of the slot");
                let mut on = attachments(seen, volume).filter(|(attachment, _)| is_settled(attachment));
                let (attachment, from) = on.next().expect("it is attached");
                let from = from.expect("the instance was seen");
                prop_assert_eq!(&attachment.instance, instance);
                let is_off = from.state == InstanceState::Stopped && !from.hibernation;
                prop_assert!(is_off || is_drained_for_somebody(seen, &slot, from));
                prop_assert!(is_member(seen, from) && !is_paused(from));
                let holder = slot.holder().filter(|holder| holder.state == InstanceState::Running);
                prop_assert!(holder.is_some_and(|holder| !is_draining(holder)) || slot.has_candidate());
            }
        }
    }

    /// "When the holder drains and a candidate runs, or less than 45 s of the two minutes are left": never any other
    /// instance, never without the policy, never another volume than the slot's own there, and all of those.
    #[test]
    fn only_a_holder_that_is_about_to_go_is_drained(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                let Step::DrainVolumes { instance, volumes, document } = step else { continue };
                let from = find(seen, instance).expect("an instance that was seen");
                prop_assert_eq!(slot.policy(), Policy::Drain);
                prop_assert_eq!(Some(document), seen.drain_document.as_ref());
                prop_assert!(is_draining(from) || is_recommended(from));
                prop_assert!(is_member(seen, from) && !is_paused(from));
                let settled = slot.volumes.iter().filter(|volume| {
                    volume.attachments.iter().any(|a| a.instance == *instance && is_settled(a))
                });
                prop_assert!(settled.map(|volume| &volume.id).eq(volumes));
                prop_assert!(!slot.volumes.iter().all(|own| is_proven(seen, own, from)));
                let mut candidates = seen.instances.iter().filter(|other| slot.is_fit(other));
                let is_wanted = candidates.any(|other| is_draining(from) || is_healthy(other));
                prop_assert!(is_wanted || is_warned_for(seen, from, 75));
            }
        }
    }

    /// Whoever is asked for the record is about to be drained, or is being detached from.
    #[test]
    fn record_is_asked_of_slots_that_drain_alone(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            let Some(asked) = &planned.asks else { continue };
            prop_assert_eq!(slot.policy(), Policy::Drain);
            prop_assert!(seen.drain_document.is_some() && !seen.records.contains_key(asked));
            let from = find(seen, asked).expect("an instance that was seen");
            let on_it = slot.volumes.iter().flat_map(|volume| &volume.attachments);
            let mut on_it = on_it.filter(|attachment| attachment.instance == *asked);
            let goes = is_draining(from) || is_recommended(from);
            prop_assert_eq!(from.state, InstanceState::Running);
            prop_assert!(on_it.any(|attachment| goes || !is_settled(attachment)));
        }
    }

    /// "As soon as a candidate runs: terminate the holder": never any other instance, never without the policy, never one
    /// that takes a volume with it, or that its group ends by itself. A mere recommendation is not enough while every candidate has one, too.
    #[test]
    fn only_a_holder_that_is_about_to_go_is_terminated(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                let Step::TerminateInstance { instance } = step else { continue };
                let holder = slot.holder().expect("the slot has one");
                prop_assert_eq!(&holder.id, instance);
                prop_assert_eq!(slot.policy(), Policy::Terminate);
                prop_assert!(is_draining(holder) || is_recommended(holder));
                prop_assert!(!is_in(holder, &["Terminating", "unknown"]));
                prop_assert!(is_member(seen, holder) && !is_paused(holder) && !is_contended(seen, holder));
                prop_assert!(!has_volume_of_another(seen, slot.name, instance));
                let on_it = slot.volumes.iter().flat_map(|volume| &volume.attachments);
                let mut on_it = on_it.filter(|attachment| attachment.instance == *instance);
                prop_assert!(on_it.all(|attachment| !attachment.delete_on_termination));
                let mut others = holder.devices.iter().filter(|device| {
                    slot.volumes.iter().all(|own| own.id != device.volume)
                        && holder.root_device.as_ref() != Some(&device.device)
                });
                prop_assert_eq!(others.next(), None);
                let mut candidates = seen.instances.iter().filter(|other| slot.is_fit(other));
                prop_assert!(candidates.any(|other| is_draining(holder) || is_healthy(other)));
            }
        }
    }

    /// A free volume, to a running, healthy instance of the fleet in its zone that has no other slot; and only when
    /// every other volume of the slot is free or already there.
    #[test]
    fn volume_is_attached_only_where_the_slot_may_be(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for (volume, instance, _) in attaching(planned) {
                let volume = slot.volumes.iter().find(|own| own.id.as_str() == volume).expect("of the slot");
                let target = find(seen, instance).expect("an instance that was seen");
                prop_assert!(is_free(volume));
                prop_assert_eq!(target.state, InstanceState::Running);
                prop_assert!(is_member(seen, target) && !is_draining(target) && !is_paused(target));
                prop_assert_eq!(&target.zone, &volume.zone);
                prop_assert!(slot.others_free_or_on(instance));
                let first = slot.first().expect("it has volumes");
                if volume.id == first.id {
                    prop_assert!(!is_contended(seen, target));
                    prop_assert!(!has_volume_of_another(seen, slot.name, instance));
                } else {
                    let lead =
                        attaching(planned).any(|(id, to, _)| id == first.id.as_str() && to == instance);
                    prop_assert!(lead || slot.holder().is_some_and(|holder| holder.id == *instance));
                }
            }
        }
    }

    /// The lead is the first volume's, and no other step is. Nothing is in two places of a plan.
    #[test]
    fn first_volume_leads_alone(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        let mut resources = BTreeSet::new();
        for (planned, slot) in planned(seen, &plan) {
            let first = slot.first().map(|first| first.id.as_str());
            if let Some(lead) = &planned.lead {
                let holder = slot.holder().map(|holder| holder.id.as_str());
                let of_holder = ["terminate-instance", "drain-volumes"].contains(&lead.name());
                let ends_holder = of_holder && Some(lead.resource()) == holder;
                prop_assert!(ends_holder || Some(lead.resource()) == first);
            }
            prop_assert!(planned.follow.iter().flatten().all(|step| Some(step.resource()) != first));
            for chain in planned.lead.as_slice().chunks(1).chain(planned.follow.iter().map(Vec::as_slice)) {
                let of: BTreeSet<&str> = chain.iter().map(Step::resource).collect();
                prop_assert_eq!(of.len(), 1);
                prop_assert!(of.into_iter().all(|resource| resources.insert(resource)));
            }
        }
    }

    /// No instance is given to two slots, and no name of an instance to two volumes.
    #[test]
    fn instance_takes_one_slot(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        let (mut taken, mut names) = (BTreeMap::new(), BTreeSet::new());
        for (planned, slot) in planned(seen, &plan) {
            let targets = planned.steps().filter(|step| !matches!(step, Step::DetachVolume { .. }));
            for instance in targets.filter_map(Step::instance) {
                prop_assert_eq!(*taken.entry(instance.clone()).or_insert(slot.name), slot.name);
            }
            for (volume, instance, device) in attaching(planned) {
                // `/dev/sdf` and `/dev/xvdf` are one device.
                let core = device.as_str().replace("/dev/xvd", "/dev/sd");
                prop_assert!(names.insert((instance.clone(), core)));
                let of_the_slot = slot.volumes.iter().flat_map(|own| &own.attachments);
                let mut there = of_the_slot.filter(|attachment| attachment.instance == *instance);
                prop_assert!(
                    !there.any(|attachment| attachment.device.is_same_device(device)),
                    "{} {}",
                    volume,
                    device
                );
            }
        }
    }

    /// Invariant 9: the first volumes of a fleet ask for one name, unless EC2 has refused it here, or the slot itself
    /// has it here.
    #[test]
    fn first_volumes_ask_for_one_name(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        let mut asked: Option<DeviceName> = None;
        for (planned, slot) in planned(seen, &plan) {
            let Some(Step::AttachVolume { instance, device, .. }) = &planned.lead else { continue };
            let first = slot.first().expect("it has volumes");
            let wanted = match &first.tags.device {
                Setting::Value(device) => device.clone(),
                Setting::Absent | Setting::Invalid(_) => DeviceName::reported("/dev/sdf"),
            };
            let refused =
                seen.memory.refused_devices.keys().any(|(on, name)| on == instance && *name == wanted);
            prop_assert!(wanted == *device || refused || slot.has_volume_on(instance));
            prop_assert_eq!(asked.get_or_insert_with(|| wanted.clone()), &wanted);
        }
    }

    /// "`true`: the slot is left alone and reported `paused`", on a resource and on an instance that has a volume. And
    /// where a person must act, nothing moves until then.
    #[test]
    fn paused_or_blocked_slot_is_left_alone(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            let tags = slot.volumes.iter().map(|v| &v.tags).chain(slot.addresses.iter().map(|a| &a.tags));
            let asked = tags.into_iter().any(|tags| tags.paused == Setting::Value(true));
            let mut on = slot.volumes.iter().flat_map(|volume| attachments(seen, volume));
            let mut holder_paused =
                on.any(|(_, on)| on.is_some_and(|on| on.tags.paused == Setting::Value(true)));
            holder_paused &= planned.findings.iter().all(|finding| finding.code() != "invalid-paused");
            if asked || (holder_paused && slot.volumes.iter().all(|volume| volume.attachments.len() < 2)) {
                prop_assert_eq!(planned.state, SlotState::Paused);
            }
            if planned.state == SlotState::Paused || is_shut(seen, planned) {
                prop_assert_eq!(planned.steps().count(), 0);
            }
        }
    }

    /// No step names an instance that is paused, or takes anything off one that is not of the fleet.
    #[test]
    fn paused_and_foreign_instances_are_not_touched(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                if let Some(instance) = step.instance() {
                    let instance = find(seen, instance).expect("an instance that was seen");
                    prop_assert!(is_member(seen, instance) && !is_paused(instance));
                }
                if let Step::DisassociateAddress { address, .. } = step {
                    let address =
                        slot.addresses.iter().find(|own| own.allocation == *address).expect("its own");
                    let on = pointed_at(seen, address).expect("an instance that was seen");
                    prop_assert!(is_member(seen, on) || on.state == InstanceState::Terminated);
                    prop_assert!(!is_paused(on));
                }
            }
            let strays =
                slot.volumes.iter().flat_map(|volume| attachments(seen, volume)).filter_map(|(_, on)| on);
            let on = strays.chain(slot.addresses.iter().filter_map(|address| pointed_at(seen, address)));
            for on in on.filter(|on| !is_member(seen, on) && on.state != InstanceState::Terminated) {
                prop_assert!(is_shut(seen, planned) || planned.state == SlotState::Paused, "{}", on.id);
            }
        }
    }

    /// What EC2 has refused for good is not tried again in the same invocation, and what it has just accepted is awaited
    /// while its answers may not show it.
    #[test]
    fn step_is_not_repeated(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                let act = |step: &Step| (step.name(), step.resource().to_owned(), step.instance().cloned());
                prop_assert!(!seen.memory.failures.iter().any(|failure| act(&failure.step) == act(step)));
                let Step::AssociateAddress { address, instance, .. } = step else { continue };
                let accepted = seen.memory.associated.get(address).map(|on| &on.accepted);
                let accepted = accepted.filter(|on| on.instance == *instance);
                prop_assert!(accepted.is_none_or(|on| (seen.began - on.at).num_seconds() > 5));
            }
            for (volume, ..) in attaching(planned) {
                let own = slot.volumes.iter().find(|own| own.id.as_str() == volume).expect("of the slot");
                let accepted = seen.memory.accepted.get(&own.id).and_then(|on| find(seen, &on.instance));
                prop_assert!(accepted.is_none_or(|on| on.state != InstanceState::Running), "{}", volume);
            }
        }
    }

    /// Invariant 9 while somebody changes one tag, or tags or untags one volume, and two functions look, one before and one
    /// after: EC2 still lets one of two slots lose that go for one instance.
    #[test]
    fn change_of_one_tag_sends_no_two_slots_to_one_instance(world in worlds(CLEAN), bytes in bytes()) {
        let (mut all, mut dice) = (world.0, Dice::new(&bytes));
        let names = ["/dev/sdf", "/dev/sdg"].map(|name| Setting::Value(DeviceName::reported(name)));
        for volume in &mut all.volumes {
            volume.tags.device = names[dice.roll(2)].clone();
        }
        let (mut before, mut after) = (all.clone(), all);
        if !before.volumes.is_empty() {
            let changed = dice.roll(before.volumes.len());
            match dice.roll(6) {
                0 => drop(before.volumes.remove(changed)),
                1 => drop(after.volumes.remove(changed)),
                _ => after.volumes[changed].tags.device = names[dice.roll(2)].clone(),
            }
        }
        let (one, two) = (plan(&before), plan(&after));
        let led = |slot: &&SlotPlan| slot.lead.is_some();
        for slot in one.slots.iter().filter(led) {
            for rival in two.slots.iter().filter(led).filter(|rival| rival.slot != slot.slot) {
                for ((_, to, name), (_, there, other)) in attaching(slot).take(1).zip(attaching(rival).take(1)) {
                    // A name that the slot itself has on the instance is no other slot's to win.
                    let has_it = crate::facts::slot(&before, &slot.slot).has_volume_on(to)
                        || crate::facts::slot(&after, &rival.slot).has_volume_on(to);
                    prop_assert!(to != there || name == other || has_it);
                }
            }
        }
    }
}
