//! No slot's plan depends on another slot that it shares no instance with.

use crate::config;
use crate::facts;
use crate::facts::{is_shut, told};
use crate::worlds::{ALIGNED, ANY, worlds};
use planner::ids::{InstanceId, SlotName};
use planner::memory::Memory;
use planner::observation::Observation;
use planner::plan;
use planner::plan::{Next, Plan, SlotPlan, SlotState};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What is compared: all but the words of findings, which name other instances.
fn essence(plan: &SlotPlan) -> impl PartialEq + std::fmt::Debug + use<> {
    let told: Vec<&str> = plan.findings.iter().map(planner::finding::Finding::code).collect();
    let SlotPlan { slot, state, holder, lead, follow, next, .. } = plan.clone();
    (slot, state, holder, lead, follow, next, told)
}

/// First volumes that ask for different names block each other on purpose.
fn is_at_odds(plan: &Plan) -> bool {
    plan.slots.iter().any(|slot| told(slot, "first-devices-disagree"))
}

/// Whether every address is in the zone of its slot's volumes: an odd one may not be.
fn keeps_to_zones(seen: &Observation) -> bool {
    seen.addresses.iter().all(|address| {
        let mut own = seen.volumes.iter().filter(|volume| volume.tags.slot == address.tags.slot);
        facts::pointed_at(seen, address).is_none_or(|on| own.all(|volume| volume.zone == on.zone))
    })
}

/// Where a slot has volumes, in whatever state.
fn has_volumes_on(seen: &Observation, name: &SlotName) -> BTreeSet<InstanceId> {
    let volumes = seen.volumes.iter().filter(|volume| volume.tags.slot == *name);
    volumes.flat_map(|volume| &volume.attachments).map(|a| a.instance.clone()).collect()
}

/// Where other slots, and the slot's own addresses, are.
fn others_are_on(seen: &Observation, name: &SlotName) -> BTreeSet<InstanceId> {
    let volumes = seen.volumes.iter().filter(|volume| volume.tags.slot != *name);
    let attached = volumes.flat_map(|volume| &volume.attachments).map(|a| a.instance.clone());
    let addresses = seen.addresses.iter().filter(|address| address.tags.slot != *name);
    attached.chain(addresses.filter_map(|a| facts::pointed_at(seen, a)).map(|on| on.id.clone())).collect()
}

proptest! {
    #![proptest_config(config())]

    /// Two halves of a fleet that share no zone are planned as if each were alone.
    #[test]
    fn zones_are_planned_as_if_each_were_alone(world in worlds(ALIGNED)) {
        let seen = &world.0;
        let whole = plan(seen);
        prop_assume!(!is_at_odds(&whole) && keeps_to_zones(seen));
        for zone in ["a", "b"] {
            let mut part = seen.clone();
            part.instances.retain(|instance| instance.zone.as_str() == zone);
            part.volumes.retain(|volume| volume.zone.as_str() == zone);
            let names: BTreeSet<SlotName> =
                part.volumes.iter().map(|volume| volume.tags.slot.clone()).collect();
            part.addresses.retain(|address| names.contains(&address.tags.slot));
            for alone in &plan(&part).slots {
                let together =
                    whole.slots.iter().find(|slot| slot.slot == alone.slot).expect("the same slot");
                prop_assert_eq!(essence(alone), essence(together));
            }
        }
    }

    /// A slot that stays where it is can be taken away, together with its instances, and no other plan changes.
    #[test]
    fn slot_that_stays_is_of_no_account_to_others(world in worlds(ANY)) {
        let seen = &world.0;
        let whole = plan(seen);
        // All first volumes of a fleet ask for one name, so that one slot is of account to another whose name was refused.
        prop_assume!(!is_at_odds(&whole) && seen.memory.refused_devices.is_empty());
        for gone in &whole.slots {
            let on = has_volumes_on(seen, &gone.slot);
            let settled = gone.steps().count() == 0
                && gone.next == Next::Nothing
                && (is_shut(seen, gone) || matches!(gone.state, SlotState::Held | SlotState::Paused));
            let own = |tags: &planner::tags::ResourceTags| tags.slot == gone.slot;
            let has_volumes = seen.volumes.iter().any(|volume| own(&volume.tags));
            let strays =
                seen.addresses.iter().filter(|a| own(&a.tags)).filter_map(|a| facts::pointed_at(seen, a));
            let together = strays.into_iter().all(|at| on.contains(&at.id));
            let Memory { accepted, associated, .. } = &seen.memory;
            let of_memory = seen.volumes.iter().any(|v| own(&v.tags) && accepted.contains_key(&v.id))
                || seen.addresses.iter().any(|a| own(&a.tags) && associated.contains_key(&a.allocation));
            let associated = associated.values().map(|associated| &associated.accepted);
            let remembered =
                accepted.values().chain(associated).any(|accepted| on.contains(&accepted.instance));
            if !settled
                || remembered
                || of_memory
                || !has_volumes
                || !together
                || !on.is_disjoint(&others_are_on(seen, &gone.slot))
            {
                continue;
            }
            let mut rest = seen.clone();
            rest.volumes.retain(|volume| !own(&volume.tags));
            rest.addresses.retain(|address| !own(&address.tags));
            rest.instances.retain(|instance| !on.contains(&instance.id));
            for alone in &plan(&rest).slots {
                let before = whole.slots.iter().find(|slot| slot.slot == alone.slot).expect("the same slot");
                prop_assert_eq!(essence(alone), essence(before), "without {}", gone.slot);
            }
        }
    }
}
