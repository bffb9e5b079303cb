//! Metrics: what an invocation counts, as a line of CloudWatch's Embedded Metric Format (CloudWatch user guide,
//! "Specification: Embedded metric format"). Lambda's log is where CloudWatch takes it from.
//!
//! The only dimension is the function's name, which the stack's is a part of. Fleets and slots are none: each value of
//! a dimension is a metric of its own, to be paid for. The report, the next line of the log, has them.

use crate::report::{Outcome, Report, SlotReport};
use chrono::{DateTime, TimeDelta, Utc};
use planner::plan::SlotState;
use serde_json::{Map, Value, json};

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

    fn unit(self) -> &'static str {
        match self {
            Self::HandoverSeconds => "Seconds",
            Self::SlotsHeld
            | Self::SlotsNotHeld
            | Self::SlotsBlocked
            | Self::SlotsPaused
            | Self::StepsDone
            | Self::StepsRefused
            | Self::StepsFailed
            | Self::Ec2Calls
            | Self::Ec2Throttles => "Count",
        }
    }

    /// The values of an invocation. What alarms wait for is counted even when it is zero; of the rest, what is zero is
    /// left out, for a metric costs money in each hour in which it has a value.
    fn values(self, report: &Report, calls: Calls) -> Vec<Value> {
        let slots = |counts: fn(SlotState) -> bool| {
            let count = report.slots().filter(|slot| counts(slot.state)).count();
            report.is_census.then(|| json!(count)).into_iter().collect()
        };
        let steps = |outcome| {
            let count = report.steps().filter(|step| step.outcome == outcome).count();
            (count > 0).then(|| json!(count)).into_iter().collect()
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
            Self::Ec2Calls => vec![json!(calls.made)],
            Self::Ec2Throttles => (calls.throttled > 0).then(|| json!(calls.throttled)).into_iter().collect(),
        }
    }
}

/// How many values a metric may have in one line (CloudWatch user guide, "Embedded metric format specification"). More are
/// left out.
const MOST_VALUES: usize = 100;

/// The line of one invocation of the function of that name.
pub fn line(report: &Report, calls: Calls, function: &str, now: DateTime<Utc>) -> String {
    let mut definitions = Vec::new();
    let mut fields = Map::from_iter([(DIMENSION.to_owned(), json!(function))]);
    for metric in Metric::ALL {
        let mut values = metric.values(report, calls);
        values.truncate(MOST_VALUES);
        let value = match values.as_slice() {
            [] => continue,
            [one] => one.clone(),
            _ => Value::Array(values),
        };
        definitions.push(json!({"Name": metric.name(), "Unit": metric.unit()}));
        fields.insert(metric.name().to_owned(), value);
    }
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions});
    let meta = json!({"Timestamp": now.timestamp_millis(), "CloudWatchMetrics": [directive]});
    fields.insert("_aws".to_owned(), meta);
    Value::Object(fields).to_string()
}

fn handover_seconds(slot: &SlotReport) -> Option<Value> {
    slot.handover.map(|took| json!(seconds(took)))
}

/// Seconds with thousandths.
#[expect(clippy::cast_precision_loss, reason = "an f64 is exact for milliseconds up to 285,000 years")]
pub(crate) fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}
