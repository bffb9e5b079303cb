//! Metrics: what an invocation counts, as a line of CloudWatch's Embedded Metric Format (CloudWatch user guide,
//! "Specification: Embedded metric format"). Lambda's log is where CloudWatch takes it from.
//!
//! The only dimension is the function's name, which the stack's is a part of. Fleets and slots are none: each value of
//! a dimension is a metric of its own, to be paid for. The report, the next line of the log, has them.

use crate::report::{Outcome, Report, SlotReport};
use chrono::{DateTime, TimeDelta, Utc};
use metrique_writer_core::format::Format;
use metrique_writer_core::unit::NegativeScale;
use metrique_writer_core::{
    Entry, EntryWriter, IoStreamError, MetricFlags, Observation, Unit, Value, ValueWriter,
};
use metrique_writer_format_emf::Emf;
use planner::plan::SlotState;

/// The namespace in CloudWatch.
pub const NAMESPACE: &str = "Holdfast";

/// The one dimension.
pub const DIMENSION: &str = "FunctionName";

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Slots that are held, by a sweep.
    SlotsHeld,
    /// Slots that are moving or waiting, by a sweep.
    SlotsNotHeld,
    /// Slots that are blocked, by a sweep.
    SlotsBlocked,
    /// Slots that are paused, by a sweep.
    SlotsPaused,
    /// How long a handover took, for each that the invocation ended.
    HandoverSeconds,
    /// Steps that EC2 accepted.
    StepsDone,
    /// Steps that EC2 refused because the world had changed.
    StepsRefused,
    /// Steps that failed.
    StepsFailed,
    /// Requests to EC2, repeated ones included.
    Ec2Calls,
    /// Those of them that EC2 turned away because there were too many.
    Ec2Throttles,
}

/// The requests to EC2 that an invocation made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// All of them.
    pub made: u64,
    /// Those that EC2 turned away because there were too many.
    pub throttled: u64,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SlotsHeld,
        Self::SlotsNotHeld,
        Self::SlotsBlocked,
        Self::SlotsPaused,
        Self::HandoverSeconds,
        Self::StepsDone,
        Self::StepsRefused,
        Self::StepsFailed,
        Self::Ec2Calls,
        Self::Ec2Throttles,
    ];

    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Self::SlotsHeld => "SlotsHeld",
            Self::SlotsNotHeld => "SlotsNotHeld",
            Self::SlotsBlocked => "SlotsBlocked",
            Self::SlotsPaused => "SlotsPaused",
            Self::HandoverSeconds => "HandoverSeconds",
            Self::StepsDone => "StepsDone",
            Self::StepsRefused => "StepsRefused",
            Self::StepsFailed => "StepsFailed",
            Self::Ec2Calls => "Ec2Calls",
            Self::Ec2Throttles => "Ec2Throttles",
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::HandoverSeconds => Unit::Second(NegativeScale::One),
            Self::SlotsHeld
            | Self::SlotsNotHeld
            | Self::SlotsBlocked
            | Self::SlotsPaused
            | Self::StepsDone
            | Self::StepsRefused
            | Self::StepsFailed
            | Self::Ec2Calls
            | Self::Ec2Throttles => Unit::Count,
        }
    }

    /// The values of an invocation. What alarms wait for is counted even when it is zero; of the rest, what is zero is
    /// left out, for a metric costs money in each hour in which it has a value.
    fn values(self, report: &Report, calls: Calls) -> Vec<Observation> {
        let slots = |counts: fn(SlotState) -> bool| {
            let slots = report.slots().filter(|slot| counts(slot.state));
            report.is_census.then(|| count(slots)).into_iter().collect()
        };
        let steps = |outcome| {
            let steps = report.steps().filter(|step| step.outcome == outcome);
            Some(count(steps)).filter(|count| *count != Observation::Unsigned(0)).into_iter().collect()
        };
        match self {
            Self::SlotsHeld => slots(|state| state == SlotState::Held),
            Self::SlotsNotHeld => slots(|state| matches!(state, SlotState::Moving | SlotState::Waiting)),
            Self::SlotsBlocked => slots(|state| state == SlotState::Blocked),
            Self::SlotsPaused => slots(|state| state == SlotState::Paused),
            Self::HandoverSeconds => report.slots().filter_map(handover_seconds).collect(),
            Self::StepsDone => steps(Outcome::Done),
            Self::StepsRefused => steps(Outcome::Refused),
            Self::StepsFailed => steps(Outcome::Failed),
            Self::Ec2Calls => vec![Observation::Unsigned(calls.made)],
            Self::Ec2Throttles if calls.throttled == 0 => Vec::new(),
            Self::Ec2Throttles => vec![Observation::Unsigned(calls.throttled)],
        }
    }
}

/// How many values a metric may have in one line (CloudWatch user guide, "Embedded metric format specification"). More are
/// left out.
const MOST_VALUES: usize = 100;

/// The line of one invocation of the function of that name.
pub fn line(
    report: &Report,
    calls: Calls,
    function: &str,
    now: DateTime<Utc>,
) -> Result<String, IoStreamError> {
    let (mut emf, mut line) =
        (Emf::all_validations(NAMESPACE.to_owned(), vec![vec![DIMENSION.to_owned()]]), Vec::new());
    emf.format(&Invocation { report, calls, function, now }, &mut line)?;
    // Whoever writes it ends it.
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// What is counted of one invocation.
struct Invocation<'a> {
    report: &'a Report,
    calls: Calls,
    function: &'a str,
    now: DateTime<Utc>,
}

impl Entry for Invocation<'_> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.timestamp(self.now.into());
        writer.value(DIMENSION, self.function);
        for metric in Metric::ALL {
            let mut values = metric.values(self.report, self.calls);
            values.truncate(MOST_VALUES);
            if !values.is_empty() {
                writer.value(metric.name(), &Values(values, metric.unit()));
            }
        }
    }
}

/// The values of one metric, and their unit.
struct Values(Vec<Observation>, Unit);

impl Value for Values {
    fn write(&self, writer: impl ValueWriter) {
        writer.metric(self.0.iter().copied(), self.1, [], MetricFlags::empty());
    }
}

fn count<T>(things: impl Iterator<Item = T>) -> Observation {
    Observation::Unsigned(u64::try_from(things.count()).unwrap_or(u64::MAX))
}

fn handover_seconds(slot: &SlotReport) -> Option<Observation> {
    slot.handover.map(|took| Observation::Floating(seconds(took)))
}

/// Seconds with thousandths.
#[expect(clippy::cast_precision_loss, reason = "an f64 is exact for milliseconds up to 285,000 years")]
pub(crate) fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}
