//! The decision: which slots may be touched, which instance each is given, and so the plan of the fleet.

use crate::addresses::{self, Room};
use crate::candidates;
use crate::finding::Finding;
use crate::hooks;
use crate::ids::{InstanceId, SlotName};
use crate::matching::{self, Bid, Rank};
use crate::normal::normal;
use crate::observation::{Health, Instance, InstanceState, Observation};
use crate::plan::{Plan, SlotPlan};
use crate::readiness;
use crate::scene::Scene;
use crate::slot::{Seat, Slot};
use crate::tags::Setting;
use crate::verdict::Verdict;
use crate::view::View;
use std::collections::{BTreeMap, BTreeSet};

/// Plans the next round of steps for every slot of the observed fleet.
///
/// Total and deterministic: the order in which the observation lists things is of no account, so two functions that
/// saw the same world plan the same steps.
pub fn plan(observation: &Observation) -> Plan {
    let observation = normal(observation);
    let (view, verdicts) = View::read(&observation);
    let open = view
        .slots
        .iter()
        .zip(&verdicts)
        .enumerate()
        .filter(|(_, (_, verdict))| matches!(verdict, Verdict::Open));
    let bids: Vec<Bid<'_>> = open.filter_map(|(index, (slot, _))| bid(index, slot, &view)).collect();
    let ready: BTreeSet<usize> =
        bids.iter().filter(|bid| bid.rank == Rank::Ready).map(|bid| bid.slot).collect();
    let given = matching::assign(bids);
    let claimed: BTreeSet<&InstanceId> =
        given.iter().filter(|(slot, _)| ready.contains(slot)).map(|(_, instance)| &instance.id).collect();
    let expected: BTreeMap<&InstanceId, &SlotName> = given
        .iter()
        .filter_map(|(slot, instance)| Some((view.slots.get(*slot)?, *instance)))
        .filter(|(slot, _)| slot.volumes.is_empty() && leaves_home(slot, &claimed, &view))
        .map(|(slot, instance)| (&instance.id, slot.name))
        .collect();
    let decided = view.slots.iter().zip(verdicts).enumerate().map(|(index, (slot, verdict))| {
        let given = given.get(&index).copied();
        Scene { slot, view: &view, given, claimed: &claimed, expected: &expected }.decide(verdict)
    });
    let slots: Vec<SlotPlan> = decided.collect();
    let (steps, next, of_hooks) = hooks::steps(&view, &slots);
    let findings = of_the_fleet(&observation).into_iter().chain(of_hooks).collect();
    Plan { fleet: observation.fleet.clone(), slots, steps, next, findings }
}

/// What a slot asks of the matching; nothing when it has a holder that stays, or could use no instance.
fn bid<'a>(index: usize, slot: &Slot<'a>, view: &View<'a>) -> Option<Bid<'a>> {
    let rank = readiness::rank(slot, view)?;
    let mut candidates = candidates::candidates(slot, view);
    if let Some(home) = view.occupancy.home_of(slot.name) {
        if home.health() == Health::Healthy && candidates::unavailable(home, view).is_some() {
            // It stays there, for nobody else may take that: what it reserved would make another slot wait for nothing.
            return None;
        }
        // A healthy home is kept; one under a recommendation is left for a healthy instance with room for all.
        candidates.sort_by_key(|instance| {
            let is_healthy = instance.health() == Health::Healthy;
            match (instance.id == home.id, is_healthy) {
                (true, true) => 0,
                (false, true) if addresses::room(instance, slot, view) == Room::Enough => 1,
                (true, false) => 2,
                (false, _) => 3,
            }
        });
    }
    if let Some(Seat::Running(holder)) = slot.first_volume().map(|first| first.seat(view.observation))
        && holder.health() == Health::Recommended
    {
        // Nothing is won by moving from one that may go to another, or to one without room for all addresses.
        candidates.retain(|instance| {
            instance.health() == Health::Healthy && addresses::room(instance, slot, view) == Room::Enough
        });
    }
    let empty = candidates.iter().filter(|instance| has_no_address_of_another(instance, slot, view));
    let lodgings = empty.copied().collect();
    Some(Bid { rank, slot: index, candidates, lodgings })
}

fn has_no_address_of_another(instance: &Instance, slot: &Slot<'_>, view: &View<'_>) -> bool {
    let mut others = view.observation.addresses.iter().filter(|address| address.tags.slot != *slot.name);
    others.all(|other| other.spot(view.observation).instance().is_none_or(|on| on.id != instance.id))
}

/// Whether a slot without volumes goes to the instance that it is given, for it has none where it can stay.
fn leaves_home(slot: &Slot<'_>, claimed: &BTreeSet<&InstanceId>, view: &View<'_>) -> bool {
    let Some(home) = view.occupancy.home_of(slot.name) else { return true };
    let stays = home.state == InstanceState::Pending
        || (home.health() == Health::Healthy && !claimed.contains(&home.id));
    !stays
}

fn of_the_fleet(observation: &Observation) -> Vec<Finding> {
    let members = observation
        .instances
        .iter()
        .filter(|instance| observation.is_member(instance) && instance.state != InstanceState::Terminated);
    let mut findings = Vec::new();
    for instance in members {
        findings.extend(of_the_instance(instance, observation));
    }
    findings
}

fn of_the_instance(instance: &Instance, observation: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rivals = observation.rival_fleets(instance);
    if !rivals.is_empty() {
        let fleets = rivals.iter().map(|fleet| fleet.as_str()).collect::<Vec<_>>().join(", ");
        findings.push(Finding::SeveralFleets { instance: instance.id.clone(), fleets });
    }
    if let Setting::Invalid(value) = &instance.tags.paused {
        findings.push(Finding::InvalidPaused { resource: instance.id.to_string(), value: value.clone() });
    }
    findings
}
