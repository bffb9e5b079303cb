//! The fault matrix: every fault at every call of a story, alone and in pairs, and the quiet world after each.

pub mod pairs;

use crate::caller::Caller;
use crate::deployment::{self, Ended};
use crate::figures::{ACTS, Faults};
use crate::goal;
use crate::mistake::Mistake;
use crate::quiet;
use crate::routing::{Call, Rules, Unroutable};
use crate::scenarios::{STORY, Scenario, Unprepared};
use crate::seed::on_paused_clock;
use crate::trace::Trace;
use local_ec2::{Cloud, Fault, Region};
use reconciler::clock::Clock;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// Which call meets which fault.
pub type Script = BTreeMap<u64, Fault>;

/// The questions that, like every act, must have met every fault.
const QUESTIONS: [&str; 7] = [
    "DescribeVolumes",
    "DescribeAddresses",
    "DescribeInstances",
    "DescribeSpotInstanceRequests",
    "DescribeAutoScalingInstances",
    "DescribeLifecycleHooks",
    "ListCommands",
];

/// In how many sweeps after the story the faults may still come. A story is cut short where a mark is refused for good that
/// tells of something which need not come true.
const SWEEPS: u32 = 12;

/// What came of some runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Stories.
    pub scenarios: u64,
    /// Calls of the stories without faults.
    pub calls: u64,
    /// Runs with one fault.
    pub singles: u64,
    /// Runs with two.
    pub pairs: u64,
    /// Calls that single faults added to their stories, as far as pairs are to meet them.
    pub further: u64,
    /// What happened, by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Which action met which of them.
    pub met: BTreeSet<(&'static str, Fault)>,
    /// What was not as it should be.
    pub failures: Vec<String>,
}

/// A story that could not be told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// Its world cannot be prepared.
    #[error(transparent)]
    Unprepared(#[from] Unprepared),
    /// Its events cannot be routed.
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
    /// It goes wrong without any fault.
    #[error("{0}: goes wrong without any fault: {1}")]
    Wrong(&'static str, String),
    /// There is no clock to run it on.
    #[error(transparent)]
    Clock(#[from] std::io::Error),
}

/// A story that is ready to be told again and again.
#[derive(Debug)]
pub struct Matrix<'a> {
    scenario: Scenario,
    world: Cloud,
    rules: &'a Rules,
    mistake: Option<Mistake>,
    /// How many calls it has without faults.
    pub calls: u64,
}

/// What a story was told of.
#[derive(Debug)]
pub struct Replay {
    /// Everything that happened.
    pub lines: Vec<String>,
    /// What was not as it should be.
    pub failures: Vec<String>,
}

struct Told {
    /// Its calls, with those of what was tried again.
    calls: u64,
    /// How many faults have come to a call.
    came: usize,
    faults: BTreeMap<(&'static str, Fault), u64>,
    wrong: Vec<String>,
}

impl<'a> Matrix<'a> {
    /// Tells the story once, without faults.
    pub fn new(scenario: Scenario, rules: &'a Rules, mistake: Option<Mistake>) -> Result<Self, Untold> {
        let world = scenario.world()?;
        let mut matrix = Self { scenario, world, rules, mistake, calls: 0 };
        let told = matrix.tell(&Script::new(), &Trace::off())?;
        if !told.wrong.is_empty() {
            return Err(Untold::Wrong(scenario.name, told.wrong.join("; ")));
        }
        matrix.calls = told.calls;
        Ok(matrix)
    }

    /// Every single fault.
    pub fn singles(&self) -> impl Iterator<Item = Script> + use<> {
        let kinds = || Fault::ALL.into_iter();
        (0..self.calls).flat_map(move |call| kinds().map(move |fault| Script::from([(call, fault)])))
    }

    /// Tells the story with these faults, and adds what came of it.
    pub fn add(&self, script: &Script, tally: &mut Tally) -> Result<(), Untold> {
        let told = self.tell(script, &Trace::off())?;
        match script.len() {
            1 => {
                tally.singles += 1;
                tally.further += self.further(&told);
            }
            _ => tally.pairs += 1,
        }
        for ((action, fault), count) in &told.faults {
            *tally.faults.entry(*fault).or_default() += count;
            tally.met.insert((*action, *fault));
        }
        tally.failures.extend(self.failures(script, &told));
        Ok(())
    }

    /// What was not as it should be, with what replays it.
    fn failures(&self, script: &Script, told: &Told) -> Vec<String> {
        if told.wrong.is_empty() && told.came == script.len() {
            return Vec::new();
        }
        let faults: Vec<_> = script.iter().map(|(call, fault)| format!("{call}={fault}")).collect();
        let (name, faults) = (self.scenario.name, faults.join(","));
        let never = (told.came < script.len()).then(|| format!("only {} of them came to a call", told.came));
        never.iter().chain(&told.wrong).map(|wrong| format!("{name}: {faults}: {wrong}")).collect()
    }

    /// Tells the story with these faults, and everything that happens in it.
    pub fn replay(&self, script: &Script) -> Result<Replay, Untold> {
        let trace = Trace::on();
        let told = self.tell(script, &trace)?;
        Ok(Replay { lines: trace.lines(), failures: self.failures(script, &told) })
    }

    fn tell(&self, script: &Script, trace: &Trace) -> Result<Told, Untold> {
        fastrand::seed(1);
        Ok(on_paused_clock(self.run(script, trace))??)
    }

    async fn run(&self, script: &Script, trace: &Trace) -> Result<Told, Unroutable> {
        let region = Region::new(self.world.clone());
        region.cloud().set_fault_script(script.clone());
        // One function at a time: nothing races, so nothing may be displaced at any time.
        region.cloud().judge_mut().expect_quiet();
        let again = self.story(&region, trace).await?;
        for call in &again {
            quiet::minute().await;
            invoke(&region, call, trace, self.mistake).await;
        }
        let calls = region.cloud().calls();
        let last = script.keys().max().copied();
        for _ in 0..SWEEPS {
            if last.is_none_or(|last| region.cloud().calls() > last) {
                break;
            }
            quiet::minute().await;
            for call in self.rules.sweep()? {
                invoke(&region, &call, trace, self.mistake).await;
            }
        }
        let reached = region.cloud().calls();
        let came = script.keys().filter(|call| **call < reached).count();
        region.cloud().set_fault_script(Script::new());
        quiet::minute().await;
        let mut wrong = quiet::settle(&region, trace, self.mistake).await;
        wrong.extend(unheld(&region.cloud()));
        wrong.extend(expired(&region.cloud()));
        let faults = region.cloud().fault_counts().clone();
        Ok(Told { calls, came, faults, wrong })
    }

    /// Lets the events of the story come, and functions see to them, one after the other. What failed is to be tried again.
    async fn story(&self, region: &Region, trace: &Trace) -> Result<Vec<Call>, Unroutable> {
        let end = region.clock().now() + STORY;
        let (mut waiting, mut again) = (VecDeque::new(), Vec::new());
        loop {
            let events = region.cloud().take_events();
            for event in &events {
                waiting.extend(self.rules.route(event)?);
            }
            if let Some(call) = waiting.pop_front() {
                if invoke(region, &call, trace, self.mistake).await.has_failed() && call.limits.retries > 0 {
                    again.push(call);
                }
            } else if region.clock().now() < end {
                tokio::select! {
                    biased;
                    () = region.something() => {}
                    () = tokio::time::sleep_until(region.clock().instant(end)) => {}
                }
            } else {
                return Ok(again);
            }
        }
    }
}

/// Every slot of a story can be held at its end.
fn unheld(cloud: &Cloud) -> Vec<String> {
    let held = goal::held(cloud);
    let slots = goal::slots(cloud).into_iter().filter(|(name, _)| !held.contains_key(name));
    slots.map(|(name, parts)| format!("{}/{} is not held: {parts}", name.0, name.1)).collect()
}

/// No lifecycle action of a story runs into its time-out: Holdfast completes it.
fn expired(cloud: &Cloud) -> Option<String> {
    let expired = cloud.action_counts().expired;
    (expired > 0).then(|| format!("{expired} lifecycle actions were completed by nobody"))
}

async fn invoke(region: &Region, call: &Call, trace: &Trace, mistake: Option<Mistake>) -> Ended {
    let caller = Caller::new(region, 1, trace, mistake);
    trace.line(region.clock().now(), || format!("{} {:?}", call.trigger.function, call.trigger.scope));
    let ended = deployment::invoke(&caller, call).await;
    trace.line(region.clock().now(), || deployment::describe(&ended));
    ended
}

impl Tally {
    /// Adds another.
    pub fn merge(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.calls += other.calls;
        self.singles += other.singles;
        self.pairs += other.pairs;
        self.further += other.further;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        self.met.extend(other.met);
        self.failures.extend(other.failures);
    }

    /// In words that there were not as many runs as there are to be.
    pub fn miscounted(&self, singles: u64, pairs: u64) -> Option<String> {
        ((self.singles, self.pairs) != (singles, pairs)).then(|| {
            let (tried, found) = (self.singles, self.pairs);
            format!("{tried} single faults and {found} pairs were tried, and not {singles} and {pairs}")
        })
    }

    /// What never happened, in words: a fault at an action.
    pub fn missing(&self) -> Vec<String> {
        let all =
            QUESTIONS.into_iter().chain(ACTS).flat_map(|action| Fault::ALL.map(|fault| (action, fault)));
        let missing =
            all.filter(|(action, fault)| fault.befalls(action) && !self.met.contains(&(*action, *fault)));
        missing.map(|(action, fault)| format!("{action} never met the fault {fault}")).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} scenarios, {} calls, {} single faults, {} pairs; happened: {}; {} failures",
            self.scenarios,
            self.calls,
            self.singles,
            self.pairs,
            Faults(&self.faults),
            self.failures.len()
        )
    }
}
