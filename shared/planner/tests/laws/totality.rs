//! The planner answers every observation, and always in the same way.

use crate::config;
use crate::dice::{Dice, bytes};
use crate::worlds::{ANY, World, worlds};
use chrono::TimeDelta;
use planner::command::Record;
use planner::memory::Memory;
use planner::observation::Observation;
use planner::plan;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A world with parts of another of the same ids thrown in, as when the pages of an answer are of different moments.
fn torn() -> impl Strategy<Value = World> {
    (worlds(ANY), worlds(ANY), bytes()).prop_map(|(one, other, bytes)| {
        let mut dice = Dice::new(&bytes);
        let mut seen = one.0;
        seen.volumes.extend(other.0.volumes.into_iter().filter(|_| dice.one_in(2)));
        seen.addresses.extend(other.0.addresses.into_iter().filter(|_| dice.one_in(2)));
        seen.instances.extend(other.0.instances.into_iter().filter(|_| dice.one_in(2)));
        seen.instances.retain(|_| !dice.one_in(4));
        World(seen)
    })
}

/// Takes one after another out of a row, each from a place that the dice choose.
fn shuffle<T>(row: &mut Vec<T>, dice: &mut Dice<'_>) {
    let mut rest = std::mem::take(row);
    while !rest.is_empty() {
        row.push(rest.swap_remove(dice.roll(rest.len())));
    }
}

fn shuffled(seen: &Observation, bytes: &[u8]) -> Observation {
    let (mut seen, mut dice) = (seen.clone(), Dice::new(bytes));
    shuffle(&mut seen.volumes, &mut dice);
    shuffle(&mut seen.addresses, &mut dice);
    shuffle(&mut seen.instances, &mut dice);
    seen.instances.iter_mut().for_each(|instance| shuffle(&mut instance.devices, &mut dice));
    shuffle(&mut seen.memory.failures, &mut dice);
    for record in seen.records.values_mut() {
        if let Record::Commands(commands) = record {
            shuffle(commands, &mut dice);
        }
    }
    seen
}

proptest! {
    #![proptest_config(config())]

    /// Total and deterministic: also of observations in which one id stands for several things. Every slot is answered
    /// once, by name, and two functions that saw the same world plan the same steps.
    #[test]
    fn every_observation_has_one_plan(world in torn()) {
        let seen = world.0;
        let plan = plan(&seen);
        prop_assert_eq!(&plan, &planner::plan(&seen.clone()));
        let volumes = seen.volumes.iter().map(|volume| &volume.tags.slot);
        let names: BTreeSet<_> =
            volumes.chain(seen.addresses.iter().map(|address| &address.tags.slot)).collect();
        prop_assert!(plan.slots.iter().map(|slot| &slot.slot).eq(names));
        prop_assert_eq!(plan.fleet, seen.fleet);
    }

    /// Also where one id stands for several things.
    #[test]
    fn order_of_the_observation_is_of_no_account(world in torn(), bytes in bytes()) {
        let mut other = plan(&shuffled(&world.0, &bytes));
        let mut plan = plan(&world.0);
        // What EC2 refused is told in the order in which it was refused.
        for slot in plan.slots.iter_mut().chain(&mut other.slots) {
            slot.findings.sort_by_key(ToString::to_string);
        }
        prop_assert_eq!(plan, other);
    }

    /// There is no clock: only how long ago things were counts.
    #[test]
    fn plan_is_the_same_at_any_time(world in worlds(ANY), seconds in -1_000_000_i64..1_000_000) {
        let (shift, mut later) = (TimeDelta::seconds(seconds), world.0.clone());
        later.began += shift;
        for instance in &mut later.instances {
            instance.launched += shift;
            if let Some(mark) = &mut instance.tags.draining {
                mark.since = mark.since.map(|since| since + shift);
            }
        }
        for attachment in later.volumes.iter_mut().flat_map(|volume| &mut volume.attachments) {
            attachment.since = attachment.since.map(|since| since + shift);
        }
        let Memory { accepted, associated, .. } = &mut later.memory;
        let associated = associated.values_mut().map(|associated| &mut associated.accepted);
        accepted.values_mut().chain(associated).for_each(|accepted| accepted.at += shift);
        for record in later.records.values_mut() {
            if let Record::Commands(commands) = record {
                for command in commands {
                    command.requested += shift;
                }
            }
        }
        later.memory.sent.values_mut().for_each(|at| *at += shift);
        later.memory.terminated.values_mut().for_each(|at| *at += shift);
        later.memory.refused_devices.values_mut().for_each(|at| *at += shift);
        let steps = |seen: &Observation| -> Vec<_> {
            plan(seen).slots.into_iter().map(|slot| (slot.state, slot.lead, slot.follow, slot.next)).collect()
        };
        prop_assert_eq!(steps(&world.0), steps(&later));
    }
}
