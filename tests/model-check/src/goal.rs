//! Convergence as a safety property: from this very state, freeze the world, look a few times, and every slot that can
//! be held is held and nothing is left to do. (A checker's `eventually` is unsound where there are cycles.)

use crate::bug::Bug;
use crate::ec2::{Answer, Call, Violation};
use crate::function;
use crate::look::Sources;
use crate::memory::Memory;
use crate::outcome;
use crate::ssm::Agent;
use crate::view::Calls;
use crate::world::{Handover, Phase, World};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// How many looks that act the promise allows.
const LOOKS: usize = 8;

/// What becomes of a world in which nobody but one invocation acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// Every slot that can be held is held, and nothing is left to do.
    Good,
    /// There is always something left to do.
    Endless,
    /// A slot is not held that could be.
    Unheld,
    /// The next invocation would go on.
    Relapse,
    /// What must never happen.
    Unsafe(Violation),
}

thread_local! {
    /// The answers for worlds that were asked for before. Many states have one world.
    static KNOWN: RefCell<HashMap<u64, Quiet>> = RefCell::default();
}

/// What becomes of the world when it is quiet.
pub fn quiet(world: &World, bug: Option<Bug>) -> Quiet {
    let key = BuildHasherDefault::<DefaultHasher>::default().hash_one((world, bug));
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).copied()) {
        return known;
    }
    let quiet = play(world.clone(), bug, |_| {});
    KNOWN.with_borrow_mut(|known| known.insert(key, quiet));
    quiet
}

/// The worlds through which a quiet one goes, for whoever looks into a fault.
pub fn course(world: &World, bug: Option<Bug>) -> Vec<String> {
    let mut course = Vec::new();
    let end = play(world.clone(), bug, |world| {
        course.push(world.to_string());
        let sources = Sources::all(world);
        let seen = sources.observe(&Memory::default());
        let plan = seen.and_then(|mut seen| sources.plan(&mut seen, |_| {}));
        for slot in plan.into_iter().flat_map(|plan| plan.slots) {
            let findings = slot.findings.iter().map(|finding| format!("\n      {finding}"));
            course.push(format!("{} {:?}{}", slot.slot, slot.state, findings.collect::<String>()));
        }
    });
    course.push(format!("{end:?}"));
    course
}

fn play(mut world: World, bug: Option<Bug>, mut tell: impl FnMut(&World)) -> Quiet {
    let mut memory = Memory::default();
    let mut acts = 0;
    loop {
        world.calm();
        memory.catch_up();
        memory.catch_up_with_record();
        tell(&world);
        match look_and_act(&mut world, &mut memory, bug) {
            Err(violation) => return Quiet::Unsafe(violation),
            Ok(Effect::Acts) if acts == LOOKS => return Quiet::Endless,
            Ok(Effect::Acts) => acts += 1,
            // It looks again without what was refused.
            Ok(Effect::Learns) => {}
            // It waits until it can be sure of what it sees.
            Ok(Effect::Rests) if memory.can_age() => memory.age(),
            Ok(Effect::Rests) if memory.can_deliver() => memory.deliver(),
            Ok(Effect::Rests) if world.age_commands() => {}
            Ok(Effect::Rests) => break,
        }
    }
    if !is_good(&world) {
        return Quiet::Unheld;
    }
    match look_and_act(&mut world, &mut Memory::default(), bug) {
        Err(violation) => Quiet::Unsafe(violation),
        Ok(Effect::Acts) => Quiet::Relapse,
        // That Systems Manager does not know the instance, each invocation finds for itself.
        Ok(Effect::Learns | Effect::Rests) => Quiet::Good,
    }
}

/// What a look leads to. Of several effects, the later one in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// Nothing.
    Rests,
    /// All that was tried was refused for good.
    Learns,
    /// Something was tried.
    Acts,
}

/// One look, and all its steps.
fn look_and_act(world: &mut World, memory: &mut Memory, bug: Option<Bug>) -> Result<Effect, Violation> {
    let mut effect = Effect::Rests;
    let outcome = outcome::look(Sources::all(world), memory, bug);
    if let Some(violation) = outcome.violation {
        return Err(violation);
    }
    for Calls { slot, lead, chains } in &outcome.slots {
        if lead.is_some() {
            let answer = chain(*slot, lead.as_slice(), world, memory)?;
            effect = effect.max(Effect::of(answer));
            if answer != Answer::Accepted {
                continue;
            }
        }
        for calls in chains {
            effect = effect.max(Effect::of(chain(*slot, calls, world, memory)?));
        }
    }
    Ok(effect)
}

impl Effect {
    fn of(answer: Answer) -> Self {
        match answer {
            Answer::Denied => Self::Learns,
            Answer::Accepted | Answer::Refused | Answer::DeviceTaken => Self::Acts,
        }
    }
}

/// Makes calls of a slot in their order, as far as EC2 accepts them. The last answer.
fn chain(slot: u8, calls: &[Call], world: &mut World, memory: &mut Memory) -> Result<Answer, Violation> {
    for call in calls {
        let displaced = world.displaces(*call).then_some(Violation::Displaced);
        let charge = world.charge(*call).or(displaced);
        let answer = function::call_in_quiet(world, memory, slot, *call);
        if answer != Answer::Accepted {
            return Ok(answer);
        }
        if let Some(violation) = charge {
            return Err(violation);
        }
    }
    Ok(Answer::Accepted)
}

/// Whether as many slots are held as can be, by the world alone.
fn is_good(world: &World) -> bool {
    let volumes = world.volumes.iter().map(|volume| volume.slot);
    let slots: BTreeSet<u8> = volumes.chain(world.addresses.iter().map(|address| address.slot)).collect();
    let (fixed, movable): (Vec<u8>, Vec<u8>) = slots.into_iter().partition(|slot| is_fixed(*slot, world));
    let held = movable.iter().filter(|slot| is_held(**slot, world)).count();
    held >= most_held(&movable, &fixed, &BTreeSet::new(), world)
}

/// The instances where the slot has something.
fn places(slot: u8, world: &World) -> Vec<Option<u8>> {
    let volumes = world.volumes.iter().filter(|volume| volume.slot == slot);
    let addresses = world.addresses.iter().filter(|address| address.slot == slot);
    let volumes = volumes.map(|volume| volume.link.map(|link| link.instance));
    volumes.chain(addresses.map(|address| address.at.map(|at| at.instance))).collect()
}

/// Whether all of the slot is on one healthy instance.
fn is_held(slot: u8, world: &World) -> bool {
    let places = places(slot, world);
    let first = places.first().copied().flatten();
    first.is_some_and(|n| world.is_fit(n)) && places.iter().all(|place| *place == first)
}

/// Whether nothing that Holdfast may do can bring the slot together: it is paused, or a volume of it is on an instance that
/// runs and can neither be drained nor may be ended, and where the slot cannot stay.
fn is_fixed(slot: u8, world: &World) -> bool {
    let on_paused = |n: u8| world.instance(n).is_some_and(|instance| instance.paused);
    if world.paused == Some(slot) || places(slot, world).into_iter().flatten().any(on_paused) {
        return true;
    }
    let running: BTreeSet<u8> =
        volumes_on(slot, world).filter(|n| world.phase(*n) == Phase::Running).collect();
    let is_drained = |n: u8| {
        let own = (0..).zip(&world.volumes).filter(|(_, volume)| volume.slot == slot);
        let mut here =
            own.filter_map(|(volume, it)| Some((volume, it.link.filter(|link| link.instance == n)?)));
        let works = world.instance(n).is_some_and(|on| on.agent == Agent::Works);
        world.handover == Handover::Drain
            && works
            && !here.any(|(volume, link)| world.has_failed(volume, link))
    };
    let is_ended = |n: u8| {
        let is_doomed = world.links().any(|(_, link)| link.instance == n && link.doomed);
        let is_clear = world.instance(n).is_some_and(|instance| instance.foreign.is_none());
        let leads =
            world.first_volume(slot).and_then(|first| first.link).is_some_and(|link| link.instance == n);
        world.handover == Handover::Terminate && leads && is_clear && !is_doomed
    };
    let stays = |n: u8| (world.is_fit(n) || is_drained(n) || is_ended(n)) && !world.has_another(slot, n);
    running.len() > 1 || !running.into_iter().all(stays)
}

fn volumes_on(slot: u8, world: &World) -> impl Iterator<Item = u8> {
    world.links().filter(move |(volume, _)| volume.slot == slot).map(|(_, link)| link.instance)
}

/// How many of the movable slots can be held at once.
fn most_held(movable: &[u8], fixed: &[u8], taken: &BTreeSet<u8>, world: &World) -> usize {
    let Some((slot, rest)) = movable.split_first() else { return 0 };
    let mut most = most_held(rest, fixed, taken, world);
    let at_work = |n: &u8| world.phase(*n) == Phase::Running;
    let anchor = volumes_on(*slot, world).filter(at_work).find(|n| world.is_fit(*n));
    for n in world.numbers().filter(|n| world.is_fit(*n) && !taken.contains(n)) {
        let is_free = fixed.iter().all(|other| volumes_on(*other, world).all(|on| on != n));
        // What another slot has on an instance that runs stays there.
        let is_free = is_free && !world.has_another(*slot, n);
        if is_free && anchor.is_none_or(|anchor| anchor == n) {
            let mut taken = taken.clone();
            taken.insert(n);
            most = most.max(1 + most_held(rest, fixed, &taken, world));
        }
    }
    most
}
