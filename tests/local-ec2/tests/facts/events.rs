//! Events: their forms, and how the bus treats them.

use crate::fleets::{running, spot_fleet};
use crate::groups::{LAUNCHING, TERMINATING, group, hook, scale, started};
use crate::instances::terminate;
use crate::stage::{Stage, ZONE, attach, data};
use local_ec2::actions::CreateVolume;
use local_ec2::autoscaling::{CreateAutoScalingGroup, HookSpec};
use local_ec2::state::{Interruption, Market};
use local_ec2::{Cloud, Setup, Span, Weather};
use planner::ids::InstanceId;
use planner::tags::DrainingReason;
use reconciler::events::{
    Scope, Trigger, instance_state_change, lifecycle_action, rebalance_recommendation,
    spot_interruption_warning,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Every event that has arrived, by detail-type and what it says.
fn arrived(stage: &mut Stage) -> Vec<Value> {
    stage.pass(2);
    stage.cloud.take_events()
}

fn text<'v>(event: &'v Value, pointer: &str) -> &'v str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn states(events: &[Value], id: &InstanceId) -> Vec<String> {
    let own = events.iter().filter(|event| text(event, "/detail/instance-id") == id.as_str());
    let told = own.filter(|event| text(event, "/detail-type") == "EC2 Instance State-change Notification");
    told.map(|event| text(event, "/detail/state").to_owned()).collect()
}

/// The keys and kinds of values, all the way down.
fn form(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), form(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(form).collect()),
        Value::String(text) => {
            Value::from(text.split(['-', '/', ':', '"']).next().unwrap_or_default().len().min(1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[test]
fn a_life_is_told_state_by_state() {
    let mut stage = Stage::new();
    let id = stage.instance();
    stage.asks(&terminate(&id));
    stage.pass(100);
    let events = arrived(&mut stage);
    assert_eq!(states(&events, &id), ["pending", "running", "shutting-down", "terminated"]);
    assert!(stage.cloud.take_events().is_empty());
}

/// Each reference event, its detail-type and its sub-type.
const FORMS: [(&str, &str, &str); 11] = [
    ("ec2-state-running", "EC2 Instance State-change Notification", ""),
    ("spot-interruption-terminate", "EC2 Spot Instance Interruption Warning", ""),
    ("rebalance-recommendation", "EC2 Instance Rebalance Recommendation", ""),
    ("spot-request-fulfillment", "EC2 Spot Instance Request Fulfillment", ""),
    ("spotfleet-instance-launched", "EC2 Spot Fleet Instance Change", "launched"),
    ("spotfleet-instance-terminated", "EC2 Spot Fleet Instance Change", "terminated"),
    ("spotfleet-instance-termination_notified", "EC2 Spot Fleet Instance Change", "termination_notified"),
    ("spotfleet-state-active", "EC2 Spot Fleet State Change", "active"),
    ("spotfleet-sir-cancelled", "EC2 Spot Fleet Spot Instance Request Change", "active"),
    ("ebs-createVolume-available", "EBS Volume Notification", ""),
    ("ebs-attachVolume-failed", "EBS Volume Notification", ""),
];

/// Checks that there is such an event, of the same form as the reference.
fn check_form(events: &[Value], reference: &str, detail_type: &str, sub_type: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference-events/{reference}.json"));
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let event = events.iter().find(|event| {
        text(event, "/detail-type") == detail_type
            && text(event, "/detail/sub-type") == sub_type
            && text(event, "/detail/result") == text(&reference, "/detail/result")
    });
    let event = event.unwrap_or_else(|| panic!("no {detail_type} {sub_type}"));
    assert_eq!(form(event), form(&reference), "{event}");
    assert_eq!(text(event, "/source"), text(&reference, "/source"));
    // A group's has a UUID in it, which is another each time.
    let arn = |event: &Value| {
        text(event, "/resources/0").rsplit_once('/').unwrap().0.replace(|c: char| c.is_ascii_hexdigit(), "0")
    };
    assert_eq!(arn(event), arn(&reference));
}

#[test]
fn events_have_the_forms_of_ec2() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let [id] = running(&stage, &fleet).try_into().unwrap();
    let key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let call = CreateVolume {
        availability_zone: ZONE.to_owned(),
        size: Some(1),
        encrypted: true,
        kms_key_id: key.to_owned(),
        ..CreateVolume::default()
    };
    let volume = stage.asks(&call).id;
    stage.cloud.disable_key(key);
    stage.pass(5);
    stage.asks(&attach(&volume, &id, "/dev/sdf"));
    stage.cloud.recommend(&id).unwrap();
    stage.cloud.interrupt(&id).unwrap();
    stage.pass(300);
    let events = arrived(&mut stage);
    for (reference, detail_type, sub_type) in FORMS {
        check_form(&events, reference, detail_type, sub_type);
    }
}

/// Each reference event of Auto Scaling, and its detail-type.
const GROUP_FORMS: [(&str, &str); 4] = [
    ("asg-launch-lifecycle", "EC2 Instance-launch Lifecycle Action"),
    ("asg-launch-successful", "EC2 Instance Launch Successful"),
    ("asg-terminate-lifecycle", "EC2 Instance-terminate Lifecycle Action"),
    ("asg-terminate-successful", "EC2 Instance Terminate Successful"),
];

#[test]
fn events_have_the_forms_of_auto_scaling() {
    let mut stage = Stage::new();
    let metadata = |hook| HookSpec { notification_metadata: "additional-info".to_owned(), ..hook };
    let lifecycle_hook_specification_list =
        vec![metadata(hook("up", LAUNCHING, "CONTINUE")), metadata(hook("down", TERMINATING, "CONTINUE"))];
    let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 1) };
    started(&mut stage, &call);
    stage.pass(310);
    stage.asks(&scale(0));
    stage.pass(30 + 300 + 100);
    let events = arrived(&mut stage);
    for (reference, detail_type) in GROUP_FORMS {
        check_form(&events, reference, detail_type, "");
    }
}

/// Which parser of the reconciler's reads each event, and the instance that it then looks at.
fn read(events: &[Value]) -> Vec<(&'static str, Scope)> {
    let parsers = [
        instance_state_change::parse,
        spot_interruption_warning::parse,
        rebalance_recommendation::parse,
        lifecycle_action::parse,
    ];
    let read = events.iter().flat_map(|event| parsers.map(|parse| parse(event.clone()).ok()));
    read.flatten().map(|trigger: Trigger| (trigger.function, trigger.scope)).collect()
}

/// How many of the events each parser reads, all of which are of these instances.
fn counts(events: &[Value], ids: &[&InstanceId]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (function, scope) in read(events) {
        assert!(matches!(&scope, Scope::Instance(id) if ids.contains(&id)), "{function} looks at {scope:?}");
        *counts.entry(function).or_default() += 1;
    }
    counts
}

#[test]
fn the_reconciler_reads_what_is_emitted() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(Market { persistent: true, interruption: Interruption::Stop });
    stage.cloud.recommend(&id).unwrap();
    stage.cloud.interrupt(&id).unwrap();
    let events = arrived(&mut stage);
    let expected = [
        (instance_state_change::FUNCTION, 2),
        (rebalance_recommendation::FUNCTION, 1),
        (spot_interruption_warning::FUNCTION, 1),
    ];
    assert_eq!(counts(&events, &[&id]), BTreeMap::from(expected));
}

#[test]
fn the_reconciler_reads_both_lifecycle_actions() {
    let mut stage = Stage::new();
    let lifecycle_hook_specification_list =
        vec![hook("up", LAUNCHING, "CONTINUE"), hook("down", TERMINATING, "CONTINUE")];
    let call = CreateAutoScalingGroup { lifecycle_hook_specification_list, ..group(&mut stage, 1) };
    let [id] = started(&mut stage, &call).try_into().unwrap();
    let launch = arrived(&mut stage);
    assert_eq!(counts(&launch, &[&id])[lifecycle_action::FUNCTION], 1);
    stage.pass(310);
    stage.asks(&scale(0));
    stage.pass(40);
    let end = arrived(&mut stage);
    assert_eq!(counts(&end, &[&id])[lifecycle_action::FUNCTION], 1);
    let announced = |events: &[Value]| {
        let mut read = events.iter().filter_map(|event| lifecycle_action::parse(event.clone()).ok());
        read.find_map(|trigger| trigger.warning).map(|warning| warning.reason)
    };
    assert_eq!((announced(&launch), announced(&end)), (None, Some(DrainingReason::TerminateLifecycleAction)));
}

fn weathered(weather: Weather) -> (Cloud, Vec<Value>) {
    let mut stage = Stage::with(Setup { weather, ..Setup::default() });
    let call = local_ec2::actions::RunInstances { max_count: 300, ..crate::stage::run(data(ZONE)) };
    stage.asks(&call);
    stage.pass(4000);
    let events = stage.cloud.take_events();
    (stage.cloud, events)
}

#[test]
fn a_bad_bus_loses_doubles_delays_and_reorders() {
    let lateness = Span::seconds(5, 300);
    let weather = Weather { lost: 0.1, doubled: 0.2, late: 0.3, travel: Span::millis(100, 1000), lateness };
    let (cloud, events) = weathered(weather);
    let counts = cloud.bus_counts();
    assert_eq!(counts.emitted, 600);
    assert!((35..90).contains(&counts.lost), "{counts:?}");
    assert!((75..150).contains(&counts.doubled), "{counts:?}");
    assert!((140..250).contains(&counts.late), "{counts:?}");
    assert!(counts.reordered > 100, "{counts:?}");
    assert_eq!(u64::try_from(events.len()).unwrap(), counts.emitted - counts.lost + counts.doubled);
    let mut copies: BTreeMap<String, u64> = BTreeMap::new();
    for event in &events {
        *copies.entry(text(event, "/id").to_owned()).or_default() += 1;
    }
    assert_eq!(u64::try_from(copies.values().filter(|count| **count == 2).count()).unwrap(), counts.doubled);
}

#[test]
fn a_good_bus_brings_every_event_once_and_within_a_second() {
    let (cloud, events) = weathered(Weather::default());
    assert_eq!((cloud.bus_counts().lost, cloud.bus_counts().doubled, events.len()), (0, 0, 600));
}

#[test]
fn the_same_seed_brings_the_same_events() {
    let weather = Weather { lost: 0.1, doubled: 0.1, late: 0.1, ..Weather::default() };
    assert_eq!(weathered(weather).1, weathered(weather).1);
}
