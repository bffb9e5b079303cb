//! What a look leads to, with a mistake or without one.

use crate::bug::{self, Bug};
use crate::ec2::{Call, Violation};
use crate::look::Sources;
use crate::memory::Memory;
use crate::spoil::spoil;
use crate::view::{self, Calls};
use crate::world::{Handover, Mark};
use planner::ids::VolumeId;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

/// What a look leads to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The calls of each slot that has any.
    pub slots: Vec<Calls>,
    /// Whether something is to be waited for.
    pub waits: bool,
    /// What must not be planned.
    pub violation: Option<Violation>,
}

thread_local! {
    /// What was planned before. Many states are looked at alike.
    static KNOWN: RefCell<HashMap<u64, Rc<Outcome>>> = RefCell::default();
}

/// What a look leads to. What cannot be told in the terms of this model is a violation: to leave it out would prove
/// nothing of what it leads to.
pub fn look(sources: Sources<'_>, memory: &Memory, bug: Option<Bug>) -> Rc<Outcome> {
    let key = BuildHasherDefault::<DefaultHasher>::default().hash_one((sources, memory, bug));
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
        return known;
    }
    let foreign = || Outcome { violation: Some(Violation::Inexpressible), ..Outcome::default() };
    let outcome = Rc::new(plan(sources, memory, bug).unwrap_or_else(foreign));
    KNOWN.with_borrow_mut(|known| known.insert(key, Rc::clone(&outcome)));
    outcome
}

fn plan(sources: Sources<'_>, memory: &Memory, bug: Option<Bug>) -> Option<Outcome> {
    let mut memory = memory.clone();
    if bug == Some(Bug::NextDeviceAtOnce) {
        memory.hasten();
    }
    let mut seen = sources.observe(&memory)?;
    bug::mislead(&mut seen, bug);
    let mut outcome = Outcome::default();
    let named = (0..).take(sources.volumes.volumes.len()).filter_map(view::volume_id);
    let named: BTreeSet<VolumeId> = named.collect();
    let plan = sources.plan(&mut seen, |record| bug::misquote(record, &named, bug))?;
    for slot in &plan.slots {
        let (mut calls, waits) = view::calls(slot)?;
        spoil(&mut calls, sources, &memory, bug);
        outcome.waits |= waits;
        outcome.violation = outcome.violation.or_else(|| charge(&calls, sources));
        if calls.lead.is_some() || !calls.chains.is_empty() {
            outcome.slots.push(calls);
        }
    }
    Some(outcome)
}

/// Nobody is ended or drained unless somebody was seen that could take over, or the time is short.
fn charge(calls: &Calls, seen: Sources<'_>) -> Option<Violation> {
    let (left, violation) =
        calls.lead.iter().chain(calls.chains.iter().flatten()).find_map(|call| match call {
            Call::Terminate { instance } => Some((*instance, Violation::EndedWithoutCandidate)),
            Call::Drain { instance, .. } => Some((*instance, Violation::DrainedWithoutCandidate)),
            Call::Attach { .. }
            | Call::Detach { .. }
            | Call::Associate { .. }
            | Call::Disassociate { .. } => None,
        })?;
    let can_take_over =
        |n: u8| n != left && seen.instances.is_fit(n) && !seen.volumes.has_another(calls.slot, n);
    let is_short = seen.volumes.handover == Handover::Drain
        && seen.instances.instance(left).is_some_and(|on| on.mark == Mark::Short);
    (!is_short && !seen.instances.numbers().any(can_take_over)).then_some(violation)
}
