//! Auto Scaling over HTTP: its answers, to the byte, and its pages.

use crate::client::{Ec2, OTHER, text};
use serde_json::json;

/// A local EC2 with a group `web` of as many instances that run.
pub(crate) async fn web(desired: u32) -> Ec2 {
    let ec2 = Ec2::still().await;
    let group = json!({"name": "web", "desired": desired, "max": 4, "zones": ["us-east-1a"]});
    ec2.control("group", group).await;
    ec2.pass(80).await;
    ec2
}

/// The ids of the group's instances.
pub(crate) async fn members(ec2: &Ec2) -> Vec<String> {
    let shown = ec2.scales("DescribeAutoScalingInstances").await;
    let ids = shown.split("<InstanceId>").skip(1).filter_map(|rest| rest.split_once('<'));
    ids.map(|(id, _)| id.to_owned()).collect()
}

/// The result, without the namespace and the request's id, which are checked here. An action without one has none.
fn result<'x>(xml: &'x str, action: &str) -> Option<&'x str> {
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response \
         xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">"
    );
    let rest = xml.strip_prefix(&head).unwrap_or_else(|| panic!("{xml}"));
    let rest = rest.strip_suffix(&format!("</RequestId></ResponseMetadata></{action}Response>"));
    let (rest, id) = rest.expect("an end").rsplit_once("<ResponseMetadata><RequestId>").expect("an id");
    assert_eq!(id.len(), 36);
    let result = rest.strip_prefix(&format!("<{action}Result>"));
    result.map(|rest| rest.strip_suffix(&format!("</{action}Result>")).expect("an end"))
}

#[tokio::test]
async fn a_group_is_made_changed_and_deleted() {
    let ec2 = Ec2::still().await;
    let template = "CreateLaunchTemplate&LaunchTemplateName=web&LaunchTemplateData.ImageId=ami-1\
                    &LaunchTemplateData.InstanceType=t3.micro";
    let id = text(&ec2.asks(template).await, "launchTemplateId").to_owned();
    let create = format!(
        "CreateAutoScalingGroup&AutoScalingGroupName=web&LaunchTemplate.LaunchTemplateId={id}&MinSize=0&MaxSize=4\
         &AvailabilityZones.member.1=us-east-1a&Tags.member.1.Key=a&Tags.member.1.Value=%3Cb%3E\
         &Tags.member.1.PropagateAtLaunch=true&CapacityRebalance=true"
    );
    assert_eq!(result(&ec2.scales(&create).await, "CreateAutoScalingGroup"), None);
    let ask = "DescribeAutoScalingGroups&AutoScalingGroupNames.member.1=web";
    let shown = ec2.scales(ask).await;
    let arn = text(&shown, "AutoScalingGroupARN");
    assert_eq!(
        result(&shown, "DescribeAutoScalingGroups").unwrap(),
        format!(
            "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>\
             <AutoScalingGroupARN>{arn}</AutoScalingGroupARN><LaunchTemplate>\
             <LaunchTemplateId>{id}</LaunchTemplateId><LaunchTemplateName>web</LaunchTemplateName>\
             <Version>1</Version></LaunchTemplate><MinSize>0</MinSize><MaxSize>4</MaxSize>\
             <DesiredCapacity>0</DesiredCapacity><DefaultCooldown>300</DefaultCooldown>\
             <AvailabilityZones><member>us-east-1a</member></AvailabilityZones>\
             <HealthCheckType>EC2</HealthCheckType><HealthCheckGracePeriod>0</HealthCheckGracePeriod>\
             <Instances/><CreatedTime>2026-11-23T12:00:00.000Z</CreatedTime><Tags><member>\
             <ResourceId>web</ResourceId><ResourceType>auto-scaling-group</ResourceType><Key>a</Key>\
             <Value>&lt;b&gt;</Value><PropagateAtLaunch>true</PropagateAtLaunch></member></Tags>\
             <TerminationPolicies><member>Default</member></TerminationPolicies>\
             <NewInstancesProtectedFromScaleIn>false</NewInstancesProtectedFromScaleIn>\
             <CapacityRebalance>true</CapacityRebalance></member></AutoScalingGroups>"
        )
    );
    let update = "UpdateAutoScalingGroup&AutoScalingGroupName=web&DesiredCapacity=1";
    assert_eq!(result(&ec2.scales(update).await, "UpdateAutoScalingGroup"), None);
    ec2.pass(80).await;
    let shown = ec2.scales(ask).await;
    assert_eq!(text(&shown, "LifecycleState"), "InService");
    assert_eq!(text(&shown, "HealthStatus"), "Healthy");
    let delete = "DeleteAutoScalingGroup&AutoScalingGroupName=web&ForceDelete=true";
    assert_eq!(result(&ec2.scales(delete).await, "DeleteAutoScalingGroup"), None);
    assert_eq!(text(&ec2.scales(ask).await, "Status"), "Delete in progress");
    ec2.pass(200).await;
    assert_eq!(
        result(&ec2.scales(ask).await, "DescribeAutoScalingGroups"),
        Some("<AutoScalingGroups/>"),
        "a name that is unknown is left out"
    );
}

#[tokio::test]
async fn an_instance_in_its_group_is_told_element_by_element() {
    let ec2 = web(1).await;
    let [id] = members(&ec2).await.try_into().unwrap();
    let ask = format!("DescribeAutoScalingInstances&InstanceIds.member.1={id}&InstanceIds.member.2=i-1");
    let shown = ec2.scales(&ask).await;
    let (template, name) = (text(&shown, "LaunchTemplateId"), text(&shown, "LaunchTemplateName"));
    assert_eq!(
        result(&shown, "DescribeAutoScalingInstances").unwrap(),
        format!(
            "<AutoScalingInstances><member><AutoScalingGroupName>web</AutoScalingGroupName>\
             <InstanceId>{id}</InstanceId><InstanceType>t3.micro</InstanceType>\
             <AvailabilityZone>us-east-1a</AvailabilityZone><LifecycleState>InService</LifecycleState>\
             <HealthStatus>HEALTHY</HealthStatus><LaunchTemplate><LaunchTemplateId>{template}</LaunchTemplateId>\
             <LaunchTemplateName>{name}</LaunchTemplateName><Version>1</Version></LaunchTemplate>\
             <ProtectedFromScaleIn>false</ProtectedFromScaleIn></member></AutoScalingInstances>"
        )
    );
    let none = ec2.scales("DescribeAutoScalingInstances&InstanceIds.member.1=banana").await;
    assert_eq!(result(&none, "DescribeAutoScalingInstances"), Some("<AutoScalingInstances/>"));
}

#[tokio::test]
async fn an_action_of_a_hook_is_delayed_and_completed() {
    let ec2 = web(1).await;
    let [id] = members(&ec2).await.try_into().unwrap();
    let put = "PutLifecycleHook&AutoScalingGroupName=web&LifecycleHookName=holdfast-terminate\
               &LifecycleTransition=autoscaling:EC2_INSTANCE_TERMINATING&HeartbeatTimeout=300\
               &DefaultResult=CONTINUE&NotificationMetadata=more";
    assert_eq!(result(&ec2.scales(put).await, "PutLifecycleHook"), Some(""));
    let hooks = "DescribeLifecycleHooks&AutoScalingGroupName=web";
    assert_eq!(
        result(&ec2.scales(hooks).await, "DescribeLifecycleHooks"),
        Some(
            "<LifecycleHooks><member><LifecycleHookName>holdfast-terminate</LifecycleHookName>\
             <AutoScalingGroupName>web</AutoScalingGroupName>\
             <LifecycleTransition>autoscaling:EC2_INSTANCE_TERMINATING</LifecycleTransition>\
             <NotificationMetadata>more</NotificationMetadata><HeartbeatTimeout>300</HeartbeatTimeout>\
             <GlobalTimeout>30000</GlobalTimeout><DefaultResult>CONTINUE</DefaultResult></member></LifecycleHooks>"
        )
    );
    let end =
        format!("TerminateInstanceInAutoScalingGroup&InstanceId={id}&ShouldDecrementDesiredCapacity=true");
    let ended = ec2.scales(&end).await;
    let (activity, started) = (text(&ended, "ActivityId"), text(&ended, "StartTime"));
    assert_eq!(
        result(&ended, "TerminateInstanceInAutoScalingGroup").unwrap(),
        format!(
            "<Activity><ActivityId>{activity}</ActivityId><AutoScalingGroupName>web</AutoScalingGroupName>\
             <Description>Terminating EC2 instance: {id}</Description><Cause>At the request of a user.</Cause>\
             <StartTime>{started}</StartTime><StatusCode>InProgress</StatusCode><Progress>0</Progress></Activity>"
        )
    );
    ec2.pass(4).await;
    let state = ec2.scales("DescribeAutoScalingInstances").await;
    assert_eq!(text(&state, "LifecycleState"), "Terminating:Wait");
    let action = format!("AutoScalingGroupName=web&LifecycleHookName=holdfast-terminate&InstanceId={id}");
    for _ in 0..2 {
        ec2.pass(200).await;
        let heartbeat = ec2.scales(&format!("RecordLifecycleActionHeartbeat&{action}")).await;
        assert_eq!(result(&heartbeat, "RecordLifecycleActionHeartbeat"), Some(""));
    }
    let complete = format!("CompleteLifecycleAction&{action}&LifecycleActionResult=CONTINUE");
    assert_eq!(result(&ec2.scales(&complete).await, "CompleteLifecycleAction"), Some(""));
    ec2.pass(200).await;
    assert_eq!(members(&ec2).await, [""; 0]);
    let delete = "DeleteLifecycleHook&AutoScalingGroupName=web&LifecycleHookName=holdfast-terminate";
    assert_eq!(result(&ec2.scales(delete).await, "DeleteLifecycleHook"), Some(""));
    assert_eq!(result(&ec2.scales(hooks).await, "DescribeLifecycleHooks"), Some("<LifecycleHooks/>"));
}

#[tokio::test]
async fn an_action_is_named_by_its_token_until_its_time_is_over() {
    for seconds in [200, 400] {
        let ec2 = Ec2::still().await;
        let hook = json!({"name": "up", "transition": "launching", "timeout": 300, "default": "CONTINUE"});
        ec2.control("group", json!({"name": "web", "desired": 1, "hooks": [hook]})).await;
        ec2.pass(80).await;
        let events = ec2.control("events", json!({})).await;
        let detail =
            |event: &serde_json::Value| Some(event["detail"]["LifecycleActionToken"].as_str()?.to_owned());
        let token = events["events"].as_array().unwrap().iter().find_map(detail).expect("a token");
        ec2.pass(seconds).await;
        let complete = format!(
            "CompleteLifecycleAction&AutoScalingGroupName=web&LifecycleHookName=up&LifecycleActionToken={token}\
             &LifecycleActionResult=CONTINUE"
        );
        let reply = ec2.scale(OTHER, &complete).await;
        if seconds < 300 {
            assert_eq!(reply.status, Some(200), "{}", reply.body);
        } else {
            let words = format!("No active Lifecycle Action found with token {token}");
            assert_eq!((text(&reply.body, "Code"), reply.status), ("ValidationError", Some(400)));
            assert_eq!(text(&reply.body, "Message"), words);
        }
    }
}

#[tokio::test]
async fn instances_go_to_standby_come_back_and_leave() {
    let ec2 = web(1).await;
    let [id] = members(&ec2).await.try_into().unwrap();
    let these = format!("AutoScalingGroupName=web&InstanceIds.member.1={id}");
    let decrement = "ShouldDecrementDesiredCapacity=true";
    for (action, call, doing, status, state) in [
        (
            "EnterStandby",
            format!("EnterStandby&{these}&{decrement}"),
            "Moving EC2 instance to Standby",
            "InProgress",
            Some("Standby"),
        ),
        (
            "ExitStandby",
            format!("ExitStandby&{these}"),
            "Moving EC2 instance out of Standby",
            "PreInService",
            Some("InService"),
        ),
        (
            "DetachInstances",
            format!("DetachInstances&{these}&{decrement}"),
            "Detaching EC2 instance",
            "InProgress",
            None,
        ),
    ] {
        let answer = ec2.scales(&call).await;
        let (activity, started) = (text(&answer, "ActivityId"), text(&answer, "StartTime"));
        assert_eq!(
            result(&answer, action).unwrap(),
            format!(
                "<Activities><member><ActivityId>{activity}</ActivityId>\
                 <AutoScalingGroupName>web</AutoScalingGroupName><Description>{doing}: {id}</Description>\
                 <Cause>At the request of a user.</Cause><StartTime>{started}</StartTime>\
                 <StatusCode>{status}</StatusCode><Progress>0</Progress></member></Activities>"
            )
        );
        ec2.pass(100).await;
        let shown = ec2.scales("DescribeAutoScalingInstances").await;
        let states = shown.split("<LifecycleState>").nth(1).and_then(|rest| rest.split('<').next());
        assert_eq!(states, state, "after {action}");
    }
}

#[tokio::test]
async fn pages_go_on_where_their_tokens_say_whatever_has_gone_since() {
    let ec2 = web(3).await;
    let all = members(&ec2).await;
    let ask = "DescribeAutoScalingInstances&MaxRecords=2";
    let first = ec2.scales(ask).await;
    let token = text(&first, "NextToken");
    assert_eq!(first.matches("<InstanceId>").count(), 2);
    let (told, rest): (Vec<_>, Vec<_>) = all.iter().partition(|id| first.contains(id.as_str()));
    let last = told.iter().max_by_key(|id| first.find(id.as_str())).unwrap();
    // Also when the instance at which the page ended is in the group no more.
    let leave = format!(
        "DetachInstances&AutoScalingGroupName=web&InstanceIds.member.1={last}&ShouldDecrementDesiredCapacity=true"
    );
    ec2.scales(&leave).await;
    ec2.pass(100).await;
    let second = ec2.scales(&format!("{ask}&NextToken={token}")).await;
    assert_eq!(second.matches("<InstanceId>").count(), 1);
    assert_eq!([&text(&second, "InstanceId")], *rest);
    assert!(!second.contains("NextToken"));
    for name in ["a", "b"] {
        ec2.control("group", json!({"name": name, "desired": 0})).await;
    }
    let ask = "DescribeAutoScalingGroups&MaxRecords=2";
    let first = ec2.scales(ask).await;
    let second = ec2.scales(&format!("{ask}&NextToken={}", text(&first, "NextToken"))).await;
    assert_eq!((first.matches("<MinSize>").count(), second.matches("<MinSize>").count()), (2, 1));
}

#[tokio::test]
async fn a_query_and_a_signature_tell_a_call_of_auto_scaling() {
    let ec2 = web(1).await;
    let ask = "Action=DescribeAutoScalingInstances&Version=2011-01-01";
    let head = format!("GET /?{ask} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let by_query = ec2.sent(head.as_bytes()).await;
    let by_signature = ec2.scaling_form(ask.as_bytes()).await;
    for reply in [by_query, by_signature] {
        assert_eq!(reply.status, Some(200), "{}", reply.body);
        assert_eq!(reply.body.matches("<InstanceId>").count(), 1);
    }
}
