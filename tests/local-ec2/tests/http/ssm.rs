//! Systems Manager over HTTP: its JSON protocol, with the faults and the judge of every other call.

use crate::client::{Ec2, HOLDFAST, OTHER};
use serde_json::{Value, json};

/// A local EC2 with a volume attached to an instance.
async fn held() -> (Ec2, String, String) {
    let ec2 = Ec2::still().await;
    let (instance, volume) = ec2.instance_and_volume().await;
    ec2.asks(&format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf")).await;
    ec2.pass(60).await;
    (ec2, instance, volume)
}

fn drain(instance: &str, volume: &str) -> Value {
    json!({"DocumentName": "Drain", "InstanceIds": [instance], "Parameters": {"volumes": [volume]},
        "TimeoutSeconds": 30})
}

#[tokio::test]
async fn a_command_is_sent_and_listed() {
    let (ec2, instance, volume) = held().await;
    let (status, sent) = ec2.manage(OTHER, "SendCommand", &drain(&instance, &volume)).await;
    assert_eq!((status, &sent["Command"]["Status"]), (200, &json!("Pending")), "{sent}");
    ec2.pass(20).await;
    let asked = json!({"InstanceId": instance, "MaxResults": 50,
        "Filters": [{"key": "InvokedAfter", "value": "2020-01-01T00:00:00Z"}]});
    let (status, listed) = ec2.manage(OTHER, "ListCommands", &asked).await;
    let mut expected = sent["Command"].clone();
    expected["Status"] = json!("Success");
    expected["StatusDetails"] = json!("Success");
    assert_eq!((status, listed), (200, json!({"Commands": [expected]})));
    assert_eq!(expected["Parameters"], json!({"volumes": [volume]}));
    assert!(expected["RequestedDateTime"].as_f64().unwrap() > 1e9);
    let detach = format!("DetachVolume&VolumeId={volume}&InstanceId={instance}");
    assert_eq!(ec2.call(HOLDFAST, &detach).await.status, Some(200));
    assert_eq!(ec2.control("judge", json!({})).await["violations"], json!([]));
}

#[tokio::test]
async fn what_is_refused_has_its_code_where_the_sdk_looks_for_it() {
    let (ec2, instance, volume) = held().await;
    let mut call = drain(&instance, &volume);
    call["DocumentName"] = json!("Other");
    let (status, refused) = ec2.manage(OTHER, "SendCommand", &call).await;
    assert_eq!((status, &refused["__type"]), (400, &json!("InvalidDocument")));
    let absent = drain("i-0123456789abcdef0", &volume);
    let (_, refused) = ec2.manage(OTHER, "SendCommand", &absent).await;
    assert_eq!(refused["__type"], "InvalidInstanceId");
    for (action, body, code) in [
        ("SendCommand", json!({"DocumentName": "Drain", "Colour": "red"}), "SerializationException"),
        ("SendCommand", json!([]), "SerializationException"),
        ("SendCommand", json!({"InstanceIds": [instance]}), "ValidationException"),
        ("ListCommands", json!({"Filters": [{"key": "Colour", "value": ""}]}), "InvalidFilterKey"),
        ("GetParameter", json!({}), "UnknownOperationException"),
    ] {
        let (status, refused) = ec2.manage(OTHER, action, &body).await;
        assert_eq!((status, &refused["__type"]), (400, &json!(code)), "{action} {body}");
    }
}

#[tokio::test]
async fn faults_befall_holdfast_s_calls_and_the_judge_sees_them() {
    let (ec2, instance, volume) = held().await;
    let call = drain(&instance, &volume);
    ec2.control("faults", json!({"shares": "SendCommand:throttled=1"})).await;
    let (status, refused) = ec2.manage(HOLDFAST, "SendCommand", &call).await;
    assert_eq!((status, &refused["__type"]), (400, &json!("ThrottlingException")));
    ec2.control("faults", json!({"shares": "SendCommand:5xx=1"})).await;
    let (status, refused) = ec2.manage(HOLDFAST, "SendCommand", &call).await;
    assert_eq!((status, &refused["__type"]), (500, &json!("InternalServerError")));
    ec2.control("faults", json!({"shares": "SendCommand:reset=1"})).await;
    assert_eq!(ec2.manage(HOLDFAST, "SendCommand", &call).await.0, 0);
    ec2.control("faults", json!({"shares": ""})).await;
    assert_eq!(ec2.manage(HOLDFAST, "SendCommand", &call).await.0, 200);
    let found = ec2.control("judge", json!({})).await["violations"].to_string();
    assert!(found.contains("nothing says that it is about to go"), "{found}");
}
