//! Systems Manager's one question and one act over the AWS SDK.
//!
//! What a command proves is not decided here.

use crate::client::timeouts_of_an_act;
use crate::error::answer;
use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::{Builder, Config};
use aws_sdk_ssm::types::{Command, CommandFilter, CommandFilterKey};
use chrono::{DateTime, SecondsFormat, Utc};
use planner::command::DELIVERY_SECONDS;
use planner::ids::{InstanceId, VolumeId};
use reconciler::ec2::{Action, Cause, Ec2Error, ListedCommand, VOLUMES};

/// How many commands Systems Manager puts on a page at most (Systems Manager API reference, `ListCommands`).
const COMMANDS_PER_PAGE: i32 = 50;

/// Systems Manager of the account and region.
#[derive(Debug, Clone)]
pub struct Manager {
    sdk: Client,
}

impl Manager {
    /// Systems Manager by that configuration, with its retries and timeouts. Nothing is sent yet, and no connection opened.
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(Client::new(config))
    }

    /// Systems Manager as this client reaches it.
    pub fn of(sdk: Client) -> Self {
        Self { sdk }
    }

    /// The commands that were sent to the instance since then.
    pub(crate) async fn commands(
        &self,
        instance: &InstanceId,
        since: DateTime<Utc>,
    ) -> Result<Vec<ListedCommand>, Ec2Error> {
        let action = Action::ListCommands;
        let since = CommandFilter::builder()
            .key(CommandFilterKey::InvokedAfter)
            .value(since.to_rfc3339_opts(SecondsFormat::Secs, true))
            .build()
            .map_err(|error| Ec2Error { action, cause: Cause::Garbled(error.to_string()) })?;
        let call = self.sdk.list_commands().instance_id(instance.as_str()).filters(since);
        let pages = call.into_paginator().page_size(COMMANDS_PER_PAGE).stop_on_duplicate_token(false);
        let commands: Vec<Command> = answer(action, pages.items().send().try_collect()).await?;
        Ok(commands.iter().map(listed).collect())
    }

    /// Sends the document to the instance. Once, as every act.
    pub(crate) async fn send(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Ec2Error> {
        let named: Vec<&str> = volumes.iter().map(VolumeId::as_str).collect();
        let call = self.sdk.send_command().instance_ids(instance.as_str()).document_name(document);
        let call = call.parameters(VOLUMES, vec![named.join(" ")]);
        let call = call.timeout_seconds(i32::try_from(DELIVERY_SECONDS).unwrap_or(i32::MAX));
        let call = call.customize().config_override(once());
        answer(Action::SendCommand, call.send()).await.map(drop)
    }
}

/// As for an act of EC2: one try, so that none lands late.
fn once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts_of_an_act())
}

/// The command as it is listed, empty where Systems Manager says nothing.
fn listed(command: &Command) -> ListedCommand {
    let text = |said: Option<&str>| said.unwrap_or_default().to_owned();
    let volumes = command.parameters().and_then(|parameters| parameters.get(VOLUMES));
    let requested = command.requested_date_time();
    ListedCommand {
        id: text(command.command_id()),
        document: text(command.document_name()),
        instances: command.instance_ids().to_vec(),
        volumes: volumes.cloned().unwrap_or_default(),
        requested: requested.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos())),
        status: text(command.status().map(aws_sdk_ssm::types::CommandStatus::as_str)),
        details: text(command.status_details()),
    }
}
