//! The decision: which slots may be touched, which instance each is given, and so the plan of the fleet.

use crate::candidates::{self, Occupancy};
use crate::checks;
use crate::finding::Finding;
use crate::matching::{self, Bid, Rank};
use crate::observation::{Health, Instance, InstanceState, Observation};
use crate::plan::Plan;
use crate::scene::Scene;
use crate::slot::{self, Seat, Slot};
use crate::tags::Setting;

/// Plans the next round of steps for every slot of the observed fleet.
///
/// Total and deterministic: the order in which the observation lists things is of no account, so two functions that
/// saw the same world plan the same steps.
pub fn plan(observation: &Observation) -> Plan {
    let slots = slot::group(observation);
    let occupancy = Occupancy::read(&slots, observation);
    let verdicts: Vec<Verdict> =
        slots.iter().map(|slot| verdict(slot, &slots, &occupancy, observation)).collect();
    let open =
        slots.iter().zip(&verdicts).enumerate().filter(|(_, (_, verdict))| matches!(verdict, Verdict::Open));
    let bids = open.filter_map(|(index, (slot, _))| bid(index, slot, &occupancy, observation)).collect();
    let given = matching::assign(bids);
    let decided = slots.iter().zip(verdicts).enumerate().map(|(index, (slot, verdict))| {
        let scene = Scene { slot, occupancy: &occupancy, observation, given: given.get(&index).copied() };
        scene.decide(verdict)
    });
    Plan { fleet: observation.fleet.clone(), slots: decided.collect(), findings: of_the_fleet(observation) }
}

/// Whether a slot may be touched at all.
pub(crate) enum Verdict {
    Open,
    Paused(Vec<Finding>),
    Blocked(Vec<Finding>),
}

fn verdict(
    slot: &Slot<'_>,
    slots: &[Slot<'_>],
    occupancy: &Occupancy<'_>,
    observation: &Observation,
) -> Verdict {
    let blocking = checks::blocking(slot, slots, observation);
    let attachments = slot.volumes.iter().filter_map(|volume| volume.attachment());
    let mut on = attachments.filter_map(|attachment| observation.instance(&attachment.instance));
    let home = occupancy.home_of(slot.name);
    let holder_paused = on.any(Instance::is_paused) || home.is_some_and(Instance::is_paused);
    let explicit = !blocking.iter().any(|finding| matches!(finding, Finding::InvalidPaused { .. }));
    if slot.is_paused() || (holder_paused && explicit) {
        Verdict::Paused(blocking)
    } else if blocking.is_empty() {
        Verdict::Open
    } else {
        Verdict::Blocked(blocking)
    }
}

/// What a slot asks of the matching; nothing when it has a holder that stays.
fn bid<'a>(
    index: usize,
    slot: &Slot<'a>,
    occupancy: &Occupancy<'a>,
    observation: &'a Observation,
) -> Option<Bid<'a>> {
    let mut candidates = candidates::candidates(slot, occupancy, observation);
    let rank = match slot.first_volume().map(|volume| volume.seat(observation)) {
        Some(Seat::Free | Seat::Stopped(_)) => Rank::Ready,
        Some(Seat::Ending(_) | Seat::Unlisted(_) | Seat::Detaching(_) | Seat::Unclear) => Rank::Releasing,
        Some(Seat::Running(holder)) => {
            holder.draining_reason()?;
            Rank::Draining
        }
        Some(Seat::Creating | Seat::Starting(_) | Seat::Stopping(_) | Seat::Hibernated(_)) => return None,
        None => {
            let home = occupancy.home_of(slot.name);
            // A healthy home is kept; one under a recommendation is as good as any other such instance.
            let stay = |instance: &&Instance| {
                let at_home = home.is_some_and(|home| home.id == instance.id);
                (instance.health() == Health::Recommended, !at_home)
            };
            candidates.sort_by_key(stay);
            Rank::Addresses
        }
    };
    Some(Bid { rank, slot: index, candidates })
}

fn of_the_fleet(observation: &Observation) -> Vec<Finding> {
    let mut members: Vec<&Instance> = observation.instances.iter().collect();
    members.retain(|instance| observation.is_member(instance) && instance.state != InstanceState::Terminated);
    members.sort_by_key(|instance| &instance.id);
    let mut findings = Vec::new();
    for instance in members {
        let rivals = observation.rival_fleets(instance);
        if !rivals.is_empty() {
            let fleets = rivals.iter().map(|fleet| fleet.as_str()).collect::<Vec<_>>().join(", ");
            findings.push(Finding::SeveralFleets { instance: instance.id.clone(), fleets });
        }
        if let Setting::Invalid(value) = &instance.tags.paused {
            findings.push(Finding::InvalidPaused { resource: instance.id.to_string(), value: value.clone() });
        }
    }
    findings
}
