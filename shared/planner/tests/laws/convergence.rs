//! Once EC2 is quiet, few looks that act bring every slot that can be held to one healthy instance; further ones do
//! nothing.

use crate::config;
use crate::facts;
use crate::facts::{SlotFacts, find, is_draining, is_healthy, is_recommended, is_shut, planned, told};
use crate::ideal::Ideal;
use crate::worlds::{CLEAN, CLEAN_DRAINING, World, worlds};
use planner::observation::{AttachmentState, Instance, InstanceState, Observation};
use planner::plan;
use planner::plan::{Next, Plan, SlotPlan, SlotState};
use proptest::prelude::*;

/// The promise: that many looks that act.
const MOST_ACTING: usize = 8;
/// As many as any world needs to come to rest, with what EC2 does by itself in between.
const MOST_LOOKS: usize = 70;

fn acts(plan: &Plan) -> bool {
    plan.slots.iter().any(|slot| slot.steps().next().is_some())
}

/// Looks and acts until nothing happens any more. How many plans acted, and the last one.
fn settle(ideal: &mut Ideal) -> (usize, Plan) {
    let (mut acting, first) = (0, plan(&ideal.seen));
    for _ in 0..MOST_LOOKS {
        let planned = plan(&ideal.seen);
        acting += usize::from(acts(&planned));
        ideal.faults.extend(moved(&ideal.seen, &first, &planned));
        ideal.execute(&planned);
        let awaits = planned.slots.iter().any(|slot| slot.next == Next::Transition);
        if !ideal.pass() && !acts(&planned) && !awaits {
            break;
        }
    }
    (acting, plan(&ideal.seen))
}

/// Slots with volumes that were held at first and are touched now: "a healthy holder keeps its slot".
fn moved(seen: &Observation, first: &Plan, now: &Plan) -> Vec<String> {
    let both = first.slots.iter().zip(&now.slots).filter(|(before, now)| {
        let held = before.state == SlotState::Held && facts::slot(seen, &now.slot).first().is_some();
        held && !is_shut(seen, now) && (now.holder != before.holder || now.steps().next().is_some())
    });
    both.map(|(_, now)| format!("{} moved", now.slot)).collect()
}

/// Whether something that only a person, or the instance itself, ends keeps a volume of the slot.
fn is_kept(seen: &Observation, slot: &SlotFacts<'_>) -> bool {
    slot.volumes.iter().flat_map(|volume| &volume.attachments).any(|attachment| {
        let on = find(seen, &attachment.instance);
        let hibernated = on.is_some_and(|on| on.state == InstanceState::Stopped && on.hibernation);
        let goes = |on: &Instance| on.state == InstanceState::Running && !is_healthy(on);
        // From there a drain takes it, unless it has failed.
        let comes_off = |on: &Instance| is_draining(on) && slot.may_be_drained_of_all(on);
        let runs_and_goes = on.is_some_and(|on| goes(on) && !comes_off(on));
        hibernated || runs_and_goes || attachment.state == AttachmentState::Busy
    })
}

/// Whether there is an instance that the slot would have left its own for, or gone to. One without volumes goes where
/// no other slot is, or has an address that a person must take away.
fn has_room(seen: &Observation, slot: &SlotFacts<'_>, last: &Plan) -> bool {
    let holder = slot.addresses.first().and_then(|address| facts::pointed_at(seen, address));
    let content = holder.is_some_and(|holder| slot.volumes.is_empty() && is_recommended(holder));
    let better =
        |instance: &&Instance| is_healthy(instance) && places_for(seen, instance) >= slot.addresses.len();
    seen.instances.iter().filter(|instance| !content || better(instance)).any(|instance| {
        let mut others = planned(seen, last).filter(|(other, _)| other.slot != *slot.name);
        let is_taken = others.any(|(other, of)| {
            // One that will soon be without an instance has a claim to it.
            let is_claimed =
                content && !of.volumes.is_empty() && other.state == SlotState::Waiting && of.is_fit(instance);
            let mut on = of.addresses.iter().filter_map(|address| facts::pointed_at(seen, address));
            is_claimed
                || on.any(|on| on.id == instance.id)
                    && (is_shut(seen, other) || other.holder.as_ref() == Some(&instance.id))
        });
        slot.is_fit(instance) && (!slot.volumes.is_empty() || !is_taken)
    })
}

/// How many private addresses of the instance no foreign Elastic IP has.
fn places_for(seen: &Observation, instance: &Instance) -> usize {
    let known = |elastic| seen.addresses.iter().any(|address| address.public == elastic);
    let places = instance.primary_interface().map(|primary| primary.addresses.as_slice()).unwrap_or_default();
    places.iter().filter(|place| place.elastic.is_none_or(known)).count()
}

/// Whether the slot has more addresses than its holder has places for them.
fn has_too_few(seen: &Observation, planned: &SlotPlan, slot: &SlotFacts<'_>) -> bool {
    let holder = planned.holder.as_ref().and_then(|holder| find(seen, holder));
    let places = holder.and_then(Instance::primary_interface).map_or(0, |primary| primary.addresses.len());
    slot.addresses.len() > places
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_slot_that_can_be_held_is_held(world in prop_oneof![2 => worlds(CLEAN), 1 => worlds(CLEAN_DRAINING)]) {
        let mut ideal = Ideal::new(world.0.clone());
        let (acting, last) = settle(&mut ideal);
        prop_assert!(ideal.faults.is_empty(), "{:?}", ideal.faults);
        prop_assert!(acting <= MOST_ACTING, "{} looks acted", acting);
        prop_assert!(!acts(&last), "{:#?}", last);
        let seen = &ideal.seen;
        for (planned, slot) in planned(seen, &last) {
            match planned.state {
                SlotState::Held => prop_assert!(slot.is_complete()),
                SlotState::Moving => prop_assert!(false, "{:#?}", planned),
                SlotState::Paused => prop_assert!(false, "nothing is paused"),
                SlotState::Waiting => {
                    let excused = is_kept(seen, &slot) || !has_room(seen, &slot, &last);
                    prop_assert!(excused, "{} of {:?}", slot.name, World(seen.clone()));
                }
                SlotState::Blocked => {
                    let by_hand = ["several-instances", "shared-holder"];
                    // An address of a slot that waits for a person is in the way until then.
                    let mut others = last.slots.iter().filter(|other| other.slot != planned.slot);
                    let kept = told(planned, "private-address-taken") && others.any(|other| is_shut(seen, other));
                    let too_few = told(planned, "too-few-private-addresses") && has_too_few(seen, planned, &slot);
                    let known = too_few || by_hand.iter().any(|code| told(planned, code)) || kept;
                    prop_assert!(known, "{} of {:?}", slot.name, World(seen.clone()));
                }
            }
        }
    }
}
