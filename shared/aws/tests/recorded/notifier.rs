//! Notifications: what EventBridge is sent, and that nothing it does stands in the way.

use aws::Notifier;
use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::{Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use reconciler::notifications::{Kind, Notification};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_mins(1);

/// An EventBridge that writes down the entries of each call, and answers as it was told, or never.
#[derive(Debug, Clone, Default)]
struct Bus {
    calls: Arc<Mutex<Vec<Vec<Value>>>>,
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl Bus {
    /// One that answers the calls so, in their order.
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    fn notifier(&self) -> Notifier {
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version_latest()
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "recorded"))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        Notifier::of(Client::from_conf(config.build()))
    }

    fn calls(&self) -> Vec<Vec<Value>> {
        self.calls.lock().unwrap().clone()
    }
}

impl HttpConnector for Bus {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.headers().get("x-amz-target"), Some("AWSEvents.PutEvents"));
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.calls.lock().unwrap().push(body["Entries"].as_array().unwrap().clone());
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            return HttpConnectorFuture::new(std::future::pending());
        }
        let (status, answer) = answers.remove(0);
        let response = HttpResponse::new(status.try_into().unwrap(), answer.to_string().into());
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// As many as that, told apart by their slots.
fn notifications(count: usize) -> Vec<Notification> {
    let notification =
        |n| Notification { kind: Kind::Held, detail: json!({"fleet": "web", "slot": format!("{n}")}) };
    (0..count).map(notification).collect()
}

fn accepted() -> (u16, Value) {
    (200, json!({"FailedEntryCount": 0, "Entries": []}))
}

#[tokio::test]
async fn an_event_goes_to_the_default_bus_in_holdfast_s_name() {
    let bus = Bus::answering([accepted()]);
    bus.notifier().send(&notifications(1), LONG).await;
    let entry = json!({"Source": "holdfast", "DetailType": "Slot Held",
        "Detail": r#"{"fleet":"web","slot":"0"}"#});
    assert_eq!(bus.calls(), [[entry]]);
}

#[tokio::test]
async fn ten_events_go_in_one_call_and_the_eleventh_in_another() {
    let bus = Bus::answering([accepted(), accepted()]);
    bus.notifier().send(&notifications(12), LONG).await;
    assert_eq!(bus.calls().iter().map(Vec::len).collect::<Vec<_>>(), [10, 2]);
}

#[tokio::test]
async fn nothing_to_tell_is_no_call() {
    let bus = Bus::default();
    bus.notifier().send(&[], LONG).await;
    assert_eq!(bus.calls(), Vec::<Vec<Value>>::new());
}

#[tokio::test]
async fn a_refused_call_or_event_keeps_no_other_from_being_sent() {
    let denied = (400, json!({"__type": "AccessDeniedException", "message": "not authorized"}));
    let entries = json!([{"ErrorCode": "InternalFailure", "ErrorMessage": "oops"}]);
    let refused = (200, json!({"FailedEntryCount": 1, "Entries": entries}));
    let bus = Bus::answering([denied, refused, accepted()]);
    bus.notifier().send(&notifications(21), LONG).await;
    assert_eq!(bus.calls().iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 1]);
}

#[tokio::test]
async fn a_silent_bus_is_left_in_time() {
    let bus = Bus::default();
    bus.notifier().send(&notifications(1), Duration::from_millis(50)).await;
    assert_eq!(bus.calls().len(), 1);
}
