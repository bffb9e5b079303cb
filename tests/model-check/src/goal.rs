//! Convergence as a safety property: from this very state, freeze the world, look a few times, and every slot that can
//! be held is held and nothing is left to do. (A checker's `eventually` is unsound where there are cycles.)

use crate::model;
use crate::view;
use crate::world::{Link, LinkState, Phase, World};

/// How many looks that act the promise allows.
const LOOKS: usize = 8;

/// Whether it is so.
pub fn is_reached(world: &World) -> bool {
    let mut world = world.clone();
    for _ in 0..LOOKS {
        calm(&mut world);
        if !look_and_act(&mut world) {
            return is_good(&world);
        }
    }
    calm(&mut world);
    !look_and_act(&mut world) && is_good(&world)
}

/// Lets everything that is under way come to its end.
fn calm(world: &mut World) {
    for n in 0..world.instances.len() {
        let end = match world.phase(n) {
            Phase::Pending => Phase::Running,
            Phase::Stopping => Phase::Stopped,
            Phase::Ending => Phase::Gone,
            rest @ (Phase::Unborn | Phase::Running | Phase::Stopped | Phase::Gone) => rest,
        };
        if end != world.phase(n) {
            model::turn(world, n, end);
        }
    }
    for volume in &mut world.volumes {
        volume.link = volume.link.filter(|link| link.state != LinkState::Detaching);
        volume.link = volume.link.map(|link| Link { state: LinkState::Attached, ..link });
    }
}

/// One look, and all its steps. Whether there were any.
fn look_and_act(world: &mut World) -> bool {
    let Some(seen) = view::observe(world, world, world) else { return false };
    let plan = planner::plan(&seen);
    let mut acted = false;
    for (lead, chains) in plan.slots.iter().map(view::calls) {
        acted |= lead.is_some() || !chains.is_empty();
        if lead.is_some_and(|call| !world.apply(&call).0) {
            continue;
        }
        for chain in chains {
            for call in chain {
                if !world.apply(&call).0 {
                    break;
                }
            }
        }
    }
    acted
}

/// Whether every slot is held that can be: a slot that is not leaves no healthy instance without a slot.
fn is_good(world: &World) -> bool {
    let slots = world.volumes.iter().map(|volume| volume.slot).chain(world.addresses.iter().map(|a| a.slot));
    let slots: std::collections::BTreeSet<usize> = slots.collect();
    let healthy = |n: usize| {
        world.instances.get(n).is_some_and(|instance| instance.phase == Phase::Running && !instance.draining)
    };
    let holder = |slot: usize| {
        let volumes = world.volumes.iter().filter(|volume| volume.slot == slot);
        let volumes = volumes.map(|volume| volume.link.map(|link| link.instance));
        let addresses = world.addresses.iter().filter(|address| address.slot == slot);
        let mut parts = volumes.chain(addresses.map(|address| address.at.map(|at| at.0)));
        let first = parts.next().flatten()?;
        parts.all(|part| part == Some(first)).then_some(first)
    };
    let held: Vec<Option<usize>> = slots.iter().map(|slot| holder(*slot).filter(|n| healthy(*n))).collect();
    let busy = |n: usize| held.contains(&Some(n)) || world.links().any(|(_, link)| link.instance == n);
    let idle = (0..world.instances.len()).any(|n| healthy(n) && !busy(n));
    // A slot on a draining holder that runs waits for its release.
    let waits = |slot: usize| {
        world.links().any(|(volume, link)| {
            volume.slot == slot && world.phase(link.instance) == Phase::Running && !healthy(link.instance)
        })
    };
    let mut open = slots.iter().zip(&held).filter(|(slot, held)| held.is_none() && !waits(**slot));
    !idle || open.next().is_none()
}
