//! The sweep: a schedule's event, or input by hand such as `{"fleet": "web", "dry_run": true}`.

use super::envelope::{self, InvalidEvent};
use super::{Patience, Scope, Trigger};
use planner::ids::FleetName;
use serde::Deserialize;
use serde_json::Value;

/// The function's name.
pub const FUNCTION: &str = "reconcile";

/// Unknown keys are refused: whoever mistypes `dry_run` must not get a wet one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    fleet: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

/// What the event, or the input by hand, asks for.
pub fn parse(payload: Value) -> Result<Trigger, InvalidEvent> {
    envelope::object(&payload)?;
    if payload.get("detail-type").is_some() {
        if let Some(key) = ["fleet", "dry_run"].into_iter().find(|key| payload.get(key).is_some()) {
            return Err(InvalidEvent::Mixed(key));
        }
        // A rule on a schedule sends `aws.events`, EventBridge Scheduler sends `aws.scheduler`.
        envelope::envelope(payload, &["aws.events", "aws.scheduler"], &["Scheduled Event"])?;
        return Ok(trigger(Scope::All, false));
    }
    let input: ByHand = serde_json::from_value(payload).map_err(InvalidEvent::ByHand)?;
    let scope = match input.fleet {
        None => Scope::All,
        Some(name) => {
            let fleet = FleetName::new(&name);
            if !fleet.is_usable() {
                return Err(InvalidEvent::UnusableFleet(name));
            }
            Scope::Fleet(fleet)
        }
    };
    Ok(trigger(scope, input.dry_run))
}

fn trigger(scope: Scope, dry_run: bool) -> Trigger {
    Trigger {
        function: FUNCTION,
        scope,
        warning: None,
        dry_run,
        completes_actions: true,
        patience: Patience::Transitions,
    }
}
