//! The model: a small EC2, functions that look and act at any moment, crash anywhere and lose answers, and a fleet that
//! comes and goes. Every step of it is a state of its own.
//!
//! Time is not counted: see [`crate::function::may_last`] for what is assumed of it, and [`crate::memory`] for what a
//! function remembers.

use crate::bug::Bug;
use crate::census::{Census, Event, Fate};
use crate::ec2::{Answer, Call, Violation};
use crate::fault::Fault;
use crate::function::{self, Function, Part, Round};
use crate::goal::{self, Quiet};
use crate::life::Settling;
use crate::outcome;
use crate::state::{Action, Sight, State};
use crate::world::{Mark, Phase, Usage, World};
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
    /// The only fault that counts, if not all do.
    pub only: Option<Fault>,
    /// What has happened.
    pub census: Census,
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
        if state.is_stale() {
            actions.push(Action::CatchUp);
        }
        self.of_ec2(state, actions);
        self.of_commands(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        let event = Event::of(state, action);
        match action {
            Action::Look(function, sight) => self.look(&mut next, function, sight)?,
            Action::Act(function, slot, part) => self.act(&mut next, function, slot, part, Reply::Arrives)?,
            Action::Lose(function, slot, part) => self.act(&mut next, function, slot, part, Reply::IsLost)?,
            Action::Refuse(function, slot, part) => self.refuse(&mut next, function, slot, part)?,
            Action::End(function) => *next.functions.get_mut(function)? = Function::default(),
            Action::Age(function) => next.functions.get_mut(function)?.memory.age(),
            Action::Deliver(function) => next.functions.get_mut(function)?.memory.deliver(),
            Action::CatchUp => next.catch_up(),
            Action::ShowRecord => next.show_record(),
            Action::EndCommand(n, number, end) => {
                Arc::make_mut(&mut next.now).end_command(n, number, end)?;
            }
            Action::Outdate(n) => next.outdate(n)?,
            Action::Forget(n) => next.forget(n)?,
            Action::Turn(n, phase) => self.turn(&mut next, n, phase)?,
            Action::Mark(n, mark) => {
                // That time goes by is no churn.
                if mark != Mark::Short {
                    spend(&mut next.left)?;
                }
                Arc::make_mut(&mut next.now).instances.get_mut(usize::from(n))?.mark = mark;
            }
            Action::Settle(volume) => self.settle(&mut next, volume)?,
            Action::TakeBack(volume) => {
                spend(&mut next.left)?;
                let volume = Arc::make_mut(&mut next.now).volumes.get_mut(usize::from(volume))?;
                let from = volume.link.take()?.instance;
                // It takes longer than a look is fresh until the volume can be attached elsewhere.
                next.outlast(from, Phase::Gone, true, self.bug);
            }
        }
        if self.has_commands() {
            next.renumber();
        }
        next.functions.sort();
        if next == *state {
            return None;
        }
        self.census.extend(event);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("safe", |_: &Self, state: &State| state.violation.is_none()),
            Property::always("converges", Self::converges),
        ]
    }
}

/// Whether a function gets the answer to its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Arrives,
    IsLost,
}

impl Reply {
    fn fate(self, answer: Answer) -> Fate {
        match self {
            Self::Arrives => Fate::Answered(answer),
            Self::IsLost => Fate::Lost,
        }
    }
}

/// One less, if there is one.
fn spend(left: &mut Option<u8>) -> Option<()> {
    if let Some(left) = left {
        *left = left.checked_sub(1)?;
    }
    Some(())
}

impl Check {
    /// A check of everything that goes on without end, and of nothing that is rare.
    pub fn new(name: &'static str, starts: Vec<World>, functions: usize) -> Self {
        Self {
            name,
            starts,
            functions,
            churn: None,
            recommends: false,
            takes_back: false,
            refuses: false,
            bug: None,
            only: None,
            census: Census::default(),
        }
    }

    fn counts(&self, violation: Violation) -> bool {
        self.only.is_none_or(|only| only == Fault::Broken(violation))
    }

    fn converges(&self, state: &State) -> bool {
        match self.only {
            // What is unsafe is not asked where it leads to.
            Some(Fault::Broken(_)) => true,
            Some(Fault::Unsettled(only)) => goal::quiet(&state.now, self.bug) != only,
            None => goal::quiet(&state.now, self.bug) == Quiet::Good,
        }
    }

    /// What is wrong with the state, if anything.
    pub fn fault(&self, state: &State) -> Option<Fault> {
        let unsettled = || Fault::Unsettled(goal::quiet(&state.now, self.bug));
        state.violation.map(Fault::Broken).or_else(|| (!self.converges(state)).then(unsettled))
    }

    /// A function looks. One that finds nothing to do and nothing to wait for ends.
    fn look(&self, next: &mut State, function: usize, sight: Sight) -> Option<()> {
        let sources = next.sources(sight);
        let outcome = outcome::look(sources, &next.functions.get(function)?.memory, self.bug);
        // By the oldest of its answers.
        let oldest = if sight.is_stale() { &next.stale } else { &next.now };
        let asked = oldest.asked();
        let saw = oldest.instances.iter().map(|instance| instance.phase).collect();
        let function = next.functions.get_mut(function)?;
        if !outcome.slots.is_empty() {
            function.round = Some(Round { saw, asked, slots: outcome.slots.clone() });
        } else if !outcome.waits {
            *function = Function::default();
        }
        if sight.is_denied() {
            spend(&mut next.left)?;
        }
        next.violation = outcome.violation.filter(|violation| self.counts(*violation));
        Some(())
    }

    fn act(&self, next: &mut State, function: usize, slot: usize, part: Part, reply: Reply) -> Option<()> {
        let actor = next.functions.get(function)?;
        let open = actor.open(self.bug);
        let (_, _, call) = *open.iter().find(|(of, which, _)| (*of, *which) == (slot, part))?;
        let saw = actor.round.as_ref().map_or(&[][..], |round| &round.saw);
        let charge = next.now.charge(call).or_else(|| next.now.charge_by(call, saw));
        let association = if let Call::Associate { address, .. } = call {
            function::fresh_association(address, &next.stale, &next.functions)
        } else {
            0
        };
        if next.now.is_record_full(call) {
            return None;
        }
        let answer = Arc::make_mut(&mut next.now).apply(call, association);
        let is_accepted = answer == Answer::Accepted;
        if reply == Reply::IsLost && !is_accepted {
            return None;
        }
        next.violation = charge.filter(|violation| is_accepted && self.counts(*violation));
        self.census.extend([Event::Called(next.now.kind(call), reply.fate(answer))]);
        self.census.extend(Event::of_call(next, function, call, answer));
        let function = next.functions.get_mut(function)?;
        if reply == Reply::Arrives {
            let name = function.round.as_ref()?.slots.get(slot)?.slot;
            function.memory.learn(name, call, answer);
        }
        function.done(slot, part, is_accepted && reply == Reply::Arrives)
    }

    fn refuse(&self, next: &mut State, function: usize, slot: usize, part: Part) -> Option<()> {
        spend(&mut next.left)?;
        let function = next.functions.get_mut(function)?;
        let open = function.open(self.bug);
        let (_, _, call) = *open.iter().find(|(of, which, _)| (*of, *which) == (slot, part))?;
        let name = function.round.as_ref()?.slots.get(slot)?.slot;
        self.census.extend([Event::Called(next.now.kind(call), Fate::RefusedForGood)]);
        function.memory.remember_failure(name, call);
        function.done(slot, part, false)
    }

    fn turn(&self, next: &mut State, n: u8, phase: Phase) -> Option<()> {
        let before = *next.now.instance(n)?;
        match (before.phase, phase) {
            (Phase::Unborn | Phase::Stopping | Phase::Ending, _) | (Phase::Pending, Phase::Running) => {}
            _ => spend(&mut next.left)?,
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
        let settling = next.now.settling(volume)?;
        Arc::make_mut(&mut next.now).settle(volume);
        let has_run = next.now.instance(link.instance)?.mounted;
        match settling {
            Settling::Releases => next.outlast(link.instance, Phase::Gone, has_run, self.bug),
            Settling::Detaches if has_run && link.usage == Usage::Drained => {
                next.outlast_drain(volume, self.bug);
            }
            Settling::Detaches | Settling::Completes => {}
        }
        Some(())
    }
}
