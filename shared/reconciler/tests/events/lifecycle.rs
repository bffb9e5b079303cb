//! What is no lifecycle action of an Auto Scaling group, and what may be wrong with one that is.

use crate::ID;
use crate::hostile::{END, LAUNCH, but, lacks, refused};
use planner::ids::InstanceId;
use reconciler::events::{Scope, lifecycle_action};
use serde_json::json;

#[test]
fn another_word_of_auto_scaling_is_no_lifecycle_action() {
    for name in [LAUNCH, END] {
        for kind in [
            "EC2 Instance Launch Successful",
            "EC2 Instance Terminate Unsuccessful",
            "EC2 Instance-launch lifecycle action",
            "EC2 Instance-launch Lifecycle Action ",
            "EC2 Auto Scaling Instance Refresh Started",
            "",
        ] {
            assert_eq!(
                refused(lifecycle_action::parse, but(name, |event| event["detail-type"] = json!(kind))),
                format!(
                    "the event's detail-type is `{kind}`, and this function takes \
                     `EC2 Instance-launch Lifecycle Action`: correct the rule that sent it"
                )
            );
        }
    }
}

#[test]
fn a_missing_field_of_a_lifecycle_action_is_named() {
    for name in [LAUNCH, END] {
        for key in ["detail-type", "source", "detail"] {
            let message = refused(lifecycle_action::parse, lacks(key, name));
            let expected = format!("the payload is no EventBridge event: missing field `{key}`");
            assert!(message.starts_with(&expected), "{message}");
        }
        for detail in
            [json!({}), json!(null), json!([ID]), json!({"instance-id": ID}), json!({"Ec2InstanceId": ID})]
        {
            let payload = but(name, |event| _ = event.insert("detail".to_owned(), detail));
            assert_eq!(
                refused(lifecycle_action::parse, payload),
                "the event has no detail.EC2InstanceId: EventBridge always sends it, \
                 so correct the event or its input transformer"
            );
        }
    }
    let timeless = but(END, |event| event["time"] = json!(null));
    assert!(refused(lifecycle_action::parse, timeless).starts_with("the event has no time: "));
}

/// Whose the action is, which hook it waits for and by which token it is answered, Auto Scaling is asked.
#[test]
fn what_is_not_read_of_a_lifecycle_action_may_be_missing_or_malformed() {
    for name in [LAUNCH, END] {
        for key in [
            "AutoScalingGroupName",
            "LifecycleHookName",
            "LifecycleActionToken",
            "LifecycleTransition",
            "Origin",
            "Destination",
        ] {
            for value in [None, Some(json!(null)), Some(json!("")), Some(json!(5)), Some(json!(["WarmPool"]))]
            {
                let payload = but(name, |event| {
                    let detail = event["detail"].as_object_mut().unwrap();
                    match value.clone() {
                        None => _ = detail.remove(key),
                        Some(value) => _ = detail.insert(key.to_owned(), value),
                    }
                });
                let trigger = lifecycle_action::parse(payload).unwrap();
                assert_eq!(trigger.scope, Scope::Instance(InstanceId::parse(ID).unwrap()));
                assert_eq!(trigger.warning.is_some(), name == END, "{key} of {name} is {value:?}");
            }
        }
    }
}

#[test]
fn a_lifecycle_action_that_announces_no_end_needs_no_time() {
    let back = but(END, |event| {
        event.remove("time");
        event["detail"]["Destination"] = json!("WarmPool");
    });
    for payload in [lacks("time", LAUNCH), back] {
        assert_eq!(lifecycle_action::parse(payload).unwrap().warning, None);
    }
}
