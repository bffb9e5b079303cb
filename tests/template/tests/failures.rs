//! What becomes of an event that a function could not handle, or that never reached it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use template::Template;

fn seconds(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

#[test]
fn a_failed_sweep_is_not_repeated() {
    let reconcile = Template::read().unwrap().function_of("reconcile").unwrap();
    let once = json!({"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60});
    assert_eq!(reconcile.at("/EventInvokeConfig").unwrap(), &once);
    assert_eq!(reconcile.rule().unwrap().1.pointer("/Properties/RetryPolicy"), Some(&once));
    assert!(reconcile.at("/Timeout").unwrap().as_u64().unwrap() < 60, "sweeps overlap");
}

#[test]
fn a_failed_event_is_repeated_twice_and_then_kept() {
    let failures = json!({"Fn::GetAtt": ["Failures", "Arn"]});
    for (function, _) in Template::read().unwrap().functions_woken_by_events().unwrap() {
        let name = &function.logical_id;
        assert_eq!(function.at("/EventInvokeConfig/MaximumRetryAttempts").unwrap(), 2, "{name}");
        let destination = function.at("/EventInvokeConfig/DestinationConfig/OnFailure").unwrap();
        assert_eq!(destination, &json!({"Type": "SQS", "Destination": failures}), "{name}");
        let rule = function.rule().unwrap().1.get("Properties").unwrap();
        assert_eq!(rule.get("DeadLetterConfig"), Some(&json!({"Arn": failures})), "{name}");
    }
}

#[test]
fn an_event_is_retried_only_while_it_can_still_matter() {
    for (function, _) in Template::read().unwrap().functions_woken_by_events().unwrap() {
        let age = function.at("/EventInvokeConfig/MaximumEventAgeInSeconds").unwrap();
        let (_, source) = function.rule().unwrap();
        assert_eq!(
            source.pointer("/Properties/RetryPolicy"),
            Some(&json!({"MaximumEventAgeInSeconds": age})),
            "{}: both ways into the function end at the same age",
            function.logical_id
        );
        match function.binary.as_str() {
            // Holdfast writes down no warning that is older than three minutes.
            "spot-interruption-warning" => assert_eq!(seconds(age), 180),
            // Two attempts that time out, and Lambda's pauses of one and two minutes, come before the last one.
            "instance-state-change" | "rebalance-recommendation" | "lifecycle-action" => {
                let timeout = seconds(function.at("/Timeout").unwrap());
                assert!((2 * timeout + 180..=3600).contains(&seconds(age)), "{age}");
            }
            other => panic!("say here how long an event of {other} matters"),
        }
    }
}

#[test]
fn the_queue_of_failures_is_encrypted_and_keeps_them_for_a_while() {
    let template = Template::read().unwrap();
    let queue = template.properties("Failures", "AWS::SQS::Queue").unwrap();
    let none = json!({"Ref": "AWS::NoValue"});
    let own = json!({"Fn::If": ["HasEncryptionKey", none, true]});
    let given = json!({"Fn::If": ["HasEncryptionKey", {"Ref": "EncryptionKeyArn"}, none]});
    assert_eq!(queue.get("SqsManagedSseEnabled"), Some(&own));
    assert_eq!(queue.get("KmsMasterKeyId"), Some(&given));
    let week = 7 * 24 * 3600;
    assert!((week..=2 * week).contains(&seconds(queue.get("MessageRetentionPeriod").unwrap())));
}

#[test]
fn the_queue_of_failures_takes_events_from_our_rules_only() {
    let template = Template::read().unwrap();
    let woken = template.functions_woken_by_events().unwrap();
    let rules: BTreeSet<_> = woken.iter().map(|(function, _)| function.rule().unwrap().0).collect();
    let policy = template.properties("FailuresPolicy", "AWS::SQS::QueuePolicy").unwrap();
    let statements = policy.pointer("/PolicyDocument/Statement").unwrap().as_array().unwrap();
    let [statement] = statements.as_slice() else { panic!("more than one statement: {statements:?}") };
    assert_eq!(statement.get("Effect"), Some(&json!("Allow")));
    assert_eq!(statement.get("Principal"), Some(&json!({"Service": "events.amazonaws.com"})));
    assert_eq!(statement.get("Action"), Some(&json!("sqs:SendMessage")));
    let sources = statement.pointer("/Condition/ArnEquals/aws:SourceArn").unwrap().as_array().unwrap();
    let named = sources.iter().map(|arn| arn.pointer("/Fn::GetAtt/0").unwrap().as_str().unwrap().to_owned());
    assert_eq!(named.collect::<BTreeSet<_>>(), rules);
}
