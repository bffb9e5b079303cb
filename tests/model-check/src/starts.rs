//! Where a check starts: worlds in which nothing has happened yet, and worlds that people, races or an earlier tool may
//! have left behind, every placement of the volumes and addresses that EC2 allows.

use crate::world::{
    Address, Association, Handover, Instance, Link, LinkState, Mark, Phase, Shape, UNBORN, Usage, Volume,
    World,
};

/// One that starts.
pub const PENDING: Instance = Instance { phase: Phase::Pending, ..UNBORN };
/// One that runs.
pub const RUNNING: Instance = Instance { phase: Phase::Running, mounted: true, ..UNBORN };
/// One that is being stopped.
pub const STOPPING: Instance = Instance { phase: Phase::Stopping, ..RUNNING };
/// One that is off.
pub const STOPPED: Instance = Instance { phase: Phase::Stopped, ..UNBORN };
/// One that is being terminated.
pub const ENDING: Instance = Instance { phase: Phase::Ending, ..RUNNING };
/// One that is gone, and whose volumes EC2 is yet to release.
pub const GONE: Instance = Instance { phase: Phase::Gone, ..UNBORN };
/// One that a person wants the slot off.
pub const DRAINING: Instance = Instance { mark: Mark::ByHand, ..RUNNING };
/// One that EC2 has announced to take.
pub const INTERRUPTED: Instance = Instance { mark: Mark::Interrupted, ..RUNNING };
/// The same, a while ago.
pub const SHORT: Instance = Instance { mark: Mark::Short, ..RUNNING };
/// One that EC2 recommends to replace.
pub const RECOMMENDED: Instance = Instance { mark: Mark::Recommended, ..RUNNING };

/// Every world of the shape in which each instance is one of its choices, and each volume and each address anywhere.
pub fn scattered(shape: &Shape, choices: &[&[Instance]]) -> Vec<World> {
    let mut worlds = vec![shape.quiet()];
    for (n, choices) in choices.iter().enumerate() {
        worlds = vary(&worlds, |world| {
            let with = |instance: &Instance| {
                let mut world = world.clone();
                world.instances.get_mut(n).map(|old| *old = *instance)?;
                Some(world)
            };
            choices.iter().filter_map(with).collect()
        });
    }
    let volumes = worlds.first().map_or(0, |world| world.volumes.len());
    for n in 0..volumes {
        worlds = vary(&worlds, |world| place_volume(world, n));
    }
    let addresses = worlds.first().map_or(0, |world| world.addresses.len());
    for n in 0..addresses {
        worlds = vary(&worlds, |world| place_address(world, n));
    }
    worlds
}

/// The world of the shape in which every instance runs, and each slot has the instance of its own number.
pub fn held(shape: &Shape) -> World {
    let mut world = shape.quiet();
    world.instances.fill(RUNNING);
    for slot in (0..).take(shape.slots.len()) {
        let volumes = world.volumes.iter_mut().filter(|volume| volume.slot == slot);
        for (volume, device) in volumes.zip('f'..) {
            volume.link = Some(attached(slot, device));
        }
        let addresses = world.addresses.iter_mut().filter(|address| address.slot == slot);
        for (address, place) in addresses.zip(0..) {
            address.at = Some(Association { instance: slot, place, id: 0 });
        }
    }
    world
}

/// With the policy `drain` a holder that EC2 recommends to replace, and somebody who starts and can take over. The second
/// volume is free, and may be on its way to either.
pub fn late_second() -> Vec<World> {
    let mut world = Shape { instances: 2, slots: &[(2, 0)], handover: Handover::Drain }.quiet();
    world.instances = vec![RECOMMENDED, PENDING];
    if let Some(first) = world.volumes.first_mut() {
        first.link = Some(attached(0, 'f'));
    }
    vec![world]
}

fn attached(instance: u8, device: char) -> Link {
    let (state, usage) = (LinkState::Attached, Usage::Mounted);
    Link { instance, device, state, doomed: false, usage, since: 0 }
}

fn vary(worlds: &[World], variants: impl Fn(&World) -> Vec<World>) -> Vec<World> {
    worlds.iter().flat_map(variants).collect()
}

/// The volume free, and attached to each instance.
fn place_volume(world: &World, n: usize) -> Vec<World> {
    let mut placed = vec![world.clone()];
    let Some(Volume { slot, .. }) = world.volumes.get(n) else { return placed };
    let is_first = world.volumes.iter().position(|volume| volume.slot == *slot) == Some(n);
    for instance in world.numbers().filter(|n| world.phase(*n) != Phase::Unborn) {
        let taken = |device: &char| {
            let foreign = world.instance(instance).and_then(|on| on.foreign.or(on.stuck));
            foreign == Some(*device)
                || world.links().any(|(_, link)| link.instance == instance && link.device == *device)
        };
        let Some(device) = (if is_first { 'f' } else { 'g' }..='p').find(|device| !taken(device)) else {
            continue;
        };
        let mut with = world.clone();
        if let Some(volume) = with.volumes.get_mut(n) {
            volume.link = Some(attached(instance, device));
        }
        placed.push(with);
    }
    placed
}

/// The address free, and on each place of each instance that has a network and where no other address is.
fn place_address(world: &World, n: usize) -> Vec<World> {
    let mut placed = vec![world.clone()];
    let with_network = |n: &u8| !matches!(world.phase(*n), Phase::Unborn | Phase::Pending | Phase::Gone);
    for instance in world.numbers().filter(with_network) {
        for place in 0..world.places() {
            let at = Association { instance, place, id: 0 };
            let is_there = |address: &Address| address.at == Some(at);
            if world.addresses.iter().any(is_there) {
                continue;
            }
            let mut with = world.clone();
            if let Some(address) = with.addresses.get_mut(n) {
                address.at = Some(at);
            }
            placed.push(with);
        }
    }
    placed
}

/// Each of the worlds with a slot paused.
pub fn with_paused_slot(worlds: Vec<World>, slot: u8) -> Vec<World> {
    worlds.into_iter().map(|world| World { paused: Some(slot), ..world }).collect()
}

/// Each of the worlds in which something is attached, but EC2 deletes it with its instance.
pub fn with_doomed(mut worlds: Vec<World>) -> Vec<World> {
    worlds.retain(|world| world.links().next().is_some());
    for volume in worlds.iter_mut().flat_map(|world| &mut world.volumes) {
        volume.link = volume.link.map(|link| Link { doomed: true, ..link });
    }
    worlds
}
