//! What is no event of the function: no panic, and an error that names the thing and the fix.

use crate::{ID, PARSERS, Parser, sample};
use planner::ids::InstanceId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use reconciler::events::{InvalidEvent, Scope, instance_state_change, reconcile, spot_interruption_warning};
use serde_json::{Map, Value, json};

fn refused(parse: Parser, payload: Value) -> String {
    parse(payload).unwrap_err().to_string()
}

/// A sample with a change.
fn but(name: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut payload = sample(name);
    change(payload.as_object_mut().unwrap());
    payload
}

const STATE: &str = "instance-state-change-running.json";
const WARNING: &str = "spot-interruption-warning-terminate.json";

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
        (STATE, reconcile::parse, "Scheduled Event"),
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
        ("reconcile-scheduled.json", reconcile::parse, "aws.events"),
    ] {
        for source in ["my.ec2", "aws.ec2spotfleet", "", "AWS.EC2"] {
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
    let lacks = |key: &str, name| but(name, |event| _ = event.remove(key));
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
    assert_eq!(
        refused(spot_interruption_warning::parse, lacks("time", WARNING)),
        "the event has no time: EventBridge always sends it, so correct the event or its input transformer"
    );
}

#[test]
fn an_instance_id_that_is_none_is_named_with_the_form_of_one() {
    for id in
        ["i-banana", "", "*", "i-*", "vol-0123456789abcdef0", "I-0123456789ABCDEF0", "i-0123456789abcdef0 "]
    {
        for (name, parse) in
            [(STATE, instance_state_change::parse as Parser), (WARNING, spot_interruption_warning::parse)]
        {
            let payload = but(name, |event| event["detail"]["instance-id"] = json!(id));
            assert_eq!(
                refused(parse, payload),
                format!(
                    "the event's detail.instance-id is malformed: `{id}` is no instance id: \
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

/// Any JSON.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(words(), inner, 0..4).prop_map(|map| Value::from_iter(map)),
        ]
    })
}

const WORDS: &[&str] = &[
    "detail",
    "detail-type",
    "source",
    "time",
    "instance-id",
    "fleet",
    "dry_run",
    "aws.ec2",
    "aws.events",
    "EC2 Instance State-change Notification",
    "EC2 Spot Instance Interruption Warning",
    "Scheduled Event",
    ID,
    "2026-11-23T12:00:00Z",
    "web",
];

/// Words of events, and any other.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "i-[0-9a-g]{7,18}",
    ]
}

/// A sample in which a field or two is something else, or gone.
fn almost() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[STATE, WARNING, "reconcile-scheduled.json", "reconcile-by-hand.json"];
    let change = (words(), prop::option::of(anything()), any::<bool>());
    (prop::sample::select(NAMES), prop::collection::vec(change, 0..3)).prop_map(|(name, changes)| {
        let mut payload = sample(name);
        for (key, value, inside) in changes {
            let event =
                if inside && payload["detail"].is_object() { &mut payload["detail"] } else { &mut payload };
            let event = event.as_object_mut().unwrap();
            match value {
                Some(value) => _ = event.insert(key, value),
                None => _ = event.remove(&key),
            }
        }
        payload
    })
}

/// What a payload of that function says, read in the plainest way.
fn is_of(function: &str, payload: &Value) -> bool {
    let (kind, source) = (payload["detail-type"].as_str(), payload["source"].as_str());
    let id = payload["detail"]["instance-id"].as_str().is_some_and(|id| InstanceId::parse(id).is_ok());
    match function {
        "instance-state-change" => {
            (kind, source, id) == (Some("EC2 Instance State-change Notification"), Some("aws.ec2"), true)
        }
        "spot-interruption-warning" => {
            let kind = kind == Some("EC2 Spot Instance Interruption Warning");
            kind && source == Some("aws.ec2") && id && payload["time"].is_string()
        }
        _ if payload.get("detail-type").is_some() => {
            kind == Some("Scheduled Event") && matches!(source, Some("aws.events" | "aws.scheduler"))
        }
        _ => payload.as_object().unwrap().keys().all(|key| ["fleet", "dry_run"].contains(&key.as_str())),
    }
}

fn check(payload: &Value) -> Result<(), TestCaseError> {
    for (function, parse) in PARSERS {
        match parse(payload.clone()) {
            Ok(trigger) => {
                prop_assert_eq!(trigger.function, function);
                prop_assert!(is_of(function, payload), "{} takes {}", function, payload);
                if let Scope::Instance(id) = &trigger.scope {
                    prop_assert_eq!(payload["detail"]["instance-id"].as_str(), Some(id.as_str()));
                }
                prop_assert_eq!(
                    trigger.dry_run,
                    function == "reconcile" && payload["dry_run"] == json!(true)
                );
                prop_assert_eq!(trigger.warning.is_some(), function == "spot-interruption-warning");
            }
            Err(error) => {
                let message = error.to_string();
                prop_assert!(message.starts_with("the "), "{}", message);
                prop_assert!(
                    message.contains("payload") || message.contains("event") || message.contains("input")
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 3000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_json_is_taken_for_what_it_is_or_refused(payload in anything()) {
        check(&payload)?;
    }

    #[test]
    fn what_is_almost_an_event_is_taken_for_what_it_is_or_refused(payload in almost()) {
        check(&payload)?;
    }

    #[test]
    fn an_id_that_is_taken_has_the_form_of_one(id in words()) {
        let payload = but(STATE, |event| event["detail"]["instance-id"] = json!(id));
        let taken = instance_state_change::parse(payload);
        let digits = id.strip_prefix("i-").unwrap_or("no");
        let is_id = matches!(digits.len(), 8 | 17) && digits.chars().all(|c| "0123456789abcdef".contains(c));
        prop_assert_eq!(taken.is_ok(), is_id);
    }
}
