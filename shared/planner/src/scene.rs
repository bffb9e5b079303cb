//! One slot's part of the decision, with all that it depends on.
//!
//! Whether the slot may be touched, and what a slot without volumes does. What one with volumes does is in
//! `volumes.rs`.

use crate::addresses;
use crate::candidates::{self, Occupancy};
use crate::checks;
use crate::decide::Verdict;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::observation::{Health, Instance, InstanceState, Observation, Volume};
use crate::plan::{SlotPlan, SlotState};
use crate::slot::Slot;

/// A slot, and all that its decision depends on.
pub(crate) struct Scene<'a, 's> {
    pub(crate) slot: &'s Slot<'a>,
    pub(crate) occupancy: &'s Occupancy<'a>,
    pub(crate) observation: &'a Observation,
    /// The candidate that the matching gave it.
    pub(crate) given: Option<&'a Instance>,
}

impl Scene<'_, '_> {
    pub(crate) fn decide(&self, verdict: Verdict) -> SlotPlan {
        let mut draft = Draft::new(self.slot.name, self.holder());
        draft.findings.extend(checks::notices(self.slot, self.observation));
        match verdict {
            Verdict::Paused(findings) => {
                draft.findings.extend(findings);
                return draft.finish_as(SlotState::Paused);
            }
            Verdict::Blocked(findings) => {
                draft.findings.extend(findings);
                return draft.finish_as(SlotState::Blocked);
            }
            Verdict::Open => {}
        }
        match self.slot.first_volume() {
            Some(first) => self.with_volumes(first, &mut draft),
            None => self.with_addresses_only(&mut draft),
        }
        draft.drop_failed(&self.observation.memory);
        draft.finish()
    }

    fn holder(&self) -> Option<InstanceId> {
        match self.slot.first_volume() {
            Some(first) => first.attachment().map(|attachment| attachment.instance.clone()),
            None => self.occupancy.home_of(self.slot.name).map(|home| home.id.clone()),
        }
    }

    fn with_addresses_only(&self, draft: &mut Draft) {
        let home = self.occupancy.home_of(self.slot.name);
        let Some(home) = home else {
            return self.move_addresses(draft);
        };
        let moves_on = self.given.is_some_and(|target| target.id != home.id);
        match (home.state, home.health()) {
            (InstanceState::Pending, _) => {
                draft.findings.push(Finding::HolderStarting { instance: home.id.clone() });
            }
            (_, Health::Healthy) if !moves_on => self.complete_on(home, Vec::new(), draft),
            (_, health @ (Health::Healthy | Health::Recommended)) => {
                if health == Health::Recommended && !moves_on {
                    let reason = "rebalance recommendation".to_owned();
                    draft.findings.push(Finding::HolderDraining { instance: home.id.clone(), reason });
                }
                self.complete_on(self.given.unwrap_or(home), Vec::new(), draft);
            }
            (_, Health::Draining(_) | Health::NotRunning) => self.move_addresses(draft),
        }
    }

    fn move_addresses(&self, draft: &mut Draft) {
        if let Some(target) = self.given {
            self.complete_on(target, Vec::new(), draft);
        } else {
            self.no_candidate(draft);
            draft.follow.extend(addresses::let_go(None, self.slot, self.occupancy, self.observation));
        }
    }

    pub(crate) fn no_candidate(&self, draft: &mut Draft) {
        let why = candidates::why_none(self.slot, self.occupancy, self.observation);
        draft.findings.push(Finding::NoCandidate(why));
        draft.tell_failures(&self.observation.memory);
    }

    /// Whether EC2 accepted an attachment so recently that its answers may not show it yet.
    pub(crate) fn is_being_accepted(&self, volume: &Volume) -> bool {
        let accepted = self.observation.memory.accepted.get(&volume.id);
        accepted.is_some_and(|accepted| accepted.may_not_show_yet(self.observation))
    }
}
