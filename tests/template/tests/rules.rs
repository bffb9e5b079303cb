//! What wakes which function, and what wakes none.

use serde_json::{Value, json};
use template::{Template, samples};

/// Forms of events that are none of ours; the detail of each is cut to what a pattern could ask for.
fn events_of_others() -> Vec<Value> {
    let event = |source: &str, detail_type: &str, detail: Value| {
        json!({"version": "0", "id": "00000000-0000-4000-8000-000000000000", "source": source,
            "detail-type": detail_type, "account": "123456789012", "time": "2026-11-23T12:00:00Z",
            "region": "us-east-1", "resources": [], "detail": detail})
    };
    let id = "i-0123456789abcdef0";
    let state_change = "EC2 Instance State-change Notification";
    let warning = "EC2 Spot Instance Interruption Warning";
    vec![
        event("aws.ec2", state_change, json!({"instance-id": id, "state": "pending"})),
        event("aws.ec2", state_change, json!({"instance-id": id, "state": "stopping"})),
        event("aws.ec2", state_change, json!({"instance-id": id})),
        event("my.ec2", state_change, json!({"instance-id": id, "state": "running"})),
        event("aws.ec2spotfleet", warning, json!({"instance-id": id, "instance-action": "terminate"})),
        event("aws.ec2spotfleet", "EC2 Instance Rebalance Recommendation", json!({"instance-id": id})),
        event("aws.ec2", "EC2 Spot Instance Request Fulfillment", json!({"instance-id": id})),
        event("aws.ec2", "EBS Volume Notification", json!({"event": "attachVolume", "result": "failed"})),
        event("aws.ec2", "AWS API Call via CloudTrail", json!({"eventName": "DetachVolume"})),
        event(
            "aws.ec2spotfleet",
            "EC2 Spot Fleet Instance Change",
            json!({"instance-id": id, "sub-type": "launched"}),
        ),
        event(
            "aws.ec2fleet",
            "EC2 Fleet Instance Change",
            json!({"instance-id": id, "sub-type": "launched"}),
        ),
        event(
            "aws.autoscaling",
            "EC2 Instance-terminate Lifecycle Action",
            json!({"EC2InstanceId": id, "LifecycleHookName": "backup"}),
        ),
        event("aws.autoscaling", "EC2 Instance Launch Successful", json!({"EC2InstanceId": id})),
        event("aws.events", "Scheduled Event", json!({})),
    ]
}

#[test]
fn each_rule_routes_the_events_named_for_its_function_and_no_other() {
    let woken = Template::read().unwrap().functions_woken_by_events().unwrap();
    assert!(!woken.is_empty());
    for (function, pattern) in woken {
        for sample in samples().unwrap() {
            let named = sample.is_for(&function.binary);
            assert_eq!(
                pattern.matches(&sample.payload),
                named,
                "{} and {}",
                sample.name,
                function.logical_id
            );
        }
    }
}

#[test]
fn every_event_is_named_for_exactly_one_function_and_every_function_has_one() {
    let functions = Template::read().unwrap().functions().unwrap();
    let binaries: Vec<_> = functions.into_iter().map(|function| function.binary).collect();
    let samples = samples().unwrap();
    for sample in &samples {
        let owners = binaries.iter().filter(|binary| sample.is_for(binary)).count();
        assert_eq!(owners, 1, "{} is named for {owners} functions", sample.name);
    }
    for binary in binaries {
        assert!(samples.iter().any(|sample| sample.is_for(&binary)), "{binary} has no event");
    }
}

#[test]
fn every_value_that_a_rule_lists_has_an_event() {
    let samples = samples().unwrap();
    for (function, pattern) in Template::read().unwrap().functions_woken_by_events().unwrap() {
        let own: Vec<_> = samples.iter().filter(|sample| sample.is_for(&function.binary)).collect();
        for value in pattern.one_for_each_value() {
            let found = own.iter().any(|sample| value.matches(&sample.payload));
            assert!(found, "no event of {} matches {value:?}", function.logical_id);
        }
    }
}

#[test]
fn events_of_others_match_no_rule() {
    for (function, pattern) in Template::read().unwrap().functions_woken_by_events().unwrap() {
        for event in events_of_others() {
            assert!(!pattern.matches(&event), "the rule of {} routes {event}", function.logical_id);
        }
    }
}

#[test]
fn all_events_are_about_one_instance_that_is_named_alike_everywhere() {
    for sample in samples().unwrap() {
        if let Some(id) = sample.payload.pointer("/detail/instance-id") {
            assert_eq!(id, "i-0123456789abcdef0", "{}", sample.name);
            let arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0";
            assert_eq!(sample.payload.get("resources"), Some(&json!([arn])), "{}", sample.name);
        }
    }
}

#[test]
fn the_sweep_runs_every_minute() {
    let reconcile = Template::read().unwrap().function_of("reconcile").unwrap();
    let (_, source) = reconcile.rule().unwrap();
    assert_eq!(source.get("Type"), Some(&json!("Schedule")));
    assert_eq!(source.pointer("/Properties/Schedule"), Some(&json!("rate(1 minute)")));
    // The event must stay EventBridge's own, and the rule must not be switched off.
    for surprise in ["Input", "Enabled", "State"] {
        assert_eq!(source.get("Properties").unwrap().get(surprise), None, "{surprise}");
    }
    let scheduled =
        samples().unwrap().into_iter().find(|sample| sample.name == "reconcile-scheduled").unwrap();
    assert_eq!(scheduled.payload.get("source"), Some(&json!("aws.events")));
    assert_eq!(scheduled.payload.get("detail-type"), Some(&json!("Scheduled Event")));
}
