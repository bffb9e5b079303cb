//! The report: what every function answers with, and logs last.

use crate::metrics::seconds;
use chrono::{DateTime, TimeDelta, Utc};
use planner::finding::Finding;
use planner::ids::{FleetName, InstanceId, SlotName, Zone};
use planner::plan::{SlotState, Step};
use serde::{Serialize, Serializer};

/// What an invocation saw and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The function.
    pub trigger: &'static str,
    /// Whether it planned and reported only.
    pub dry_run: bool,
    /// By name.
    pub fleets: Vec<FleetReport>,
    /// Whether its slots are all there are, and were to be held: of a sweep of every fleet, and no dry run.
    #[serde(skip)]
    pub is_census: bool,
}

impl Report {
    /// The slots of all fleets.
    pub fn slots(&self) -> impl Iterator<Item = &SlotReport> {
        self.fleets.iter().flat_map(|fleet| &fleet.slots)
    }

    /// The steps of all fleets, those of no slot included.
    pub fn steps(&self) -> impl Iterator<Item = &StepReport> {
        let own = self.fleets.iter().flat_map(|fleet| &fleet.steps);
        own.chain(self.slots().flat_map(|slot| &slot.steps))
    }
}

/// What an invocation saw and did of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FleetReport {
    /// The fleet.
    pub fleet: FleetName,
    /// By name.
    pub slots: Vec<SlotReport>,
    /// Steps that are of no slot: the mark of an instance that is about to go, and lifecycle actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepReport>,
    /// Findings that are of no slot.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "findings")]
    pub findings: Vec<Finding>,
}

/// What an invocation saw and did of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotReport {
    /// The slot.
    pub slot: SlotName,
    /// How it stands after the last look.
    pub state: SlotState,
    /// Who has it after the last look.
    pub holder: Option<InstanceId>,
    /// Where its volumes are. An address-only slot is nowhere in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// When the first volume was attached to the holder, as EC2 tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// How long the handover took that this invocation ended: until EC2 accepted the attachment of the first volume, from
    /// the time in the old holder's mark, or where it has none from the look that first saw it going. None where
    /// nothing is known of an old holder.
    #[serde(
        rename = "handover_seconds",
        skip_serializing_if = "Option::is_none",
        serialize_with = "in_seconds"
    )]
    pub handover: Option<TimeDelta>,
    /// How it stood at the first look; none when it was not there.
    #[serde(skip)]
    pub before: Option<Before>,
    /// What was done, in order.
    pub steps: Vec<StepReport>,
    /// What a person should know, after the last look.
    #[serde(serialize_with = "findings")]
    pub findings: Vec<Finding>,
}

/// How a slot stood before an invocation did anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Its state.
    pub state: SlotState,
    /// Who had it.
    pub holder: Option<InstanceId>,
}

/// A step and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// The step.
    #[serde(flatten)]
    pub step: Step,
    /// How it went.
    pub outcome: Outcome,
    /// What EC2 said, unless it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// EC2 accepted it.
    Done,
    /// It would have been tried (dry run).
    Planned,
    /// EC2 said no because the world had changed. Harmless.
    Refused,
    /// EC2 failed, said no for good, or did not answer.
    Failed,
}

/// A finding as reports and notifications have it.
#[derive(Serialize)]
pub(crate) struct FindingReport<'a> {
    finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'static str>,
    message: String,
}

impl<'a> From<&'a Finding> for FindingReport<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            finding: finding.code(),
            resource: finding.resource(),
            tag: finding.tag(),
            message: finding.to_string(),
        }
    }
}

fn findings<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(FindingReport::from))
}

#[expect(clippy::ref_option, reason = "serde asks for this form")]
fn in_seconds<S: Serializer>(time: &Option<TimeDelta>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(seconds).serialize(serializer)
}
