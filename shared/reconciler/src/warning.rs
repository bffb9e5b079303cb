//! Warnings: the one thing of an event that is written down, as a tag on the instance.

use crate::class::Class;
use crate::ec2::Ec2Error;
use crate::events::Warning;
use crate::execute::{self, Effect};
use crate::report::StepReport;
use chrono::{DateTime, Utc};
use planner::finding::Finding;
use planner::observation::{Instance, InstanceState};
use planner::plan::Step;
use planner::tags::{DrainingReason, DrainingTag};

/// A mark, and what became of it.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) step: Step,
    pub(crate) effect: Effect,
}

impl Mark {
    /// Why it could not be written, where another try may be luckier.
    pub(crate) fn unwritten(&self) -> Option<Ec2Error> {
        match &self.effect {
            Effect::Failed(error, Class::Transient, _) => Some(error.clone()),
            Effect::Failed(_, Class::Conflict | Class::DeviceTaken | Class::Permanent, _)
            | Effect::Planned
            | Effect::Done(_)
            | Effect::Stale
            | Effect::CutOff => None,
        }
    }

    /// What a person must know of it.
    pub(crate) fn finding(&self) -> Option<Finding> {
        match &self.effect {
            Effect::Failed(error, Class::Permanent, _) => Some(Finding::Refused {
                step: self.step.name(),
                resource: self.step.resource().to_owned(),
                reason: error.cause.to_string(),
            }),
            Effect::Failed(_, Class::Conflict | Class::DeviceTaken | Class::Transient, _)
            | Effect::Planned
            | Effect::Done(_)
            | Effect::Stale
            | Effect::CutOff => None,
        }
    }

    pub(crate) fn report(&self) -> Option<StepReport> {
        execute::report(self.step.clone(), &self.effect)
    }
}

/// The mark that the warning calls for; none when it is not fresh, is of an earlier run of the instance, says nothing
/// new, or comes too late to matter.
pub(crate) fn mark(
    warning: &Warning,
    instance: &Instance,
    now: DateTime<Utc>,
) -> Option<(DrainingTag, Step)> {
    let tag = DrainingTag { reason: warning.reason.clone(), since: Some(warning.at) };
    let ended = matches!(instance.state, InstanceState::ShuttingDown | InstanceState::Terminated);
    if !warning.is_fresh(now) || tag.is_void(instance.launched) || ended || says_more(instance, &tag) {
        return None;
    }
    let step = Step::MarkDraining { instance: instance.id.clone(), value: tag.to_string() };
    Some((tag, step))
}

/// Whether the instance is marked already with at least as much as the new mark would say.
fn says_more(instance: &Instance, tag: &DrainingTag) -> bool {
    let Some(old) = instance.mark() else { return false };
    match (&old.reason, &tag.reason) {
        // A recommendation gives way to an interruption, which is sure to come.
        (DrainingReason::RebalanceRecommendation, reason) => {
            *reason == DrainingReason::RebalanceRecommendation
        }
        // What a person wrote is not for Holdfast to change.
        (
            DrainingReason::SpotInterruption
            | DrainingReason::TerminateLifecycleAction
            | DrainingReason::Operator(_),
            _,
        ) => true,
    }
}
