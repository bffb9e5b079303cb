//! The loop against a scripted EC2: one invocation, or a few, with the world and its faults laid out beforehand.
//!
//! All times are those of tokio's paused clock, so that minutes of waiting take no time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod bad_input;
mod deadline;
mod device;
mod drain;
mod dry_run;
mod freshness;
mod groups;
mod hibernation;
mod lifecycle;
mod logs;
mod looking;
mod lost_answers;
mod marks;
mod metrics;
mod notifications;
mod ran;
mod recommendation;
mod refusals;
mod release;
mod reports;
mod running;
mod scripted;
mod stale_answers;
mod terminate;
mod warning;
mod world;

use planner::fixtures::{self, InstanceBuilder, instance_id};
use reconciler::events::{
    Trigger, instance_state_change, rebalance_recommendation, reconcile, spot_interruption_warning,
};
use serde_json::{Value, json};

/// A running on-demand instance of the fleet `web`.
fn on_demand(n: u8) -> InstanceBuilder {
    fixtures::instance(n).but(|instance| instance.spot = false)
}

fn envelope(detail_type: &str, time: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "00000000-0000-4000-8000-000000000001", "detail-type": detail_type,
        "source": "aws.ec2", "account": "123456789012", "time": time, "region": "us-east-1",
        "resources": [], "detail": detail})
}

/// Instance n has come to that state.
fn state_change(n: u8, state: &str) -> Trigger {
    let detail = json!({"instance-id": instance_id(n).as_str(), "state": state});
    let kind = "EC2 Instance State-change Notification";
    instance_state_change::parse(envelope(kind, "2026-11-23T12:16:40Z", &detail)).unwrap()
}

fn running(n: u8) -> Trigger {
    state_change(n, "running")
}

/// EC2 announces at that time that it will interrupt instance n. The fixtures' now is 12:16:40.
fn warned(n: u8, time: &str) -> Trigger {
    let detail = json!({"instance-id": instance_id(n).as_str(), "instance-action": "terminate"});
    let kind = "EC2 Spot Instance Interruption Warning";
    spot_interruption_warning::parse(envelope(kind, time, &detail)).unwrap()
}

/// EC2 recommends at that time to replace instance n.
fn recommended(n: u8, time: &str) -> Trigger {
    let detail = json!({"instance-id": instance_id(n).as_str()});
    let kind = "EC2 Instance Rebalance Recommendation";
    rebalance_recommendation::parse(envelope(kind, time, &detail)).unwrap()
}

/// A minute has passed.
fn sweep() -> Trigger {
    reconcile::parse(json!({})).unwrap()
}

fn by_hand(input: Value) -> Trigger {
    reconcile::parse(input).unwrap()
}
