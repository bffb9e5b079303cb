//! The control API.

use crate::client::{Ec2, HOLDFAST, OTHER, text};
use local_ec2::{Setup, Speed};
use serde_json::{Value, json};

fn error(answer: &Value) -> &str {
    answer["error"].as_str().expect("an error")
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let ec2 = Ec2::still().await;
    for (command, object, words) in [
        ("banana", "", "`banana` is no command: use one of interrupt, recommend, resume, drain"),
        ("interrupt", "", "missing field `instance`"),
        ("interrupt", "{\"instance\": \"web\"}", "`web` is no id of an instance"),
        ("interrupt", "{\"instance\": \"i-00000000000000001\"}", "is no spot instance that runs"),
        ("drain", "{\"volume\": \"vol-00000000000000001\"}", "is attached to no instance that runs"),
        (
            "starve",
            "{\"zone\": \"here\"}",
            "`here` is no zone of this region: use one of us-east-1a, us-east-1b",
        ),
        (
            "launch",
            "{\"zone\": \"us-east-1a\", \"spot\": {\"interruption\": \"pray\"}}",
            "`pray` is no interruption",
        ),
        ("launch", "[", "the command's object: EOF"),
        ("faults", "{}", "say `shares`, `script` or both"),
        ("faults", "{\"shares\": \"*:gone=1\"}", "`gone` is no fault: use one of refused, denied"),
        ("faults", "{\"script\": {\"0\": \"gone\"}}", "`gone` is no fault"),
        ("faults", "{\"share\": \"\"}", "unknown field `share`, expected `shares` or `script`"),
        ("weather", "{\"lost\": 2}", "`lost` is 2: a share is a number from 0 to 1"),
        ("pass", "{\"seconds\": -1}", "invalid value: integer `-1`"),
        ("pass", "{\"seconds\": 4000000000}", "at most 31622400 seconds"),
        ("time", "{\"now\": 1}", "unknown field `now`"),
    ] {
        let (status, answer) = ec2.command(command, object).await;
        assert_eq!(status, 400, "{command} {object}");
        assert!(error(&answer).contains(words), "{command} {object}: {answer}");
    }
}

#[tokio::test]
async fn a_command_that_is_half_wrong_changes_nothing() {
    let ec2 = Ec2::still().await;
    let (status, _) =
        ec2.command("faults", "{\"shares\": \"*:reset=1\", \"script\": {\"0\": \"gone\"}}").await;
    assert_eq!(status, 400);
    assert_eq!(ec2.call(HOLDFAST, "DescribeVolumes").await.status, Some(200));
}

#[tokio::test]
async fn an_interruption_is_warned_of_and_comes() {
    let ec2 = Ec2::still().await;
    let (instance, _) = ec2.instance_and_volume().await;
    ec2.control("events", json!({})).await;
    ec2.control("interrupt", json!({"instance": instance})).await;
    ec2.pass(2).await;
    let events = ec2.control("events", json!({})).await["events"].clone();
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    assert_eq!(events[0]["detail-type"], "EC2 Spot Instance Interruption Warning");
    assert_eq!(events[0]["detail"], json!({"instance-id": instance, "instance-action": "terminate"}));
    assert_eq!(ec2.control("events", json!({})).await, json!({"events": []}));
    ec2.pass(120 + 90).await;
    let shown = ec2.asks(&format!("DescribeInstances&InstanceId.1={instance}")).await;
    assert!(shown.contains("<code>48</code><name>terminated</name>"), "{shown}");
    assert!(shown.contains("<code>Server.SpotInstanceTermination</code>"), "{shown}");
}

#[tokio::test]
async fn the_judge_hears_of_holdfasts_calls_alone() {
    let ec2 = Ec2::still().await;
    let volume = ec2.volume().await;
    ec2.call(OTHER, &format!("DeleteTags&ResourceId.1={volume}&Tag.1.Key=a")).await;
    assert_eq!(ec2.control("judge", json!({})).await, json!({"violations": [], "displaced": 0}));
    ec2.call(HOLDFAST, &format!("DeleteTags&ResourceId.1={volume}&Tag.1.Key=a")).await;
    let judged = ec2.control("judge", json!({})).await;
    assert_eq!(judged["violations"][0]["offence"], "DeleteTags is no call of Holdfast's");
    assert_eq!(ec2.control("counts", json!({})).await["calls"], json!({"DeleteTags": 1}));
}

#[tokio::test]
async fn in_a_quiet_world_a_displaced_address_is_a_violation() {
    let ec2 = Ec2::still().await;
    let (instance, _) = ec2.instance_and_volume().await;
    let mut addresses = Vec::new();
    for _ in 0..3 {
        let made = ec2.asks("AllocateAddress").await;
        let allocation = text(&made, "allocationId").to_owned();
        ec2.asks(&format!("CreateTags&ResourceId.1={allocation}&Tag.1.Key=holdfast:fleet&Tag.1.Value=web"))
            .await;
        addresses.push(allocation);
    }
    let mut counted = Vec::new();
    for (command, address) in ["churn", "churn", "quiet"].into_iter().zip(addresses) {
        ec2.control(command, json!({})).await;
        let give =
            format!("AssociateAddress&AllocationId={address}&InstanceId={instance}&AllowReassociation=false");
        assert_eq!(ec2.call(HOLDFAST, &give).await.status, Some(200));
        let judged = ec2.control("judge", json!({})).await;
        let displacements = judged["violations"].as_array().unwrap().iter();
        let displacements = displacements.filter(|v| v["offence"].as_str().unwrap().contains(" displaced "));
        counted.push((judged["displaced"].clone(), displacements.count()));
    }
    assert_eq!(counted, [(json!(0), 0), (json!(1), 0), (json!(2), 1)]);
}

#[tokio::test]
async fn a_starved_zone_launches_nothing_until_it_is_fed() {
    let ec2 = Ec2::still().await;
    let launch = "RunInstances&ImageId=ami-1&InstanceType=t3.micro&MinCount=1&MaxCount=1\
                  &Placement.AvailabilityZone=us-east-1a";
    ec2.control("starve", json!({"zone": "us-east-1a"})).await;
    assert_eq!(text(&ec2.call(OTHER, launch).await.body, "Code"), "InsufficientInstanceCapacity");
    ec2.control("feed", json!({"zone": "us-east-1a"})).await;
    ec2.asks(launch).await;
}

#[tokio::test]
async fn a_drained_volume_comes_off_and_a_mounted_one_stays_busy() {
    let ec2 = Ec2::still().await;
    let (instance, volume) = ec2.instance_and_volume().await;
    let attach = format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf");
    let detach = format!("DetachVolume&VolumeId={volume}&InstanceId={instance}");
    for (drained, status) in [(true, "available"), (false, "in-use")] {
        ec2.asks(&attach).await;
        ec2.pass(60).await;
        if drained {
            ec2.control("drain", json!({"volume": volume})).await;
        }
        ec2.asks(&detach).await;
        ec2.pass(60).await;
        let shown = ec2.asks(&format!("DescribeVolumes&VolumeId.1={volume}")).await;
        assert_eq!(text(&shown, "status"), status);
    }
}

#[tokio::test]
async fn a_key_that_is_disabled_takes_attachments_back() {
    let ec2 = Ec2::still().await;
    let (instance, _) = ec2.instance_and_volume().await;
    let made = "CreateVolume&AvailabilityZone=us-east-1a&Size=1&Encrypted=true&KmsKeyId=alias/mine";
    let volume = text(&ec2.asks(made).await, "volumeId").to_owned();
    ec2.pass(10).await;
    let attach = format!("AttachVolume&VolumeId={volume}&InstanceId={instance}&Device=/dev/sdf");
    for (command, status) in [("disable-key", "available"), ("enable-key", "in-use")] {
        ec2.control(command, json!({"key": "alias/mine"})).await;
        ec2.asks(&attach).await;
        ec2.pass(60).await;
        let shown = ec2.asks(&format!("DescribeVolumes&VolumeId.1={volume}")).await;
        assert_eq!(text(&shown, "status"), status, "{command}");
    }
}

#[tokio::test]
async fn in_bad_weather_events_are_lost() {
    let ec2 = Ec2::still().await;
    ec2.control("weather", json!({"lost": 1})).await;
    ec2.instance_and_volume().await;
    assert_eq!(ec2.control("events", json!({})).await, json!({"events": []}));
    let counts = ec2.control("counts", json!({})).await;
    assert!(counts["events"]["lost"].as_u64() > Some(0), "{counts}");
    ec2.control("weather", json!({"doubled": 1, "travel": [0, 0]})).await;
    ec2.volume().await;
    let events = ec2.control("events", json!({})).await;
    assert_eq!(events["events"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn the_clock_goes_as_fast_as_asked_and_can_be_put_forward() {
    let ec2 = Ec2::start(Setup::default(), Speed::new(0.0001).unwrap()).await;
    let now = |answer: Value| answer["now"].as_str().unwrap().to_owned();
    assert_eq!(now(ec2.control("time", json!({})).await), "2026-11-23T12:00:00Z");
    assert_eq!(now(ec2.control("pass", json!({"seconds": 86400})).await), "2026-11-24T12:00:00Z");
    let fast = Ec2::start(Setup::default(), Speed::new(10_000.0).unwrap()).await;
    let began = std::time::Duration::from_millis(1);
    assert_eq!(fast.control("time", json!({})).await["speed"], 10_000.0);
    // A millisecond outside is ten seconds there.
    tokio::time::timeout(began, std::future::pending::<()>()).await.unwrap_err();
    assert!(now(fast.control("time", json!({})).await).as_str() >= "2026-11-23T12:00:10Z");
}
