//! EC2 Auto Scaling's two questions and two acts over the AWS SDK.
//!
//! Whether an instance may go on is not decided here.

use crate::client::timeouts_of_an_act;
use crate::error::answer;
use aws_config::SdkConfig;
use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::config::retry::RetryConfig;
use aws_sdk_autoscaling::config::{Builder, Config};
use aws_sdk_autoscaling::types::{AutoScalingInstanceDetails, LifecycleHook as Listed};
use futures_util::future::try_join_all;
use planner::ids::{FleetName, InstanceId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState, Transition};
use reconciler::ec2::{Action, Ec2Error};
use std::collections::{BTreeMap, BTreeSet};

/// How many instances may be asked about at once (EC2 Auto Scaling API reference, `DescribeAutoScalingInstances`).
const MOST_INSTANCES: usize = 50;

/// EC2 Auto Scaling of the account and region.
#[derive(Debug, Clone)]
pub struct Groups {
    sdk: Client,
}

impl Groups {
    /// EC2 Auto Scaling by that configuration, with its retries and timeouts. Nothing is sent yet, and no connection opened.
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(Client::new(config))
    }

    /// EC2 Auto Scaling as this client reaches it.
    pub fn of(sdk: Client) -> Self {
        Self { sdk }
    }

    /// The states of those of the instances that are in a group. An id that no group has is left out of the answer.
    pub(crate) async fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error> {
        let ids: Vec<String> = instances.iter().map(ToString::to_string).collect();
        let calls = ids.chunks(MOST_INSTANCES).map(|ids| {
            let call = self.sdk.describe_auto_scaling_instances().set_instance_ids(Some(ids.to_vec()));
            let pages = call.into_paginator().stop_on_duplicate_token(false).items().send();
            answer(Action::DescribeAutoScalingInstances, pages.try_collect())
        });
        let found: Vec<Vec<AutoScalingInstanceDetails>> = try_join_all(calls).await?;
        Ok(found.iter().flatten().filter_map(state).collect())
    }

    /// The hooks of the group.
    pub(crate) async fn lifecycle_hooks(&self, group: &FleetName) -> Result<Vec<LifecycleHook>, Ec2Error> {
        let call = self.sdk.describe_lifecycle_hooks().auto_scaling_group_name(group.as_str());
        let answered = answer(Action::DescribeLifecycleHooks, call.send()).await?;
        Ok(answered.lifecycle_hooks().iter().filter_map(|hook| listed(hook, group)).collect())
    }

    /// Completes the action that is pending for the instance at the hook. Once, as every act.
    pub(crate) async fn complete(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> Result<(), Ec2Error> {
        let call = self.sdk.complete_lifecycle_action().auto_scaling_group_name(group.as_str());
        let call = call.lifecycle_hook_name(hook).instance_id(instance.as_str());
        let call = call.lifecycle_action_result(result.as_str()).customize().config_override(once());
        answer(Action::CompleteLifecycleAction, call.send()).await.map(drop)
    }

    /// Has the group wait for longer. Once, as every act.
    pub(crate) async fn heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> Result<(), Ec2Error> {
        let call = self.sdk.record_lifecycle_action_heartbeat().auto_scaling_group_name(group.as_str());
        let call = call.lifecycle_hook_name(hook).instance_id(instance.as_str());
        let call = call.customize().config_override(once());
        answer(Action::RecordLifecycleActionHeartbeat, call.send()).await.map(drop)
    }
}

/// As for an act of EC2: one try, so that none lands late.
fn once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts_of_an_act())
}

/// One that is told without its id or its state is as good as in no group.
fn state(details: &AutoScalingInstanceDetails) -> Option<(InstanceId, LifecycleState)> {
    let id = InstanceId::parse(details.instance_id()?).ok()?;
    Some((id, LifecycleState::new(details.lifecycle_state()?)))
}

/// A hook of a transition that Holdfast does not know is not for Holdfast.
fn listed(hook: &Listed, group: &FleetName) -> Option<LifecycleHook> {
    let transition = match hook.lifecycle_transition()? {
        "autoscaling:EC2_INSTANCE_LAUNCHING" => Transition::Launching,
        "autoscaling:EC2_INSTANCE_TERMINATING" => Transition::Terminating,
        _ => return None,
    };
    Some(LifecycleHook { group: group.clone(), name: hook.lifecycle_hook_name()?.to_owned(), transition })
}
