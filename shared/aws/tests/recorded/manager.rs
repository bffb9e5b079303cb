//! Systems Manager: exactly what is asked, and what is made of the answer.

use crate::replay::{base, no_groups};
use aws::{Ec2Client, Manager};
use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_ssm::Client;
use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::{Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use chrono::DateTime;
use planner::ids::{InstanceId, VolumeId};
use reconciler::class::{Class, class};
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error, ListedCommand};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A Systems Manager that writes down each call, and answers as it was told.
#[derive(Debug, Clone, Default)]
struct Answers {
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl Answers {
    fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    fn ec2(&self) -> Ec2Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version_latest()
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "recorded"))
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::ZERO))
            .http_client(http_client_fn(move |_, _| connector.clone()));
        let manager = Manager::of(Client::from_conf(config.build()));
        Ec2Client::new(aws_sdk_ec2::Client::from_conf(base().build()), manager, no_groups())
    }

    fn calls(&self) -> Vec<(String, Value)> {
        self.calls.lock().unwrap().clone()
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.calls.lock().unwrap().push((target, body));
        let (status, answer) = self.answers.lock().unwrap().remove(0);
        let response = HttpResponse::new(status.try_into().unwrap(), answer.to_string().into());
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn instance() -> InstanceId {
    InstanceId::parse("i-0123456789abcdef0").unwrap()
}

fn volumes() -> [VolumeId; 2] {
    ["vol-0a1b2c3d4e5f60718", "vol-0a1b2c3d4e5f60719"].map(|id| VolumeId::parse(id).unwrap())
}

fn since() -> DateTime<chrono::Utc> {
    DateTime::parse_from_rfc3339("2026-11-23T12:00:00.5Z").unwrap().to_utc()
}

async fn commands(answers: &Answers) -> Result<Vec<ListedCommand>, Ec2Error> {
    answers.ec2().commands(&instance(), since()).await
}

async fn send(answers: &Answers) -> Result<(), Ec2Error> {
    answers.ec2().send_command(&instance(), "Drain", &volumes()).await
}

#[tokio::test]
async fn a_command_goes_to_one_instance_and_names_every_volume() {
    let answers = Answers::new([(200, json!({"Command": {"CommandId": "c-1", "Status": "Pending"}}))]);
    assert_eq!(send(&answers).await, Ok(()));
    let body = json!({"DocumentName": "Drain", "InstanceIds": ["i-0123456789abcdef0"], "TimeoutSeconds": 30,
        "Parameters": {"volumes": ["vol-0a1b2c3d4e5f60718 vol-0a1b2c3d4e5f60719"]}});
    assert_eq!(answers.calls(), [("AmazonSSM.SendCommand".to_owned(), body)]);
}

#[tokio::test]
async fn the_record_is_read_page_by_page() {
    let first = json!({
        "CommandId": "c-1", "DocumentName": "Drain", "DocumentVersion": "$DEFAULT", "Comment": "",
        "InstanceIds": ["i-0123456789abcdef0"], "Targets": [], "TargetCount": 1, "CompletedCount": 1,
        "RequestedDateTime": 1_795_435_200.25, "ExpiresAfter": 1_795_435_290.25,
        "Parameters": {"volumes": ["vol-0a1b2c3d4e5f60718 vol-0a1b2c3d4e5f60719"], "units": [""]},
        "Status": "TimedOut", "StatusDetails": "DeliveryTimedOut"
    });
    let second = json!({"CommandId": "c-2", "InstanceIds": [], "Parameters": {"commands": ["ls"]}});
    let third = json!({"Status": "Surprise"});
    let answers = Answers::new([
        (200, json!({"Commands": [first, second], "NextToken": "more"})),
        (200, json!({"Commands": [third]})),
    ]);
    let expected = [
        ListedCommand {
            id: "c-1".to_owned(),
            document: "Drain".to_owned(),
            instances: vec!["i-0123456789abcdef0".to_owned()],
            volumes: vec!["vol-0a1b2c3d4e5f60718 vol-0a1b2c3d4e5f60719".to_owned()],
            requested: DateTime::from_timestamp(1_795_435_200, 250_000_000),
            status: "TimedOut".to_owned(),
            details: "DeliveryTimedOut".to_owned(),
        },
        ListedCommand { id: "c-2".to_owned(), ..ListedCommand::default() },
        ListedCommand { status: "Surprise".to_owned(), ..ListedCommand::default() },
    ];
    assert_eq!(commands(&answers).await, Ok(expected.into()));
    let page = |token: Option<&str>| {
        let mut body = json!({"InstanceId": "i-0123456789abcdef0", "MaxResults": 50,
            "Filters": [{"key": "InvokedAfter", "value": "2026-11-23T12:00:00Z"}]});
        if let Some(token) = token {
            body["NextToken"] = json!(token);
        }
        ("AmazonSSM.ListCommands".to_owned(), body)
    };
    assert_eq!(answers.calls(), [page(None), page(Some("more"))]);
}

#[tokio::test]
async fn no_command_is_no_failure() {
    assert_eq!(commands(&Answers::new([(200, json!({"Commands": []}))])).await, Ok(vec![]));
    assert_eq!(commands(&Answers::new([(200, json!({}))])).await, Ok(vec![]));
}

fn refusal(code: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws.ssm#{code}"), "message": "no"}))
}

#[tokio::test]
async fn what_is_refused_is_told_by_its_code() {
    for code in ["InvalidInstanceId", "InvalidDocument", "InvalidParameters", "AccessDeniedException"] {
        let error = send(&Answers::new([refusal(code)])).await.unwrap_err();
        let Cause::Answer { code: told, .. } = &error.cause else { panic!("{error}") };
        assert_eq!((error.action, told.as_str()), (Action::SendCommand, code));
        assert_eq!(class(&error), Class::Permanent);
    }
}

#[tokio::test]
async fn an_act_is_tried_once_and_a_question_three_times() {
    let throttled = || refusal("ThrottlingException");
    let answers = Answers::new([throttled()]);
    assert_eq!(class(&send(&answers).await.unwrap_err()), Class::Transient);
    assert_eq!(answers.calls().len(), 1);
    let answers = Answers::new([throttled(), throttled(), throttled()]);
    assert_eq!(class(&commands(&answers).await.unwrap_err()), Class::Transient);
    assert_eq!(answers.calls().len(), 3);
}
