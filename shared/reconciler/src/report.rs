//! The report: what every function answers with, and logs last.

use planner::finding::Finding;
use planner::ids::{FleetName, InstanceId, SlotName};
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
}

/// What an invocation saw and did of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FleetReport {
    /// The fleet.
    pub fleet: FleetName,
    /// By name.
    pub slots: Vec<SlotReport>,
    /// Steps that are of no slot: the mark of an instance that is about to go.
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
    /// What was done, in order.
    pub steps: Vec<StepReport>,
    /// What a person should know, after the last look.
    #[serde(serialize_with = "findings")]
    pub findings: Vec<Finding>,
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

#[derive(Serialize)]
struct FindingReport<'a> {
    finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'static str>,
    message: String,
}

fn findings<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|finding| FindingReport {
        finding: finding.code(),
        resource: finding.resource(),
        tag: finding.tag(),
        message: finding.to_string(),
    }))
}
