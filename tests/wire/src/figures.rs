//! What a run counted.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// Counts.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// What everything was drawn from.
    pub seed: u64,
    /// How long the storm, the calming down and the sweeps of the quiet world took, in seconds.
    pub seconds: [u64; 3],
    /// Invocations that were begun.
    pub invocations: u64,
    /// The most that ran at one time.
    pub at_once: usize,
    /// Processes that were killed at work.
    pub killed: u64,
    /// Invocations that were still at work when the storm was over, and were killed.
    pub left_at_work: usize,
    /// Answers that were errors, by type.
    pub errors: BTreeMap<String, u64>,
    /// Ends of invocations that must not be.
    pub wrong: Vec<String>,
    /// What the world did.
    pub churn: BTreeMap<&'static str, u64>,
    /// Calls that the functions tried, lost ones among them.
    pub calls: u64,
    /// Calls that reached EC2, by action.
    pub by_action: BTreeMap<String, u64>,
    /// Calls that EC2 accepted, by action.
    pub accepted: BTreeMap<String, u64>,
    /// Calls that were throttled for want of tokens.
    pub throttled: u64,
    /// Calls that met a fault, by its kind.
    pub faults: BTreeMap<String, u64>,
    /// What the bus did.
    pub events: BTreeMap<String, u64>,
    /// Addresses that a race displaced.
    pub displaced: u64,
    /// Calls that broke the promise, in words.
    pub violations: Vec<String>,
    /// How many slots there are.
    pub slots: usize,
    /// What was not held in the end, in words.
    pub not_held: Vec<String>,
    /// Sweeps of the quiet world until everything was held.
    pub sweeps: u32,
    /// What the functions logged, each process for itself.
    pub logs: Vec<String>,
    /// What a further sweep did, although there was nothing to do.
    pub restless: Vec<String>,
}

impl Figures {
    /// Reads the answer of the command `counts`.
    pub(crate) fn read(&mut self, counts: &Value) {
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or_default();
        let table = |name: &str| {
            let entries = counts.get(name).and_then(Value::as_object).into_iter().flatten();
            entries.map(|(key, value)| (key.clone(), number(Some(value)))).collect()
        };
        self.calls = number(counts.get("tried"));
        self.throttled = number(counts.get("throttled"));
        self.by_action = table("calls");
        self.accepted = table("accepted");
        self.events = table("events");
        self.faults = BTreeMap::new();
        for fault in counts.get("faults").and_then(Value::as_array).into_iter().flatten() {
            let kind = fault.get("fault").and_then(Value::as_str).unwrap_or_default();
            *self.faults.entry(kind.to_owned()).or_default() += number(fault.get("count"));
        }
    }

    /// Calls that changed something, or were to.
    pub(crate) fn acts(&self) -> BTreeMap<String, u64> {
        let asks = |action: &str| action.starts_with("Describe") || action == "ListCommands";
        let acts = self.by_action.iter().filter(|(action, _)| !asks(action));
        acts.map(|(action, count)| (action.clone(), *count)).collect()
    }

    /// The share of calls that met a fault.
    pub fn faulty(&self) -> f64 {
        let faults: u64 = self.faults.values().sum();
        // A run has thousands of calls; that many are exact.
        let exact = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        exact(faults) / exact(self.calls.max(1))
    }
}

impl Display for Figures {
    /// Lines of what was counted; the last one is the sum of it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [storm, calming, quiet] = self.seconds;
        writeln!(f, "time         storm {storm} s, calming down {calming} s, quiet {quiet} s")?;
        writeln!(f, "churn        {}", list(&self.churn))?;
        writeln!(f, "events       {}", list(&self.events))?;
        writeln!(f, "calls        {}", list(&self.by_action))?;
        writeln!(f, "accepted     {}", list(&self.accepted))?;
        writeln!(
            f,
            "races        {} calls throttled for want of tokens, {} addresses displaced",
            self.throttled, self.displaced
        )?;
        writeln!(f, "errors       {}", list(&self.errors))?;
        writeln!(
            f,
            "processes    {} killed at work, {} at the end of the storm; {} invocations at once",
            self.killed, self.left_at_work, self.at_once
        )?;
        write!(
            f,
            "wire: seed {}, {} invocations, {} calls, {:.1} % faulty ({}), {} violations, {} of {} slots held after \
             {} sweeps",
            self.seed,
            self.invocations,
            self.calls,
            self.faulty() * 100.0,
            list(&self.faults),
            self.violations.len(),
            self.slots.saturating_sub(self.not_held.len()),
            self.slots,
            self.sweeps
        )
    }
}

fn list<K: Display>(counts: &BTreeMap<K, u64>) -> String {
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counts.join(", ")
}
