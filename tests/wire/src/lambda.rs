//! Lambda: processes of each function that take one invocation at a time, the rules of the shipped template, retries,
//! and processes that die at work.

use crate::setup::HASTE;
use crate::{Error, Figures};
use serde_json::Value;
use stage::{Answer, Function, LocalEc2};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use template::{Pattern, Template};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long Lambda waits before it tries again: one minute, then two (Lambda developer guide, "How Lambda handles
/// errors and retries with asynchronous invocation"), in the run's haste.
const WAITS: [Duration; 2] = [Duration::from_secs(6), Duration::from_secs(12)];

/// Every 25th invocation is killed at work.
const KILLED: u64 = 25;

/// How many processes there are of each function.
#[derive(Debug, Clone, Copy)]
pub struct Processes {
    /// Of `instance-state-change`.
    pub changes: usize,
    /// Of `reconcile`.
    pub sweeps: usize,
    /// Of every other one, all of which are woken by warnings.
    pub warnings: usize,
}

impl Processes {
    fn of(self, binary: &str) -> usize {
        match binary {
            "instance-state-change" => self.changes,
            "reconcile" => self.sweeps,
            _ => self.warnings,
        }
    }
}

/// A function as it is deployed.
#[derive(Debug)]
struct Deployed {
    binary: String,
    /// None: a schedule wakes it.
    pattern: Option<Pattern>,
    timeout: Duration,
    retries: u64,
    idle: Vec<Function>,
}

/// What a function is to do.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    deployed: usize,
    payload: String,
    tries: u64,
}

/// How an invocation ended.
#[derive(Debug)]
enum Ended {
    Report,
    Error {
        kind: String,
        message: String,
    },
    /// With what it had logged.
    Killed(String),
    /// The emulator had no answer to give: the function was too slow, or died.
    NoAnswer(String),
}

/// The functions at work.
#[derive(Debug)]
pub(crate) struct Lambda {
    deployed: Vec<Deployed>,
    environment: Vec<(&'static str, String)>,
    queue: VecDeque<Job>,
    retries: BTreeMap<(Instant, u64), Job>,
    running: JoinSet<(Job, Option<Function>, Ended)>,
    starting: JoinSet<(usize, Result<Function, stage::Error>)>,
    random: fastrand::Rng,
    /// What processes logged that are gone.
    buried: Vec<String>,
    pub(crate) figures: Figures,
}

impl Lambda {
    /// Deploys every function of the template, with as many processes as there may be invocations at once.
    pub(crate) async fn deploy(
        ec2: &LocalEc2,
        processes: Processes,
        random: fastrand::Rng,
    ) -> Result<Self, Error> {
        let document = ("HOLDFAST_DRAIN_DOCUMENT", "Drain".to_owned());
        let mut lambda = Self {
            deployed: Vec::new(),
            environment: ec2.environment().into_iter().chain([document]).collect(),
            queue: VecDeque::new(),
            retries: BTreeMap::new(),
            running: JoinSet::new(),
            starting: JoinSet::new(),
            random,
            buried: Vec::new(),
            figures: Figures::default(),
        };
        for function in Template::read()?.functions()? {
            let number = |path: &str| {
                let no_number = || Error::Stuck(format!("{}: {path} is no number", function.binary));
                function.at(path)?.as_u64().ok_or_else(no_number)
            };
            let (pattern, timeout) = (function.pattern()?, Duration::from_secs(number("/Timeout")?));
            // A sweep waits for nothing that is shorter here.
            let haste = if pattern.is_some() { HASTE.into() } else { 1 };
            lambda.deployed.push(Deployed {
                binary: function.binary.clone(),
                pattern,
                timeout: timeout / haste,
                retries: number("/EventInvokeConfig/MaximumRetryAttempts")?,
                idle: Vec::new(),
            });
            for _ in 0..processes.of(&function.binary) {
                lambda.start(lambda.deployed.len() - 1);
            }
        }
        while !lambda.starting.is_empty() {
            lambda.started().await?;
        }
        Ok(lambda)
    }

    /// Starts a process, in a while.
    fn start(&mut self, number: usize) {
        let Some(deployed) = self.deployed.get(number) else { return };
        let (binary, timeout) = (deployed.binary.clone(), deployed.timeout);
        let environment = self.environment.clone();
        self.starting.spawn(async move {
            let settings: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
            (number, Function::start(&binary, timeout, &settings).await)
        });
    }

    /// Waits for a process that starts.
    async fn started(&mut self) -> Result<(), Error> {
        if let Some(Ok((number, function))) = self.starting.join_next().await {
            let function = function?;
            if let Some(deployed) = self.deployed.get_mut(number) {
                deployed.idle.push(function);
            }
        }
        Ok(())
    }

    /// Brings an event to the functions whose rules match it.
    pub(crate) fn route(&mut self, event: &Value) {
        let woken =
            self.deployed.iter().enumerate().filter(|(_, deployed)| {
                deployed.pattern.as_ref().is_some_and(|pattern| pattern.matches(event))
            });
        let jobs = woken.map(|(deployed, _)| Job { deployed, payload: event.to_string(), tries: 0 });
        self.queue.extend(jobs.collect::<Vec<_>>());
    }

    /// Wakes what a schedule wakes.
    pub(crate) fn sweep(&mut self, event: &Value) {
        let scheduled = self.deployed.iter().enumerate().filter(|(_, deployed)| deployed.pattern.is_none());
        let jobs = scheduled.map(|(deployed, _)| Job { deployed, payload: event.to_string(), tries: 0 });
        self.queue.extend(jobs.collect::<Vec<_>>());
    }

    /// Begins whatever is due and has a process to run in.
    pub(crate) fn begin(&mut self) {
        while let Some(entry) = self.retries.first_entry().filter(|entry| entry.key().0 <= Instant::now()) {
            self.queue.push_back(entry.remove());
        }
        for job in std::mem::take(&mut self.queue) {
            let idle = self.deployed.get_mut(job.deployed).and_then(|deployed| deployed.idle.pop());
            match idle {
                Some(function) => self.invoke(job, function),
                None => self.queue.push_back(job),
            }
        }
    }

    fn invoke(&mut self, job: Job, function: Function) {
        self.figures.invocations += 1;
        let is_killed = self.figures.invocations.is_multiple_of(KILLED);
        let fuse = is_killed.then(|| Duration::from_millis(self.random.u64(50..600)));
        self.running.spawn(async move {
            let (function, ended) = run(function, &job.payload, fuse).await;
            (job, function, ended)
        });
        self.figures.at_once = self.figures.at_once.max(self.running.len());
    }

    /// Waits until an invocation has ended or a process has started, and does what Lambda does then.
    pub(crate) async fn something(&mut self) -> Result<(), Error> {
        tokio::select! {
            Some(ended) = self.running.join_next() => {
                // A task that panicked would be this test's own fault.
                let (job, function, ended) = ended.map_err(|error| Error::Stuck(error.to_string()))?;
                self.after(job, function, &ended);
            }
            Some(started) = self.starting.join_next() => {
                let (number, function) = started.map_err(|error| Error::Stuck(error.to_string()))?;
                let function = function?;
                if let Some(deployed) = self.deployed.get_mut(number) {
                    deployed.idle.push(function);
                }
            }
            else => std::future::pending().await,
        }
        Ok(())
    }

    fn after(&mut self, mut job: Job, function: Option<Function>, ended: &Ended) {
        match function {
            Some(function) => {
                if let Some(deployed) = self.deployed.get_mut(job.deployed) {
                    deployed.idle.push(function);
                }
            }
            None => self.start(job.deployed),
        }
        let deployed = self.deployed.get(job.deployed);
        let name = deployed.map(|deployed| deployed.binary.clone()).unwrap_or_default();
        match ended {
            Ended::Report => return,
            Ended::Killed(log) => {
                self.figures.killed += 1;
                self.buried.push(log.clone());
            }
            Ended::Error { kind, message } => {
                *self.figures.errors.entry(kind.clone()).or_default() += 1;
                if !matches!(kind.as_str(), "Ec2" | "Unfinished" | "Unmarked") {
                    self.figures.wrong.push(format!("{name} answered {kind}: {message}"));
                }
            }
            Ended::NoAnswer(reason) => self.figures.wrong.push(format!("{name}: {reason}")),
        }
        if job.tries < deployed.map_or(0, |deployed| deployed.retries) {
            let wait = WAITS.get(usize::try_from(job.tries).unwrap_or_default()).copied().unwrap_or_default();
            job.tries += 1;
            self.retries.insert((Instant::now() + wait, self.figures.invocations), job);
        }
    }

    /// Ends all work: waits so long for what runs, and kills the rest.
    pub(crate) async fn calm_down(&mut self, patience: Duration) -> Result<(), Error> {
        self.queue.clear();
        self.retries.clear();
        let end = Instant::now() + patience;
        while !self.running.is_empty() {
            match tokio::time::timeout_at(end, self.something()).await {
                Ok(done) => done?,
                Err(_) => break,
            }
        }
        self.retries.clear();
        self.figures.left_at_work = self.running.len();
        // A task that is aborted drops its process, and with it whatever it was about.
        self.running.shutdown().await;
        Ok(())
    }

    /// What every process has logged, but for those that were at work at the end of the storm.
    pub(crate) fn logs(&self) -> Vec<String> {
        let idle = self.deployed.iter().flat_map(|deployed| &deployed.idle);
        idle.map(Function::log).chain(self.buried.iter().cloned()).collect()
    }

    /// Invokes a scheduled function alone, and waits for its end.
    pub(crate) async fn sweep_alone(&mut self, event: &Value) -> Result<Answer, Error> {
        let is_free = |deployed: &Deployed| deployed.pattern.is_none() && !deployed.idle.is_empty();
        while !self.deployed.iter().any(is_free) {
            self.start(self.deployed.iter().position(|deployed| deployed.pattern.is_none()).unwrap_or(0));
            self.started().await?;
        }
        let function = self.deployed.iter().find(|deployed| is_free(deployed));
        let function = function.and_then(|deployed| deployed.idle.last());
        let function = function.ok_or_else(|| Error::Stuck("the template has no sweep".to_owned()))?;
        Ok(function.invoke(event.to_string().as_bytes()).await?)
    }
}

/// One invocation. With a fuse the process is killed when that has burnt down, and gone.
async fn run(function: Function, payload: &str, fuse: Option<Duration>) -> (Option<Function>, Ended) {
    let invocation = function.invoke(payload.as_bytes());
    // Without one the invocation has all the time that the emulator gives it.
    let Ok(answer) = tokio::time::timeout(fuse.unwrap_or(Duration::MAX), invocation).await else {
        let log = function.log();
        // Its end is waited for on a thread of its own. That this thread could not end is its own trouble.
        let _ = tokio::task::spawn_blocking(move || drop(function)).await;
        return (None, Ended::Killed(log));
    };
    let ended = match answer {
        Ok(Answer::Report(_)) => Ended::Report,
        Ok(Answer::Error { kind, message }) => Ended::Error { kind, message },
        Err(error) => Ended::NoAnswer(error.to_string()),
    };
    (Some(function), ended)
}
