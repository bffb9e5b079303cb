//! One slot's part of the decision, with all that it depends on.
//!
//! Whether the slot may be touched, and what a slot without volumes does. What one with volumes does is in
//! `volumes.rs`.

use crate::addresses;
use crate::candidates;
use crate::checks;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::ids::{InstanceId, SlotName};
use crate::observation::{Health, Instance, InstanceState};
use crate::plan::{SlotPlan, SlotState};
use crate::slot::Slot;
use crate::spot::Spot;
use crate::verdict::Verdict;
use crate::view::View;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// For how long after its own launch an instance is the destination of a slot whose holder has yet to end, in minutes. EC2's
/// interruption takes two, a drain less.
const LAUNCH_MINUTES: i64 = 10;

/// A slot, and all that its decision depends on.
pub(crate) struct Scene<'a, 's> {
    pub(crate) slot: &'s Slot<'a>,
    pub(crate) view: &'s View<'a>,
    /// The candidate that the matching gave it.
    pub(crate) given: Option<&'a Instance>,
    /// The instances that slots with volumes are about to take.
    pub(crate) claimed: &'s BTreeSet<&'a InstanceId>,
    /// The instances to which slots without volumes are about to go.
    pub(crate) expected: &'s BTreeMap<&'a InstanceId, &'a SlotName>,
}

impl<'a> Scene<'a, '_> {
    pub(crate) fn decide(&self, verdict: Verdict) -> SlotPlan {
        let mut draft = Draft::new(self.slot.name, self.holder());
        draft.findings.extend(checks::notices(self.slot, self.view));
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
        let target = match self.slot.first_volume() {
            Some(first) => self.with_volumes(first, &mut draft),
            None => self.with_addresses_only(&mut draft),
        };
        addresses::let_go(target, self.slot, self.view, self.expected, &mut draft);
        draft.drop_failed(&self.view.observation.memory);
        let destination = self.destination(target, &draft);
        draft.finish(destination.map(|instance| &instance.id))
    }

    /// Where the slot will be in the end: on the instance that it was given, where its present one is sure to go. That may take
    /// long where hooks of others keep it.
    fn destination(&self, target: Option<&'a Instance>, draft: &Draft) -> Option<&'a Instance> {
        let is_new = |given: &Instance| {
            self.view.observation.began - given.launched < TimeDelta::minutes(LAUNCH_MINUTES)
        };
        match target {
            Some(holder) if matches!(holder.health(), Health::Draining(_)) => {
                self.given.filter(|given| draft.is_moving() || (holder.is_sure_to_go() && is_new(given)))
            }
            other => other,
        }
    }

    fn holder(&self) -> Option<InstanceId> {
        match self.slot.first_volume() {
            Some(first) => first.attachment().map(|attachment| attachment.instance.clone()),
            None => self.view.occupancy.home_of(self.slot.name).map(|home| home.id.clone()),
        }
    }

    /// What a slot without volumes does. The instance where it is to be, if there is one.
    fn with_addresses_only(&self, draft: &mut Draft) -> Option<&'a Instance> {
        let Some(home) = self.view.occupancy.home_of(self.slot.name) else {
            return self.move_addresses(draft);
        };
        let elsewhere = self.given.filter(|given| given.id != home.id);
        match (home.state, home.health()) {
            (InstanceState::Pending, _) if !home.is_sure_to_go() => {
                draft.findings.push(Finding::HolderStarting { instance: home.id.clone() });
                Some(home)
            }
            (_, Health::Draining(_) | Health::NotRunning) => self.move_addresses(draft),
            (_, Health::Healthy | Health::Recommended) if self.claimed.contains(&home.id) => {
                Some(self.give_way(home, elsewhere, draft))
            }
            (_, Health::Healthy) => Some(self.complete_on(home, Vec::new(), draft)),
            (_, Health::Recommended) => {
                if elsewhere.is_none() {
                    draft.findings.push(recommended(home));
                }
                Some(self.complete_on(elsewhere.unwrap_or(home), Vec::new(), draft))
            }
        }
    }

    fn move_addresses(&self, draft: &mut Draft) -> Option<&'a Instance> {
        let Some(target) = self.given else {
            self.no_candidate(draft);
            return None;
        };
        Some(self.complete_on(target, Vec::new(), draft))
    }

    /// Volumes are about to take the slot's instance. It moves to another one, or keeps what is there until they have
    /// come; nothing more is sent there.
    fn give_way(
        &self,
        home: &'a Instance,
        elsewhere: Option<&'a Instance>,
        draft: &mut Draft,
    ) -> &'a Instance {
        if let Some(target) = elsewhere {
            return self.complete_on(target, Vec::new(), draft);
        }
        let spots = self.slot.addresses.iter().map(|address| address.spot(self.view.observation));
        let mut is_whole = true;
        for spot in spots {
            is_whole &= spot.instance().is_some_and(|on| on.id == home.id);
            if let Spot::Accepted(..) = spot {
                draft.await_transition();
            }
        }
        if !is_whole {
            self.no_candidate(draft);
        } else if home.health() == Health::Recommended {
            draft.findings.push(recommended(home));
        }
        home
    }

    pub(crate) fn no_candidate(&self, draft: &mut Draft) {
        draft.findings.push(Finding::NoCandidate(candidates::why_none(self.slot, self.view)));
        draft.tell_failures(&self.view.observation.memory);
    }
}

/// What to tell of a holder that EC2 recommends to replace.
pub(crate) fn recommended(holder: &Instance) -> Finding {
    let reason = "rebalance recommendation".to_owned();
    Finding::HolderDraining { instance: holder.id.clone(), reason }
}
