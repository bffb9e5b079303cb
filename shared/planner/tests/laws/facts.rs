//! What the contract says of an observation, told apart from the planner: who is healthy, who is fit for what, what
//! belongs to which slot. The planner's own functions are not used here.

use chrono::TimeDelta;
use planner::command::{Command, CommandStatus, Record};
use planner::finding::{Finding, Severity};
use planner::ids::{InstanceId, SlotName};
use planner::observation::{
    Address, Attachment, AttachmentState, Instance, InstanceState, Observation, Volume, VolumeState,
};
use planner::plan::{Plan, SlotPlan, SlotState, Step};
use planner::tags::{DrainingReason, Policy, Setting};

/// A slot as the tags have it, in the order of the ids.
pub(crate) struct SlotFacts<'o> {
    pub(crate) name: &'o SlotName,
    pub(crate) volumes: Vec<&'o Volume>,
    pub(crate) addresses: Vec<&'o Address>,
    seen: &'o Observation,
}

pub(crate) fn slot<'o>(seen: &'o Observation, name: &'o SlotName) -> SlotFacts<'o> {
    let mut volumes: Vec<&Volume> = seen.volumes.iter().filter(|v| v.tags.slot == *name).collect();
    volumes.sort_by_key(|volume| volume.id.as_str());
    let mut addresses: Vec<&Address> = seen.addresses.iter().filter(|a| a.tags.slot == *name).collect();
    addresses.sort_by_key(|address| address.allocation.as_str());
    SlotFacts { name, volumes, addresses, seen }
}

/// Each slot's plan with its facts.
pub(crate) fn planned<'o>(
    seen: &'o Observation,
    plan: &'o Plan,
) -> impl Iterator<Item = (&'o SlotPlan, SlotFacts<'o>)> {
    plan.slots.iter().map(|planned| (planned, slot(seen, &planned.slot)))
}

pub(crate) fn find<'o>(seen: &'o Observation, id: &InstanceId) -> Option<&'o Instance> {
    seen.instances.iter().find(|instance| instance.id == *id)
}

pub(crate) fn is_member(seen: &Observation, instance: &Instance) -> bool {
    instance.tags.fleets.contains(&seen.fleet)
}

/// Paused, or meant to be.
pub(crate) fn is_paused(instance: &Instance) -> bool {
    !matches!(instance.tags.paused, Setting::Absent | Setting::Value(false))
}

/// Running, with a mark that is sure and not void, a doomed spot request, or a group that is about to end it.
pub(crate) fn is_draining(instance: &Instance) -> bool {
    let marked = instance.tags.draining.as_ref().is_some_and(|mark| {
        let void = mark.since.is_some_and(|since| since < instance.launched);
        !void && mark.reason != DrainingReason::RebalanceRecommendation
    });
    instance.state == InstanceState::Running
        && (marked || instance.doomed.is_some() || is_in(instance, &["Terminating"]))
}

/// Whether its Auto Scaling group has it in such a state, by how that begins.
pub(crate) fn is_in(instance: &Instance, states: &[&str]) -> bool {
    let state = instance.lifecycle.as_ref().map(ToString::to_string).unwrap_or_default();
    states.iter().any(|begin| state.starts_with(begin))
}

pub(crate) fn is_recommended(instance: &Instance) -> bool {
    let marked = instance.tags.draining.as_ref().is_some_and(|mark| {
        let void = mark.since.is_some_and(|since| since < instance.launched);
        !void && mark.reason == DrainingReason::RebalanceRecommendation
    });
    instance.state == InstanceState::Running && marked && !is_draining(instance)
}

pub(crate) fn is_healthy(instance: &Instance) -> bool {
    instance.state == InstanceState::Running && !is_draining(instance) && !is_recommended(instance)
}

/// Whether several managed fleets claim the instance.
pub(crate) fn is_contended(seen: &Observation, instance: &Instance) -> bool {
    instance.tags.fleets.iter().filter(|fleet| seen.managed.contains(fleet)).count() > 1
}

/// "A successful command that names this volume, was requested after its attach time and the instance's launch time, and
/// is less than 60 s old", and no later one has failed.
pub(crate) fn is_proven(seen: &Observation, volume: &Volume, on: &Instance) -> bool {
    let Some(Record::Commands(commands)) = seen.records.get(&on.id) else { return false };
    let since = volume.attachments.iter().find(|a| a.instance == on.id).and_then(|a| a.since);
    let names = |command: &&Command| command.volumes.contains(&volume.id);
    commands.iter().filter(names).any(|command| {
        let mut others = commands.iter().filter(names);
        command.status == CommandStatus::Success
            && since.is_some_and(|since| since < command.requested)
            && on.launched < command.requested
            && command.requested > seen.began - TimeDelta::seconds(60)
            && command.requested <= seen.began + TimeDelta::seconds(5)
            && !others.any(|other| {
                matches!(other.status, CommandStatus::Failed(_)) && other.requested >= command.requested
            })
    })
}

/// Those of the commands that say anything of the volume as it is on the instance now, the latest last.
fn of_now<'o>(commands: &'o [Command], volume: &Volume, on: &Instance) -> Vec<&'o Command> {
    let since = volume.attachments.iter().find(|a| a.instance == on.id).and_then(|a| a.since);
    let mut of_now: Vec<&Command> = commands.iter().collect();
    of_now.retain(|command| {
        command.volumes.contains(&volume.id)
            && command.requested > on.launched
            && since.is_some_and(|since| command.requested > since)
    });
    of_now.sort_by_key(|command| (command.requested, command.status.clone()));
    of_now
}

/// The instance that an association points at.
pub(crate) fn pointed_at<'o>(seen: &'o Observation, address: &Address) -> Option<&'o Instance> {
    let association = address.association.as_ref()?;
    match (&association.instance, &association.interface) {
        (Some(id), _) => find(seen, id),
        (None, Some(interface)) => {
            seen.instances.iter().find(|i| i.interfaces.iter().any(|own| own.id == *interface))
        }
        (None, None) => None,
    }
}

/// Where EC2 accepted the address so recently that its answers may not show it.
pub(crate) fn accepted_on<'o>(seen: &'o Observation, address: &Address) -> Option<&'o Instance> {
    let accepted = &seen.memory.associated.get(&address.allocation)?.accepted;
    let recent = (seen.began - accepted.at).num_seconds() <= 5;
    find(seen, &accepted.instance).filter(|on| recent && on.state == InstanceState::Running)
}

/// The attachment, with its instance when that was seen.
pub(crate) fn attachments<'o>(
    seen: &'o Observation,
    volume: &'o Volume,
) -> impl Iterator<Item = (&'o Attachment, Option<&'o Instance>)> {
    volume.attachments.iter().map(|attachment| (attachment, find(seen, &attachment.instance)))
}

/// Attached or being attached, and not on the way off.
pub(crate) fn is_settled(attachment: &Attachment) -> bool {
    matches!(attachment.state, AttachmentState::Attaching | AttachmentState::Attached)
}

pub(crate) fn is_free(volume: &Volume) -> bool {
    volume.attachments.is_empty() && volume.state == VolumeState::Available
}

/// Whether another slot has a volume on the instance, in whatever state, or EC2 has just accepted it there.
pub(crate) fn has_volume_of_another(seen: &Observation, name: &SlotName, instance: &InstanceId) -> bool {
    let mut others = seen.volumes.iter().filter(|volume| volume.tags.slot != *name);
    others.any(|volume| {
        attaching_to(seen, volume).is_some_and(|on| on.id == *instance)
            || volume.attachments.iter().any(|a| a.instance == *instance)
    })
}

/// Where EC2 accepted the volume so recently that its answers may not show it.
fn attaching_to<'o>(seen: &'o Observation, volume: &Volume) -> Option<&'o Instance> {
    let accepted = seen.memory.accepted.get(&volume.id).filter(|_| volume.attachments.is_empty())?;
    let recent = (seen.began - accepted.at).num_seconds() <= 5;
    find(seen, &accepted.instance).filter(|on| recent && on.state == InstanceState::Running)
}

impl<'o> SlotFacts<'o> {
    pub(crate) fn first(&self) -> Option<&'o Volume> {
        self.volumes.first().copied()
    }

    /// The policy that a tag of its asks for, or the default.
    pub(crate) fn policy(&self) -> Policy {
        let volumes = self.volumes.iter().map(|volume| &volume.tags);
        let mut tags = volumes.chain(self.addresses.iter().map(|address| &address.tags));
        tags.find_map(|tags| tags.handover.value().copied()).unwrap_or(self.seen.default_policy)
    }

    /// The instance to which the first volume is settled.
    pub(crate) fn holder(&self) -> Option<&'o Instance> {
        let attachment = self.first()?.attachments.first().filter(|a| is_settled(a))?;
        find(self.seen, &attachment.instance)
    }

    /// Whether a volume of the slot is on the instance, in whatever state.
    pub(crate) fn has_volume_on(&self, instance: &InstanceId) -> bool {
        self.volumes.iter().any(|volume| volume.attachments.iter().any(|a| a.instance == *instance))
    }

    /// Whether every volume other than the first is free, or settled on that instance.
    pub(crate) fn others_free_or_on(&self, instance: &InstanceId) -> bool {
        self.volumes.iter().skip(1).all(|volume| match volume.attachments.as_slice() {
            [] => volume.state == VolumeState::Available,
            [one] => one.instance == *instance && is_settled(one),
            _ => false,
        })
    }

    /// Whether all of it is on one healthy instance of the fleet.
    pub(crate) fn is_complete(&self) -> bool {
        let on_volume = self.volumes.iter().map(|volume| match volume.attachments.as_slice() {
            [one] if one.state == AttachmentState::Attached => find(self.seen, &one.instance),
            _ => None,
        });
        let on_address = self.addresses.iter().map(|address| pointed_at(self.seen, address));
        let on: Vec<Option<&Instance>> = on_volume.chain(on_address).collect();
        let Some(Some(holder)) = on.first() else { return false };
        on.iter().all(|instance| instance.is_some_and(|instance| instance.id == holder.id))
            && is_healthy(holder)
            && is_member(self.seen, holder)
    }

    /// Whether the instance is a candidate: "a healthy instance of the fleet, in the slot's zone, holding no other slot",
    /// or one under a mere recommendation; and where the rest of the slot already is, if it is anywhere.
    pub(crate) fn is_fit(&self, instance: &Instance) -> bool {
        let seen = self.seen;
        let in_zone = self.first().is_none_or(|first| first.zone == instance.zone);
        let has_first = |on: &Instance| self.holder().is_some_and(|holder| holder.id == on.id);
        let anchors = |on: &Instance, volume: &Volume| {
            // Nothing is won by moving from one that may go to another.
            let is_better = !is_recommended(on) || is_healthy(instance);
            on.id != instance.id && !has_first(on) && !(is_better && self.may_be_drained(volume, on))
        };
        let anchored_elsewhere = self.volumes.iter().skip(1).any(|volume| {
            attaching_to(seen, volume).is_some_and(|on| anchors(on, volume))
                || attachments(seen, volume).any(|(attachment, on)| {
                    is_settled(attachment)
                        && on.is_some_and(|on| on.state == InstanceState::Running && anchors(on, volume))
                })
        });
        let refused = seen.memory.failures.iter().any(|failure| match &failure.step {
            Step::AttachVolume { volume, instance: to, .. } => {
                self.first().is_some_and(|first| first.id == *volume) && *to == instance.id
            }
            Step::DetachVolume { .. }
            | Step::DisassociateAddress { .. }
            | Step::AssociateAddress { .. }
            | Step::TerminateInstance { .. }
            | Step::DrainVolumes { .. }
            | Step::CompleteLifecycleAction { .. }
            | Step::RecordHeartbeat { .. }
            | Step::MarkDraining { .. } => false,
        });
        let state = instance.lifecycle.as_ref().map(ToString::to_string).unwrap_or_default();
        let serves = state.is_empty() || state == "InService" || state.starts_with("Pending");
        (is_healthy(instance) || is_recommended(instance))
            && serves
            && is_member(seen, instance)
            && !is_contended(seen, instance)
            && !is_paused(instance)
            && in_zone
            && !anchored_elsewhere
            && !refused
            && !has_volume_of_another(seen, self.name, &instance.id)
    }

    /// Whether the policy may yet take the volume off this instance, which runs.
    pub(crate) fn may_be_drained(&self, volume: &Volume, on: &Instance) -> bool {
        let failed = match self.seen.records.get(&on.id) {
            None | Some(Record::Unanswered) => false,
            Some(Record::Refused(_)) => true,
            Some(Record::Commands(commands)) => {
                let of_now = of_now(commands, volume, on);
                let is_running = of_now.iter().any(|command| command.status == CommandStatus::InProgress);
                let recently = |command: &Command| {
                    command.requested > self.seen.began - TimeDelta::seconds(300)
                        && matches!(command.status, CommandStatus::Failed(_))
                };
                !is_running && of_now.last().is_some_and(|last| recently(last))
            }
        };
        let refused = self.seen.memory.failures.iter().any(|failure| {
            let is_drain = matches!(failure.step, Step::DrainVolumes { .. });
            let is_detach =
                matches!(&failure.step, Step::DetachVolume { volume: of, .. } if *of == volume.id);
            failure.step.instance() == Some(&on.id) && (is_drain || is_detach)
        });
        self.policy() == Policy::Drain
            && self.seen.drain_document.is_some()
            && !is_healthy(on)
            && !failed
            && !refused
    }

    /// Whether the policy may yet take every volume that the slot has there off this instance.
    pub(crate) fn may_be_drained_of_all(&self, on: &Instance) -> bool {
        let here = |volume: &&&Volume| volume.attachments.iter().any(|a| a.instance == on.id);
        self.volumes.iter().filter(here).all(|volume| self.may_be_drained(volume, on))
    }

    /// Whether the volume, which is being detached, was unmounted by the policy on this instance, which runs: it comes off.
    fn has_let_go(&self, volume: &Volume, attachment: &Attachment, on: &Instance) -> bool {
        let Some(Record::Commands(commands)) = self.seen.records.get(&on.id) else { return false };
        let (running, ended): (Vec<&Command>, Vec<&Command>) = of_now(commands, volume, on)
            .into_iter()
            .partition(|command| command.status == CommandStatus::InProgress);
        self.policy() == Policy::Drain
            && self.seen.drain_document.is_some()
            && attachment.state == AttachmentState::Detaching
            && ended.last().is_some_and(|last| last.status == CommandStatus::Success)
            && (running.is_empty() || is_proven(self.seen, volume, on))
    }

    /// Whether something that no instance can change keeps a volume of the slot where it is.
    pub(crate) fn is_held_up(&self) -> bool {
        let refused = |volume: &Volume| {
            let mut failures = self.seen.memory.failures.iter();
            failures.any(|failure| {
                matches!(&failure.step, Step::DetachVolume { volume: of, instance }
                    if *of == volume.id && volume.attachments.iter().any(|a| a.instance == *instance))
            })
        };
        self.volumes.iter().any(|volume| {
            let Some((attachment, on)) = attachments(self.seen, volume).next() else {
                return volume.state == VolumeState::Creating;
            };
            match (on.map(|on| on.state), is_settled(attachment)) {
                (Some(InstanceState::Pending | InstanceState::Stopping), _) => true,
                (Some(InstanceState::Running), false) => {
                    !on.is_some_and(|on| self.has_let_go(volume, attachment, on))
                }
                (Some(InstanceState::Stopped), true) => {
                    on.is_some_and(|on| on.hibernation) || refused(volume)
                }
                (Some(InstanceState::Running), true)
                | (
                    Some(InstanceState::Stopped | InstanceState::ShuttingDown | InstanceState::Terminated)
                    | None,
                    _,
                ) => false,
            }
        })
    }

    pub(crate) fn has_candidate(&self) -> bool {
        self.seen.instances.iter().any(|instance| self.is_fit(instance))
    }
}

pub(crate) fn told(plan: &SlotPlan, code: &str) -> bool {
    plan.findings.iter().any(|finding| finding.code() == code)
}

/// Blocked by more than where a part of it goes, or what EC2 refused. With those findings alone a blocked slot still has
/// steps (docs/decisions/0004), as it has on a holder that it need not leave while first volumes ask for different names.
pub(crate) fn is_shut(seen: &Observation, plan: &SlotPlan) -> bool {
    let lenient = ["too-few-private-addresses", "private-address-taken", "no-device-left", "refused"];
    let holder = slot(seen, &plan.slot).holder();
    let stays = holder.is_some_and(|holder| is_healthy(holder) || is_recommended(holder));
    let mut grave = plan.findings.iter().filter(|finding| finding.severity() == Severity::Blocking);
    plan.state == SlotState::Blocked
        && grave.any(|finding: &Finding| match finding.code() {
            "first-devices-disagree" => !stays,
            code => !lenient.contains(&code),
        })
}

pub(crate) fn is_volume_step(step: &Step) -> bool {
    matches!(step, Step::AttachVolume { .. } | Step::DetachVolume { .. })
}
