//! A slot's plan while it is being made.

use crate::finding::{Finding, Severity};
use crate::ids::{InstanceId, SlotName};
use crate::memory::Memory;
use crate::plan::{Next, SlotPlan, SlotState, Step};

/// A slot's plan while it is being made. How the slot stands follows from it at the end.
pub(crate) struct Draft {
    slot: SlotName,
    holder: Option<InstanceId>,
    pub(crate) lead: Option<Step>,
    pub(crate) follow: Vec<Vec<Step>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) next: Next,
}

impl Draft {
    pub(crate) fn new(slot: &SlotName, holder: Option<InstanceId>) -> Self {
        let slot = slot.clone();
        Self { slot, holder, lead: None, follow: Vec::new(), findings: Vec::new(), next: Next::Nothing }
    }

    /// Notes that something is under way which takes seconds.
    pub(crate) fn await_transition(&mut self) {
        self.next = Next::Transition;
    }

    /// Notes that a volume will be released, and is to be had then.
    pub(crate) fn await_release(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.next = Next::Release;
    }

    /// Leaves out what EC2 has refused for good in this invocation, and all that would follow from it.
    pub(crate) fn drop_failed(&mut self, memory: &Memory) {
        let failed = |step: &Step| memory.failures.iter().any(|failure| failure.step.is_same_act(step));
        if self.lead.as_ref().is_some_and(failed) {
            self.lead = None;
            self.follow.clear();
        }
        self.follow.retain(|chain| !chain.iter().any(failed));
        self.tell_failures(memory);
    }

    /// Tells what EC2 has refused for good.
    pub(crate) fn tell_failures(&mut self, memory: &Memory) {
        for failure in memory.failures.iter().filter(|failure| failure.slot == self.slot) {
            let (step, resource) = (failure.step.name(), failure.step.resource().to_owned());
            let finding = Finding::Refused { step, resource, reason: failure.reason.clone() };
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
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
        }
    }

    /// The plan, with the state that follows from its steps and findings.
    pub(crate) fn finish(self) -> SlotPlan {
        let told = |severity| self.findings.iter().any(|finding| finding.severity() == severity);
        let acts = self.lead.is_some() || !self.follow.is_empty() || self.next == Next::Transition;
        let state = if told(Severity::Blocking) {
            SlotState::Blocked
        } else if acts {
            SlotState::Moving
        } else if told(Severity::Waiting) {
            SlotState::Waiting
        } else {
            SlotState::Held
        };
        SlotPlan {
            slot: self.slot,
            state,
            holder: self.holder,
            lead: self.lead,
            follow: self.follow,
            findings: self.findings,
            next: self.next,
        }
    }
}
