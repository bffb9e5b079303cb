//! Whatever JSON comes: no panic, and each function takes its own events alone.

use crate::hostile::{END, STATE, but};
use crate::{ID, PARSERS, config, samples};
use planner::ids::InstanceId;
use proptest::prelude::*;
use reconciler::events::{Scope, Trigger, instance_state_change};
use serde_json::{Value, json};

/// Any JSON.
pub(crate) fn anything() -> impl Strategy<Value = Value> {
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
    "EC2InstanceId",
    "AutoScalingGroupName",
    "Destination",
    "fleet",
    "dry_run",
    "aws.ec2",
    "aws.autoscaling",
    "aws.events",
    "aws.scheduler",
    "EC2 Instance State-change Notification",
    "EC2 Spot Instance Interruption Warning",
    "EC2 Instance Rebalance Recommendation",
    LAUNCH,
    TERMINATE,
    "Scheduled Event",
    ID,
    "2026-11-23T12:00:00Z",
    "web",
    "WarmPool",
];

const LAUNCH: &str = "EC2 Instance-launch Lifecycle Action";
const TERMINATE: &str = "EC2 Instance-terminate Lifecycle Action";

/// Words of events, and any other.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "i-[0-9a-g]{7,18}",
    ]
}

/// The samples of every function, and one that `events/` has no file for: an instance goes back to a warm pool.
pub(crate) fn payloads() -> Vec<Value> {
    let back = but(END, |event| event["detail"]["Destination"] = json!("WarmPool"));
    samples().into_iter().map(|(_, payload)| payload).chain([back]).collect()
}

/// A sample of any function in which a few fields are something else, or gone.
pub(crate) fn almost() -> impl Strategy<Value = Value> {
    let value = prop_oneof![1 => words().prop_map(Value::from), 2 => anything()];
    let change = (words(), prop::option::of(value), any::<bool>());
    (prop::sample::select(payloads()), prop::collection::vec(change, 0..8)).prop_map(
        |(mut payload, changes)| {
            for (key, value, inside) in changes {
                let event = if inside && payload["detail"].is_object() {
                    &mut payload["detail"]
                } else {
                    &mut payload
                };
                let event = event.as_object_mut().unwrap();
                match value {
                    Some(value) => _ = event.insert(key, value),
                    None => _ = event.remove(&key),
                }
            }
            payload
        },
    )
}

/// What a payload of that function says, read in the plainest way.
fn is_of(function: &str, payload: &Value) -> bool {
    let (kind, source) = (payload["detail-type"].as_str(), payload["source"].as_str());
    let names_one = named(function, payload).is_some_and(|id| InstanceId::parse(id).is_ok());
    match function {
        "instance-state-change" => {
            let kind = kind == Some("EC2 Instance State-change Notification");
            kind && source == Some("aws.ec2") && names_one
        }
        "spot-interruption-warning" => {
            let kind = kind == Some("EC2 Spot Instance Interruption Warning");
            kind && source == Some("aws.ec2") && names_one && payload["time"].is_string()
        }
        "rebalance-recommendation" => {
            let kind = kind == Some("EC2 Instance Rebalance Recommendation");
            kind && source == Some("aws.ec2") && names_one && payload["time"].is_string()
        }
        "lifecycle-action" => {
            let told = payload["time"].is_string() || !is_announced(payload);
            [Some(LAUNCH), Some(TERMINATE)].contains(&kind)
                && source == Some("aws.autoscaling")
                && names_one
                && told
        }
        "reconcile" if payload.get("detail-type").is_some() => {
            let by_hand = payload.get("fleet").or(payload.get("dry_run"));
            let ours = matches!(source, Some("aws.events" | "aws.scheduler"));
            kind == Some("Scheduled Event") && ours && by_hand.is_none()
        }
        "reconcile" => {
            payload.as_object().unwrap().keys().all(|key| ["fleet", "dry_run"].contains(&key.as_str()))
        }
        _ => false,
    }
}

/// The instance that an event of that function names.
fn named<'p>(function: &str, payload: &'p Value) -> Option<&'p str> {
    let place = if function == "lifecycle-action" { "/detail/EC2InstanceId" } else { "/detail/instance-id" };
    payload.pointer(place)?.as_str()
}

/// Whether a lifecycle action announces the end of its instance.
fn is_announced(payload: &Value) -> bool {
    payload["detail-type"] == json!(TERMINATE) && payload["detail"]["Destination"] != json!("WarmPool")
}

/// Every trigger is what its payload says, and every error says what the matter is.
pub(crate) fn check(payload: &Value) -> Result<(), TestCaseError> {
    for (function, parse) in PARSERS {
        match parse(payload.clone()) {
            Ok(trigger) => check_trigger(function, payload, &trigger)?,
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

fn check_trigger(function: &str, payload: &Value, trigger: &Trigger) -> Result<(), TestCaseError> {
    prop_assert_eq!(trigger.function, function);
    prop_assert!(is_of(function, payload), "{} takes {}", function, payload);
    let by_hand = payload["fleet"].as_str();
    match &trigger.scope {
        Scope::Instance(id) => prop_assert_eq!(named(function, payload), Some(id.as_str())),
        Scope::Fleet(fleet) => prop_assert_eq!((function, by_hand), ("reconcile", Some(fleet.as_str()))),
        Scope::All => prop_assert_eq!((function, by_hand), ("reconcile", None)),
    }
    prop_assert_eq!(trigger.dry_run, function == "reconcile" && payload["dry_run"] == json!(true));
    let completes = ["lifecycle-action", "reconcile"].contains(&function);
    prop_assert_eq!(trigger.completes_actions, completes);
    let warns = match function {
        "spot-interruption-warning" | "rebalance-recommendation" => true,
        "lifecycle-action" => is_announced(payload),
        _ => false,
    };
    prop_assert_eq!(trigger.warning.is_some(), warns);
    Ok(())
}

/// Every kind of event that some function takes.
pub(crate) const KINDS: [&str; 8] = [
    "instance-state-change",
    "spot-interruption-warning",
    "rebalance-recommendation",
    "a launch",
    "an end",
    "a way back to a warm pool",
    "a schedule",
    "an input by hand",
];

/// Which kinds of event it is taken for.
pub(crate) fn kinds(payload: &Value) -> Vec<&'static str> {
    let taken = PARSERS.into_iter().filter_map(|(_, parse)| parse(payload.clone()).ok());
    let kind = |trigger: Trigger| match trigger.function {
        "lifecycle-action" if payload["detail-type"] == json!(LAUNCH) => "a launch",
        "lifecycle-action" if trigger.warning.is_some() => "an end",
        "lifecycle-action" => "a way back to a warm pool",
        "reconcile" if payload.get("detail-type").is_some() => "a schedule",
        "reconcile" => "an input by hand",
        function => function,
    };
    taken.map(kind).collect()
}

proptest! {
    #![proptest_config(config())]

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
