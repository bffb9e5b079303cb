//! One fleet within one invocation: plan, execute, observe again, until converged or out of time.

use crate::backoff::Backoff;
use crate::class::{Class, class};
use crate::clock::Clock;
use crate::course::{Course, Courses};
use crate::ec2::{Ec2, Ec2Error};
use crate::events::Patience;
use crate::execute::{Done, Effect, Executor, Journal};
use crate::observe;
use crate::record;
use crate::report::{FleetReport, SlotReport, StepReport};
use crate::settings::Settings;
use chrono::{DateTime, Utc};
use planner::finding::Finding;
use planner::ids::{FleetName, InstanceId, SlotName};
use planner::memory::{Memory, STALE_SECONDS};
use planner::observation::Observation;
use planner::plan::{Next, Plan, SlotState, Step};
use planner::tags::DrainingTag;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// What all fleets of an invocation share.
pub(crate) struct Context<'a, E, C> {
    pub(crate) ec2: &'a E,
    pub(crate) clock: &'a C,
    pub(crate) settings: &'a Settings,
    pub(crate) dry_run: bool,
    pub(crate) patience: Patience,
    /// Whether lifecycle actions are completed.
    pub(crate) completes_actions: bool,
    /// Marks that this invocation wrote.
    pub(crate) marks: BTreeMap<InstanceId, OwnMark>,
}

/// A mark that this invocation wrote, or tried to.
pub(crate) struct OwnMark {
    pub(crate) tag: DrainingTag,
    /// When EC2 said that it has it; none, if it has not said so.
    pub(crate) written: Option<DateTime<Utc>>,
}

/// A fleet's part of an invocation. It outlives the work on it, so that what was done can be told in any case.
#[derive(Debug)]
pub(crate) struct FleetRun {
    fleet: FleetName,
    memory: Memory,
    journal: Journal,
    steps: BTreeMap<SlotName, Vec<StepReport>>,
    plan: Option<Plan>,
    courses: Courses,
    /// Steps that are of no slot.
    pub(crate) own_steps: Vec<StepReport>,
    /// Findings that are of no slot and that no plan knows.
    pub(crate) own_findings: Vec<Finding>,
    /// Whether a later look was called for.
    unfinished: bool,
    /// Why the last look failed.
    pub(crate) trouble: Option<Ec2Error>,
}

impl FleetRun {
    pub(crate) fn new(fleet: FleetName) -> Self {
        Self {
            fleet,
            memory: Memory::default(),
            journal: Journal::default(),
            steps: BTreeMap::new(),
            plan: None,
            courses: Courses::default(),
            own_steps: Vec::new(),
            own_findings: Vec::new(),
            unfinished: true,
            trouble: None,
        }
    }

    /// A fleet of which nothing is tagged: there is nothing to do.
    pub(crate) fn unmanaged(fleet: FleetName) -> Self {
        let own_findings = vec![Finding::UnmanagedFleet { fleet: fleet.clone() }];
        Self { own_findings, ..Self::new(fleet) }
    }

    pub(crate) fn fleet(&self) -> &FleetName {
        &self.fleet
    }

    /// Works on the fleet until nothing is left to do or to wait for. May be dropped at any point.
    pub(crate) async fn converge<E: Ec2, C: Clock>(
        &mut self,
        mut seen: Observation,
        context: &Context<'_, E, C>,
    ) {
        let mut backoff = Backoff::new();
        loop {
            let began = Instant::now();
            context.overlay(&mut seen);
            self.memory.learn(&seen);
            let plan = record::plan(&mut seen, context.ec2).await;
            // Kept before it is carried out, for the round may be cut off by the deadline.
            self.plan = Some(plan.clone());
            self.courses.look(&seen, &plan);
            let pause = if context.dry_run {
                self.rehearse(&plan);
                None
            } else {
                self.executor(context, seen.began).round(&plan).await;
                let done = self.journal.take();
                let pause = pause_after(&done, &plan, context.patience, &mut backoff);
                self.keep(done);
                pause
            };
            let Some(pause) = pause else {
                self.unfinished = false;
                return;
            };
            // From the look and not from its end, so that a call which gets no answer keeps no other slot waiting.
            tokio::time::sleep_until(began + pause).await;
            match self.look_again(context, &mut backoff).await {
                Some(again) => seen = again,
                None => return,
            }
        }
    }

    fn executor<'a, E, C>(&'a self, context: &Context<'a, E, C>, began: DateTime<Utc>) -> Executor<'a, E, C> {
        let (fleet, journal) = (&self.fleet, &self.journal);
        Executor { ec2: context.ec2, clock: context.clock, fleet, began, journal }
    }

    fn keep(&mut self, done: Vec<Done>) {
        for done in done {
            done.remember(&mut self.memory);
            self.courses.step(&done);
            let reports = match &done.slot {
                Some(slot) => self.steps.entry(slot.clone()).or_default(),
                None => &mut self.own_steps,
            };
            reports.extend(done.report());
        }
    }

    fn rehearse(&mut self, plan: &Plan) {
        for slot in &plan.slots {
            self.keep(slot.steps().map(|step| planned(Some(&slot.slot), step)).collect());
        }
        self.keep(plan.steps.iter().map(|step| planned(None, step)).collect());
    }

    /// The next observation; none when EC2 refuses to be looked at.
    async fn look_again<E: Ec2, C: Clock>(
        &mut self,
        context: &Context<'_, E, C>,
        backoff: &mut Backoff,
    ) -> Option<Observation> {
        loop {
            match self.look(context).await {
                Ok(observation) => {
                    self.trouble = None;
                    return observation;
                }
                Err(error) => {
                    tracing::warn!(fleet = self.fleet.as_str(), %error, "cannot look");
                    let passes = class(&error) == Class::Transient;
                    self.trouble = Some(error);
                    if !passes {
                        return None;
                    }
                    tokio::time::sleep(backoff.pause()).await;
                }
            }
        }
    }

    async fn look<E: Ec2, C: Clock>(
        &self,
        context: &Context<'_, E, C>,
    ) -> Result<Option<Observation>, Ec2Error> {
        let fleets = BTreeSet::from([self.fleet.clone()]);
        let look =
            observe::survey(context.ec2, context.clock, observe::members(context.ec2, &fleets)).await?;
        let memory = |_: &FleetName| self.memory.clone();
        let (settings, completes) = (context.settings, context.completes_actions);
        let seen = observe::complete(context.ec2, look, &fleets, settings, completes, memory).await?;
        Ok(seen.into_iter().next())
    }

    /// The slots, and the lifecycle actions, for which a retry may do what this invocation could not.
    pub(crate) fn unfinished(&self, patience: Patience) -> impl Iterator<Item = String> {
        let plan = self.plan.iter().filter(|_| self.unfinished);
        let slots = plan.clone().flat_map(|plan| &plan.slots);
        let open = slots.filter(move |slot| slot.steps().next().is_some() || is_retried(slot.next, patience));
        let completes = |step: &Step| matches!(step, Step::CompleteLifecycleAction { .. });
        let waiting =
            plan.filter(move |plan| plan.steps.iter().any(completes) || is_retried(plan.next, patience));
        open.map(|slot| format!("{}/{}", self.fleet, slot.slot))
            .chain(waiting.map(|_| format!("the lifecycle actions of {}", self.fleet)))
    }

    pub(crate) fn report(mut self) -> FleetReport {
        let cut_off = self.journal.take();
        self.keep(cut_off);
        let (slots, findings) = self.plan.map(|plan| (plan.slots, plan.findings)).unwrap_or_default();
        let mut reports: Vec<SlotReport> = Vec::new();
        for slot in slots {
            let steps = self.steps.remove(&slot.slot).unwrap_or_default();
            let (state, holder, findings) = (slot.state, slot.holder, slot.findings);
            let Course { before, zone, since, handover, .. } = self.courses.take(&slot.slot);
            let slot = slot.slot;
            reports.push(SlotReport { slot, state, holder, zone, since, handover, before, steps, findings });
        }
        // A slot whose last resource was untagged meanwhile is in no plan any more; what was done for it is told.
        for (slot, steps) in self.steps.into_iter().filter(|(_, steps)| !steps.is_empty()) {
            let (state, holder, since, findings) = (SlotState::Waiting, None, None, Vec::new());
            let Course { before, zone, handover, .. } = self.courses.take(&slot);
            reports.push(SlotReport { slot, state, holder, zone, since, handover, before, steps, findings });
        }
        let findings = self.own_findings.into_iter().chain(findings).collect();
        FleetReport { fleet: self.fleet, slots: reports, steps: self.own_steps, findings }
    }
}

fn planned(slot: Option<&SlotName>, step: &Step) -> Done {
    Done { slot: slot.cloned(), step: step.clone(), effect: Effect::Planned }
}

impl<E, C> Context<'_, E, C> {
    /// Shows the planner the marks that EC2's answers may not show yet. What they show later counts: somebody may have taken
    /// the mark away, or another function written a graver one.
    fn overlay(&self, seen: &mut Observation) {
        for instance in &mut seen.instances {
            let Some(own) = self.marks.get(&instance.id) else { continue };
            match own.written {
                Some(at) if (seen.began - at).num_seconds() > STALE_SECONDS => continue,
                // Another function may have written it.
                None if instance.tags.draining.as_ref() != Some(&own.tag) => {
                    seen.memory.unmarked.insert(instance.id.clone());
                }
                Some(_) | None => {}
            }
            instance.tags.draining = Some(own.tag.clone());
        }
    }
}

/// How long to wait for the next look; none when there is nothing to look for.
fn pause_after(done: &[Done], plan: &Plan, patience: Patience, backoff: &mut Backoff) -> Option<Duration> {
    if done.iter().any(|done| matches!(done.effect, Effect::Done(_))) {
        backoff.reset();
    }
    let stale = done.iter().any(|done| matches!(done.effect, Effect::Stale));
    if stale {
        return Some(backoff.pause_after_stale());
    }
    let mut nexts = plan.slots.iter().map(|slot| slot.next).chain([plan.next]);
    let awaited = nexts.any(|next| is_awaited(next, patience));
    (!done.is_empty() || awaited).then(|| backoff.pause())
}

/// Whether a later look may see what is worth waiting for.
fn is_awaited(next: Next, patience: Patience) -> bool {
    match next {
        Next::Nothing => false,
        Next::Transition => true,
        Next::Candidate => patience >= Patience::Candidates,
        Next::Release => patience >= Patience::Releases,
    }
}

/// Whether another try of the event may see to what this one has not seen the end of. Whoever comes to take a slot is an event
/// of its own, and so is the end of an instance, for which one function waits and no other.
fn is_retried(next: Next, patience: Patience) -> bool {
    match next {
        Next::Nothing | Next::Candidate => false,
        Next::Transition => true,
        Next::Release => patience == Patience::Releases,
    }
}
