//! `EC2 Instance Rebalance Recommendation`: EC2 expects an interruption of the instance, which may come or not.

use super::envelope::{self, InvalidEvent};
use super::{Patience, Scope, Trigger, Warning};
use planner::tags::DrainingReason;
use serde_json::Value;

/// The function's name.
pub const FUNCTION: &str = "rebalance-recommendation";

/// What the event asks for.
pub fn parse(payload: Value) -> Result<Trigger, InvalidEvent> {
    let event = envelope::envelope(payload, &["aws.ec2"], &["EC2 Instance Rebalance Recommendation"])?;
    let instance = envelope::instance(&event)?;
    let at = event.time.ok_or(InvalidEvent::Missing("time"))?;
    Ok(Trigger {
        function: FUNCTION,
        scope: Scope::Instance(instance),
        warning: Some(Warning { reason: DrainingReason::RebalanceRecommendation, at }),
        dry_run: false,
        completes_actions: false,
        patience: Patience::Releases,
    })
}
