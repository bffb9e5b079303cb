//! A slot's plan while it is being made.

use crate::finding::{Finding, Severity};
use crate::ids::{InstanceId, SlotName};
use crate::memory::{Failure, Memory};
use crate::plan::{Next, SlotPlan, SlotState, Step};

/// A slot's plan while it is being made. How the slot stands follows from it at the end.
pub(crate) struct Draft {
    slot: SlotName,
    holder: Option<InstanceId>,
    pub(crate) lead: Option<Step>,
    pub(crate) follow: Vec<Vec<Step>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) next: Next,
    asks: Option<InstanceId>,
    leaves: Option<InstanceId>,
}

impl Draft {
    pub(crate) fn new(slot: &SlotName, holder: Option<InstanceId>) -> Self {
        let slot = slot.clone();
        let (lead, follow, findings) = (None, Vec::new(), Vec::new());
        Self { slot, holder, lead, follow, findings, next: Next::Nothing, asks: None, leaves: None }
    }

    /// Notes that something is under way which takes seconds.
    pub(crate) fn await_transition(&mut self) {
        self.next = self.next.max(Next::Transition);
    }

    /// Notes that the plan depends on what Systems Manager has on record of the instance.
    pub(crate) fn ask(&mut self, instance: &InstanceId) {
        self.asks = Some(instance.clone());
        self.await_transition();
    }

    /// Notes that the slot is about to come off the instance, which runs.
    pub(crate) fn leave(&mut self, instance: &InstanceId) {
        self.leaves = Some(instance.clone());
    }

    /// Notes that the slot could be handed over now, if there were a candidate.
    pub(crate) fn await_candidate(&mut self) {
        self.next = self.next.max(Next::Candidate);
    }

    /// Notes that a volume will be released, and is to be had then.
    pub(crate) fn await_release(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.next = self.next.max(Next::Release);
    }

    /// Leaves out what EC2 has refused for good in this invocation, and all that would follow from it.
    pub(crate) fn drop_failed(&mut self, memory: &Memory) {
        let failed = |step: &Step| memory.failure_of(step);
        let mut dropped: Vec<&Failure> = self.lead.iter().filter_map(failed).collect();
        if !dropped.is_empty() {
            self.lead = None;
            self.follow.clear();
        }
        dropped.extend(self.follow.iter().flatten().filter_map(failed));
        self.follow.retain(|chain| chain.iter().all(|step| failed(step).is_none()));
        for failure in dropped {
            self.tell_once(failure.finding());
        }
    }

    /// Tells everything that EC2 has refused the slot for good.
    pub(crate) fn tell_failures(&mut self, memory: &Memory) {
        for failure in &memory.failures {
            if failure.slot.as_ref() == Some(&self.slot) {
                self.tell_once(failure.finding());
            }
        }
    }

    /// Tells something, unless it has been told.
    pub(crate) fn tell_once(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Whether anything is done about the slot, or is under way.
    pub(crate) fn is_moving(&self) -> bool {
        self.lead.is_some() || !self.follow.is_empty() || self.next == Next::Transition
    }

    /// The plan of a slot that is not to be touched.
    pub(crate) fn finish_as(self, state: SlotState) -> SlotPlan {
        SlotPlan {
            slot: self.slot,
            state,
            holder: self.holder,
            lead: None,
            follow: Vec::new(),
            findings: self.findings,
            next: Next::Nothing,
            asks: None,
            bound_for: None,
            leaves: None,
        }
    }

    /// The plan, with the state that follows from its steps and findings, of a slot that is to be on this instance.
    pub(crate) fn finish(self, target: Option<&InstanceId>) -> SlotPlan {
        let told = |severity| self.findings.iter().any(|finding| finding.severity() == severity);
        let acts = self.is_moving();
        let state = if told(Severity::Blocking) {
            SlotState::Blocked
        } else if acts {
            SlotState::Moving
        } else if told(Severity::Waiting) {
            SlotState::Waiting
        } else {
            SlotState::Held
        };
        let is_on_its_way = state == SlotState::Moving
            || (state == SlotState::Waiting && self.next >= Next::Release)
            || (state == SlotState::Waiting && target != self.holder.as_ref());
        SlotPlan {
            slot: self.slot,
            state,
            holder: self.holder,
            lead: self.lead,
            follow: self.follow,
            findings: self.findings,
            next: self.next,
            asks: self.asks,
            bound_for: target.filter(|_| is_on_its_way).cloned(),
            leaves: self.leaves,
        }
    }
}
