//! A function at work: one round of calls after each look, in the order that the loop keeps (`reconciler::execute`), and
//! what it remembers from one look to the next.

use crate::bug::Bug;
use crate::ec2::{Answer, Call};
use crate::memory::Memory;
use crate::ssm::Volumes;
use crate::view::Calls;
use crate::world::{Phase, World};

/// A function. Nothing remembered and nothing to do: between two invocations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function {
    /// What the invocation remembers.
    pub memory: Memory,
    /// What it has yet to do before it looks again.
    pub round: Option<Round>,
}

/// What a function has yet to do for the slots of its look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Round {
    /// The phase of each instance when the oldest answer to the look was true.
    pub saw: Vec<Phase>,
    /// The volumes of which a drain had been asked for by then, where they were.
    pub asked: Volumes,
    /// The calls of each slot.
    pub slots: Vec<Calls>,
}

/// Which call of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The one that comes first, alone.
    Lead,
    /// The next one of this chain.
    Chain(usize),
}

impl Function {
    /// Whether it is between two invocations.
    pub fn is_idle(&self) -> bool {
        self.memory.is_empty() && self.round.is_none()
    }

    /// The calls that may be made next: of each slot the lead, or else the next of each chain.
    pub fn open(&self, bug: Option<Bug>) -> Vec<(usize, Part, Call)> {
        let mut open = Vec::new();
        for (slot, calls) in self.round.iter().flat_map(|round| &round.slots).enumerate() {
            open.extend(calls.lead.map(|call| (slot, Part::Lead, call)));
            for (n, chain) in calls.chains.iter().enumerate() {
                let next = chain.first().copied();
                let is_open = calls.lead.is_none() || next.is_some_and(|call| overtakes(bug, call));
                open.extend(next.filter(|_| is_open).map(|call| (slot, Part::Chain(n), call)));
            }
        }
        open
    }

    /// Notes that a call was made, and whether what follows it may go on.
    pub fn done(&mut self, slot: usize, part: Part, goes_on: bool) -> Option<()> {
        let round = self.round.as_mut()?;
        let calls = round.slots.get_mut(slot)?;
        match part {
            Part::Lead => {
                calls.lead = None;
                if !goes_on {
                    calls.chains.clear();
                }
            }
            Part::Chain(n) => {
                let chain = calls.chains.get_mut(n)?;
                chain.remove(0);
                if !goes_on {
                    chain.clear();
                }
            }
        }
        calls.chains.retain(|chain| !chain.is_empty());
        round.slots.retain(|calls| calls.lead.is_some() || !calls.chains.is_empty());
        if round.slots.is_empty() {
            self.round = None;
        }
        Some(())
    }

    /// Whether a call that it has yet to make ends this association.
    pub fn knows(&self, address: u8, association: u8) -> bool {
        let slots = self.round.iter().flat_map(|round| &round.slots);
        let mut calls = slots.flat_map(|calls| calls.lead.iter().chain(calls.chains.iter().flatten()));
        calls.any(|call| *call == Call::Disassociate { address, association })
    }
}

/// Whether the call is made without waiting for the first volume. A mistake.
fn overtakes(bug: Option<Bug>, call: Call) -> bool {
    match bug {
        Some(Bug::SecondVolumeAhead) => matches!(call, Call::Attach { .. }),
        Some(Bug::AddressAhead) => matches!(call, Call::Associate { .. } | Call::Disassociate { .. }),
        Some(_) | None => false,
    }
}

/// Whether what was seen while the instance was in `saw` may still be acted on, or shown, when it enters `now`. What
/// the design assumes of time is that an instance takes longer than a look is fresh, and than EC2's answers are stale,
/// from `stopped` to mounting, and from running to stopped, terminated or released.
pub fn may_last(saw: Phase, now: Phase, has_run: bool) -> bool {
    match now {
        Phase::Running => matches!(saw, Phase::Unborn | Phase::Pending),
        Phase::Stopped => matches!(saw, Phase::Stopping),
        Phase::Gone => !has_run || !matches!(saw, Phase::Unborn | Phase::Pending | Phase::Running),
        Phase::Unborn | Phase::Pending | Phase::Stopping | Phase::Ending => true,
    }
}

/// The first number that no association of the address has that anybody still knows of.
pub fn fresh_association(address: u8, stale: &World, functions: &[Function]) -> u8 {
    let is_shown = |id| stale.address(address).and_then(|it| it.at).is_some_and(|at| at.id == id);
    let is_known = |id: &u8| is_shown(*id) || functions.iter().any(|function| function.knows(address, *id));
    (1..u8::MAX).find(|id| !is_known(id)).unwrap_or(u8::MAX)
}

/// Makes a call of a slot in a quiet world: what EC2 answers.
pub fn call_in_quiet(world: &mut World, memory: &mut Memory, slot: u8, call: Call) -> Answer {
    let association =
        if let Call::Associate { address, .. } = call { fresh_association(address, world, &[]) } else { 0 };
    let answer = world.apply(call, association);
    memory.learn(slot, call, answer);
    answer
}
