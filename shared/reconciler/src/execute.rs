//! Execution: the one module that changes anything in EC2.
//!
//! A step is tried once, only while its look is fresh, and only with the precondition that it was planned on. What
//! EC2 makes of it is remembered for the rest of the invocation.

use crate::class::{Class, class};
use crate::clock::Clock;
use crate::ec2::{Ec2, Ec2Error};
use crate::report::{Outcome, StepReport};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use planner::ids::{AllocationId, FleetName, InstanceId, SlotName, VolumeId};
use planner::memory::{Accepted, Associated, Failure, Memory, STALE_SECONDS};
use planner::plan::{Plan, SlotPlan, Step};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Carries out the steps that one look has led to.
pub(crate) struct Executor<'a, E, C> {
    pub(crate) ec2: &'a E,
    pub(crate) clock: &'a C,
    pub(crate) fleet: &'a FleetName,
    /// When the look began.
    pub(crate) began: DateTime<Utc>,
    /// Where each step is written down as it begins and as it ends, for a round may be cut off by the deadline.
    pub(crate) journal: &'a Journal,
}

/// The steps of a round, in the order in which they began.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Vec<Done>>);

impl Journal {
    /// Writes a step down that begins, and says at which place.
    fn begin(&self, slot: Option<SlotName>, step: Step) -> usize {
        let mut steps = self.steps();
        steps.push(Done { slot, step, effect: Effect::CutOff });
        steps.len() - 1
    }

    /// Writes down what became of the step at that place.
    fn end(&self, place: usize, effect: Effect) {
        if let Some(done) = self.steps().get_mut(place) {
            done.effect = effect;
        }
    }

    /// Empties it. Not to be called during a round.
    pub(crate) fn take(&self) -> Vec<Done> {
        std::mem::take(&mut self.steps())
    }

    fn steps(&self) -> MutexGuard<'_, Vec<Done>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a step.
#[derive(Debug)]
pub(crate) enum Effect {
    /// It was not to be tried.
    Planned,
    /// EC2 accepted it.
    Done(DateTime<Utc>),
    /// EC2 did not.
    Failed(Ec2Error, Class, DateTime<Utc>),
    /// The look was too old to act on.
    Stale,
    /// The deadline came before the answer.
    CutOff,
}

/// A step, whose it was, and what became of it. One of no slot is the fleet's.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) slot: Option<SlotName>,
    pub(crate) step: Step,
    pub(crate) effect: Effect,
}

impl<E: Ec2, C: Clock> Executor<'_, E, C> {
    /// One round of steps for every slot, slots side by side, and those of none beside them.
    pub(crate) async fn round(&self, plan: &Plan) {
        let of_slots = join_all(plan.slots.iter().map(|slot| self.slot(slot)));
        join(of_slots, join_all(plan.steps.iter().map(|step| self.step(None, step)))).await;
    }

    /// The first volume's step alone; once EC2 has accepted it, the others side by side.
    async fn slot(&self, plan: &SlotPlan) {
        if let Some(lead) = &plan.lead
            && !self.step(Some(&plan.slot), lead).await
        {
            return;
        }
        join_all(plan.follow.iter().map(|chain| self.chain(&plan.slot, chain))).await;
    }

    /// Steps in their order, as far as EC2 accepts them.
    async fn chain(&self, slot: &SlotName, steps: &[Step]) {
        for step in steps {
            if !self.step(Some(slot), step).await {
                break;
            }
        }
    }

    /// One step. Whether EC2 accepted it.
    async fn step(&self, slot: Option<&SlotName>, step: &Step) -> bool {
        let place = self.journal.begin(slot.cloned(), step.clone());
        let effect = act(self.ec2, self.clock, self.began, step).await;
        effect.log(Some(self.fleet), slot, step);
        let accepted = matches!(effect, Effect::Done(_));
        self.journal.end(place, effect);
        accepted
    }
}

impl Effect {
    /// Logs what became of the step, and whose it was. The runtime adds the request id of the invocation.
    pub(crate) fn log(&self, fleet: Option<&FleetName>, slot: Option<&SlotName>, step: &Step) {
        let (fleet, slot) = (fleet.map(FleetName::as_str), slot.map(SlotName::as_str));
        let (volume, address, instance) = (
            step.volume().map(VolumeId::as_str),
            step.address().map(AllocationId::as_str),
            step.instance().map(InstanceId::as_str),
        );
        let step = step.name();
        match self {
            Self::Done(_) => tracing::info!(fleet, slot, step, volume, address, instance, "done"),
            Self::Failed(error, class, _) => {
                tracing::warn!(fleet, slot, step, volume, address, instance, ?class, %error, "failed");
            }
            Self::Stale => tracing::info!(fleet, slot, step, volume, address, instance, "too late"),
            Self::Planned | Self::CutOff => {}
        }
    }
}

/// Makes the call, unless the look began too long ago: then an instance that it saw stopped may be running.
pub(crate) async fn act<E: Ec2, C: Clock>(ec2: &E, clock: &C, began: DateTime<Utc>, step: &Step) -> Effect {
    let age = clock.now() - began;
    if !(TimeDelta::zero()..=TimeDelta::seconds(STALE_SECONDS)).contains(&age) {
        return Effect::Stale;
    }
    let answer = match step {
        Step::AttachVolume { volume, instance, device } => ec2.attach_volume(volume, instance, device).await,
        Step::DetachVolume { volume, instance } => ec2.detach_volume(volume, instance).await,
        Step::DisassociateAddress { association, .. } => ec2.disassociate_address(association).await,
        Step::AssociateAddress { address, interface, private, .. } => {
            ec2.associate_address(address, interface, *private).await
        }
        Step::TerminateInstance { instance } => ec2.terminate_instance(instance).await,
        Step::DrainVolumes { instance, volumes, document } => {
            ec2.send_command(instance, document, volumes).await
        }
        Step::CompleteLifecycleAction { instance, group, hook, result } => {
            ec2.complete_lifecycle_action(group, hook, instance, *result).await
        }
        Step::RecordHeartbeat { instance, group, hook } => ec2.record_heartbeat(group, hook, instance).await,
        Step::MarkDraining { instance, value } => ec2.mark_draining(instance, value).await,
    };
    let now = clock.now();
    match answer {
        Ok(()) => Effect::Done(now),
        Err(error) => {
            let class = class(&error);
            Effect::Failed(error, class, now)
        }
    }
}

impl Done {
    /// Remembers what later looks of this invocation should know.
    pub(crate) fn remember(&self, memory: &mut Memory) {
        match (&self.step, &self.effect) {
            (Step::AttachVolume { volume, instance, .. }, Effect::Done(at)) => {
                memory.accepted.insert(volume.clone(), Accepted { instance: instance.clone(), at: *at });
            }
            (Step::AssociateAddress { address, instance, private, .. }, Effect::Done(at)) => {
                let accepted = Accepted { instance: instance.clone(), at: *at };
                memory.associated.insert(address.clone(), Associated { accepted, private: *private });
            }
            (Step::TerminateInstance { instance }, Effect::Done(at)) => {
                memory.terminated.insert(instance.clone(), *at);
            }
            (Step::DrainVolumes { instance, .. }, Effect::Done(at)) => {
                memory.sent.insert(instance.clone(), *at);
            }
            // Refused, it was over before.
            (
                Step::CompleteLifecycleAction { instance, hook, .. },
                Effect::Done(_) | Effect::Failed(_, Class::Conflict, _),
            ) => {
                memory.completed.insert((instance.clone(), hook.clone()));
            }
            (
                Step::RecordHeartbeat { instance, hook, .. },
                Effect::Done(at) | Effect::Failed(_, Class::Conflict, at),
            ) => {
                memory.beats.insert((instance.clone(), hook.clone()), *at);
            }
            (Step::DetachVolume { volume, .. }, Effect::Done(_)) => {
                memory.accepted.remove(volume);
            }
            (Step::AttachVolume { instance, device, .. }, Effect::Failed(_, Class::DeviceTaken, at)) => {
                memory.refused_devices.insert((instance.clone(), device.clone()), *at);
            }
            (step, Effect::Failed(error, Class::Permanent, _)) => memory.failures.push(Failure {
                slot: self.slot.clone(),
                step: step.clone(),
                reason: error.cause.to_string(),
            }),
            (
                _,
                Effect::Planned
                | Effect::Done(_)
                | Effect::Stale
                | Effect::CutOff
                | Effect::Failed(_, Class::Conflict | Class::Transient | Class::DeviceTaken, _),
            ) => {}
        }
    }

    /// What to report; nothing of a step that was not tried.
    pub(crate) fn report(self) -> Option<StepReport> {
        report(self.step, &self.effect)
    }
}

/// What to report of a step; nothing when it was not tried.
pub(crate) fn report(step: Step, effect: &Effect) -> Option<StepReport> {
    let (outcome, error) = match effect {
        Effect::Planned => (Outcome::Planned, None),
        Effect::Done(_) => (Outcome::Done, None),
        Effect::Stale => return None,
        Effect::CutOff => (Outcome::Failed, Some("cut off by the deadline: EC2 may have done it".to_owned())),
        Effect::Failed(error, Class::Conflict | Class::DeviceTaken, _) => {
            (Outcome::Refused, Some(error.to_string()))
        }
        Effect::Failed(error, Class::Transient | Class::Permanent, _) => {
            (Outcome::Failed, Some(error.to_string()))
        }
    };
    Some(StepReport { step, outcome, error })
}
