//! EC2 Auto Scaling: exactly what is asked, and what is made of the answer.

use crate::replay::{base, groups_of, no_manager};
use aws::Ec2Client;
use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use planner::ids::{FleetName, InstanceId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState, Transition};
use reconciler::class::{Class, class};
use reconciler::ec2::{Cause, Ec2, Ec2Error};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// An EC2 Auto Scaling that writes down each call, and answers as it was told.
#[derive(Debug, Clone)]
struct Answers {
    calls: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
}

impl Answers {
    fn new(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        Self { calls: Arc::default(), answers: Arc::new(Mutex::new(answers.into_iter().collect())) }
    }

    fn ec2(&self) -> Ec2Client {
        let ec2 = aws_sdk_ec2::Client::from_conf(base().build());
        Ec2Client::new(ec2, no_manager(), groups_of(self.clone()))
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        self.calls.lock().unwrap().push(body);
        let (status, answer) = self.answers.lock().unwrap().remove(0);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), answer.into())))
    }
}

fn response(action: &str, content: &str) -> (u16, String) {
    let answer = format!(
        r#"<{action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><{action}Result>{content}</{action}Result><ResponseMetadata><RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ResponseMetadata></{action}Response>"#
    );
    (200, answer)
}

fn refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let answer = format!(
        r#"<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ErrorResponse>"#
    );
    (status, answer)
}

fn id(n: u32) -> InstanceId {
    InstanceId::parse(&format!("i-{n:08x}")).unwrap()
}

fn web() -> FleetName {
    FleetName::new("web")
}

fn details(n: u32, state: &str) -> String {
    format!(
        "<member><InstanceId>{}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>\
         <LifecycleState>{state}</LifecycleState><HealthStatus>HEALTHY</HealthStatus></member>",
        id(n)
    )
}

async fn states(answers: &Answers, ids: &BTreeSet<InstanceId>) -> BTreeMap<InstanceId, LifecycleState> {
    answers.ec2().lifecycle_states(ids).await.unwrap()
}

#[tokio::test]
async fn states_are_asked_for_by_id_and_read_page_by_page() {
    let action = "DescribeAutoScalingInstances";
    let page = |members: &[String], more: &str| {
        response(action, &format!("<AutoScalingInstances>{}</AutoScalingInstances>{more}", members.concat()))
    };
    let answers = Answers::new([
        page(&[details(1, "InService")], "<NextToken>more</NextToken>"),
        page(&[details(2, "Terminating:Wait"), details(9, "")], ""),
    ]);
    let ids = BTreeSet::from([id(1), id(2), id(3)]);
    let expected = BTreeMap::from([
        (id(1), LifecycleState::new("InService")),
        (id(2), LifecycleState::new("Terminating:Wait")),
        (id(9), LifecycleState::new("")),
    ]);
    assert_eq!(states(&answers, &ids).await, expected);
    let asked = "Action=DescribeAutoScalingInstances&Version=2011-01-01&InstanceIds.member.1=i-00000001\
                 &InstanceIds.member.2=i-00000002&InstanceIds.member.3=i-00000003";
    assert_eq!(answers.calls(), [asked.to_owned(), format!("{asked}&NextToken=more")]);
}

#[tokio::test]
async fn more_instances_than_one_call_takes_are_asked_about_in_several() {
    let empty = || response("DescribeAutoScalingInstances", "<AutoScalingInstances/>");
    let answers = Answers::new([empty(), empty()]);
    let ids: BTreeSet<InstanceId> = (1..=51).map(id).collect();
    assert_eq!(states(&answers, &ids).await, BTreeMap::new());
    let mut counts: Vec<usize> =
        answers.calls().iter().map(|call| call.matches("InstanceIds.member").count()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 50]);
}

#[tokio::test]
async fn hooks_of_a_group_are_read_and_those_of_unknown_transitions_left_out() {
    let hook = |name: &str, transition: &str| {
        format!(
            "<member><AutoScalingGroupName>web</AutoScalingGroupName><LifecycleHookName>{name}</LifecycleHookName>\
             <LifecycleTransition>autoscaling:{transition}</LifecycleTransition><HeartbeatTimeout>300</HeartbeatTimeout>\
             <GlobalTimeout>30000</GlobalTimeout><DefaultResult>CONTINUE</DefaultResult></member>"
        )
    };
    let hooks = [
        hook("holdfast-launch", "EC2_INSTANCE_LAUNCHING"),
        hook("backup", "EC2_INSTANCE_TERMINATING"),
        hook("test", "TEST_NOTIFICATION"),
    ];
    let listed = format!("<LifecycleHooks>{}</LifecycleHooks>", hooks.concat());
    let answers = Answers::new([response("DescribeLifecycleHooks", &listed)]);
    let of = |name: &str, transition| LifecycleHook { group: web(), name: name.to_owned(), transition };
    let expected = [of("holdfast-launch", Transition::Launching), of("backup", Transition::Terminating)];
    assert_eq!(answers.ec2().lifecycle_hooks(&web()).await.unwrap(), expected);
    let asked = "Action=DescribeLifecycleHooks&Version=2011-01-01&AutoScalingGroupName=web";
    assert_eq!(answers.calls(), [asked]);
}

#[tokio::test]
async fn an_action_is_completed_by_the_instance_and_not_by_a_token() {
    let answers =
        Answers::new([response("CompleteLifecycleAction", ""), response("CompleteLifecycleAction", "")]);
    for result in [ActionResult::Continue, ActionResult::Abandon] {
        let done = answers.ec2().complete_lifecycle_action(&web(), "holdfast-launch", &id(1), result).await;
        assert_eq!(done, Ok(()));
    }
    let asked = |result: &str| {
        format!(
            "Action=CompleteLifecycleAction&Version=2011-01-01&LifecycleHookName=holdfast-launch\
             &AutoScalingGroupName=web&LifecycleActionResult={result}&InstanceId=i-00000001"
        )
    };
    assert_eq!(answers.calls(), [asked("CONTINUE"), asked("ABANDON")]);
}

#[tokio::test]
async fn a_heartbeat_names_the_instance() {
    let answers = Answers::new([response("RecordLifecycleActionHeartbeat", "")]);
    assert_eq!(answers.ec2().record_heartbeat(&web(), "holdfast-launch", &id(1)).await, Ok(()));
    let asked = "Action=RecordLifecycleActionHeartbeat&Version=2011-01-01&LifecycleHookName=holdfast-launch\
                 &AutoScalingGroupName=web&InstanceId=i-00000001";
    assert_eq!(answers.calls(), [asked]);
}

#[tokio::test]
async fn acts_are_tried_once_and_questions_again() {
    let busy = || refusal(500, "InternalFailure", "try again");
    let answers = Answers::new([busy(), busy()]);
    let ec2 = answers.ec2();
    assert!(ec2.complete_lifecycle_action(&web(), "h", &id(1), ActionResult::Continue).await.is_err());
    assert!(ec2.record_heartbeat(&web(), "h", &id(1)).await.is_err());
    assert_eq!(answers.calls().len(), 2);
    let answers = Answers::new([busy(), response("DescribeLifecycleHooks", "<LifecycleHooks/>")]);
    assert_eq!(answers.ec2().lifecycle_hooks(&web()).await, Ok(vec![]));
}

#[tokio::test]
async fn each_refusal_is_understood() {
    let gone = "No active Lifecycle Action found with instance ID i-00000001";
    for (status, code, message, expected) in [
        (400, "ValidationError", gone, Class::Conflict),
        (400, "Throttling", "Rate exceeded", Class::Transient),
        (500, "ResourceContention", "You already have a pending update", Class::Transient),
        (403, "AccessDenied", "not authorized", Class::Permanent),
    ] {
        let answers = Answers::new([refusal(status, code, message)]);
        let done = answers.ec2().complete_lifecycle_action(&web(), "h", &id(1), ActionResult::Continue).await;
        let error: Ec2Error = done.unwrap_err();
        assert_eq!(class(&error), expected, "{error}");
        let Cause::Answer { message: told, .. } = error.cause else { panic!("{error}") };
        assert!(told.starts_with(message), "{told}");
    }
}
