//! Handovers by the real binaries, one at a time: the volume leaves an instance that runs only once that was drained of it,
//! and an Auto Scaling group's instances are kept waiting and let go.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

use chrono::TimeDelta;
use local_ec2::{Setup, Span, Speed, Timing};
use serde_json::{Value, json};
use stage::{Answer, Element, Function, LocalEc2, events};
use std::time::Duration;

const ZONE: &str = "us-east-1a";

/// How long a function may take. It answers as soon as its work is done.
const TIMEOUT: Duration = Duration::from_secs(50);

/// EC2 with launches that take a second, whose clock is so many seconds behind the machine's, by which the functions go:
/// they are to be passed before a drain.
fn start(behind: i64) -> LocalEc2 {
    let timing = Timing {
        pending: Span::millis(500, 1000),
        group: Span::millis(100, 500),
        group_step: Span::millis(50, 300),
        ..Timing::default()
    };
    let start = events::now() - TimeDelta::seconds(behind);
    LocalEc2::start_at(Setup { start, timing, ..Setup::default() }, Speed::REAL).unwrap()
}

/// Lets seconds pass while nobody is at work, and returns the events of that time.
async fn pass(ec2: &LocalEc2, seconds: u32) -> Vec<Value> {
    ec2.control().command("pass", &json!({"seconds": seconds})).await.unwrap();
    ec2.control().events().await.unwrap()
}

async fn launch(ec2: &LocalEc2) -> String {
    let launch = json!({"zone": ZONE, "tags": {"holdfast:fleet": "web"}, "spot": {}});
    let launched = ec2.control().command("launch", &launch).await.unwrap();
    launched["instance"].as_str().unwrap().to_owned()
}

/// The Auto Scaling group `web` of one instance, with a hook for Holdfast at both ends that waits for two hours.
async fn group(ec2: &LocalEc2) {
    let hook = |transition: &str| {
        let name = format!("holdfast-{transition}");
        json!({"name": name, "transition": transition, "timeout": 7200, "default": "ABANDON"})
    };
    let group = json!({"name": "web", "desired": 1, "max": 2, "zones": [ZONE], "tags": {"holdfast:fleet": "web"},
        "hooks": [hook("launching"), hook("terminating")]});
    ec2.control().command("group", &group).await.unwrap();
}

async fn volume(ec2: &LocalEc2, policy: &str) -> String {
    let tags = [("holdfast:fleet", "web"), ("holdfast:handover", policy)];
    let tags = tags.iter().enumerate().flat_map(|(index, (key, value))| {
        let tag = format!("TagSpecification.1.Tag.{}", index + 1);
        [(format!("{tag}.Key"), *key), (format!("{tag}.Value"), *value)]
    });
    let tags: Vec<_> = tags.collect();
    let mut parameters =
        vec![("AvailabilityZone", ZONE), ("Size", "1"), ("TagSpecification.1.ResourceType", "volume")];
    parameters.extend(tags.iter().map(|(name, value)| (name.as_str(), *value)));
    ec2.ec2().call("CreateVolume", &parameters).await.unwrap().text("volumeId").to_owned()
}

/// Has the function do what the event calls for.
async fn invoke(ec2: &LocalEc2, function: &str, event: &Value) {
    let own = ec2.environment();
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = own.chain([("HOLDFAST_DRAIN_DOCUMENT", "Drain")]).collect();
    let function = Function::start(function, TIMEOUT, &settings).await.unwrap();
    match function.invoke(event.to_string().as_bytes()).await.unwrap() {
        Answer::Report(_) => {}
        Answer::Error { kind, message } => panic!("{kind}: {message}"),
    }
}

/// The instance that the volume is attached to, and how far.
async fn place(ec2: &LocalEc2, volume: &str) -> (String, String) {
    let told = ec2.ec2().call("DescribeVolumes", &[("VolumeId.1", volume)]).await.unwrap();
    let own = |name: &str| told.text(&format!("volumeSet/item/attachmentSet/item/{name}")).to_owned();
    (own("instanceId"), own("status"))
}

/// The instances of the group, and their states.
async fn members(ec2: &LocalEc2) -> Vec<(String, String)> {
    let told = ec2.ec2().scale("DescribeAutoScalingInstances", &[]).await.unwrap();
    let result = told.children().iter().find(|child| child.name() == "DescribeAutoScalingInstancesResult");
    let members = result.unwrap().items("AutoScalingInstances");
    let member =
        |member: &Element| (member.text("InstanceId").to_owned(), member.text("LifecycleState").to_owned());
    members.map(member).collect()
}

async fn assert_innocent(ec2: &LocalEc2) {
    assert_eq!(ec2.control().violations().await.unwrap(), [Value::Null; 0]);
}

/// How often Holdfast has called it.
async fn count(ec2: &LocalEc2, action: &str) -> u64 {
    let counts = ec2.control().command("counts", &json!({})).await.unwrap();
    counts["calls"][action].as_u64().unwrap_or_default()
}

/// The latest event of that kind.
fn latest<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    events.iter().rfind(|event| event["detail-type"] == kind).unwrap()
}

#[tokio::test]
async fn a_drained_volume_moves_while_both_instances_run() {
    let ec2 = start(70);
    let (holder, candidate) = (launch(&ec2).await, launch(&ec2).await);
    let volume = volume(&ec2, "drain").await;
    pass(&ec2, 10).await;
    let parameters = [("VolumeId", &*volume), ("InstanceId", &holder), ("Device", "/dev/sdf")];
    ec2.ec2().call("AttachVolume", &parameters).await.unwrap();
    // Long enough to have been mounted.
    pass(&ec2, 60).await;
    ec2.control().command("interrupt", &json!({"instance": holder})).await.unwrap();
    invoke(&ec2, "spot-interruption-warning", &events::warning(&holder, events::now()).unwrap()).await;
    assert_eq!(place(&ec2, &volume).await, (candidate, "attached".to_owned()));
    assert_innocent(&ec2).await;
    assert_eq!(count(&ec2, "SendCommand").await, 1);
    let asked = [("InstanceId.1", &*holder)];
    let told = ec2.ec2().call("DescribeInstances", &asked).await.unwrap();
    assert_eq!(told.text("reservationSet/item/instancesSet/item/instanceState/name"), "running");
}

#[tokio::test]
async fn a_group_puts_an_instance_into_service_once_the_slot_is_there() {
    let ec2 = start(20);
    let volume = volume(&ec2, "on-release").await;
    group(&ec2).await;
    let events = pass(&ec2, 20).await;
    let waiting = members(&ec2).await;
    let [(instance, state)] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!(state, "Pending:Wait");
    invoke(&ec2, "lifecycle-action", latest(&events, "EC2 Instance-launch Lifecycle Action")).await;
    assert_eq!(place(&ec2, &volume).await, (instance.clone(), "attached".to_owned()));
    pass(&ec2, 5).await;
    assert_eq!(members(&ec2).await, [(instance.clone(), "InService".to_owned())]);
    assert_innocent(&ec2).await;
}

#[tokio::test]
async fn a_group_ends_an_instance_once_it_was_drained_and_its_volume_is_gone() {
    let ec2 = start(85);
    let volume = volume(&ec2, "drain").await;
    group(&ec2).await;
    let events = pass(&ec2, 20).await;
    invoke(&ec2, "lifecycle-action", latest(&events, "EC2 Instance-launch Lifecycle Action")).await;
    pass(&ec2, 60).await;
    let (old, _) = place(&ec2, &volume).await;
    ec2.control().command("end", &json!({"instance": old})).await.unwrap();
    let events = pass(&ec2, 5).await;
    assert!(members(&ec2).await.contains(&(old.clone(), "Terminating:Wait".to_owned())));
    invoke(&ec2, "lifecycle-action", latest(&events, "EC2 Instance-terminate Lifecycle Action")).await;
    let (new, state) = place(&ec2, &volume).await;
    assert!(new != old && state == "attached", "{new} {state}");
    assert_eq!(count(&ec2, "SendCommand").await, 1);
    let others = pass(&ec2, 5).await;
    // The group's replacement has been waiting, too, and whoever is woken by it lets it go.
    let all = events.into_iter().chain(others).collect::<Vec<_>>();
    invoke(&ec2, "lifecycle-action", latest(&all, "EC2 Instance-launch Lifecycle Action")).await;
    pass(&ec2, 200).await;
    assert_eq!(members(&ec2).await, [(new, "InService".to_owned())]);
    assert_innocent(&ec2).await;
}
