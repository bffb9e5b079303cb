//! Auto Scaling over HTTP: what it refuses, and what befalls its calls on the way.

use crate::client::{Ec2, HOLDFAST, OTHER, Reply, text};
use crate::groups::{members, web};
use local_ec2::{Setup, Speed};
use serde_json::json;

/// That a refusal is Auto Scaling's document, and which one.
#[track_caller]
fn refused(reply: &Reply) -> (&str, u16) {
    let (code, message) = (text(&reply.body, "Code"), text(&reply.body, "Message"));
    let id = text(&reply.body, "RequestId");
    let status = reply.status.expect("an answer");
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    assert_eq!(
        reply.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse \
             xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\"><Error><Type>{kind}</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
        )
    );
    assert_eq!(id.len(), 36);
    (code, status)
}

#[tokio::test]
async fn each_refusal_has_its_code_and_its_words() {
    let ec2 = web(1).await;
    let instances = "DescribeAutoScalingInstances";
    let hook = "AutoScalingGroupName=web&LifecycleHookName=up";
    let ids: Vec<String> = (1..=51).map(|number| format!("&InstanceIds.member.{number}=i-1")).collect();
    let too_many = ids.concat();
    for (call, code, words) in [
        ("DescribeBananas".to_owned(), "InvalidAction", "Could not find operation DescribeBananas"),
        // One of EC2's is none of Auto Scaling's.
        ("DescribeVolumes".to_owned(), "InvalidAction", "Could not find operation DescribeVolumes"),
        (format!("{instances}&Banana=1"), "ValidationError", "The parameter Banana is not recognized"),
        (format!("{instances}&InstanceIds.1=i-1"), "ValidationError", "InstanceIds.1 is not recognized"),
        (format!("{instances}&MaxRecords=many"), "ValidationError", "Value (many) for parameter MaxRecords"),
        (format!("{instances}&MaxRecords=-1"), "ValidationError", "Value (-1) for parameter MaxRecords"),
        (format!("{instances}&MaxRecords=0"), "ValidationError", "value greater than or equal to 1"),
        (format!("{instances}&MaxRecords=51"), "ValidationError", "value less than or equal to 50"),
        (
            "DescribeAutoScalingGroups&MaxRecords=101".to_owned(),
            "ValidationError",
            "less than or equal to 100",
        ),
        (format!("{instances}{too_many}"), "ValidationError", "limited to 50"),
        (format!("{instances}&NextToken=banana"), "InvalidNextToken", "The token 'banana' is invalid"),
        (format!("{instances}&NextToken=%00%C3%A9"), "InvalidNextToken", "is invalid"),
        ("DescribeLifecycleHooks".to_owned(), "ValidationError", "Value null at 'autoScalingGroupName'"),
        (
            "DescribeLifecycleHooks&AutoScalingGroupName=nobody".to_owned(),
            "ValidationError",
            "AutoScalingGroup name not found",
        ),
        (
            "UpdateAutoScalingGroup&AutoScalingGroupName=nobody&MinSize=0".to_owned(),
            "ValidationError",
            "AutoScalingGroup name not found",
        ),
        (
            "UpdateAutoScalingGroup&AutoScalingGroupName=web&MaxSize=4294967296".to_owned(),
            "ValidationError",
            "Value (4294967296) for parameter MaxSize",
        ),
        (
            "UpdateAutoScalingGroup&AutoScalingGroupName=web&MixedInstancesPolicy.LaunchTemplate=1"
                .to_owned(),
            "ValidationError",
            "The parameter MixedInstancesPolicy.LaunchTemplate is not recognized",
        ),
        (
            "DeleteAutoScalingGroup&AutoScalingGroupName=web&ForceDelete=yes".to_owned(),
            "ValidationError",
            "Value (yes) for parameter ForceDelete",
        ),
        ("DeleteAutoScalingGroup&AutoScalingGroupName=web".to_owned(), "ResourceInUse", "You cannot delete"),
        (
            "TerminateInstanceInAutoScalingGroup&InstanceId=i-1&ShouldDecrementDesiredCapacity=true"
                .to_owned(),
            "ValidationError",
            "No managed instance found for instance ID i-1",
        ),
        (
            format!("CompleteLifecycleAction&{hook}&InstanceId=i-1&LifecycleActionResult=CONTINUE"),
            "ValidationError",
            "No active Lifecycle Action found with instance ID i-1",
        ),
        (
            format!("RecordLifecycleActionHeartbeat&{hook}&LifecycleActionToken=banana"),
            "ValidationError",
            "No active Lifecycle Action found with token banana",
        ),
        (format!("RecordLifecycleActionHeartbeat&{hook}"), "ValidationError", "Value null at 'instanceId'"),
        (
            format!("PutLifecycleHook&{hook}&LifecycleTransition=banana"),
            "ValidationError",
            "Invalid lifecycle transition banana",
        ),
        (
            format!("PutLifecycleHook&{hook}&HeartbeatTimeout=soon"),
            "ValidationError",
            "Value (soon) for parameter HeartbeatTimeout",
        ),
    ] {
        let reply = ec2.scale(OTHER, &call).await;
        assert_eq!(refused(&reply), (code, 400), "{call}: {}", reply.body);
        let message = text(&reply.body, "Message").replace("&apos;", "'");
        assert!(message.contains(words), "{call}: {message}");
    }
}

#[tokio::test]
async fn what_is_signed_for_auto_scaling_is_refused_in_its_own_form() {
    let ec2 = Ec2::still().await;
    for (body, code) in [
        ("", "MissingAction"),
        ("Version=2011-01-01", "MissingAction"),
        ("Action=DescribeAutoScalingInstances", "ValidationError"),
        ("Action=DescribeAutoScalingInstances&Version=2016-11-15", "InvalidAction"),
        ("Action=A&Action=B&Version=2011-01-01", "MalformedQueryString"),
    ] {
        let reply = ec2.scaling_form(body.as_bytes()).await;
        assert_eq!(refused(&reply), (code, 400), "{body}");
    }
}

#[tokio::test]
async fn a_token_is_good_for_its_own_action_alone() {
    let ec2 = web(2).await;
    ec2.control("group", json!({"name": "other", "desired": 0})).await;
    let first = ec2.scales("DescribeAutoScalingInstances&MaxRecords=1").await;
    let token = text(&first, "NextToken");
    let reply = ec2.scale(OTHER, &format!("DescribeAutoScalingGroups&NextToken={token}")).await;
    assert_eq!(refused(&reply), ("InvalidNextToken", 400));
    let reply = ec2.scale(OTHER, &format!("DescribeAutoScalingInstances&NextToken={token}0")).await;
    assert_eq!(refused(&reply), ("InvalidNextToken", 400));
}

#[tokio::test]
async fn what_comes_too_often_is_throttled_with_400() {
    let ec2 = Ec2::start(Setup::default(), Speed::new(0.0001).unwrap()).await;
    let call = "DeleteAutoScalingGroup&AutoScalingGroupName=nobody";
    for _ in 0..50 {
        assert_eq!(refused(&ec2.scale(OTHER, call).await), ("ValidationError", 400));
    }
    let reply = ec2.scale(OTHER, call).await;
    assert_eq!(refused(&reply), ("Throttling", 400));
    assert_eq!(text(&reply.body, "Message"), "Rate exceeded");
    ec2.pass(1).await;
    assert_eq!(refused(&ec2.scale(OTHER, call).await), ("ValidationError", 400));
    assert_eq!(ec2.control("counts", json!({})).await["throttled"], 1);
}

/// An instance that waits at the hook `up` of its group, and Holdfast's call that lets it go on.
async fn waiting() -> (Ec2, String) {
    let ec2 = Ec2::still().await;
    let hook = json!({"name": "up", "transition": "launching", "timeout": 7200});
    ec2.control("group", json!({"name": "web", "desired": 1, "hooks": [hook]})).await;
    ec2.pass(80).await;
    let [id] = members(&ec2).await.try_into().unwrap();
    let action = format!("AutoScalingGroupName=web&LifecycleHookName=up&InstanceId={id}");
    (ec2, format!("CompleteLifecycleAction&{action}&LifecycleActionResult=CONTINUE"))
}

async fn waits(ec2: &Ec2) -> bool {
    let shown = ec2.scales("DescribeAutoScalingInstances").await;
    text(&shown, "LifecycleState") == "Pending:Wait"
}

#[tokio::test]
async fn a_refusal_on_demand_is_its_document_and_nothing_is_done() {
    let (ec2, complete) = waiting().await;
    let question = "DescribeLifecycleHooks&AutoScalingGroupName=web";
    for (fault, of_the_act, of_the_question) in [
        ("refused", ("ValidationError", 400), ("AccessDenied", 403)),
        ("denied", ("AccessDenied", 403), ("AccessDenied", 403)),
        ("throttled", ("Throttling", 400), ("Throttling", 400)),
        ("5xx", ("InternalFailure", 500), ("InternalFailure", 500)),
    ] {
        for (call, expected) in [(complete.as_str(), of_the_act), (question, of_the_question)] {
            ec2.control("faults", json!({"script": {"0": fault}})).await;
            assert_eq!(refused(&ec2.scale(HOLDFAST, call).await), expected, "{fault} of {call}");
        }
        assert!(waits(&ec2).await, "{fault}");
    }
    assert_eq!(ec2.scale(HOLDFAST, &complete).await.status, Some(200));
    assert!(!waits(&ec2).await);
    assert_eq!(ec2.control("judge", json!({})).await["violations"], json!([]));
}

#[tokio::test]
async fn a_connection_that_breaks_has_no_answer_before_or_after_the_call() {
    for (fault, lands) in [("reset", false), ("crash", false), ("crash-after", true)] {
        let (ec2, complete) = waiting().await;
        ec2.control("faults", json!({"shares": format!("CompleteLifecycleAction:{fault}=1")})).await;
        let nothing = Reply { status: None, body: String::new() };
        assert_eq!(ec2.scale(HOLDFAST, &complete).await, nothing, "{fault}");
        assert_eq!(waits(&ec2).await, !lands, "{fault}");
    }
}
