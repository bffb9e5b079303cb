//! Holdfast as it is deployed: functions that events and the clock invoke, side by side, ended and tried again by
//! Lambda as the shipped template says.

use crate::caller::Caller;
use crate::churn::Churn;
use crate::figures::Figures;
use crate::ledger::Ledger;
use crate::mistake::Mistake;
use crate::routing::{Call, Rules, Unroutable};
use crate::trace::Trace;
use chrono::TimeDelta;
use local_ec2::{Region, Time};
use planner::finding::Finding;
use planner::tags::Policy;
use reconciler::clock::Clock;
use reconciler::events::lifecycle_action;
use reconciler::invocation::{self, Outcomes};
use reconciler::report::Report;
use reconciler::settings::Settings;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long Lambda waits before it tries again: one minute, then two (Lambda developer guide, "How Lambda handles
/// errors and retries with asynchronous invocation").
const WAITS: [TimeDelta; 2] = [TimeDelta::seconds(60), TimeDelta::seconds(120)];
/// The drain document of the deployment, which the local EC2 has.
pub const DOCUMENT: &str = "Drain";
/// Between two sweeps (`template.yaml`).
const MINUTE: TimeDelta = TimeDelta::seconds(60);

/// The functions, and what they do now.
pub struct Deployment<'a> {
    region: Region,
    rules: &'a Rules,
    trace: Trace,
    ledger: Ledger,
    mistake: Option<Mistake>,
    drowsiness: f64,
    settings: Settings,
    running: JoinSet<(Job, Ended)>,
    retries: BTreeMap<(Time, u64), Job>,
    sweep: Time,
    started: u64,
    /// What was done.
    pub figures: Figures,
}

/// An event and how often a function has tried to see to it.
#[derive(Debug, Clone)]
struct Job {
    call: Call,
    since: Time,
    tries: u64,
}

/// How an invocation ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Done(Box<Outcomes>),
    /// It crashed.
    Crashed,
    /// Lambda ended it.
    TimedOut,
}

impl Ended {
    /// What it reported.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Done(outcomes) => Some(&outcomes.report),
            Self::Crashed | Self::TimedOut => None,
        }
    }

    /// Whether Lambda tries again.
    pub fn has_failed(&self) -> bool {
        match self {
            Self::Done(outcomes) => outcomes.failure.is_some(),
            Self::Crashed | Self::TimedOut => true,
        }
    }
}

/// The settings of a fresh deployment.
pub fn settings() -> Settings {
    let drain_document = Some(DOCUMENT.to_owned());
    Settings {
        handover: Policy::OnRelease,
        drain_document,
        abandon_wrong_zone: false,
        dry_run: false,
        notifications: false,
    }
}

/// One invocation of a fresh deployment, from its start to its end.
pub async fn invoke(caller: &Caller, call: &Call) -> Ended {
    invoke_with(caller, call, &settings()).await
}

/// One invocation, from its start to its end.
async fn invoke_with(caller: &Caller, call: &Call, settings: &Settings) -> Ended {
    let clock = caller.clock();
    let deadline = clock.now() + call.limits.timeout;
    let limit = call.limits.timeout.to_std().unwrap_or(Duration::ZERO);
    let run = caller.until_crash(invocation::run(caller, &clock, settings, &call.trigger, deadline));
    match tokio::time::timeout(limit, run).await {
        Ok(Some(outcomes)) => Ended::Done(Box::new(outcomes)),
        Ok(None) => Ended::Crashed,
        Err(_) => Ended::TimedOut,
    }
}

impl<'a> Deployment<'a> {
    /// A deployment of these rules that has just begun.
    pub fn new(region: &Region, rules: &'a Rules, trace: &Trace, mistake: Option<Mistake>) -> Self {
        Self {
            region: region.clone(),
            rules,
            trace: trace.clone(),
            ledger: Ledger::off(),
            mistake,
            drowsiness: 0.0,
            settings: settings(),
            running: JoinSet::new(),
            retries: BTreeMap::new(),
            sweep: region.clock().now(),
            started: 0,
            figures: Figures::default(),
        }
    }

    /// The same of processes that stand still now and then.
    #[must_use]
    pub fn drowsy(self, share: f64) -> Self {
        Self { drowsiness: share, ..self }
    }

    /// The same, of the setting that an instance which launches where its fleet has no volume is abandoned, or is not.
    #[must_use]
    pub fn abandoning(self, abandon_wrong_zone: bool) -> Self {
        Self { settings: Settings { abandon_wrong_zone, ..self.settings }, ..self }
    }

    /// The same, with all that its functions look at and write kept in the ledger.
    #[must_use]
    pub fn kept_in(self, ledger: &Ledger) -> Self {
        Self { ledger: ledger.clone(), ..self }
    }

    fn begin(&mut self, job: Job) {
        self.started += 1;
        self.figures.invocations += 1;
        let caller = Caller::new(&self.region, self.started, &self.trace, self.mistake);
        let caller = caller.drowsy(self.drowsiness).kept_in(&self.ledger);
        let (number, trigger) = (self.started, &job.call.trigger);
        self.figures.woken += u64::from(trigger.function == lifecycle_action::FUNCTION);
        self.trace.line(self.region.clock().now(), || {
            format!("#{number} {} {:?}, try {}", trigger.function, trigger.scope, job.tries + 1)
        });
        self.ledger.begin(number, self.region.clock().now(), trigger);
        let (trace, ledger, settings) = (self.trace.clone(), self.ledger.clone(), self.settings.clone());
        self.running.spawn(async move {
            let ended = invoke_with(&caller, &job.call, &settings).await;
            ledger.end(number, caller.clock().now(), ended.report());
            trace.line(caller.clock().now(), || format!("#{number} {}", describe(&ended)));
            (job, ended)
        });
    }

    /// Does what Lambda does once an invocation has ended.
    fn after(&mut self, mut job: Job, ended: &Ended) {
        match ended {
            Ended::Done(_) => {}
            Ended::Crashed => self.figures.crashes += 1,
            Ended::TimedOut => self.figures.timeouts += 1,
        }
        if !ended.has_failed() || job.tries >= job.call.limits.retries {
            return;
        }
        let wait = WAITS.get(usize::try_from(job.tries).unwrap_or_default()).copied().unwrap_or(MINUTE);
        let at = self.region.clock().now() + wait;
        if at - job.since <= job.call.limits.age {
            job.tries += 1;
            self.figures.retries += 1;
            self.retries.insert((at, self.started), job);
        }
    }

    /// Begins whatever is due by now.
    fn begin_what_is_due(&mut self) -> Result<(), Unroutable> {
        let now = self.region.clock().now();
        let events = self.region.cloud().take_events();
        for event in events {
            for call in self.rules.route(&event)? {
                self.begin(Job { call, since: now, tries: 0 });
            }
        }
        while let Some(entry) = self.retries.first_entry().filter(|entry| entry.key().0 <= now) {
            let job = entry.remove();
            self.begin(job);
        }
        if self.sweep <= now {
            self.sweep += MINUTE;
            for call in self.rules.sweep()? {
                self.begin(Job { call, since: now, tries: 0 });
            }
        }
        Ok(())
    }

    /// Lets everything go its way until then, and the churn churn.
    pub async fn until(&mut self, end: Time, churn: &mut Churn) -> Result<(), Unroutable> {
        loop {
            let now = self.region.clock().now();
            if now >= end {
                return Ok(());
            }
            if churn.next <= now
                && let Some(text) = churn.turn(&mut self.region.cloud())
            {
                self.trace.line(now, || text);
            }
            self.begin_what_is_due()?;
            let retry = self.retries.first_key_value().map(|((at, _), _)| *at);
            let next = [end, churn.next, self.sweep].into_iter().chain(retry).min().unwrap_or(end);
            tokio::select! {
                biased;
                Some(done) = self.running.join_next() => match done {
                    Ok((job, ended)) => self.after(job, &ended),
                    Err(_) => self.figures.panics += 1,
                },
                () = self.region.something() => {}
                () = tokio::time::sleep_until(self.region.clock().instant(next)) => {}
            }
        }
    }

    /// Ends every invocation where it stands; nothing is tried again.
    pub fn stop(mut self) -> Figures {
        self.running.abort_all();
        self.figures
    }
}

/// The end in words.
pub fn describe(ended: &Ended) -> String {
    match ended {
        Ended::Crashed => "crashed".to_owned(),
        Ended::TimedOut => "was ended by Lambda".to_owned(),
        Ended::Done(outcomes) => {
            let slots = outcomes.report.fleets.iter().flat_map(|fleet| {
                let name = &fleet.fleet;
                fleet.slots.iter().map(move |slot| {
                    let findings: Vec<_> = slot.findings.iter().map(Finding::code).collect();
                    let holder = slot.holder.as_ref().map(ToString::to_string).unwrap_or_default();
                    format!("{name}/{} {:?} {holder} {}", slot.slot, slot.state, findings.join(" "))
                })
            });
            let failure = outcomes.failure.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("done: {}; {failure}", slots.collect::<Vec<_>>().join("; "))
        }
    }
}
