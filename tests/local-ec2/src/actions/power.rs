//! `StartInstances`, `StopInstances`, `RebootInstances`, `TerminateInstances`, `ModifyInstanceAttribute`.

use super::Operation;
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::judge::{self, Offence};
use crate::life::{Cause, StopKind};
use crate::lookup::no_instances;
use crate::state::{Instance, SpotCode, SpotState, StateReason, is_same_device};
use planner::ids::InstanceId;
use planner::observation::InstanceState;

/// `StartInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct StartInstances {
    pub instance_ids: Vec<String>,
}

/// `StopInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct StopInstances {
    pub instance_ids: Vec<String>,
    pub hibernate: bool,
}

/// `RebootInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct RebootInstances {
    pub instance_ids: Vec<String>,
}

/// `TerminateInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct TerminateInstances {
    pub instance_ids: Vec<String>,
}

/// `ModifyInstanceAttribute`, of block devices alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct ModifyInstanceAttribute {
    pub instance_id: String,
    pub block_device_mappings: Vec<DeviceChange>,
}

/// Whether a device is to go with its instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DeviceChange {
    pub device_name: String,
    pub delete_on_termination: bool,
}

/// What became of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The instance.
    pub instance: InstanceId,
    /// Its state before.
    pub previous: InstanceState,
    /// Its state now.
    pub current: InstanceState,
}

impl Cloud {
    /// Every instance that is named. One that is unknown makes the whole call fail.
    fn named(&mut self, ids: &[String]) -> Result<Vec<Instance>, ApiError> {
        if ids.is_empty() {
            return Err(ApiError::missing("InstanceId"));
        }
        let mut found = Vec::new();
        let mut unknown = Vec::new();
        for id in ids {
            match self.find_instance(id) {
                Ok(instance) => found.push(instance),
                Err(error) if error.code == "InvalidInstanceID.NotFound" => unknown.push(id.clone()),
                Err(error) => return Err(error),
            }
        }
        if unknown.is_empty() { Ok(found) } else { Err(no_instances(&unknown)) }
    }

    /// What became of them.
    fn changes(&self, before: Vec<Instance>) -> Vec<StateChange> {
        let change = |instance: Instance| {
            let current = self.instances.get(&instance.id).map_or(instance.state, |now| now.state);
            StateChange { instance: instance.id, previous: instance.state, current }
        };
        before.into_iter().map(change).collect()
    }
}

fn not_from_here(instance: &Instance, act: &str) -> ApiError {
    let message = format!("The instance '{}' is not in a state from which it can be {act}.", instance.id);
    ApiError::refusal("IncorrectInstanceState", message)
}

impl Operation for StartInstances {
    type Answer = Vec<StateChange>;

    fn name(&self) -> &'static str {
        "StartInstances"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<StateChange>, ApiError> {
        let named = cloud.named(&self.instance_ids)?;
        for instance in &named {
            match instance.state {
                InstanceState::Stopped | InstanceState::Pending | InstanceState::Running => {}
                InstanceState::Stopping | InstanceState::ShuttingDown | InstanceState::Terminated => {
                    return Err(not_from_here(instance, "started"));
                }
            }
            // Only EC2 starts what it has stopped (EC2 user guide, "Behavior of Spot Instance interruptions").
            let code = cloud.spot_request_of(&instance.id).map(|request| request.code);
            if code.is_some_and(|code| SpotCode::STOPPED.contains(&code)) {
                let message =
                    format!("The Spot Instance '{}' was interrupted; EC2 starts it again.", instance.id);
                return Err(ApiError::refusal("IncorrectSpotRequestState", message));
            }
        }
        for instance in named.iter().filter(|instance| instance.state == InstanceState::Stopped) {
            cloud.set_spot_status(&instance.id, SpotState::Active, SpotCode::Fulfilled);
            cloud.start(&instance.id);
        }
        Ok(cloud.changes(named))
    }
}

impl Operation for StopInstances {
    type Answer = Vec<StateChange>;

    fn name(&self) -> &'static str {
        "StopInstances"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<StateChange>, ApiError> {
        let named = cloud.named(&self.instance_ids)?;
        for instance in &named {
            self.check(instance, cloud)?;
        }
        let how = if self.hibernate { StopKind::Hibernate } else { StopKind::PowerOff };
        for instance in named.iter().filter(|instance| instance.state == InstanceState::Running) {
            cloud.stop(&instance.id, how, StateReason::USER_SHUTDOWN);
        }
        Ok(cloud.changes(named))
    }
}

impl StopInstances {
    fn check(&self, instance: &Instance, cloud: &Cloud) -> Result<(), ApiError> {
        match instance.state {
            InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => {}
            InstanceState::Pending | InstanceState::ShuttingDown | InstanceState::Terminated => {
                return Err(not_from_here(instance, "stopped"));
            }
        }
        if cloud.spot_request_of(&instance.id).is_some_and(|request| !request.persistent) {
            let message = format!(
                "You can't stop the Spot Instance '{}' because it is associated with a one-time Spot Instance \
                 request. You can only stop Spot Instances associated with persistent Spot Instance requests.",
                instance.id
            );
            return Err(ApiError::refusal("UnsupportedOperation", message));
        }
        if self.hibernate && !instance.hibernation {
            let message = format!("The instance '{}' is not configured for hibernation.", instance.id);
            return Err(ApiError::refusal("UnsupportedHibernationConfiguration", message));
        }
        Ok(())
    }
}

impl Operation for RebootInstances {
    type Answer = ();

    fn name(&self) -> &'static str {
        "RebootInstances"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let named = cloud.named(&self.instance_ids)?;
        if let Some(instance) = named.iter().find(|instance| instance.state != InstanceState::Running) {
            return Err(not_from_here(instance, "rebooted"));
        }
        for instance in &named {
            cloud.reboot(&instance.id);
        }
        Ok(())
    }
}

impl Operation for TerminateInstances {
    type Answer = Vec<StateChange>;

    fn name(&self) -> &'static str {
        "TerminateInstances"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_terminate(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<StateChange>, ApiError> {
        let named = cloud.named(&self.instance_ids)?;
        for instance in &named {
            cloud.terminate(&instance.id, Cause::User);
        }
        Ok(cloud.changes(named))
    }
}

impl Operation for ModifyInstanceAttribute {
    type Answer = ();

    fn name(&self) -> &'static str {
        "ModifyInstanceAttribute"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let instance = cloud.find_instance(required("instanceId", &self.instance_id)?)?;
        let mut changes = Vec::new();
        for change in &self.block_device_mappings {
            let mut volumes = cloud.volumes.values();
            let found = volumes.find_map(|volume| {
                let attachment = volume.attachment_to(&instance.id)?;
                let is_it = is_same_device(&attachment.device, &change.device_name);
                is_it.then(|| (volume.id.clone(), attachment.serial, change.delete_on_termination))
            });
            changes.push(found.ok_or_else(|| {
                let message = format!("No device is currently mapped at {}", change.device_name);
                ApiError::refusal("InvalidInstanceAttributeValue", message)
            })?);
        }
        for (volume, serial, goes_too) in changes {
            let now = cloud.now;
            if let Some(attachment) = cloud
                .volumes
                .edit(&volume, now)
                .and_then(|volume| volume.attachment_mut(serial))
                .filter(|attachment| attachment.delete_on_termination != goes_too)
            {
                attachment.delete_on_termination = goes_too;
                attachment.delete_on_termination_since = now;
            }
        }
        Ok(())
    }
}
