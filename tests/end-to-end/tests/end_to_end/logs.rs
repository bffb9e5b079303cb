//! The log: one line of JSON for each step, by whose fields it is found, and the report as the last line.

use crate::stage::{Slot, WEB, ZONE, report, stage};
use end_to_end::{Function, now, state_change, warning};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// The lines that the function wrote, as JSON, once the report is among them, which may be after the answer came.
pub(crate) async fn lines(function: &Function, report: &Value) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let log = function.log();
        let lines = log.lines().filter(|line| line.starts_with('{') && line.ends_with('}'));
        let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        if lines.contains(report) || began.elapsed() > Duration::from_secs(10) {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The line about a step.
fn of_step<'a>(lines: &'a [Value], step: &str) -> &'a Value {
    let found: Vec<_> = lines.iter().filter(|line| line["step"] == step).collect();
    assert_eq!(found.len(), 1, "{lines:#?}");
    found[0]
}

#[tokio::test]
async fn each_step_is_a_line_with_its_fleet_slot_volume_instance_and_request() {
    let stage = stage().await;
    let instance = stage.world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(&stage.world).await;
    let json = [("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let changes = stage.function_with("instance-state-change", &json).await.unwrap();
    let answer = report(&changes, state_change(&instance, "running")).await;

    let lines = lines(&changes, &answer).await;
    for (step, resource, id) in [
        ("attach-volume", "volume", slot.volume.as_str()),
        ("associate-address", "address", slot.address.allocation.as_str()),
    ] {
        let line = of_step(&lines, step);
        for (field, value) in
            [("fleet", "web"), ("slot", "main"), ("instance", instance.as_str()), (resource, id)]
        {
            assert_eq!(line[field], value, "{line:#}");
        }
        assert_eq!(line["level"], "INFO");
        let request = line.pointer("/span/requestId").and_then(Value::as_str);
        assert!(request.is_some_and(|id| id.len() == 36), "{line:#}");
    }
    assert_eq!(lines.last(), Some(&answer), "the report is the last line");
}

#[tokio::test]
async fn a_mark_is_a_line_too() {
    let stage = stage().await;
    let instance = stage.world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(&stage.world).await;
    let json = [("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let warnings = stage.function_with("spot-interruption-warning", &json).await.unwrap();
    let answer = report(&warnings, warning(&instance, now())).await;
    let lines = lines(&warnings, &answer).await;
    assert_eq!(of_step(&lines, "mark-draining")["instance"], instance.as_str());
}
