//! Figures: what a run did, so that a run which did little cannot pass for one that found nothing.

use crate::goal;
use local_ec2::ssm::Status;
use local_ec2::{ActionCounts, Cloud, Fault, NoticeCounts};
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
    /// What became of lifecycle actions, by [`ENDS`].
    pub actions: [u64; 6],
    /// Calls that were accepted, by [`ACTS`].
    pub accepted: [u64; 9],
    /// Commands that succeeded, and that failed.
    pub commands: [u64; 2],
    /// Interruptions and recommendations.
    pub notices: [u64; 2],
    /// What people did with what is not Holdfast's, by [`FOREIGN`].
    pub foreign: [u64; 2],
}

/// What can become of an event.
const EVENTS: [&str; 4] = ["lost", "doubled", "late", "out of order"];

/// The calls of Holdfast that change something.
pub const ACTS: [&str; 9] = [
    "AttachVolume",
    "DetachVolume",
    "AssociateAddress",
    "DisassociateAddress",
    "CreateTags",
    "TerminateInstances",
    "SendCommand",
    "CompleteLifecycleAction",
    "RecordLifecycleActionHeartbeat",
];

/// What can become of a command.
const COMMANDS: [&str; 2] = ["succeeded", "failed"];

/// What EC2 says of spot instances that are to go, or had better.
const NOTICES: [&str; 2] = ["interruptions", "recommendations"];

/// What people do on the fleets' instances with what is not Holdfast's.
pub const FOREIGN: [&str; 2] = ["scratch disks attached", "Elastic IPs without a tag associated"];

/// What can become of a lifecycle action.
pub const ENDS: [&str; 6] =
    ["begun", "continued", "abandoned", "prolonged", "expired", "deleted with their hooks"];

impl Figures {
    /// Adds what befell the calls of the cloud so far.
    pub fn read(&mut self, cloud: &Cloud) {
        for ((_, fault), count) in cloud.fault_counts() {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (action, count) in cloud.call_counts() {
            self.calls += count;
            if ACTS.contains(action) {
                self.acts += count;
            }
        }
        let accepted = ACTS.map(|action| cloud.accepted_counts().get(action).copied().unwrap_or_default());
        sum(&mut self.accepted, accepted);
        for command in cloud.commands() {
            let outcome = match command.status {
                Status::Pending | Status::InProgress => [0, 0],
                Status::Success => [1, 0],
                Status::Failed | Status::DeliveryTimedOut | Status::ExecutionTimedOut => [0, 1],
            };
            sum(&mut self.commands, outcome);
        }
        let NoticeCounts { interruptions, recommendations } = cloud.notice_counts();
        sum(&mut self.notices, [interruptions, recommendations]);
        self.displaced += cloud.judge().displaced();
        let count = |slots: usize| u64::try_from(slots).unwrap_or_default();
        self.slots.0 += count(goal::slots(cloud).len());
        self.slots.1 += count(goal::held(cloud).len());
        let counts = cloud.bus_counts();
        sum(&mut self.events, [counts.lost, counts.doubled, counts.late, counts.reordered]);
        let ActionCounts { begun, continued, abandoned, prolonged, expired, deleted } = cloud.action_counts();
        sum(&mut self.actions, [begun, continued, abandoned, prolonged, expired, deleted]);
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
        sum(&mut self.events, other.events);
        self.woken += other.woken;
        sum(&mut self.actions, other.actions);
        sum(&mut self.accepted, other.accepted);
        sum(&mut self.commands, other.commands);
        sum(&mut self.notices, other.notices);
        sum(&mut self.foreign, other.foreign);
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }

    /// What never happened, in words.
    pub fn missing(&self) -> Vec<String> {
        let faults = Fault::ALL.into_iter().filter(|fault| !self.faults.contains_key(fault));
        let faults = faults.map(|fault| format!("the fault {fault} never happened"));
        let woken = (self.woken == 0).then(|| "the event of a lifecycle action woke nobody".to_owned());
        let never = [
            zeros(ENDS, self.actions, "no lifecycle actions were"),
            zeros(EVENTS, self.events, "no events were"),
            zeros(ACTS, self.accepted, "never accepted:"),
            zeros(COMMANDS, self.commands, "no commands"),
            zeros(NOTICES, self.notices, "no"),
            zeros(FOREIGN, self.foreign, "no"),
        ];
        faults.chain(never.concat()).chain(woken).collect()
    }
}

fn sum<const N: usize>(sums: &mut [u64; N], counts: [u64; N]) {
    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
}

/// What was counted and never happened, after these words.
fn zeros<const N: usize>(names: [&str; N], counts: [u64; N], words: &str) -> Vec<String> {
    let never = names.iter().zip(counts).filter(|(_, count)| *count == 0);
    never.map(|(name, _)| format!("{words} {name}")).collect()
}

/// The counts, each before its name.
fn counted<const N: usize>(names: [&str; N], counts: [u64; N]) -> String {
    let each = names.iter().zip(counts).map(|(what, count)| format!("{count} {what}"));
    each.collect::<Vec<_>>().join(", ")
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
        write!(
            f,
            "{} simulated hours, {} invocations ({} tried again, {} crashed, {} timed out), {} calls ({} acts, \
             accepted: {}), commands: {}; {}; {}; events: {}; faults: {}; lifecycle actions: {}, {} invocations by their \
             events; {} addresses displaced by races, {} of {} slots held in \
             the quiet world at the end",
            self.minutes / 60,
            self.invocations,
            self.retries,
            self.crashes,
            self.timeouts,
            self.calls,
            self.acts,
            counted(ACTS, self.accepted),
            counted(COMMANDS, self.commands),
            counted(NOTICES, self.notices),
            counted(FOREIGN, self.foreign),
            counted(EVENTS, self.events),
            Faults(&self.faults),
            counted(ENDS, self.actions),
            self.woken,
            self.displaced,
            self.slots.1,
            self.slots.0
        )
    }
}
