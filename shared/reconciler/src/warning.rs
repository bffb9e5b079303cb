//! Warnings: the one thing of an event that is written down, as a tag on the instance.

use crate::events::Warning;
use chrono::{DateTime, Utc};
use planner::observation::{Instance, InstanceState};
use planner::plan::Step;
use planner::tags::{DrainingReason, DrainingTag};

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
    let Some(old) = instance.tags.draining.as_ref().filter(|old| !old.is_void(instance.launched)) else {
        return false;
    };
    match (&old.reason, &tag.reason) {
        // A recommendation gives way to an interruption, which is sure to come.
        (DrainingReason::RebalanceRecommendation, reason) => {
            *reason == DrainingReason::RebalanceRecommendation
        }
        // What a person wrote is not for Holdfast to change.
        (DrainingReason::SpotInterruption | DrainingReason::Operator(_), _) => true,
    }
}
