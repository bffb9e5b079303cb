//! The model: a small EC2, functions that look and act at any moment, crash anywhere and lose answers, and a fleet that
//! comes and goes. Every step of it is a state of its own.
//!
//! Time is not counted: see [`crate::function::may_last`] for what is assumed of it, and [`crate::memory`] for what a
//! function remembers.

use crate::bug::Bug;
use crate::ec2::{Answer, Violation};
use crate::function::{self, Function, Part, Round};
use crate::goal;
use crate::life::{Settling, next_phases};
use crate::view::Sources;
use crate::world::{LinkState, Mark, Phase, World};
use crate::{bug, goal::Quiet};
use stateright::{Model, Property};
use std::sync::Arc;

/// What is checked.
#[derive(Debug, Clone)]
pub struct Check {
    /// What is special about it.
    pub name: &'static str,
    /// The worlds that it starts from.
    pub starts: Vec<World>,
    /// How many functions run at once.
    pub functions: usize,
    /// How often an instance may stop, end, start again or be marked; without a number as often as it can.
    pub churn: Option<u8>,
    /// Whether EC2 recommends to replace instances.
    pub recommends: bool,
    /// Whether EC2 takes attachments back that it has accepted.
    pub takes_back: bool,
    /// Whether EC2 refuses calls for good.
    pub refuses: bool,
    /// A mistake that the check must find, if any.
    pub bug: Option<Bug>,
    /// The only violation that counts, if not all do.
    pub only: Option<Violation>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// EC2 as it is.
    pub now: Arc<World>,
    /// EC2 as its answers may still have it.
    pub stale: Arc<World>,
    /// The functions, in an order of their own: they are alike.
    pub functions: Vec<Function>,
    /// How much churn is left.
    pub left: Option<u8>,
    /// What must never have happened.
    pub violation: Option<Violation>,
}

/// Which of EC2's answers a look gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    stale_volumes: bool,
    stale_addresses: bool,
    stale_instances: bool,
}

/// Something that can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A function looks, and plans.
    Look(usize, Sight),
    /// A function makes a call.
    Act(usize, usize, Part),
    /// The same, and the answer is lost.
    Lose(usize, usize, Part),
    /// A function makes a call that EC2 refuses for good.
    Refuse(usize, usize, Part),
    /// A function crashes, or its time is over.
    End(usize),
    /// What a function remembers grows old.
    Age(usize),
    /// EC2's answers catch up.
    CatchUp,
    /// An instance goes on in its life.
    Turn(u8, Phase),
    /// Something is said about an instance's end.
    Mark(u8, Mark),
    /// An attachment is completed, or ended.
    Settle(u8),
    /// EC2 takes an attachment back.
    TakeBack(u8),
}

impl Model for Check {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let start = |world: &World| {
            let world = Arc::new(world.clone());
            State {
                now: Arc::clone(&world),
                stale: world,
                functions: vec![Function::default(); self.functions],
                left: self.churn,
                violation: None,
            }
        };
        self.starts.iter().map(start).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.violation.is_some() {
            return;
        }
        self.of_functions(state, actions);
        if state.now != state.stale {
            actions.push(Action::CatchUp);
        }
        self.of_ec2(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Look(function, sight) => self.look(&mut next, function, sight)?,
            Action::Act(function, slot, part) => self.act(&mut next, function, slot, part, Reply::Arrives)?,
            Action::Lose(function, slot, part) => self.act(&mut next, function, slot, part, Reply::IsLost)?,
            Action::Refuse(function, slot, part) => self.refuse(&mut next, function, slot, part)?,
            Action::End(function) => *next.functions.get_mut(function)? = Function::default(),
            Action::Age(function) => next.functions.get_mut(function)?.memory.age(),
            Action::CatchUp => next.catch_up(),
            Action::Turn(n, phase) => self.turn(&mut next, n, phase)?,
            Action::Mark(n, mark) => {
                next.left = spend(next.left)?;
                Arc::make_mut(&mut next.now).instances.get_mut(usize::from(n))?.mark = mark;
            }
            Action::Settle(volume) => self.settle(&mut next, volume)?,
            Action::TakeBack(volume) => {
                next.left = spend(next.left)?;
                let volume = Arc::make_mut(&mut next.now).volumes.get_mut(usize::from(volume))?;
                let from = volume.link.take()?.instance;
                // It takes longer than a look is fresh until the volume can be attached elsewhere.
                next.outlast(from, Phase::Gone, true, self.bug);
            }
        }
        next.functions.sort();
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("safe", |_: &Self, state: &State| state.violation.is_none()),
            Property::always("converges", |check: &Self, state: &State| {
                check.bug.is_some() || goal::quiet(&state.now) == Quiet::Good
            }),
        ]
    }
}

/// Whether a function gets the answer to its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Arrives,
    IsLost,
}

/// One less, if there is one.
fn spend(left: Option<u8>) -> Option<Option<u8>> {
    match left {
        Some(left) => left.checked_sub(1).map(Some),
        None => Some(None),
    }
}

fn sights(state: &State) -> Vec<Sight> {
    let choices = |differ: bool| if differ { &[false, true][..] } else { &[false] };
    let mut sights = Vec::new();
    for stale_volumes in choices(state.now.volumes != state.stale.volumes) {
        for stale_addresses in choices(state.now.addresses != state.stale.addresses) {
            // What is attached to an instance is shown with it.
            let differ =
                state.now.instances != state.stale.instances || state.now.volumes != state.stale.volumes;
            for stale_instances in choices(differ) {
                sights.push(Sight {
                    stale_volumes: *stale_volumes,
                    stale_addresses: *stale_addresses,
                    stale_instances: *stale_instances,
                });
            }
        }
    }
    sights
}

impl State {
    fn catch_up(&mut self) {
        self.stale = Arc::clone(&self.now);
        self.functions.iter_mut().for_each(|function| function.memory.catch_up());
    }

    fn sources(&self, sight: Sight) -> Sources<'_> {
        let world = |stale| if stale { &*self.stale } else { &*self.now };
        Sources {
            volumes: world(sight.stale_volumes),
            addresses: world(sight.stale_addresses),
            instances: world(sight.stale_instances),
        }
    }

    /// The instance enters a phase for which it needs so long that nobody acts on what was before, nor is shown it.
    fn outlast(&mut self, n: u8, phase: Phase, has_run: bool, bug: Option<Bug>) {
        let is_settled = bug == Some(Bug::NoSettledStart)
            || phase != Phase::Running
            || self.stale.links().all(|(_, link)| link.instance != n);
        if !function::may_last(self.stale.phase(n), phase, has_run) || !is_settled {
            self.catch_up();
        }
        if bug == Some(Bug::NoFreshness) {
            return;
        }
        for function in &mut self.functions {
            let saw = function.round.as_ref().and_then(|round| round.saw.get(usize::from(n)));
            if saw.is_some_and(|saw| !function::may_last(*saw, phase, has_run)) {
                function.round = None;
            }
        }
    }
}

impl Check {
    fn of_functions(&self, state: &State, actions: &mut Vec<Action>) {
        let mut last = None;
        for (n, function) in state.functions.iter().enumerate() {
            // Functions in the same state can do the same.
            if last == Some(function) {
                continue;
            }
            last = Some(function);
            if function.round.is_none() {
                actions.extend(sights(state).into_iter().map(|sight| Action::Look(n, sight)));
                // A call that was made in a round is not old as long as the round is fresh.
                if function.memory.can_age() {
                    actions.push(Action::Age(n));
                }
            }
            if !function.is_idle() {
                actions.push(Action::End(n));
            }
            for (slot, part, _) in function.open(self.bug) {
                actions.extend([Action::Act(n, slot, part), Action::Lose(n, slot, part)]);
                if self.refuses {
                    actions.push(Action::Refuse(n, slot, part));
                }
            }
        }
    }

    fn counts(&self, violation: Violation) -> bool {
        self.only.is_none_or(|only| only == violation)
    }

    fn of_ec2(&self, state: &State, actions: &mut Vec<Action>) {
        for (n, instance) in (0..).zip(&state.now.instances) {
            actions.extend(next_phases(instance.phase).iter().map(|phase| Action::Turn(n, *phase)));
            if instance.phase == Phase::Running && instance.is_healthy() && state.left != Some(0) {
                actions.push(Action::Mark(n, Mark::Interrupted));
                if self.recommends && instance.mark == Mark::None {
                    actions.push(Action::Mark(n, Mark::Recommended));
                }
            }
        }
        for (n, volume) in (0..).zip(&state.now.volumes) {
            if state.now.settling(n).is_some() {
                actions.push(Action::Settle(n));
            }
            if self.takes_back && volume.link.is_some_and(|link| link.state == LinkState::Attaching) {
                actions.push(Action::TakeBack(n));
            }
        }
    }

    /// A function looks. One that finds nothing to do and nothing to wait for ends.
    fn look(&self, next: &mut State, function: usize, sight: Sight) -> Option<()> {
        let sources = next.sources(sight);
        let outcome = bug::look(sources, &next.functions.get(function)?.memory, self.bug)?;
        // By the oldest of its answers.
        let oldest = if sight == Sight::default() { &next.now } else { &next.stale };
        let saw = oldest.instances.iter().map(|instance| instance.phase).collect();
        let function = next.functions.get_mut(function)?;
        if !outcome.slots.is_empty() {
            function.round = Some(Round { saw, slots: outcome.slots.clone() });
        } else if !outcome.waits {
            *function = Function::default();
        }
        next.violation = outcome.violation.filter(|violation| self.counts(*violation));
        Some(())
    }

    fn act(&self, next: &mut State, function: usize, slot: usize, part: Part, reply: Reply) -> Option<()> {
        let open = next.functions.get(function)?.open(self.bug);
        let (_, _, call) = *open.iter().find(|(of, which, _)| (*of, *which) == (slot, part))?;
        let charge = next.now.charge(&call);
        let association = match call {
            crate::ec2::Call::Associate { address, .. } => {
                function::fresh_association(address, &next.stale, &next.functions)
            }
            _ => 0,
        };
        let answer = Arc::make_mut(&mut next.now).apply(&call, association);
        let is_accepted = answer == Answer::Accepted;
        if reply == Reply::IsLost && !is_accepted {
            return None;
        }
        next.violation = charge.filter(|violation| is_accepted && self.counts(*violation));
        let function = next.functions.get_mut(function)?;
        if reply == Reply::Arrives {
            function.memory.remember(&call, answer);
        }
        function.done(slot, part, is_accepted && reply == Reply::Arrives)
    }

    fn refuse(&self, next: &mut State, function: usize, slot: usize, part: Part) -> Option<()> {
        next.left = spend(next.left)?;
        let function = next.functions.get_mut(function)?;
        let open = function.open(self.bug);
        let (_, _, call) = *open.iter().find(|(of, which, _)| (*of, *which) == (slot, part))?;
        let name = function.round.as_ref()?.slots.get(slot)?.slot;
        function.memory.remember_failure(name, call);
        function.done(slot, part, false)
    }

    fn turn(&self, next: &mut State, n: u8, phase: Phase) -> Option<()> {
        let before = *next.now.instance(n)?;
        match (before.phase, phase) {
            (Phase::Unborn | Phase::Stopping | Phase::Ending, _) | (Phase::Pending, Phase::Running) => {}
            _ => next.left = spend(next.left)?,
        }
        Arc::make_mut(&mut next.now).turn(n, phase);
        match phase {
            Phase::Running | Phase::Stopped | Phase::Gone => {
                next.outlast(n, phase, before.mounted, self.bug);
                next.functions.iter_mut().for_each(|function| function.memory.age_of(n));
            }
            Phase::Pending if before.phase == Phase::Stopped => {
                next.functions.iter_mut().for_each(|function| function.memory.restarted(n));
            }
            Phase::Unborn | Phase::Pending | Phase::Stopping | Phase::Ending => {}
        }
        Some(())
    }

    fn settle(&self, next: &mut State, volume: u8) -> Option<()> {
        let link = next.now.volume(volume)?.link?;
        let is_release = next.now.settling(volume) == Some(Settling::Releases);
        Arc::make_mut(&mut next.now).settle(volume);
        if is_release {
            let has_run = next.now.instance(link.instance)?.mounted;
            next.outlast(link.instance, Phase::Gone, has_run, self.bug);
        }
        Some(())
    }
}
