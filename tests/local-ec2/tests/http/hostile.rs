//! Hostile input: whatever is sent, the answer is a document of EC2's or a closed connection, and the server lives.

use crate::client::{Ec2, HOLDFAST, Reply};
use local_ec2::actions::Action;
use local_ec2::autoscaling;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Runs the property against one server, which has to answer to the end.
fn check<S: Strategy>(inputs: S, cases: u32, property: &impl AsyncFn(&Ec2, S::Value) -> Reply) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ec2 = runtime.block_on(Ec2::still());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&inputs, |input| {
        let reply = runtime.block_on(property(&ec2, input));
        if let Some(status) = reply.status {
            // `InsufficientInstanceCapacity` would be a 500 of EC2's own, but no zone is starved here.
            prop_assert!(matches!(status, 200 | 400 | 403 | 412 | 413 | 414 | 431 | 503), "{reply:?}");
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let lives = runtime.block_on(ec2.asks("DescribeAvailabilityZones"));
    assert!(lives.contains("us-east-1c"));
}

/// That the body is one well-formed document.
fn is_document(body: &str) -> bool {
    let mut reader = Reader::from_str(body);
    let mut depth = 0_i32;
    let mut elements = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => (depth, elements) = (depth + 1, elements + 1),
            Ok(Event::End(_)) => depth -= 1,
            Ok(Event::Eof) => return depth == 0 && elements > 0,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn document(reply: Reply) -> Reply {
    assert!(reply.status.is_some() && is_document(&reply.body), "{reply:?}");
    reply
}

#[test]
fn any_body_is_answered_with_a_document() {
    check(vec(any::<u8>(), 0..400), 500, &async |ec2, body| document(ec2.form(HOLDFAST, &body).await));
}

#[test]
fn anything_on_the_connection_is_answered_or_closed() {
    check(vec(any::<u8>(), 0..200), 300, &async |ec2, bytes| ec2.raw(&bytes).await);
}

/// Names of parameters as EC2 has them, and as it has not.
fn name() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "VolumeId",
        "InstanceId",
        "AllocationId",
        "ResourceId",
        "Filter",
        "Name",
        "Value",
        "Tag",
        "Key",
        "Device",
        "MaxResults",
        "NextToken",
        "DryRun",
        "MinCount",
        "MaxCount",
        "ImageId",
        "InstanceType",
        "Placement",
        "AvailabilityZone",
        "Size",
        "TagSpecification",
        "ResourceType",
        "SpotFleetRequestConfig",
        "Overrides",
        "LaunchTemplateConfigs",
        "LaunchTemplateSpecification",
        "LaunchTemplateId",
        "TargetCapacity",
        "Type",
        "TargetCapacitySpecification",
        "TotalTargetCapacity",
        "BlockDeviceMapping",
        "Ebs",
        "NetworkInterface",
        "DeviceIndex",
        "SecondaryPrivateIpAddressCount",
        "AutoScalingGroupName",
        "AutoScalingGroupNames",
        "InstanceIds",
        "member",
        "MaxRecords",
        "MinSize",
        "MaxSize",
        "DesiredCapacity",
        "AvailabilityZones",
        "LaunchTemplate",
        "LifecycleHookName",
        "LifecycleTransition",
        "HeartbeatTimeout",
        "LifecycleActionResult",
        "ShouldDecrementDesiredCapacity",
        "1",
        "2",
        "0",
        "-1",
        "99999999999",
        "",
    ]);
    vec(word, 1..5).prop_map(|words| words.join("."))
}

fn value() -> impl Strategy<Value = String> {
    let usual = prop::sample::select(vec![
        "",
        "1",
        "0",
        "-1",
        "1000",
        "4294967295",
        "18446744073709551616",
        "true",
        "false",
        "vol-00000000000000001",
        "i-00000000000000001",
        "us-east-1a",
        "ami-1",
        "t3.micro",
        "/dev/sdf",
        "instance",
        "*",
        "\\",
        "tag:a",
        "aws:a",
        "web",
        "CONTINUE",
        "autoscaling:EC2_INSTANCE_LAUNCHING",
    ]);
    prop_oneof![usual.prop_map(str::to_owned), any::<String>()]
}

#[test]
fn any_form_of_any_action_is_answered_with_a_document() {
    let action = prop::sample::select(Action::NAMES.to_vec());
    check((action, vec((name(), value()), 0..8)), 3000, &async |ec2, (action, parameters)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(parameters);
        document(ec2.form(HOLDFAST, form.finish().as_bytes()).await)
    });
}

#[test]
fn any_form_of_any_action_of_auto_scaling_is_answered_with_a_document() {
    let action = prop::sample::select(autoscaling::NAMES.to_vec());
    check((action, vec((name(), value()), 0..8)), 1000, &async |ec2, (action, parameters)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2011-01-01").extend_pairs(parameters);
        document(ec2.form(HOLDFAST, form.finish().as_bytes()).await)
    });
}

#[test]
fn a_group_of_any_size_is_made_or_refused() {
    let number = || prop_oneof![0..6_u64, 0..20_000_u64, any::<u32>().prop_map(u64::from), any::<u64>()];
    check((any::<u64>(), number(), number(), number()), 300, &async |ec2, (name, min, desired, max)| {
        let object =
            format!("{{\"name\": \"g{name}\", \"min\": {min}, \"desired\": {desired}, \"max\": {max}}}");
        let (status, answer) = ec2.command("group", &object).await;
        let is_good = min <= desired && desired <= max && desired <= 10_000 && u32::try_from(max).is_ok();
        assert_eq!(status == 200, is_good, "{object}: {answer}");
        Reply { status: Some(status), body: answer.to_string() }
    });
}

#[test]
fn any_command_is_answered_in_json() {
    let command = prop::sample::select(vec![
        "interrupt",
        "drain",
        "starve",
        "launch",
        "group",
        "scale",
        "end",
        "standby",
        "exit-standby",
        "faults",
        "weather",
        "events",
        "judge",
        "counts",
        "time",
        "quiet",
    ]);
    let object = prop_oneof![
        any::<String>(),
        "\\{\"(instance|volume|zone|group|name|desired|shares|script|lost|travel|spot|tags)\": ?(\"[a-z:=*0-9]{0,8}\"|[0-9.e-]{1,4}|\\[\\]|null|\\{\\})\\}",
    ];
    check((command, object), 500, &async |ec2, (command, object)| {
        let (status, answer) = ec2.command(command, &object).await;
        assert!(answer.is_object());
        Reply { status: Some(status), body: answer.to_string() }
    });
}
