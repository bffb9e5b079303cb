//! Once EC2 is quiet, few looks that act bring every slot that can be held to one healthy instance; further ones do
//! nothing.

use crate::config;
use crate::facts;
use crate::facts::{SlotFacts, find, is_healthy, is_recommended, is_shut, planned, told};
use crate::ideal::Ideal;
use crate::worlds::{CLEAN, World, worlds};
use planner::observation::{AttachmentState, InstanceState, Observation};
use planner::plan;
use planner::plan::{Next, Plan, SlotState};
use proptest::prelude::*;

/// The promise: that many looks that act.
const MOST_ACTING: usize = 8;
/// As many as any world needs to come to rest, with what EC2 does by itself in between.
const MOST_LOOKS: usize = 40;

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
        held && !is_shut(now) && (now.holder != before.holder || now.steps().next().is_some())
    });
    both.map(|(_, now)| format!("{} moved", now.slot)).collect()
}

/// Whether something that only a person, or the instance itself, ends keeps a volume of the slot.
fn is_kept(seen: &Observation, slot: &SlotFacts<'_>) -> bool {
    slot.volumes.iter().flat_map(|volume| &volume.attachments).any(|attachment| {
        let on = find(seen, &attachment.instance);
        let hibernated = on.is_some_and(|on| on.state == InstanceState::Stopped && on.hibernation);
        let runs_and_goes = on.is_some_and(|on| on.state == InstanceState::Running && !is_healthy(on));
        hibernated || runs_and_goes || attachment.state == AttachmentState::Busy
    })
}

/// Whether there is an instance that the slot would have left its own for, or gone to. One without volumes goes where
/// no other slot has anything.
fn has_room(seen: &Observation, slot: &SlotFacts<'_>) -> bool {
    let holder = slot.addresses.first().and_then(|address| facts::pointed_at(seen, address));
    let content = holder.is_some_and(|holder| slot.volumes.is_empty() && is_recommended(holder));
    seen.instances.iter().filter(|instance| !content || is_healthy(instance)).any(|instance| {
        let mut others = seen.addresses.iter().filter(|address| address.tags.slot != *slot.name);
        let addresses =
            others.any(|address| facts::pointed_at(seen, address).is_some_and(|on| on.id == instance.id));
        slot.is_fit(instance) && (!slot.volumes.is_empty() || !addresses)
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_slot_that_can_be_held_is_held(world in worlds(CLEAN)) {
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
                    let excused = is_kept(seen, &slot) || !has_room(seen, &slot);
                    prop_assert!(excused, "{} of {:?}", slot.name, World(seen.clone()));
                }
                SlotState::Blocked => {
                    let by_hand = ["several-instances", "shared-holder", "too-few-private-addresses"];
                    // An address of a slot that waits for a person is in the way until then.
                    let mut others = last.slots.iter().filter(|other| other.slot != planned.slot);
                    let kept = told(planned, "private-address-taken") && others.any(is_shut);
                    let known = by_hand.iter().any(|code| told(planned, code)) || kept;
                    prop_assert!(known, "{} of {:?}", slot.name, World(seen.clone()));
                }
            }
        }
    }
}
