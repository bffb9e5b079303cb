//! Whatever JSON comes: no panic, and each function takes its own events alone.

use crate::hostile::{STATE, WARNING, but};
use crate::{ID, PARSERS, sample};
use planner::ids::InstanceId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use reconciler::events::{Scope, instance_state_change};
use serde_json::{Value, json};

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
            prop::collection::hash_map(words(), inner, 0..4).prop_map(Value::from_iter),
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
        "rebalance-recommendation" => {
            let kind = kind == Some("EC2 Instance Rebalance Recommendation");
            kind && source == Some("aws.ec2") && id && payload["time"].is_string()
        }
        _ if payload.get("detail-type").is_some() => {
            let by_hand = payload.get("fleet").or(payload.get("dry_run"));
            let ours = matches!(source, Some("aws.events" | "aws.scheduler"));
            kind == Some("Scheduled Event") && ours && by_hand.is_none()
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
                let warns = ["spot-interruption-warning", "rebalance-recommendation"].contains(&function);
                prop_assert_eq!(trigger.warning.is_some(), warns);
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
