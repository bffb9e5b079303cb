//! What each function is seen to ask of AWS is what its role in the template allows: nothing more, nothing less.
//!
//! Each function is led through everything that it can do, in an account of its own, behind a guard that refuses what
//! the role does not allow.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

use chrono::TimeDelta;
use futures_util::future::join_all;
use local_ec2::{Setup, Speed};
use permissions::{Guard, Record};
use reconciler::notifications::SOURCE;
use serde_json::{Value, json};
use stage::events::{now, recommendation, reconcile, state_change, terminate_action, warning};
use stage::{Answer, Control, Ec2, Function, LocalEc2};
use std::collections::BTreeSet;
use std::time::Duration;
use template::Template;

const ZONE: &str = "us-east-1a";

/// How long a function may take. None waits here for what it has begun to be over.
const TIMEOUT: Duration = Duration::from_secs(15);

/// By how much the cloud's clock is behind at first, for the scene to be set.
const BEHIND: i64 = 600;

/// What a role allows and no call of the function's own asks for, with who does it in the role's name.
const OF_SERVICES: [(&str, &str); 6] = [
    ("kms:CreateGrant", "EC2, when it attaches a volume that a key encrypts"),
    ("kms:Decrypt", "SQS, when Lambda writes to the dead-letter queue"),
    ("kms:GenerateDataKey", "SQS, when Lambda writes to the dead-letter queue"),
    ("logs:CreateLogStream", "Lambda"),
    ("logs:PutLogEvents", "Lambda"),
    ("sqs:SendMessage", "Lambda, when an event has failed for good"),
];

/// A scene in which everything is to be done at once.
struct Scene {
    ec2: LocalEc2,
    /// Stopped, with the slot `stopped`: a volume and an address. Both are to move.
    stopped: String,
    /// Running, with the slot `dying`, whose holder is to be terminated once it drains.
    dying: String,
}

impl Scene {
    async fn set() -> Self {
        let setup = Setup { start: now() - TimeDelta::seconds(BEHIND), ..Setup::default() };
        let ec2 = LocalEc2::start_at(setup, Speed::REAL).unwrap();
        let (control, api) = (ec2.control(), ec2.ec2());
        let mut passed = 0;
        let stopped = launch(control, json!({})).await;
        // What the functions are told of it, EC2 has announced.
        let dying = launch(control, json!({"spot": {}})).await;
        control.command("recommend", &json!({"instance": dying})).await.unwrap();
        let draining = launch(control, json!({})).await;
        // Four that can take a slot each. Of a spot instance the request is asked for, too; and a group keeps two waiting,
        // of which one has a slot coming.
        launch(control, json!({})).await;
        launch(control, json!({"spot": {}})).await;
        group(api).await;
        let first = volume(api, "stopped", "on-release").await;
        let second = volume(api, "dying", "terminate").await;
        let third = volume(api, "draining", "drain").await;
        let address = address(api, "stopped").await;
        passed += pass(control, 120).await;
        for (volume, instance) in [(&first, &stopped), (&second, &dying), (&third, &draining)] {
            let parameters = [("VolumeId", &**volume), ("InstanceId", instance), ("Device", "/dev/sdf")];
            api.call("AttachVolume", &parameters).await.unwrap();
        }
        let parameters = [("AllocationId", &*address), ("InstanceId", &stopped)];
        api.call("AssociateAddress", &parameters).await.unwrap();
        passed += pass(control, 60).await;
        api.call("StopInstances", &[("InstanceId.1", &stopped)]).await.unwrap();
        pass(control, BEHIND - passed).await;
        mark(api, &draining).await;
        Self { ec2, stopped, dying }
    }

    /// The event that wakes the function about something here. Whoever is not to mark the dying instance finds a mark.
    async fn event_for(&self, function: &str) -> Value {
        let event = match function {
            "instance-state-change" => state_change(&self.stopped, "stopped"),
            "spot-interruption-warning" => return warning(&self.dying, now()).unwrap(),
            "rebalance-recommendation" => return recommendation(&self.dying, now()).unwrap(),
            "lifecycle-action" => return terminate_action(&self.dying, now()).unwrap(),
            "reconcile" => reconcile(),
            other => panic!("say here what wakes {other}"),
        };
        mark(self.ec2.ec2(), &self.dying).await;
        event.unwrap()
    }
}

/// The group `web`, with two instances and a hook for launches.
async fn group(api: Ec2) {
    let name = ("LaunchTemplateName", "web");
    let data = [
        ("LaunchTemplateData.ImageId", "ami-0123456789abcdef0"),
        ("LaunchTemplateData.InstanceType", "t3.micro"),
    ];
    api.call("CreateLaunchTemplate", &[name, data[0], data[1]]).await.unwrap();
    let hook = "LifecycleHookSpecificationList.member.1";
    let hook =
        ["LifecycleHookName", "LifecycleTransition", "HeartbeatTimeout"].map(|part| format!("{hook}.{part}"));
    let parameters = [
        ("AutoScalingGroupName", "web"),
        ("LaunchTemplate.LaunchTemplateName", "web"),
        ("MinSize", "0"),
        ("MaxSize", "2"),
        ("DesiredCapacity", "2"),
        ("AvailabilityZones.member.1", ZONE),
        (&*hook[0], "holdfast-launch"),
        (&*hook[1], "autoscaling:EC2_INSTANCE_LAUNCHING"),
        (&*hook[2], "7200"),
    ];
    api.scale("CreateAutoScalingGroup", &parameters).await.unwrap();
}

/// Has an instance drain, as a person does.
async fn mark(api: Ec2, instance: &str) {
    let tag = [("ResourceId.1", instance), ("Tag.1.Key", "holdfast:draining"), ("Tag.1.Value", "by hand")];
    api.call("CreateTags", &tag).await.unwrap();
}

async fn launch(control: Control, more: Value) -> String {
    let mut command = json!({"zone": ZONE, "tags": {"holdfast:fleet": "web"}});
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let launched = control.command("launch", &command).await.unwrap();
    launched["instance"].as_str().unwrap().to_owned()
}

async fn volume(api: Ec2, slot: &str, handover: &str) -> String {
    let mut parameters = vec![("AvailabilityZone", ZONE), ("Size", "1")];
    parameters.extend([("TagSpecification.1.ResourceType", "volume")]);
    parameters.extend(tags(slot));
    parameters.extend([
        ("TagSpecification.1.Tag.3.Key", "holdfast:handover"),
        ("TagSpecification.1.Tag.3.Value", handover),
    ]);
    api.call("CreateVolume", &parameters).await.unwrap().text("volumeId").to_owned()
}

async fn address(api: Ec2, slot: &str) -> String {
    let mut parameters = vec![("Domain", "vpc"), ("TagSpecification.1.ResourceType", "elastic-ip")];
    parameters.extend(tags(slot));
    api.call("AllocateAddress", &parameters).await.unwrap().text("allocationId").to_owned()
}

fn tags(slot: &str) -> [(&'static str, &str); 4] {
    [
        ("TagSpecification.1.Tag.1.Key", "holdfast:fleet"),
        ("TagSpecification.1.Tag.1.Value", "web"),
        ("TagSpecification.1.Tag.2.Key", "holdfast:slot"),
        ("TagSpecification.1.Tag.2.Value", slot),
    ]
}

async fn pass(control: Control, seconds: i64) -> i64 {
    control.command("pass", &json!({"seconds": seconds})).await.unwrap();
    seconds
}

/// What the function of that name asks for when there is everything to do.
async fn asked_by(function: &str, allowed: &BTreeSet<String>) -> Record {
    let scene = Scene::set().await;
    let event = scene.event_for(function).await;
    let guard = Guard::before(scene.ec2.address(), allowed.clone()).await.unwrap();
    let url = guard.url();
    let own = scene.ec2.environment();
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    let mut environment: Vec<_> = own.filter(|(name, _)| !name.starts_with("AWS_ENDPOINT_URL")).collect();
    environment.extend([
        ("AWS_ENDPOINT_URL", &*url),
        ("HOLDFAST_NOTIFICATIONS", "true"),
        ("HOLDFAST_DRAIN_DOCUMENT", "Drain"),
    ]);
    let started = Function::start(function, TIMEOUT, &environment).await.unwrap();
    match started.invoke(event.to_string().as_bytes()).await.unwrap() {
        Answer::Report(_) => {}
        // Its time is up while the terminated instance still ends.
        Answer::Error { kind, message } => assert_eq!(kind, "Unfinished", "{function}: {message}"),
    }
    assert_eq!(scene.ec2.control().violations().await.unwrap(), [Value::Null; 0], "{function}");
    guard.record()
}

#[tokio::test]
async fn every_function_asks_for_what_its_role_allows_and_for_nothing_else() {
    let template = Template::read().unwrap();
    let functions = template.functions().unwrap();
    assert!(functions.len() >= 5, "{} functions were tried", functions.len());
    let tried = functions.iter().map(async |function| {
        let allowed = template.actions_of(function).unwrap();
        let record = asked_by(&function.binary, &allowed).await;
        (&function.binary, allowed, record)
    });
    let mut faults = Vec::new();
    for (function, allowed, record) in join_all(tried).await {
        let of_services = BTreeSet::from(OF_SERVICES.map(|(action, _)| action.to_owned()));
        let unused = allowed.difference(&record.asked).filter(|action| !of_services.contains(*action));
        faults.extend(record.refused.iter().map(|action| format!("{function} lacks {action}")));
        faults.extend(unused.map(|action| format!("{function} never asks for {action}")));
        let lied = record.asked.intersection(&of_services);
        faults.extend(lied.map(|action| format!("{function} itself asks for {action}: correct OF_SERVICES")));
        for event in &record.events {
            assert_eq!(event["Source"], SOURCE, "{event}");
            assert_eq!(event.get("EventBusName"), None, "the default bus: {event}");
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
