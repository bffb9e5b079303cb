//! `EC2 Instance State-change Notification`: an instance has come or gone.

use super::envelope::{self, InvalidEvent};
use super::{Patience, Scope, Trigger};
use serde_json::Value;

/// The function's name.
pub const FUNCTION: &str = "instance-state-change";

/// What the event asks for. The state that it tells of is not read: EC2 knows the present one.
pub fn parse(payload: Value) -> Result<Trigger, InvalidEvent> {
    let event = envelope::envelope(payload, &["aws.ec2"], &["EC2 Instance State-change Notification"])?;
    Ok(Trigger {
        function: FUNCTION,
        scope: Scope::Instance(envelope::instance(&event)?),
        warning: None,
        dry_run: false,
        completes_actions: false,
        patience: Patience::Releases,
    })
}
