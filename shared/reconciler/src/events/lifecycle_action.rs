//! `EC2 Instance-launch Lifecycle Action` and `EC2 Instance-terminate Lifecycle Action`: an Auto Scaling group keeps an
//! instance waiting, until it is told to go on with it.
//!
//! Which hook that is, and by which token it could be answered, is not read: EC2 Auto Scaling knows what is pending.

use super::envelope::{self, InvalidEvent};
use super::{Patience, Scope, Trigger, Warning};
use planner::tags::DrainingReason;
use serde_json::Value;

/// The function's name.
pub const FUNCTION: &str = "lifecycle-action";

const LAUNCH: &str = "EC2 Instance-launch Lifecycle Action";
const TERMINATE: &str = "EC2 Instance-terminate Lifecycle Action";

/// What the event asks for. That an instance is to be terminated is written down; one that only goes back to a warm pool
/// will serve again.
pub fn parse(payload: Value) -> Result<Trigger, InvalidEvent> {
    let event = envelope::envelope(payload, &["aws.autoscaling"], &[LAUNCH, TERMINATE])?;
    let instance = envelope::instance_at(&event, "detail.EC2InstanceId")?;
    let destination = event.detail.get("Destination").and_then(Value::as_str);
    let warning = if event.detail_type == TERMINATE && destination != Some("WarmPool") {
        let at = event.time.ok_or(InvalidEvent::Missing("time"))?;
        Some(Warning { reason: DrainingReason::TerminateLifecycleAction, at })
    } else {
        None
    };
    Ok(Trigger {
        function: FUNCTION,
        scope: Scope::Instance(instance),
        warning,
        dry_run: false,
        completes_actions: true,
        patience: Patience::Candidates,
    })
}
