//! Events: from a payload to what it asks for. One parser for each function.
//!
//! An event is a hint. All that is taken from it is the instance that it names and, of a warning, the time.

mod envelope;
pub mod instance_state_change;
pub mod lifecycle_action;
pub mod rebalance_recommendation;
pub mod reconcile;
pub mod spot_interruption_warning;

use chrono::{DateTime, TimeDelta, Utc};
use planner::ids::{FleetName, InstanceId};
use planner::tags::DrainingReason;

pub use envelope::InvalidEvent;

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The function that it came to.
    pub function: &'static str,
    /// What to look at.
    pub scope: Scope,
    /// What it announces about the instance, to be written down.
    pub warning: Option<Warning>,
    /// Whether to plan and report only.
    pub dry_run: bool,
    /// Whether to let instances go on that an Auto Scaling group keeps waiting.
    pub completes_actions: bool,
    /// How long to wait.
    pub patience: Patience,
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The fleets that this instance concerns.
    Instance(InstanceId),
    /// One fleet.
    Fleet(FleetName),
    /// Every managed fleet.
    All,
}

/// An announcement that an instance is about to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What was announced.
    pub reason: DrainingReason,
    /// When, by the event.
    pub at: DateTime<Utc>,
}

/// What a function waits for, within its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// For what takes seconds only: a later invocation sees to the rest.
    Transitions,
    /// For the release of a volume as well.
    Releases,
    /// And for an instance to hand a slot over to, which the fleet may be launching.
    Candidates,
}

impl Warning {
    /// Whether it is recent enough to be believed: events come late, and are replayed. An interruption follows its
    /// warning by two minutes; a recommendation holds for longer.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let most = match self.reason {
            DrainingReason::SpotInterruption | DrainingReason::TerminateLifecycleAction => {
                TimeDelta::minutes(3)
            }
            DrainingReason::RebalanceRecommendation | DrainingReason::Operator(_) => TimeDelta::hours(1),
        };
        (now - self.at).abs() <= most
    }
}
