//! One invocation: from a trigger to a report, and to an error when a retry may cure what is left.

use crate::backoff::Backoff;
use crate::class::{Class, class};
use crate::clock::Clock;
use crate::ec2::{Ec2, Ec2Error, InstanceQuery};
use crate::events::{Scope, Trigger};
use crate::execute::{self, Effect};
use crate::fleet::{Context, FleetRun, OwnMark};
use crate::observe::{self, Look};
use crate::report::Report;
use crate::settings::Settings;
use crate::warning::{self, Mark};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use planner::ids::FleetName;
use planner::memory::Memory;
use planner::observation::Observation;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is kept of the time before the deadline, to report in.
const RESERVE: TimeDelta = TimeDelta::milliseconds(1500);

/// Why an invocation is to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// EC2 could not be looked at.
    #[error("EC2 could not be looked at: {0}")]
    Ec2(#[from] Ec2Error),
    /// Time ran out.
    #[error("unfinished at the deadline: {}; the next event or sweep goes on from here", .0.join(", "))]
    Unfinished(Vec<String>),
    /// A warning could not be written down.
    #[error("the warning could not be written down: {0}")]
    Unmarked(Ec2Error),
}

impl Failure {
    /// The short name that Lambda reports as the error's type, and that docs use.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ec2(_) => "Ec2",
            Self::Unfinished(_) => "Unfinished",
            Self::Unmarked(_) => "Unmarked",
        }
    }
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    /// What was seen and done.
    pub report: Report,
    /// Why to try again, if so.
    pub failure: Option<Failure>,
}

/// Does what the trigger asks for, until done or shortly before the deadline. Nothing that it began goes on after it.
pub async fn run<E: Ec2, C: Clock>(
    ec2: &E,
    clock: &C,
    settings: &Settings,
    trigger: &Trigger,
    deadline: DateTime<Utc>,
) -> Outcomes {
    let time = (deadline - clock.now() - RESERVE).to_std().unwrap_or(Duration::ZERO);
    let end = tokio::time::Instant::now() + time;
    let mut invocation = Invocation {
        context: Context {
            ec2,
            clock,
            settings,
            dry_run: settings.dry_run || trigger.dry_run,
            patience: trigger.patience,
            completes_actions: trigger.completes_actions,
            marks: BTreeMap::new(),
        },
        trigger,
        runs: Vec::new(),
        trouble: None,
        mark: None,
    };
    let first = tokio::time::timeout_at(end, invocation.first_look()).await;
    let observations = match first {
        Ok(Ok(observations)) => observations,
        Ok(Err(error)) => return invocation.end(Some(error.into())),
        Err(_) => {
            let unfinished = || Failure::Unfinished(vec!["the first look".to_owned()]);
            let failure = invocation.trouble.take().map_or_else(unfinished, Failure::Ec2);
            return invocation.end(Some(failure));
        }
    };
    let context = &invocation.context;
    let runs = invocation.runs.iter_mut().zip(observations);
    join_all(
        runs.map(
            |(run, seen)| async move { tokio::time::timeout_at(end, run.converge(seen, context)).await },
        ),
    )
    .await;
    invocation.end(None)
}

struct Invocation<'a, E, C> {
    context: Context<'a, E, C>,
    trigger: &'a Trigger,
    runs: Vec<FleetRun>,
    /// Why the first look failed when it was last tried.
    trouble: Option<Ec2Error>,
    /// The mark that the warning called for, as it was last tried.
    mark: Option<Mark>,
}

/// Whether a look can go on after its warning.
enum Written {
    /// There is nothing more to write.
    Settled,
    /// The look began too long ago to write by it.
    TooLate,
}

impl<E: Ec2, C: Clock> Invocation<'_, E, C> {
    /// Finds out which fleets the trigger concerns, writes a warning down, and looks at the fleets.
    async fn first_look(&mut self) -> Result<Vec<Observation>, Ec2Error> {
        let mut backoff = Backoff::new();
        loop {
            match self.try_first_look().await {
                Ok(Some(observations)) => return Ok(observations),
                Ok(None) => {
                    self.trouble = None;
                    tokio::time::sleep(backoff.pause_after_stale()).await;
                }
                Err(error) if class(&error) == Class::Transient => {
                    tracing::warn!(%error, "cannot look");
                    self.trouble = Some(error);
                    tokio::time::sleep(backoff.pause()).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The observations; none when the look took too long to act on.
    async fn try_first_look(&mut self) -> Result<Option<Vec<Observation>>, Ec2Error> {
        let (ec2, clock) = (self.context.ec2, self.context.clock);
        let nobody = std::future::ready(Ok(Vec::new()));
        let (mut look, fleets) = match &self.trigger.scope {
            Scope::Instance(id) => {
                let ids = BTreeSet::from([id.clone()]);
                let look = observe::survey(ec2, clock, ec2.instances(InstanceQuery::Ids(&ids))).await?;
                let instance = look.instances.iter().find(|instance| instance.id == *id);
                let mut fleets = look.survey.fleets_of(id, instance);
                // A fleet that an earlier look found stays, for a mark may have been written that is to be told.
                fleets.extend(self.runs.iter().map(|run| run.fleet().clone()));
                (look, fleets)
            }
            Scope::Fleet(fleet) => {
                let look = observe::survey(ec2, clock, nobody).await?;
                if !look.survey.managed().contains(fleet) {
                    self.runs = vec![FleetRun::unmanaged(fleet.clone())];
                    return Ok(Some(Vec::new()));
                }
                (look, BTreeSet::from([fleet.clone()]))
            }
            Scope::All => {
                let look = observe::survey(ec2, clock, nobody).await?;
                let fleets = look.survey.managed();
                (look, fleets)
            }
        };
        if fleets.is_empty() {
            return Ok(Some(Vec::new()));
        }
        self.runs = fleets.iter().cloned().map(FleetRun::new).collect();
        match self.write_down(&look, &fleets).await {
            Written::Settled => {}
            Written::TooLate => return Ok(None),
        }
        look.instances = observe::members_beside(ec2, &look, &fleets).await?;
        let memory = |_: &FleetName| Memory::default();
        let context = &self.context;
        observe::complete(ec2, look, &fleets, context.settings, context.completes_actions, memory)
            .await
            .map(Some)
    }

    /// Writes the trigger's warning down on an instance of one of the fleets, if it says something new. Once in an
    /// invocation, and not by a look that is too old to act on.
    async fn write_down(&mut self, look: &Look, fleets: &BTreeSet<FleetName>) -> Written {
        let (Some(warning), [instance]) = (&self.trigger.warning, look.instances.as_slice()) else {
            return Written::Settled;
        };
        if self.mark.as_ref().is_some_and(|mark| mark.unwritten().is_none()) {
            return Written::Settled;
        }
        let member = instance.tags.fleets.iter().any(|fleet| fleets.contains(fleet) && fleet.is_usable());
        let (ec2, clock) = (self.context.ec2, self.context.clock);
        let Some((tag, step)) = warning::mark(warning, instance, clock.now()).filter(|_| member) else {
            return Written::Settled;
        };
        self.context.marks.insert(instance.id.clone(), OwnMark { tag, written: None });
        if self.context.dry_run {
            self.mark = Some(Mark { step, effect: Effect::Planned });
            return Written::Settled;
        }
        // Told if the deadline comes before the answer.
        let earlier = self.mark.replace(Mark { step: step.clone(), effect: Effect::CutOff });
        let effect = execute::act(ec2, clock, look.survey.began, &step).await;
        effect.log(None, None, &step);
        if matches!(effect, Effect::Stale) {
            // Only a try that was made says anything about the one before it.
            self.mark = earlier;
            return Written::TooLate;
        }
        if let (Effect::Done(at), Some(own)) = (&effect, self.context.marks.get_mut(&instance.id)) {
            own.written = Some(*at);
        }
        self.mark = Some(Mark { step, effect });
        Written::Settled
    }

    fn end(mut self, failure: Option<Failure>) -> Outcomes {
        for run in &mut self.runs {
            run.own_steps.extend(self.mark.iter().filter_map(Mark::report));
            run.own_findings.extend(self.mark.iter().filter_map(Mark::finding));
        }
        let dry_run = self.context.dry_run;
        // Without a first look nothing was counted.
        let is_census = failure.is_none() && self.trigger.scope == Scope::All && !dry_run;
        let trouble = self.runs.iter().find_map(|run| run.trouble.clone());
        let unfinished: Vec<String> =
            self.runs.iter().flat_map(|run| run.unfinished(self.trigger.patience)).collect();
        let failure = failure
            .or(trouble.map(Failure::Ec2))
            .or((!unfinished.is_empty()).then_some(Failure::Unfinished(unfinished)))
            .or(self.mark.as_ref().and_then(Mark::unwritten).map(Failure::Unmarked));
        let fleets = self.runs.into_iter().map(FleetRun::report).collect();
        let report = Report { trigger: self.trigger.function, dry_run, fleets, is_census };
        Outcomes { report, failure }
    }
}
