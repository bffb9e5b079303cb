//! `EC2 Spot Instance Interruption Warning`: an instance will be stopped, hibernated or terminated in two minutes.

use super::envelope::{self, InvalidEvent};
use super::{Patience, Scope, Trigger, Warning};
use planner::tags::DrainingReason;
use serde_json::Value;

/// The function's name.
pub const FUNCTION: &str = "spot-interruption-warning";

/// What the event asks for.
pub fn parse(payload: Value) -> Result<Trigger, InvalidEvent> {
    let event = envelope::envelope(payload, &["aws.ec2"], &["EC2 Spot Instance Interruption Warning"])?;
    let instance = envelope::instance(&event)?;
    let at = event.time.ok_or(InvalidEvent::Missing("time"))?;
    Ok(Trigger {
        function: FUNCTION,
        scope: Scope::Instance(instance),
        warning: Some(Warning { reason: DrainingReason::SpotInterruption, at }),
        dry_run: false,
        completes_actions: false,
        patience: Patience::Candidates,
    })
}
