//! Auto Scaling groups: what EC2 Auto Scaling is asked about the instances of a look, only where some are in a group.
//!
//! Where it does not answer the look goes on without: an instance of which it does not tell takes no slot and keeps its own.
//! What it refuses for good is told.

use crate::class::{Class, class};
use crate::ec2::{Ec2, Ec2Error};
use futures_util::future::join_all;
use planner::hooks::PREFIX;
use planner::ids::{FleetName, InstanceId};
use planner::lifecycle::{LifecycleHook, LifecycleState};
use planner::observation::{Instance, InstanceState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// For how long an answer is waited for. The steps of a look wait too, and are refused after five seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why an answer is missing, where asking again would not help.
pub(crate) type Refusal = String;

/// The states of those of the instances that are in a group.
pub(crate) async fn states<E: Ec2>(
    ec2: &E,
    instances: &[Instance],
) -> (BTreeMap<InstanceId, LifecycleState>, Option<Refusal>) {
    let is_in_group =
        |instance: &&Instance| instance.tags.group.is_some() && instance.state != InstanceState::Terminated;
    let ids: BTreeSet<InstanceId> =
        instances.iter().filter(is_in_group).map(|instance| instance.id.clone()).collect();
    if ids.is_empty() {
        return (BTreeMap::new(), None);
    }
    match patiently(ec2.lifecycle_states(&ids)).await {
        Ok(states) => (states, None),
        Err(refusal) => (ids.into_iter().map(|id| (id, LifecycleState::unknown())).collect(), refusal),
    }
}

/// The hooks for Holdfast of every group that keeps one of the instances waiting.
pub(crate) async fn hooks<E: Ec2>(ec2: &E, instances: &[Instance]) -> (Vec<LifecycleHook>, Vec<Refusal>) {
    let waits =
        |instance: &&Instance| instance.lifecycle.as_ref().and_then(LifecycleState::waits_at).is_some();
    let waiting = instances.iter().filter(waits);
    let groups: BTreeSet<&FleetName> = waiting.filter_map(|instance| instance.tags.group.as_ref()).collect();
    let answers = join_all(groups.into_iter().map(|group| patiently(ec2.lifecycle_hooks(group)))).await;
    let (mut hooks, mut refusals) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok(own) => hooks.extend(own.into_iter().filter(|hook| hook.name.starts_with(PREFIX))),
            Err(refusal) => refusals.extend(refusal),
        }
    }
    (hooks, refusals)
}

/// The answer, if one comes in time.
async fn patiently<T>(question: impl Future<Output = Result<T, Ec2Error>>) -> Result<T, Option<Refusal>> {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot ask EC2 Auto Scaling");
            Err(match class(&error) {
                Class::Permanent => Some(error.to_string()),
                Class::Conflict | Class::DeviceTaken | Class::Transient => None,
            })
        }
        Err(_) => {
            tracing::warn!("EC2 Auto Scaling does not answer");
            Err(None)
        }
    }
}
