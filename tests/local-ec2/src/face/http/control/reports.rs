//! Commands that tell what was found and counted, and of the time.

use super::{Complaint, Outcome};
use crate::cloud::Cloud;
use crate::face::Region;
use crate::time::written;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest that the clock is put forward at once: a year.
const MOST_SECONDS: u32 = 366 * 24 * 3600;

pub(super) fn judge(cloud: &Cloud) -> Value {
    let violations: Vec<Value> = cloud
        .judge()
        .violations()
        .iter()
        .map(|violation| {
            json!({
                "at": written(violation.at),
                "call": violation.call,
                "offence": violation.offence.to_string(),
            })
        })
        .collect();
    json!({"violations": violations, "displaced": cloud.judge().displaced()})
}

pub(super) fn counts(cloud: &Cloud) -> Value {
    let faults: Vec<Value> = cloud
        .fault_counts()
        .iter()
        .map(|((action, fault), count)| json!({"action": action, "fault": fault.name(), "count": count}))
        .collect();
    let bus = cloud.bus_counts();
    json!({
        "calls": cloud.call_counts(),
        "accepted": cloud.accepted_counts(),
        "tried": cloud.calls(),
        "throttled": cloud.throttled(),
        "faults": faults,
        "events": {
            "emitted": bus.emitted,
            "lost": bus.lost,
            "doubled": bus.doubled,
            "late": bus.late,
            "reordered": bus.reordered,
        },
    })
}

pub(super) fn time(region: &Region) -> Value {
    json!({"now": written(region.cloud().now()), "speed": region.speed().factor()})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassCommand {
    seconds: u32,
}

pub(super) fn pass(region: &Region, PassCommand { seconds }: PassCommand) -> Outcome {
    if seconds > MOST_SECONDS {
        return Err(Complaint(format!("the clock is put forward by at most {MOST_SECONDS} seconds at once")));
    }
    region.put_forward(TimeDelta::seconds(i64::from(seconds)));
    Ok(time(region))
}
