//! Input and settings that mean nothing: a named error, and not one call of EC2.

use crate::stage::{error, report, stage};
use end_to_end::{event_file, reconcile, state_change};
use serde_json::{Value, json};

/// What no function takes, and what the error has to name.
const FOR_NOBODY: [(&str, &str); 6] = [
    ("", "no JSON"),
    ("{\"detail-type\": ", "no JSON"),
    ("null", "null"),
    ("[]", "an array"),
    ("\"running\"", "a string"),
    ("4", "a number"),
];

#[tokio::test]
async fn what_is_no_event_is_refused_by_name() {
    for name in ["instance-state-change", "spot-interruption-warning", "reconcile"] {
        assert_refused(name, FOR_NOBODY.map(|(payload, fault)| (payload.to_owned(), fault))).await;
    }
}

#[tokio::test]
async fn what_is_another_event_is_refused_by_name() {
    let warning = event_file("spot-interruption-warning-terminate").unwrap();
    let change = event_file("instance-state-change-running").unwrap();
    let sweep = event_file("reconcile-scheduled").unwrap();
    let cases = [
        ("instance-state-change", &warning, "EC2 Spot Instance Interruption Warning"),
        ("instance-state-change", &sweep, "Scheduled Event"),
        ("spot-interruption-warning", &change, "EC2 Instance State-change Notification"),
        ("reconcile", &change, "EC2 Instance State-change Notification"),
    ];
    for (name, event, fault) in cases {
        assert_refused(name, [(event.to_string(), fault)]).await;
    }
}

#[tokio::test]
async fn an_event_without_its_fields_is_refused_by_name() {
    for name in ["instance-state-change", "spot-interruption-warning"] {
        let file = if name == "instance-state-change" { "running" } else { "terminate" };
        let event = event_file(&format!("{name}-{file}")).unwrap();
        let cases = [
            (without(&event, "", "detail-type"), "detail-type"),
            (without(&event, "", "detail"), "detail"),
            (without(&event, "", "source"), "source"),
            (without(&event, "/detail", "instance-id"), "detail.instance-id"),
            (with(&event, "/detail/instance-id", json!(7)), "detail.instance-id"),
            (with(&event, "/detail/instance-id", json!("vol-0123456789abcdef0")), "vol-0123456789abcdef0"),
            (with(&event, "/detail/instance-id", json!("i-")), "detail.instance-id"),
            (with(&event, "/time", json!("yesterday")), "invalid characters"),
        ];
        assert_refused(name, cases).await;
    }
}

#[tokio::test]
async fn input_by_hand_with_an_unknown_key_is_refused_by_name() {
    let cases = [
        (r#"{"fleet": "web", "dryrun": true}"#, "dryrun"),
        (r#"{"fleets": ["web"]}"#, "fleets"),
        (r#"{"dry_run": "yes"}"#, "dry_run"),
        (r#"{"fleet": 4}"#, "fleet"),
        (r#"{"fleet": "*"}"#, "*"),
        (r#"{"fleet": ""}"#, "fleet"),
    ];
    assert_refused("reconcile", cases.map(|(payload, fault)| (payload.to_owned(), fault))).await;
}

#[tokio::test]
async fn a_bad_setting_is_refused_by_name_with_what_is_allowed() {
    let cases = [
        ("HOLDFAST_HANDOVER", "at-once", "on-release, drain or terminate"),
        ("HOLDFAST_DRY_RUN", "yes", "true or false"),
    ];
    for (setting, value, allowed) in cases {
        let stage = stage().await;
        let function = stage.function_with("reconcile", &[(setting, value)]).await.unwrap();
        let payload = reconcile().unwrap().to_string();
        let (kind, message) = error(&function, payload.as_bytes()).await;
        assert_eq!(kind, "InvalidSetting");
        for part in [setting, value, allowed] {
            assert!(message.contains(part), "{message}");
        }
        assert!(stage.proxy.take().calls().is_empty());
    }
}

/// Each payload is answered by `InvalidEvent` with a message that names the fault, nothing is asked of EC2, and the
/// function goes on to answer a good event.
async fn assert_refused<const N: usize>(name: &str, cases: [(String, &str); N]) {
    let stage = stage().await;
    let function = stage.function(name).await.unwrap();
    for (payload, fault) in cases {
        let (kind, message) = error(&function, payload.as_bytes()).await;
        assert_eq!(kind, "InvalidEvent", "{name}, {payload}: {message}");
        assert!(message.contains(fault), "{name}, {payload}: {message}");
    }
    assert!(stage.proxy.take().calls().is_empty());
    let good = match name {
        "instance-state-change" => state_change("i-0123456789abcdef0", "running"),
        "spot-interruption-warning" => event_file("spot-interruption-warning-stop"),
        _ => reconcile(),
    };
    assert_eq!(report(&function, good).await["trigger"], name);
}

fn without(event: &Value, place: &str, key: &str) -> String {
    let mut event = event.clone();
    event.pointer_mut(place).and_then(Value::as_object_mut).unwrap().remove(key).unwrap();
    event.to_string()
}

fn with(event: &Value, place: &str, value: Value) -> String {
    let mut event = event.clone();
    *event.pointer_mut(place).unwrap() = value;
    event.to_string()
}
