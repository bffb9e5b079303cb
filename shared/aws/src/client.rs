//! The client of EC2: how often it tries, how long it waits, and its first connections.
//!
//! This module makes no call that EC2 counts.

use crate::calls::CallCounter;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::http::HttpRequest;
use aws_sdk_ec2::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{Builder, Config, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use futures_util::future::join_all;
use std::time::Duration;

/// How long an act, or one try of a question, may take.
const TRY: Duration = Duration::from_secs(3);

/// How many connections [`warm_up`] opens: HTTP/1.1 carries one call at a time, and a look asks for the
/// instances of a Spot Fleet by three tags side by side.
pub const WARM_CONNECTIONS: usize = 3;

/// What the environment says, as everywhere with an AWS SDK (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL`, and the same with
/// `_EC2`, `_SSM`, `_AUTO_SCALING` and `_EVENTBRIDGE`), with Holdfast's own retries and timeouts.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(retries())
        .timeout_config(timeouts())
        .load()
        .await
}

/// EC2 by that configuration, its requests counted.
pub fn ec2(config: &SdkConfig, calls: CallCounter) -> Client {
    Client::from_conf(Builder::from(config).interceptor(calls).build())
}

/// A question is asked up to three times, with the SDK's backoff and jitter in between (AWS SDKs and Tools
/// reference, "Retry behavior").
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// Each try of a question may take 3 seconds.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(TRY).build()
}

/// What an act has instead: it is tried once and ends within 3 seconds, so that none lands after the look that
/// justified it is stale.
pub(crate) fn once() -> Builder {
    once_within(TRY)
}

fn once_within(limit: Duration) -> Builder {
    Config::builder().retry_config(RetryConfig::disabled()).timeout_config(all_within(limit))
}

/// The time of an act, whichever service it goes to.
pub(crate) fn timeouts_of_an_act() -> TimeoutConfig {
    all_within(TRY)
}

fn all_within(limit: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(limit).operation_attempt_timeout(limit).build()
}

/// Opens the connections that the first calls will use, and ends `within` that time whatever happens.
///
/// The first TLS handshake is slow on the small share of a CPU that a function of little memory has, and fast
/// while Lambda initialises it. A failure is only logged: the calls themselves will tell.
pub async fn warm_up(client: &Client, within: Duration) {
    join_all((0..WARM_CONNECTIONS).map(|_| greet(client, within))).await;
}

/// Sends a bare `GET /` the way a call goes. Only so does the connection end up in the pool that the calls take
/// theirs from: the SDK keeps one pool for each combination of timeouts.
async fn greet(client: &Client, within: Duration) {
    let call =
        client.describe_addresses().customize().config_override(once_within(within)).interceptor(Greeting);
    match call.send().await {
        Err(error) if error.raw_response().is_none() => {
            tracing::debug!(
                error = crate::error::with_sources(&error),
                "could not connect to EC2 ahead of time"
            );
        }
        // What is answered to the greeting does not matter.
        Ok(_) | Err(_) => tracing::debug!("connected to EC2"),
    }
}

/// Replaces a call, signature and all, with `GET` of the endpoint.
#[derive(Debug)]
struct Greeting;

impl Intercept for Greeting {
    fn name(&self) -> &'static str {
        "Greeting"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let greeting = HttpRequest::get(context.request().uri())?;
        *context.request_mut() = greeting;
        Ok(())
    }
}
