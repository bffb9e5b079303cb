//! Payloads: the files of `events/`, about an instance and a time of the caller's choice.

use crate::{Error, paths};
use chrono::{DateTime, SecondsFormat, Utc};
use reconciler::clock::{Clock, WallClock};
use serde_json::{Value, json};

/// The time now, by the clock that the functions go by.
pub fn now() -> DateTime<Utc> {
    WallClock.now()
}

/// A file of `events/`, by its name without `.json`.
pub fn event_file(name: &str) -> Result<Value, Error> {
    let path = paths::root().join("events").join(name).with_extension("json");
    let file = std::fs::File::open(&path).map_err(Error::io(format!("open {}", path.display())))?;
    serde_json::from_reader(file).map_err(|error| Error::io(format!("read {}", path.display()))(error.into()))
}

/// The event that an instance has reached a state: `running`, `shutting-down`, `stopped` or `terminated`.
pub fn state_change(instance: &str, state: &str) -> Result<Value, Error> {
    about(&format!("instance-state-change-{state}"), instance, now())
}

/// The event that an instance will be terminated two minutes later.
pub fn warning(instance: &str, time: DateTime<Utc>) -> Result<Value, Error> {
    about("spot-interruption-warning-terminate", instance, time)
}

/// The event that EC2 recommends to replace an instance.
pub fn recommendation(instance: &str, time: DateTime<Utc>) -> Result<Value, Error> {
    about("rebalance-recommendation", instance, time)
}

/// The event that an Auto Scaling group keeps an instance waiting which it is about to terminate.
pub fn terminate_action(instance: &str, time: DateTime<Utc>) -> Result<Value, Error> {
    about("lifecycle-action-terminate", instance, time)
}

/// The event that a minute has passed.
pub fn reconcile() -> Result<Value, Error> {
    event_file("reconcile-scheduled")
}

fn about(name: &str, instance: &str, time: DateTime<Utc>) -> Result<Value, Error> {
    let mut event = event_file(name)?;
    for (pointer, value) in [
        ("/time", json!(time.to_rfc3339_opts(SecondsFormat::Secs, true))),
        ("/detail/instance-id", json!(instance)),
        ("/detail/EC2InstanceId", json!(instance)),
    ] {
        if let Some(place) = event.pointer_mut(pointer) {
            *place = value;
        }
    }
    let of_ec2 = event.get("source").is_some_and(|source| source == "aws.ec2");
    if let Some(place) = event.pointer_mut("/resources/0").filter(|_| of_ec2) {
        *place = json!(format!("arn:aws:ec2:us-east-1:123456789012:instance/{instance}"));
    }
    Ok(event)
}
