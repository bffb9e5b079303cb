//! Notifications: events put on EventBridge's default bus. None that fails makes an invocation fail.

use crate::error::with_sources;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use reconciler::notifications::{Notification, SOURCE};
use std::time::Duration;

/// How many events EventBridge takes in one call (EventBridge API reference, `PutEvents`).
const MOST_ENTRIES: usize = 10;

/// EventBridge of the account and region.
#[derive(Debug, Clone)]
pub struct Notifier {
    sdk: Client,
}

impl Notifier {
    /// EventBridge by that configuration. Nothing is sent yet, and no connection opened.
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(Client::new(config))
    }

    /// EventBridge as this client reaches it.
    pub fn of(sdk: Client) -> Self {
        Self { sdk }
    }

    /// Sends what it can of the notifications in that time, and logs what it cannot.
    pub async fn send(&self, notifications: &[Notification], within: Duration) {
        if tokio::time::timeout(within, self.send_all(notifications)).await.is_err() {
            tracing::warn!("no time was left to send the notifications");
        }
    }

    async fn send_all(&self, notifications: &[Notification]) {
        for batch in notifications.chunks(MOST_ENTRIES) {
            let entries = batch.iter().map(entry).collect();
            match self.sdk.put_events().set_entries(Some(entries)).send().await {
                Ok(answer) => {
                    let refused = answer.entries().iter().filter(|entry| entry.error_code().is_some());
                    for entry in refused {
                        let (code, message) = (entry.error_code(), entry.error_message());
                        tracing::warn!(code, message, "EventBridge refused a notification");
                    }
                }
                Err(error) => {
                    let error = with_sources(&error);
                    tracing::warn!(error, count = batch.len(), "cannot send notifications");
                }
            }
        }
    }
}

/// Without a bus it goes to the default one.
fn entry(notification: &Notification) -> PutEventsRequestEntry {
    let entry = PutEventsRequestEntry::builder().source(SOURCE);
    let entry = entry.detail_type(notification.kind.detail_type());
    entry.detail(notification.detail.to_string()).build()
}
