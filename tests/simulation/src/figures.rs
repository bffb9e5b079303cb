//! Figures: what a run did, so that a run which did little cannot pass for one that found nothing.

use crate::goal;
use local_ec2::{ActionCounts, Cloud, Fault};
use std::collections::BTreeMap;
use std::fmt;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Simulated minutes.
    pub minutes: u64,
    /// Invocations that began.
    pub invocations: u64,
    /// Invocations that were tries again.
    pub retries: u64,
    /// Invocations that Lambda ended.
    pub timeouts: u64,
    /// Invocations that crashed.
    pub crashes: u64,
    /// Invocations that panicked.
    pub panics: u64,
    /// Calls of Holdfast.
    pub calls: u64,
    /// Calls that change something.
    pub acts: u64,
    /// What befell calls.
    pub faults: BTreeMap<Fault, u64>,
    /// Addresses that a race displaced.
    pub displaced: u64,
    /// Slots in the quiet world at the end, and how many of them were held.
    pub slots: (u64, u64),
    /// Events that were lost, doubled, late, and out of order.
    pub events: [u64; 4],
    /// Invocations that the event of a lifecycle action woke, tries again among them.
    pub woken: u64,
    /// What became of lifecycle actions, by [`ACTIONS`].
    pub actions: [u64; 6],
}

/// What can become of a lifecycle action.
pub const ACTIONS: [&str; 6] =
    ["begun", "continued", "abandoned", "prolonged", "expired", "deleted with their hooks"];

impl Figures {
    /// Adds what befell the calls of the cloud so far.
    pub fn read(&mut self, cloud: &Cloud) {
        for ((_, fault), count) in cloud.fault_counts() {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (action, count) in cloud.call_counts() {
            self.calls += count;
            if !action.starts_with("Describe") {
                self.acts += count;
            }
        }
        self.displaced += cloud.judge().displaced();
        let count = |slots: usize| u64::try_from(slots).unwrap_or_default();
        self.slots.0 += count(goal::slots(cloud).len());
        self.slots.1 += count(goal::held(cloud).len());
        let counts = cloud.bus_counts();
        let read = [counts.lost, counts.doubled, counts.late, counts.reordered];
        self.events.iter_mut().zip(read).for_each(|(sum, count)| *sum += count);
        let ActionCounts { begun, continued, abandoned, prolonged, expired, deleted } = cloud.action_counts();
        let read = [begun, continued, abandoned, prolonged, expired, deleted];
        self.actions.iter_mut().zip(read).for_each(|(sum, count)| *sum += count);
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.minutes += other.minutes;
        self.invocations += other.invocations;
        self.retries += other.retries;
        self.timeouts += other.timeouts;
        self.crashes += other.crashes;
        self.panics += other.panics;
        self.calls += other.calls;
        self.acts += other.acts;
        self.displaced += other.displaced;
        self.slots = (self.slots.0 + other.slots.0, self.slots.1 + other.slots.1);
        self.events.iter_mut().zip(other.events).for_each(|(sum, count)| *sum += count);
        self.woken += other.woken;
        self.actions.iter_mut().zip(other.actions).for_each(|(sum, count)| *sum += count);
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }

    /// What never happened, in words.
    pub fn missing(&self) -> Vec<String> {
        let faults = Fault::ALL.into_iter().filter(|fault| !self.faults.contains_key(fault));
        let faults = faults.map(|fault| format!("the fault {fault} never happened"));
        let actions = ACTIONS.iter().zip(self.actions).filter(|(_, count)| *count == 0);
        let actions = actions.map(|(what, _)| format!("no lifecycle actions were {what}"));
        let woken = (self.woken == 0).then(|| "the event of a lifecycle action woke nobody".to_owned());
        faults.chain(actions).chain(woken).collect()
    }
}

/// How often each fault happened.
pub(crate) struct Faults<'a>(pub(crate) &'a BTreeMap<Fault, u64>);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts =
            Fault::ALL.map(|fault| format!("{fault} {}", self.0.get(&fault).copied().unwrap_or_default()));
        f.write_str(&counts.join(", "))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, doubled, late, reordered] = self.events;
        let actions = ACTIONS.iter().zip(self.actions).map(|(what, count)| format!("{count} {what}"));
        let actions = actions.collect::<Vec<_>>().join(", ");
        write!(
            f,
            "{} simulated hours, {} invocations ({} tried again, {} crashed, {} timed out), {} calls ({} acts), \
             events: {lost} lost, {doubled} doubled, {late} late, {reordered} out of order; faults: {}; lifecycle \
             actions: {actions}, {} invocations by their events; {} addresses displaced by races, {} of {} slots held in \
             the quiet world at the end",
            self.minutes / 60,
            self.invocations,
            self.retries,
            self.crashes,
            self.timeouts,
            self.calls,
            self.acts,
            Faults(&self.faults),
            self.woken,
            self.displaced,
            self.slots.1,
            self.slots.0
        )
    }
}
