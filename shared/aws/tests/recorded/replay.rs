//! An EC2 that answers exactly the requests that it was recorded with, each once, in any order.

use aws::{CallCounter, Ec2Client, Groups, Manager, client};
use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_ec2::config::{AsyncSleep, Builder, Credentials, Region, Sleep};
use aws_sdk_ec2::error::ConnectorError;
use aws_sdk_ec2::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What EC2 was asked, and how it answered.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    request: String,
    status: u16,
    answer: String,
}

/// The request in the form of EC2's query protocol, with its answer.
pub(crate) fn exchange(request: &str, status: u16, answer: &str) -> Exchange {
    Exchange { request: request.to_owned(), status, answer: answer.to_owned() }
}

/// A request's one filter; its name and values are to be encoded as EC2's query protocol wants them.
pub(crate) fn filter(name: &str, values: &[impl AsRef<str>]) -> String {
    let value =
        |(index, value): (usize, &_)| format!("&Filter.1.Value.{}={}", index + 1, AsRef::as_ref(value));
    let values: Vec<String> = values.iter().enumerate().map(value).collect();
    format!("&Filter.1.Name={name}{}", values.concat())
}

/// EC2's answer to `action`: `content` within the envelope that EC2 puts around it.
pub(crate) fn response(action: &str, content: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
    {content}
</{action}Response>"#
    )
}

/// EC2's refusal.
pub(crate) fn refusal(code: &str, message: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"#
    )
}

/// The requests that are still to come, and those that nobody expected.
#[derive(Debug, Clone)]
pub(crate) struct Replay {
    expected: Arc<Mutex<Vec<Exchange>>>,
    unexpected: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    /// An EC2 that knows these exchanges, and a client of it with the retries and timeouts of the functions. Only
    /// the pauses between tries are left out.
    pub(crate) fn new(exchanges: impl IntoIterator<Item = Exchange>) -> (Self, Ec2Client) {
        let (replay, client, _) = Self::counted(exchanges);
        (replay, client)
    }

    /// The same, with the count of what the client sends.
    pub(crate) fn counted(exchanges: impl IntoIterator<Item = Exchange>) -> (Self, Ec2Client, CallCounter) {
        let replay = Self {
            expected: Arc::new(Mutex::new(exchanges.into_iter().collect())),
            unexpected: Arc::default(),
        };
        let calls = CallCounter::default();
        let client = client_of(replay.clone(), |config| config.interceptor(calls.clone()));
        (replay, client, calls)
    }

    /// Fails the test unless exactly the recorded requests were made.
    pub(crate) fn assert_complete(&self) {
        let unexpected = self.unexpected.lock().unwrap();
        assert!(unexpected.is_empty(), "unexpected requests: {unexpected:#?}");
        let missing = self.expected.lock().unwrap();
        assert!(missing.is_empty(), "requests that never came: {missing:#?}");
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = body(&request);
        let mut expected = self.expected.lock().unwrap();
        let Some(place) = expected.iter().position(|exchange| exchange.request == body) else {
            let problem = format!("not recorded: {body}").into();
            self.unexpected.lock().unwrap().push(body);
            return HttpConnectorFuture::ready(Err(ConnectorError::user(problem)));
        };
        let exchange = expected.remove(place);
        let status = exchange.status.try_into().unwrap();
        let mut response = HttpResponse::new(status, exchange.answer.into());
        if status.is_success() {
            response.headers_mut().insert("content-type", "text/xml;charset=UTF-8");
        } else {
            response.headers_mut().insert("x-amzn-requestid", "ea966190");
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// An EC2 that takes every request and never answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Silence {
    requests: Arc<Mutex<Vec<String>>>,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Silence {
    /// A client of it, for which time does not pass.
    pub(crate) fn client(&self) -> Ec2Client {
        self.counted_client(CallCounter::default())
    }

    /// The same, with a count of what it sends.
    pub(crate) fn counted_client(&self, calls: CallCounter) -> Ec2Client {
        client_of(self.clone(), |config| config.sleep_impl(self.clone()).interceptor(calls))
    }

    /// The actions that were asked for.
    pub(crate) fn actions(&self) -> Vec<String> {
        let action = |body: &String| body.split(['=', '&']).nth(1).unwrap().to_owned();
        self.requests.lock().unwrap().iter().map(action).collect()
    }

    /// How often the client was ready to wait for so long.
    pub(crate) fn waits_of(&self, duration: Duration) -> usize {
        let waits = self.waits.lock().unwrap();
        waits.iter().filter(|wait| **wait == duration).count()
    }
}

impl HttpConnector for Silence {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.lock().unwrap().push(body(&request));
        HttpConnectorFuture::new(std::future::pending())
    }
}

impl AsyncSleep for Silence {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.waits.lock().unwrap().push(duration);
        Sleep::new(std::future::ready(()))
    }
}

fn client_of(
    connector: impl HttpConnector + 'static,
    configure: impl FnOnce(Builder) -> Builder,
) -> Ec2Client {
    let connector = SharedHttpConnector::new(connector);
    let config = base().http_client(http_client_fn(move |_, _| connector.clone()));
    Ec2Client::new(Client::from_conf(configure(config).build()), no_manager(), no_groups())
}

/// A Systems Manager that is not asked.
pub(crate) fn no_manager() -> Manager {
    let config = aws_sdk_ssm::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_ssm::config::Region::from_static("us-east-1"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Silence::default())));
    Manager::of(aws_sdk_ssm::Client::from_conf(config.build()))
}

/// An EC2 Auto Scaling that is not asked.
pub(crate) fn no_groups() -> Groups {
    groups_of(Silence::default())
}

/// EC2 Auto Scaling behind the connector.
pub(crate) fn groups_of(connector: impl HttpConnector + 'static) -> Groups {
    let connector = SharedHttpConnector::new(connector);
    let config = aws_sdk_autoscaling::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_autoscaling::config::Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "recorded"))
        .retry_config(client::retries().with_max_backoff(Duration::ZERO))
        .timeout_config(client::timeouts())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    Groups::of(aws_sdk_autoscaling::Client::from_conf(config.build()))
}

/// The configuration of the functions, with invented credentials and without pauses between tries.
pub(crate) fn base() -> Builder {
    Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "recorded"))
        .retry_config(client::retries().with_max_backoff(Duration::ZERO))
        .timeout_config(client::timeouts())
}

fn body(request: &HttpRequest) -> String {
    let bytes = request.body().bytes().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
