//! The model: a small EC2, functions that look and act at any moment, crash anywhere and lose answers, and a fleet that
//! comes and goes. Every step of it is a state of its own.
//!
//! Time is not counted. What the design assumes of it is that some things take longer than a look is fresh, and than
//! EC2's answers are stale: an instance from starting to mounting, and from running to stopped or terminated. When one
//! of them happens, looks from before it are no longer acted on, and EC2's answers are no longer from before it.

use crate::goal;
use crate::view;
use crate::world::{Call, LinkState, Phase, Shape, Violation, World};
use stateright::{Model, Property};

/// What is checked.
#[derive(Debug, Clone)]
pub struct Check {
    /// The world.
    pub shape: Shape,
    /// How many functions run at once.
    pub functions: usize,
    /// A mistake that the check must find, if any.
    pub bug: Option<Bug>,
}

/// A mistake to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// `DetachVolume` names no instance.
    DetachNamesNoInstance,
    /// A step is carried out however old its look is.
    NoFreshness,
    /// First volumes ask for device names of their own.
    NoCommonDevice,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// EC2 as it is.
    pub now: World,
    /// EC2 as its answers may still have it.
    pub stale: World,
    /// What each function has yet to do.
    pub functions: Vec<Option<Round>>,
    /// What must never have happened.
    pub violation: Option<Violation>,
}

/// What a function has yet to do for the slots of its look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Round(Vec<(Option<Call>, Vec<Vec<Call>>)>);

/// Which of EC2's answers a look gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sight {
    stale_volumes: bool,
    stale_addresses: bool,
    stale_instances: bool,
}

/// Something that can happen next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A function looks, and plans.
    Look(usize, Sight),
    /// A function makes the call that is next in a chain, or the lead, of a slot.
    Act(usize, usize, usize),
    /// The same, and the answer is lost, or the function crashes.
    ActAndCrash(usize, usize, usize),
    /// EC2's answers catch up.
    CatchUp,
    /// An instance goes on in its life.
    Turn(usize, Phase),
    /// An interruption is announced.
    Announce(usize),
    /// An attachment is completed, or ended.
    Settle(usize),
}

impl Model for Check {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let world = World::new(&self.shape);
        vec![State {
            now: world.clone(),
            stale: world,
            functions: vec![None; self.functions],
            violation: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        function_actions(state, actions);
        if state.now != state.stale {
            actions.push(Action::CatchUp);
        }
        for (n, instance) in state.now.instances.iter().enumerate() {
            actions.extend(next_phases(instance.phase).iter().map(|phase| Action::Turn(n, *phase)));
            if instance.phase == Phase::Running && !instance.draining {
                actions.push(Action::Announce(n));
            }
        }
        for (n, volume) in state.now.volumes.iter().enumerate() {
            if volume.link.is_some_and(|link| link.state != LinkState::Attached) {
                actions.push(Action::Settle(n));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Look(function, sight) => {
                let round = self.look(state, sight)?;
                *next.functions.get_mut(function)? = Some(round);
                // Functions are alike.
                next.functions.sort();
                return (next != *state).then_some(next);
            }
            Action::Act(function, slot, chain) => act(&mut next, function, slot, chain)?,
            Action::ActAndCrash(function, slot, chain) => {
                act(&mut next, function, slot, chain)?;
                *next.functions.get_mut(function)? = None;
            }
            Action::CatchUp => next.stale = next.now.clone(),
            Action::Turn(n, phase) => self.turn(&mut next, n, phase)?,
            Action::Announce(n) => next.now.instances.get_mut(n)?.draining = true,
            Action::Settle(n) => settle(&mut next.now, n)?,
        }
        next.functions.sort();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("safe", |_: &Self, state: &State| state.violation.is_none()),
            Property::always("converges", |_: &Self, state: &State| goal::is_reached(&state.now)),
        ]
    }
}

/// What an instance's phase can turn into.
fn next_phases(phase: Phase) -> &'static [Phase] {
    match phase {
        Phase::Unborn => &[Phase::Pending],
        Phase::Pending => &[Phase::Running, Phase::Ending],
        Phase::Running => &[Phase::Stopping, Phase::Ending],
        Phase::Stopping => &[Phase::Stopped],
        Phase::Stopped => &[Phase::Pending, Phase::Gone],
        Phase::Ending => &[Phase::Gone],
        Phase::Gone => &[],
    }
}

/// Completes an attachment, or ends it.
fn settle(world: &mut World, volume: usize) -> Option<()> {
    let volume = world.volumes.get_mut(volume)?;
    volume.link = match volume.link {
        Some(link) if link.state == LinkState::Detaching => None,
        Some(link) => Some(crate::world::Link { state: LinkState::Attached, ..link }),
        None => None,
    };
    Some(())
}

/// Lets an instance turn into the next phase, with all that EC2 does then.
pub(crate) fn turn(world: &mut World, n: usize, phase: Phase) -> Option<()> {
    let instance = world.instances.get_mut(n)?;
    instance.phase = phase;
    match phase {
        Phase::Pending => instance.draining = false,
        // An instance takes longer from `stopped` to mounting than a look is fresh.
        Phase::Running => instance.mounted = true,
        Phase::Stopped | Phase::Gone => instance.mounted = false,
        Phase::Unborn | Phase::Stopping | Phase::Ending => {}
    }
    if phase == Phase::Gone {
        for volume in &mut world.volumes {
            // The release follows the end by some time.
            if let Some(link) = volume.link.filter(|link| link.instance == n) {
                volume.link = Some(crate::world::Link { state: LinkState::Detaching, ..link });
            }
        }
        for address in world.addresses.iter_mut().filter(|address| address.at.is_some_and(|at| at.0 == n)) {
            address.at = None;
        }
    }
    Some(())
}

impl Check {
    /// What a look leads to; nothing when there is nothing to do.
    fn look(&self, state: &State, sight: Sight) -> Option<Round> {
        let world = |stale| if stale { &state.stale } else { &state.now };
        let seen = view::observe(
            world(sight.stale_volumes),
            world(sight.stale_addresses),
            world(sight.stale_instances),
        )?;
        let plan = planner::plan(&seen);
        let mut slots: Vec<_> = plan.slots.iter().map(view::calls).collect();
        slots.retain(|(lead, chains)| lead.is_some() || !chains.is_empty());
        for (lead, chains) in &mut slots {
            lead.iter_mut().chain(chains.iter_mut().flatten()).for_each(|call| self.spoil(state, call));
        }
        (!slots.is_empty()).then_some(Round(slots))
    }

    fn spoil(&self, state: &State, call: &mut Call) {
        match (self.bug, call) {
            (Some(Bug::DetachNamesNoInstance), Call::Detach { instance, .. }) => *instance = None,
            (Some(Bug::NoCommonDevice), Call::Attach { volume, device, .. }) if *device == 'f' => {
                let slot = state.now.volumes.get(*volume).map_or(0, |volume| volume.slot);
                *device = char::from(b'q' + u8::try_from(slot).unwrap_or(0));
            }
            _ => {}
        }
    }

    fn turn(&self, next: &mut State, n: usize, phase: Phase) -> Option<()> {
        let from = next.now.phase(n);
        turn(&mut next.now, n, phase)?;
        let slow = matches!(
            (from, phase),
            (Phase::Pending, Phase::Running)
                | (Phase::Stopping, Phase::Stopped)
                | (Phase::Ending, Phase::Gone)
        );
        if slow {
            next.stale = next.now.clone();
            if self.bug != Some(Bug::NoFreshness) {
                next.functions.iter_mut().for_each(|round| *round = None);
            }
        }
        Some(())
    }
}

fn sights(state: &State) -> Vec<Sight> {
    let choices = |differ: bool| if differ { vec![false, true] } else { vec![false] };
    let mut sights = Vec::new();
    for stale_volumes in choices(state.now.volumes != state.stale.volumes) {
        for stale_addresses in choices(state.now.addresses != state.stale.addresses) {
            for stale_instances in choices(state.now.instances != state.stale.instances) {
                sights.push(Sight { stale_volumes, stale_addresses, stale_instances });
            }
        }
    }
    sights
}

fn function_actions(state: &State, actions: &mut Vec<Action>) {
    let mut seen: Option<&Option<Round>> = None;
    for (function, round) in state.functions.iter().enumerate() {
        // Functions in the same state can do the same.
        if seen == Some(round) {
            continue;
        }
        seen = Some(round);
        match round {
            None => actions.extend(sights(state).into_iter().map(|sight| Action::Look(function, sight))),
            Some(Round(slots)) => {
                for (slot, (lead, chains)) in slots.iter().enumerate() {
                    let open = if lead.is_some() { 1 } else { chains.len() };
                    for chain in 0..open {
                        actions.push(Action::Act(function, slot, chain));
                        actions.push(Action::ActAndCrash(function, slot, chain));
                    }
                }
            }
        }
    }
}

/// Makes a function's next call of a slot; what was planned to follow a refusal is dropped.
fn act(next: &mut State, function: usize, slot: usize, chain: usize) -> Option<()> {
    let round = next.functions.get_mut(function)?.as_mut()?;
    let (lead, chains) = round.0.get_mut(slot)?;
    let was_lead = lead.is_some();
    let (accepted, violation) = match lead.take() {
        Some(call) => next.now.apply(&call),
        None => next.now.apply(&take_first(chains.get_mut(chain)?)?),
    };
    match (accepted, chains.get_mut(chain)) {
        (false, Some(_)) if was_lead => chains.clear(),
        (false, Some(calls)) => calls.clear(),
        (true | false, _) => {}
    }
    chains.retain(|calls| !calls.is_empty());
    round.0.retain(|(lead, chains)| lead.is_some() || !chains.is_empty());
    if round.0.is_empty() {
        *next.functions.get_mut(function)? = None;
    }
    next.violation = next.violation.or(violation);
    Some(())
}

fn take_first(calls: &mut Vec<Call>) -> Option<Call> {
    (!calls.is_empty()).then(|| calls.remove(0))
}
