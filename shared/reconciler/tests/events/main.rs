//! Events: each function takes its own and refuses every other, naming what is wrong and the way out.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod any_bytes;
mod any_json;
mod census;
mod hostile;
mod lifecycle;
/// What makes JSON of the bytes of an invocation, as the functions have it; it knows no AWS SDK.
#[expect(unreachable_pub, reason = "it is public in its own crate")]
#[path = "../../../aws/src/payload.rs"]
mod payload;

use planner::ids::{FleetName, InstanceId};
use planner::tags::DrainingReason;
use proptest::test_runner::{Config, contextualize_config};
use reconciler::events::{
    InvalidEvent, Patience, Scope, Trigger, Warning, instance_state_change, lifecycle_action,
    rebalance_recommendation, reconcile, spot_interruption_warning,
};
use serde_json::{Value, json};
use std::path::Path;

type Parser = fn(Value) -> Result<Trigger, InvalidEvent>;

/// Every function, with its parser.
const PARSERS: [(&str, Parser); 5] = [
    (instance_state_change::FUNCTION, instance_state_change::parse),
    (spot_interruption_warning::FUNCTION, spot_interruption_warning::parse),
    (rebalance_recommendation::FUNCTION, rebalance_recommendation::parse),
    (lifecycle_action::FUNCTION, lifecycle_action::parse),
    (reconcile::FUNCTION, reconcile::parse),
];

const ID: &str = "i-0123456789abcdef0";

/// A payload of `events/`, by its file's name.
fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn samples() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"));
    names.map(|name| (name.clone(), sample(&name))).collect()
}

/// How every law is run: over 3,000 cases, where `PROPTEST_CASES` says nothing else. `make hostile` reads the number.
#[expect(clippy::print_stdout, reason = "a law says over how many cases it was run")]
fn config() -> Config {
    let config = Config { cases: 3000, failure_persistence: None, ..Config::default() };
    let config = contextualize_config(config);
    println!("{} cases", config.cases);
    config
}

fn of_instance(function: &'static str) -> Trigger {
    Trigger {
        function,
        scope: Scope::Instance(InstanceId::parse(ID).unwrap()),
        warning: None,
        dry_run: false,
        completes_actions: false,
        patience: Patience::Releases,
    }
}

fn of_reconcile(scope: Scope, dry_run: bool) -> Trigger {
    Trigger {
        function: "reconcile",
        scope,
        warning: None,
        dry_run,
        completes_actions: true,
        patience: Patience::Transitions,
    }
}

#[test]
fn every_sample_is_taken_by_its_own_function_and_refused_by_the_others() {
    let samples = samples();
    for (function, _) in PARSERS {
        assert!(samples.iter().any(|(name, _)| name.starts_with(function)), "no sample for {function}");
    }
    for (name, payload) in samples {
        for (function, parse) in PARSERS {
            let taken = parse(payload.clone());
            assert_eq!(taken.is_ok(), name.starts_with(function), "{name} and {function}: {taken:?}");
            if let Ok(trigger) = taken {
                assert_eq!(trigger.function, function);
            }
        }
    }
}

#[test]
fn a_state_change_asks_for_its_instance_whatever_the_state_and_the_time() {
    let mut payload = sample("instance-state-change-running.json");
    for state in
        ["pending", "running", "stopping", "stopped", "shutting-down", "terminated", "hibernating", ""]
    {
        payload["detail"]["state"] = json!(state);
        payload["time"] = json!("1999-12-31T23:59:59Z");
        let trigger = instance_state_change::parse(payload.clone()).unwrap();
        assert_eq!(trigger, of_instance("instance-state-change"), "{state}");
    }
    payload["detail"].as_object_mut().unwrap().remove("state");
    payload.as_object_mut().unwrap().remove("time");
    assert_eq!(instance_state_change::parse(payload).unwrap(), of_instance("instance-state-change"));
}

#[test]
fn a_warning_asks_for_its_instance_and_tells_when() {
    for name in ["terminate", "stop", "hibernate"] {
        let payload = sample(&format!("spot-interruption-warning-{name}.json"));
        let at = serde_json::from_value(payload["time"].clone()).unwrap();
        let warning = Some(Warning { reason: DrainingReason::SpotInterruption, at });
        let patience = Patience::Candidates;
        let expected = Trigger { warning, patience, ..of_instance("spot-interruption-warning") };
        assert_eq!(spot_interruption_warning::parse(payload).unwrap(), expected);
    }
}

#[test]
fn a_recommendation_asks_for_its_instance_and_waits_for_releases_only() {
    let payload = sample("rebalance-recommendation.json");
    let at = serde_json::from_value(payload["time"].clone()).unwrap();
    let warning = Some(Warning { reason: DrainingReason::RebalanceRecommendation, at });
    let expected = Trigger { warning, ..of_instance("rebalance-recommendation") };
    assert_eq!(rebalance_recommendation::parse(payload).unwrap(), expected);
}

#[test]
fn a_lifecycle_action_asks_for_its_instance_and_completes() {
    let launch = sample("lifecycle-action-launch.json");
    let expected = || Trigger {
        completes_actions: true,
        patience: Patience::Candidates,
        ..of_instance("lifecycle-action")
    };
    assert_eq!(lifecycle_action::parse(launch).unwrap(), expected());
    let mut terminate = sample("lifecycle-action-terminate.json");
    let at = serde_json::from_value(terminate["time"].clone()).unwrap();
    let warning = Some(Warning { reason: DrainingReason::TerminateLifecycleAction, at });
    assert_eq!(lifecycle_action::parse(terminate.clone()).unwrap(), Trigger { warning, ..expected() });
    // It will serve again.
    terminate["detail"]["Destination"] = json!("WarmPool");
    assert_eq!(lifecycle_action::parse(terminate.clone()).unwrap(), expected());
    terminate["detail"]["Destination"] = json!("EC2");
    assert!(lifecycle_action::parse(terminate).unwrap().warning.is_some());
}

#[test]
fn a_schedule_asks_for_every_fleet() {
    let mut payload = sample("reconcile-scheduled.json");
    assert_eq!(reconcile::parse(payload.clone()).unwrap(), of_reconcile(Scope::All, false));
    payload["source"] = json!("aws.scheduler");
    assert_eq!(reconcile::parse(payload).unwrap(), of_reconcile(Scope::All, false));
}

#[test]
fn an_input_by_hand_may_name_a_fleet_and_ask_for_a_dry_run() {
    let web = || Scope::Fleet(FleetName::new("web"));
    for (input, expected) in [
        (json!({}), of_reconcile(Scope::All, false)),
        (json!({"dry_run": true}), of_reconcile(Scope::All, true)),
        (json!({"fleet": "web"}), of_reconcile(web(), false)),
        (json!({"fleet": "web", "dry_run": true}), of_reconcile(web(), true)),
        (json!({"fleet": null, "dry_run": false}), of_reconcile(Scope::All, false)),
        (json!({"fleet": "web*"}), of_reconcile(Scope::Fleet(FleetName::new("web*")), false)),
    ] {
        assert_eq!(reconcile::parse(input.clone()).unwrap(), expected, "{input}");
    }
}

#[test]
fn unknown_keys_of_an_event_are_of_no_account() {
    let mut payload = sample("instance-state-change-running.json");
    for key in ["version", "id", "account", "time", "region", "resources"] {
        payload.as_object_mut().unwrap().remove(key);
    }
    payload["replay-name"] = json!("yesterday's");
    payload["detail"]["new-field"] = json!([1, 2]);
    assert_eq!(instance_state_change::parse(payload).unwrap(), of_instance("instance-state-change"));
}
