//! The decision: for each slot one round of steps, or what it waits for.
//!
//! Reads as the table of the contract: one arm for each place where a slot's first volume can be.

use crate::addresses;
use crate::candidates::{self, Occupancy};
use crate::checks;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::ids::InstanceId;
use crate::matching::{self, Bid, Rank};
use crate::memory::STALE_SECONDS;
use crate::naming;
use crate::observation::{Health, Instance, InstanceState, Observation, Volume};
use crate::plan::{Next, Plan, SlotPlan, SlotState, Step};
use crate::slot::{self, Seat, Slot};
use crate::tags::Setting;

/// Plans the next round of steps for every slot of the observed fleet.
///
/// Total and deterministic: the order in which the observation lists things is of no account, so two functions that
/// saw the same world plan the same steps.
pub fn plan(observation: &Observation) -> Plan {
    let slots = slot::group(observation);
    let occupancy = Occupancy::read(&slots, observation);
    let verdicts: Vec<Verdict> = slots
        .iter()
        .map(|slot| verdict(slot, &slots, &occupancy, observation))
        .collect();
    let open = slots
        .iter()
        .zip(&verdicts)
        .enumerate()
        .filter(|(_, (_, verdict))| matches!(verdict, Verdict::Open));
    let bids = open
        .filter_map(|(index, (slot, _))| bid(index, slot, &occupancy, observation))
        .collect();
    let given = matching::assign(bids);
    let decided = slots
        .iter()
        .zip(verdicts)
        .enumerate()
        .map(|(index, (slot, verdict))| {
            let fleet = Scene {
                slot,
                occupancy: &occupancy,
                observation,
                given: given.get(&index).copied(),
            };
            fleet.decide(verdict)
        });
    Plan {
        fleet: observation.fleet.clone(),
        slots: decided.collect(),
        findings: of_the_fleet(observation),
    }
}

/// Whether a slot may be touched at all.
enum Verdict {
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
    let explicit = !blocking
        .iter()
        .any(|finding| matches!(finding, Finding::InvalidPaused { .. }));
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
    Some(Bid {
        rank,
        slot: index,
        candidates,
    })
}

fn of_the_fleet(observation: &Observation) -> Vec<Finding> {
    let mut members: Vec<&Instance> = observation.instances.iter().collect();
    members.retain(|instance| observation.is_member(instance) && instance.state != InstanceState::Terminated);
    members.sort_by_key(|instance| &instance.id);
    let mut findings = Vec::new();
    for instance in members {
        let rivals = observation.rival_fleets(instance);
        if !rivals.is_empty() {
            let fleets = rivals
                .iter()
                .map(|fleet| fleet.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            findings.push(Finding::SeveralFleets {
                instance: instance.id.clone(),
                fleets,
            });
        }
        if let Setting::Invalid(value) = &instance.tags.paused {
            findings.push(Finding::InvalidPaused {
                resource: instance.id.to_string(),
                value: value.clone(),
            });
        }
    }
    findings
}

/// A slot, and all that its decision depends on.
struct Scene<'a, 's> {
    slot: &'s Slot<'a>,
    occupancy: &'s Occupancy<'a>,
    observation: &'a Observation,
    /// The candidate that the matching gave it.
    given: Option<&'a Instance>,
}

impl<'a> Scene<'a, '_> {
    fn decide(&self, verdict: Verdict) -> SlotPlan {
        let mut draft = Draft::new(self.slot.name, self.holder());
        draft
            .findings
            .extend(checks::notices(self.slot, self.observation));
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

    fn with_volumes(&self, first: &'a Volume, draft: &mut Draft) {
        let not_released = |instance: &Instance| Finding::NotReleased {
            volume: first.id.clone(),
            instance: instance.id.clone(),
            state: instance.state,
        };
        match first.seat(self.observation) {
            Seat::Running(holder) => return self.running(holder, draft),
            Seat::Free => self.free(first, draft),
            Seat::Stopped(holder) => self.stopped(first, holder, draft),
            Seat::Ending(holder) => self.await_release(not_released(holder), draft),
            Seat::Unlisted(instance) => {
                let (volume, instance) = (first.id.clone(), instance.clone());
                self.await_release(Finding::HolderUnknown { volume, instance }, draft);
            }
            Seat::Detaching(instance) => self.detaching(first, instance, draft),
            Seat::Unclear => draft.await_transition(),
            Seat::Starting(holder) => draft.findings.push(Finding::HolderStarting {
                instance: holder.id.clone(),
            }),
            Seat::Stopping(holder) => draft.findings.push(not_released(holder)),
            Seat::Creating => draft.findings.push(Finding::VolumeCreating {
                volume: first.id.clone(),
            }),
            Seat::Hibernated(holder) => {
                let (volume, instance) = (first.id.clone(), holder.id.clone());
                draft.findings.push(Finding::Hibernated { volume, instance });
            }
        }
        if draft.lead.is_none() {
            draft.follow.extend(addresses::let_go(
                None,
                self.slot,
                self.occupancy,
                self.observation,
            ));
        }
    }

    /// The first volume is on an instance that runs: complete the slot there, unless it is about to go.
    fn running(&self, holder: &'a Instance, draft: &mut Draft) {
        match holder.health() {
            Health::Draining(reason) => {
                draft.findings.push(Finding::HolderDraining {
                    instance: holder.id.clone(),
                    reason,
                });
                if self.given.is_none() {
                    self.no_candidate(draft);
                }
                return;
            }
            Health::Recommended => {
                let reason = "rebalance recommendation".to_owned();
                draft.findings.push(Finding::HolderDraining {
                    instance: holder.id.clone(),
                    reason,
                });
            }
            Health::Healthy | Health::NotRunning => {}
        }
        if self.slot.first_volume().is_some_and(|first| !first.is_attached()) {
            draft.await_transition();
        }
        self.complete_on(holder, Vec::new(), draft);
    }

    /// The first volume is free: attach it once every other one is free, or already where it goes.
    fn free(&self, first: &'a Volume, draft: &mut Draft) {
        if self.is_being_accepted(first) {
            return draft.await_transition();
        }
        let Some(target) = self.given else {
            return self.no_candidate(draft);
        };
        for volume in self.slot.other_volumes() {
            match volume.seat(self.observation) {
                Seat::Free => {}
                Seat::Running(instance) if instance.id == target.id => {}
                Seat::Running(_)
                | Seat::Creating
                | Seat::Unclear
                | Seat::Starting(_)
                | Seat::Stopping(_)
                | Seat::Stopped(_)
                | Seat::Hibernated(_)
                | Seat::Ending(_)
                | Seat::Unlisted(_)
                | Seat::Detaching(_) => draft.held_up = true,
            }
        }
        if draft.held_up {
            return self.free_the_others(draft);
        }
        match naming::for_first(first, target, self.observation) {
            Ok(device) => {
                let (volume, instance) = (first.id.clone(), target.id.clone());
                draft.lead = Some(Step::AttachVolume {
                    volume,
                    instance,
                    device: device.clone(),
                });
                self.complete_on(target, vec![device], draft);
            }
            Err(device) => {
                draft.findings.push(Finding::DeviceRefused {
                    instance: target.id.clone(),
                    device,
                });
                draft.await_transition();
            }
        }
    }

    /// The first volume is on a stopped instance: take it off, when there is somewhere to go.
    fn stopped(&self, first: &Volume, holder: &Instance, draft: &mut Draft) {
        if self.given.is_none() {
            return self.no_candidate(draft);
        }
        draft.lead = Some(Step::DetachVolume {
            volume: first.id.clone(),
            instance: holder.id.clone(),
        });
        self.free_the_others(draft);
    }

    fn await_release(&self, finding: Finding, draft: &mut Draft) {
        draft.findings.push(finding);
        if self.given.is_some() {
            draft.next = Next::Release;
        } else {
            self.no_candidate(draft);
        }
    }

    fn detaching(&self, first: &Volume, instance: &InstanceId, draft: &mut Draft) {
        let finding = Finding::Detaching {
            volume: first.id.clone(),
            instance: instance.clone(),
        };
        match self.observation.instance(instance).map(|instance| instance.state) {
            Some(InstanceState::Stopped) => draft.await_transition(),
            Some(InstanceState::ShuttingDown | InstanceState::Terminated) | None => {
                self.await_release(finding, draft);
            }
            // Somebody else asked for this detach, and EC2 waits until the instance lets go.
            Some(InstanceState::Pending | InstanceState::Running | InstanceState::Stopping) => {
                draft.findings.push(finding);
            }
        }
    }

    /// Brings everything that follows the first volume to the instance that has it, or is to have it.
    fn complete_on(&self, target: &Instance, mut taken: Vec<crate::device::DeviceName>, draft: &mut Draft) {
        let wanted = naming::wanted(self.slot);
        let here = self.slot.volumes.iter().filter_map(|volume| volume.attachment());
        taken.extend(
            here.filter(|a| a.instance == target.id)
                .map(|attachment| attachment.device.clone()),
        );
        for volume in self.slot.other_volumes() {
            if volume.seat(self.observation) != Seat::Free {
                self.unseat(volume, target, draft);
                continue;
            }
            if self.is_being_accepted(volume) {
                draft.await_transition();
                continue;
            }
            let device = naming::for_other(volume, wanted.get(&volume.id), &taken, target, self.observation);
            if let Some(device) = device {
                taken.push(device.clone());
                let (volume, instance) = (volume.id.clone(), target.id.clone());
                draft.follow.push(vec![Step::AttachVolume {
                    volume,
                    instance,
                    device,
                }]);
            }
        }
        let (chains, findings) = addresses::bring_to(target, self.slot, self.occupancy, self.observation);
        draft.follow.extend(chains);
        draft.findings.extend(findings);
    }

    /// Takes the volumes other than the first off stopped instances, and tells which ones have to be waited for.
    fn free_the_others(&self, draft: &mut Draft) {
        for volume in self.slot.other_volumes() {
            match self.given {
                Some(target) => self.unseat(volume, target, draft),
                None => self.no_candidate(draft),
            }
        }
    }

    /// What to do about a volume that is not where the slot goes.
    fn unseat(&self, volume: &Volume, target: &Instance, draft: &mut Draft) {
        let id = volume.id.clone();
        let not_released = |instance: &Instance| Finding::NotReleased {
            volume: volume.id.clone(),
            instance: instance.id.clone(),
            state: instance.state,
        };
        match volume.seat(self.observation) {
            Seat::Free => {}
            Seat::Running(instance) if instance.id == target.id => {
                if !volume.is_attached() {
                    draft.await_transition();
                }
            }
            Seat::Stopped(instance) => {
                draft.follow.push(vec![Step::DetachVolume {
                    volume: id,
                    instance: instance.id.clone(),
                }]);
            }
            Seat::Unclear => draft.await_transition(),
            Seat::Ending(instance) => {
                draft.findings.push(not_released(instance));
                draft.next = Next::Release;
            }
            Seat::Unlisted(instance) => {
                draft.findings.push(Finding::HolderUnknown {
                    volume: id,
                    instance: instance.clone(),
                });
                draft.next = Next::Release;
            }
            Seat::Detaching(instance) => self.detaching(volume, instance, draft),
            Seat::Creating => draft.findings.push(Finding::VolumeCreating { volume: id }),
            Seat::Hibernated(instance) => {
                draft.findings.push(Finding::Hibernated {
                    volume: id,
                    instance: instance.id.clone(),
                });
            }
            Seat::Running(instance) | Seat::Starting(instance) | Seat::Stopping(instance) => {
                draft.findings.push(not_released(instance));
            }
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
                draft.findings.push(Finding::HolderStarting {
                    instance: home.id.clone(),
                });
            }
            (_, Health::Healthy) if !moves_on => self.complete_on(home, Vec::new(), draft),
            (_, health @ (Health::Healthy | Health::Recommended)) => {
                if health == Health::Recommended && !moves_on {
                    let reason = "rebalance recommendation".to_owned();
                    draft.findings.push(Finding::HolderDraining {
                        instance: home.id.clone(),
                        reason,
                    });
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
            draft.follow.extend(addresses::let_go(
                None,
                self.slot,
                self.occupancy,
                self.observation,
            ));
        }
    }

    fn no_candidate(&self, draft: &mut Draft) {
        let why = candidates::why_none(self.slot, self.occupancy, self.observation);
        draft.findings.push(Finding::NoCandidate(why));
        draft.tell_failures(&self.observation.memory);
    }

    /// Whether EC2 accepted an attachment so recently that its answers may not show it yet.
    fn is_being_accepted(&self, volume: &Volume) -> bool {
        let Some(accepted) = self.observation.memory.accepted.get(&volume.id) else {
            return false;
        };
        let recent = (self.observation.began - accepted.at).num_seconds() <= STALE_SECONDS;
        let instance = self.observation.instance(&accepted.instance);
        recent && instance.is_some_and(|instance| instance.state == InstanceState::Running)
    }
}
