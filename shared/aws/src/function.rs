//! A Lambda function: what it does when it starts, and for each invocation.

use crate::calls::CallCounter;
use crate::client;
use crate::ec2::Ec2Client;
use crate::environment;
use crate::groups::Groups;
use crate::manager::Manager;
use crate::notifier::Notifier;
use crate::payload::Payload;
use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::{Diagnostic, LambdaEvent};
use reconciler::clock::{Clock, WallClock};
use reconciler::events::{InvalidEvent, Trigger};
use reconciler::invocation::{self, Failure};
use reconciler::metrics;
use reconciler::notifications::{self, Census, Notification};
use reconciler::report::Report;
use reconciler::settings::{InvalidSetting, Settings};
use serde_json::Value;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// For how long start-up may wait for EC2. Lambda gives initialisation 10 seconds in all.
const WARM_UP: Duration = Duration::from_secs(2);

/// How long notifications may take at most, the first connection to EventBridge included.
const TO_NOTIFY: Duration = Duration::from_secs(3);

/// What is kept of the time before the deadline, to log the report in.
const TO_REPORT: TimeDelta = TimeDelta::milliseconds(500);

/// One of Holdfast's functions, started.
#[derive(Debug)]
pub struct Function {
    ec2: Ec2Client,
    calls: CallCounter,
    /// None where nobody wants to be told.
    notifier: Option<Notifier>,
    census: Mutex<Census>,
    settings: Result<Settings, InvalidSetting>,
}

/// Why an invocation has no answer. Its type is what Lambda reports as `errorType`; each has a line in
/// `docs/operations.md`, to which the reconciler's tests hold it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The payload is not for this function.
    #[error(transparent)]
    InvalidEvent(#[from] InvalidEvent),
    /// The environment is not right.
    #[error(transparent)]
    InvalidSetting(#[from] InvalidSetting),
    /// A retry may cure it.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error_type = match &error {
            Error::InvalidEvent(_) => "InvalidEvent",
            Error::InvalidSetting(_) => "InvalidSetting",
            Error::Failure(failure) => failure.kind(),
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

impl Function {
    /// Starts logging, reads the settings and opens the connection to EC2, all while Lambda lends a full CPU to
    /// initialisation: the TLS handshake alone costs about 0.75 s of a 128 MB function's share.
    pub async fn start() -> Self {
        environment::start_logging();
        let (config, settings) = (client::config().await, environment::settings());
        let calls = CallCounter::default();
        let client = client::ec2(&config, calls.clone());
        client::warm_up(&client, WARM_UP).await;
        let is_told = settings.as_ref().is_ok_and(|settings| settings.notifications);
        let notifier = is_told.then(|| Notifier::new(&config));
        let ec2 = Ec2Client::new(client, Manager::new(&config), Groups::new(&config));
        Self { ec2, calls, notifier, census: Mutex::default(), settings }
    }

    /// Answers one invocation. The report is the last line of its log, the metrics are the line before it.
    pub async fn handle(
        &self,
        event: LambdaEvent<Payload>,
        parse: fn(Value) -> Result<Trigger, InvalidEvent>,
    ) -> Result<Report, Error> {
        let trigger = parse(event.payload.json()?)?;
        let settings = self.settings.as_ref().map_err(Clone::clone)?;
        let deadline =
            i64::try_from(event.context.deadline).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
        let deadline = deadline.unwrap_or(DateTime::<Utc>::MAX_UTC);
        // Start-up greets EC2, which is no call.
        self.calls.take();
        // Boxed, as the type of a future this deep is more than the compiler takes in.
        let outcomes = Box::pin(invocation::run(&self.ec2, &WallClock, settings, &trigger, deadline)).await;
        if let Some(failure) = &outcomes.failure {
            tracing::error!(%failure, "to be tried again");
        }
        if let Some(notifier) = &self.notifier {
            let left = (deadline - WallClock.now() - TO_REPORT).to_std().unwrap_or_default();
            notifier.send(&self.changes(&trigger, &outcomes.report), left.min(TO_NOTIFY)).await;
        }
        let function = &event.context.env_config.function_name;
        match metrics::line(&outcomes.report, self.calls.take(), function, WallClock.now()) {
            Ok(line) => write(&line),
            Err(error) => tracing::error!(%error, "cannot count"),
        }
        log(&outcomes.report);
        match outcomes.failure {
            Some(failure) => Err(failure.into()),
            None => Ok(outcomes.report),
        }
    }

    /// What is to be told of the invocation.
    fn changes(&self, trigger: &Trigger, report: &Report) -> Vec<Notification> {
        // One that panicked had begun nothing here that could be half done.
        let mut census = self.census.lock().unwrap_or_else(PoisonError::into_inner);
        notifications::of(trigger, report, &mut census)
    }
}

/// Writes the report as a line of JSON of its own, whatever the log's format: log queries find its fields there.
fn log(report: &Report) {
    write(&serde_json::to_string(report).unwrap_or_else(|error| format!("{{\"report\": \"{error}\"}}")));
}

fn write(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        tracing::error!(%error, "cannot write to the log");
    }
}
