//! What is no event of the function: no panic, and an error that names the thing and the fix.

use crate::{ID, PARSERS, Parser, sample};
use reconciler::events::{
    InvalidEvent, instance_state_change, lifecycle_action, rebalance_recommendation, reconcile,
    spot_interruption_warning,
};
use serde_json::{Map, Value, json};

pub(crate) fn refused(parse: Parser, payload: Value) -> String {
    parse(payload).unwrap_err().to_string()
}

/// A sample with a change.
pub(crate) fn but(name: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut payload = sample(name);
    change(payload.as_object_mut().unwrap());
    payload
}

/// A sample without one of its fields.
pub(crate) fn lacks(key: &str, name: &str) -> Value {
    but(name, |event| _ = event.remove(key))
}

pub(crate) const STATE: &str = "instance-state-change-running.json";
const WARNING: &str = "spot-interruption-warning-terminate.json";
const RECOMMENDATION: &str = "rebalance-recommendation.json";
pub(crate) const LAUNCH: &str = "lifecycle-action-launch.json";
pub(crate) const END: &str = "lifecycle-action-terminate.json";

#[test]
fn what_is_no_object_is_named() {
    for (payload, name) in [
        (json!(null), "null"),
        (json!(true), "a boolean"),
        (json!(1.5), "a number"),
        (json!("EC2 Instance State-change Notification"), "a string"),
        (json!([sample(STATE)]), "an array"),
    ] {
        for (_, parse) in PARSERS {
            let expected = format!(
                "the payload is {name}, not a JSON object: send an EventBridge event, such as the files of events/"
            );
            assert_eq!(refused(parse, payload.clone()), expected);
        }
    }
}

#[test]
fn what_is_no_json_is_told_with_the_place() {
    let broken = serde_json::from_str::<Value>("{\"source\": \"aws.ec2\",").unwrap_err();
    assert_eq!(
        InvalidEvent::NotJson(broken.to_string()).to_string(),
        "the payload is no JSON (EOF while parsing a value at line 1 column 21): \
         send an EventBridge event, such as the files of events/"
    );
}

#[test]
fn another_kind_of_event_is_named_with_the_one_that_is_expected() {
    for (name, parse, expected) in [
        (WARNING, instance_state_change::parse as Parser, "EC2 Instance State-change Notification"),
        (STATE, spot_interruption_warning::parse, "EC2 Spot Instance Interruption Warning"),
        (WARNING, rebalance_recommendation::parse, "EC2 Instance Rebalance Recommendation"),
        (STATE, reconcile::parse, "Scheduled Event"),
        (END, reconcile::parse, "Scheduled Event"),
        (LAUNCH, instance_state_change::parse, "EC2 Instance State-change Notification"),
        (STATE, lifecycle_action::parse, "EC2 Instance-launch Lifecycle Action"),
        ("reconcile-scheduled.json", lifecycle_action::parse, "EC2 Instance-launch Lifecycle Action"),
        (
            "reconcile-scheduled.json",
            spot_interruption_warning::parse,
            "EC2 Spot Instance Interruption Warning",
        ),
    ] {
        let payload = sample(name);
        let found = payload["detail-type"].as_str().unwrap().to_owned();
        assert_eq!(
            refused(parse, payload),
            format!(
                "the event's detail-type is `{found}`, and this function takes `{expected}`: \
                 correct the rule that sent it"
            )
        );
    }
}

#[test]
fn another_source_is_named_with_the_one_that_is_expected() {
    for (name, parse, expected) in [
        (STATE, instance_state_change::parse as Parser, "aws.ec2"),
        (WARNING, spot_interruption_warning::parse, "aws.ec2"),
        (RECOMMENDATION, rebalance_recommendation::parse, "aws.ec2"),
        (LAUNCH, lifecycle_action::parse, "aws.autoscaling"),
        (END, lifecycle_action::parse, "aws.autoscaling"),
        ("reconcile-scheduled.json", reconcile::parse, "aws.events"),
    ] {
        for source in ["my.ec2", "my.autoscaling", "aws.ec2spotfleet", "", "AWS.EC2"] {
            let payload = but(name, |event| _ = event.insert("source".to_owned(), json!(source)));
            assert_eq!(
                refused(parse, payload),
                format!(
                    "the event's source is `{source}`, and this function takes `{expected}`: \
                         correct the rule that sent it"
                )
            );
        }
    }
}

#[test]
fn a_missing_field_is_named() {
    for name in [STATE, WARNING] {
        let parse =
            if name == STATE { instance_state_change::parse } else { spot_interruption_warning::parse };
        for key in ["detail-type", "source", "detail"] {
            let message = refused(parse, lacks(key, name));
            let expected = format!("the payload is no EventBridge event: missing field `{key}`");
            assert!(message.starts_with(&expected), "{message}");
        }
        for detail in [json!({}), json!(null), json!("i-0123456789abcdef0"), json!({"instance_id": ID})] {
            let payload = but(name, |event| _ = event.insert("detail".to_owned(), detail));
            assert_eq!(
                refused(parse, payload),
                "the event has no detail.instance-id: EventBridge always sends it, \
                 so correct the event or its input transformer"
            );
        }
    }
    for (parse, name) in [
        (spot_interruption_warning::parse as Parser, WARNING),
        (rebalance_recommendation::parse, RECOMMENDATION),
        (lifecycle_action::parse, END),
    ] {
        assert_eq!(
            refused(parse, lacks("time", name)),
            "the event has no time: EventBridge always sends it, so correct the event or its input transformer"
        );
    }
}

#[test]
fn an_instance_id_that_is_none_is_named_with_the_form_of_one() {
    for id in
        ["i-banana", "", "*", "i-*", "vol-0123456789abcdef0", "I-0123456789ABCDEF0", "i-0123456789abcdef0 "]
    {
        for (name, parse, key) in [
            (STATE, instance_state_change::parse as Parser, "instance-id"),
            (WARNING, spot_interruption_warning::parse, "instance-id"),
            (LAUNCH, lifecycle_action::parse, "EC2InstanceId"),
            (END, lifecycle_action::parse, "EC2InstanceId"),
        ] {
            let payload = but(name, |event| event["detail"][key] = json!(id));
            assert_eq!(
                refused(parse, payload),
                format!(
                    "the event's detail.{key} is malformed: `{id}` is no instance id: \
                     expected `i-` followed by 8 or 17 hexadecimal digits"
                )
            );
        }
    }
}

#[test]
fn a_mistyped_input_by_hand_is_named_with_the_keys_that_there_are() {
    for (input, named) in [
        (json!({"dryrun": true}), "unknown field `dryrun`"),
        (json!({"fleet": "web", "dry-run": true}), "unknown field `dry-run`"),
        (json!({"Fleet": "web"}), "unknown field `Fleet`"),
        (json!({"dry_run": "true"}), "invalid type: string \"true\", expected a boolean"),
        (json!({"dry_run": null}), "invalid type: null, expected a boolean"),
        (json!({"fleet": ["web"]}), "invalid type: sequence, expected a string"),
        (json!({"source": "aws.events", "detail": {}}), "unknown field `"),
    ] {
        let message = refused(reconcile::parse, input);
        assert!(message.starts_with(&format!("the input is not understood: {named}")), "{message}");
        assert!(
            message.ends_with("; it may have the keys `fleet` (a name) and `dry_run` (true or false)"),
            "{message}"
        );
    }
}

#[test]
fn an_event_with_the_keys_of_input_by_hand_is_refused() {
    for (key, value) in [("dry_run", json!(true)), ("dry_run", json!(false)), ("fleet", json!("web"))] {
        let payload = but("reconcile-scheduled.json", |event| _ = event.insert(key.to_owned(), value));
        assert_eq!(
            refused(reconcile::parse, payload),
            format!(
                "the payload is an event and has the key `{key}` of input by hand: send the one or the other"
            )
        );
    }
}

#[test]
fn a_fleet_of_wildcards_is_refused_by_hand() {
    for fleet in ["", "*", "?", "**", " "] {
        assert_eq!(
            refused(reconcile::parse, json!({"fleet": fleet, "dry_run": true})),
            format!(
                "the input's fleet is `{fleet}`, which names no fleet: \
                 write its full name, or leave the key out for all"
            )
        );
    }
}

#[test]
fn a_malformed_field_is_named_with_the_fix() {
    let of_both = [
        ("time", json!("yesterday")),
        ("time", json!("2026-11-23T12:00:00")),
        ("time", json!(5)),
        ("resources", json!("arn:aws:ec2")),
        ("detail-type", json!(null)),
        ("source", json!([])),
    ];
    for (name, parse, id) in [
        (WARNING, spot_interruption_warning::parse as Parser, "detail.instance-id"),
        (LAUNCH, lifecycle_action::parse, "detail.EC2InstanceId"),
        (END, lifecycle_action::parse, "detail.EC2InstanceId"),
    ] {
        for (field, value) in of_both.clone().into_iter().chain([(id, json!(5)), (id, json!(null))]) {
            let mut payload = sample(name);
            match field.split_once('.') {
                Some((outer, inner)) => payload[outer][inner] = value.clone(),
                None => payload[field] = value.clone(),
            }
            let message = refused(parse, payload);
            assert!(message.contains(field), "{field} is {value}: {message}");
            assert!(!message.starts_with("the event has no"), "{field} is there: {message}");
            assert!(message.contains("correct the event"), "the fix is told: {message}");
        }
    }
}
