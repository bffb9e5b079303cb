//! `SendCommand`.

use super::{Command, Status};
use crate::actions::Operation;
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::judge::{self, Offence};
use chrono::TimeDelta;
use planner::ids::{InstanceId, VolumeId};
use planner::observation::InstanceState;
use std::collections::BTreeMap;

/// `SendCommand`, to instances by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Systems Manager's own parameter")]
pub struct SendCommand {
    pub document_name: String,
    pub instance_ids: Vec<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    /// For how long, in seconds, the instances may take to begin; 3600 when it says nothing.
    pub timeout_seconds: Option<u32>,
}

impl Operation for SendCommand {
    type Answer = Command;

    fn name(&self) -> &'static str {
        "SendCommand"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_send_command(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Command, ApiError> {
        if self.document_name.is_empty() {
            let message = "1 validation error detected: Value null at 'documentName' failed to satisfy constraint: Member \
                           must not be null";
            return Err(ApiError::refusal("ValidationException", message));
        }
        if !cloud.setup.documents.contains(&self.document_name) {
            return Err(ApiError::refusal("InvalidDocument", String::new()));
        }
        if self.timeout_seconds.is_some_and(|seconds| !(30..=2_592_000).contains(&seconds)) {
            let message = "Value at 'timeoutSeconds' failed to satisfy constraint: between 30 and 2592000";
            return Err(ApiError::refusal("ValidationException", message));
        }
        let volumes = self.parameters.get("volumes").map(Vec::as_slice).unwrap_or_default();
        let named: Vec<&str> = volumes.iter().flat_map(|text| text.split(' ')).collect();
        let known = self.parameters.keys().all(|name| ["volumes", "units"].contains(&name.as_str()));
        if !known || named.is_empty() || named.iter().any(|id| VolumeId::parse(id).is_err()) {
            return Err(ApiError::refusal("InvalidParameters", "volumes does not match allowedPattern"));
        }
        let mut instances = Vec::new();
        for id in &self.instance_ids {
            let instance = InstanceId::parse(id).ok().filter(|id| cloud.has_agent(id));
            instances.push(instance.ok_or_else(|| super::invalid_instance(id))?);
        }
        let turn =
            instances.first().and_then(|id| cloud.instances.get(id)).map_or(0, |instance| instance.turn);
        let id = cloud.mint.uuid();
        let command = Command {
            id: id.clone(),
            document: self.document_name.clone(),
            instances,
            parameters: self.parameters.clone(),
            requested: cloud.now,
            status: Status::Pending,
            turn,
        };
        cloud.commands.insert(id.clone(), command.clone(), cloud.now);
        let limit = TimeDelta::seconds(self.timeout_seconds.unwrap_or(3600).into());
        cloud.agenda.add(cloud.now + limit, Due::CommandUndelivered(id.clone()));
        if !cloud.chance.happens(cloud.setup.timing.command_lost) {
            cloud.after(cloud.setup.timing.command_delivery, Due::CommandTaken(id));
        }
        Ok(command)
    }
}

impl Cloud {
    /// Whether the instance runs, and has an agent: an instance has one from its first command on, or never.
    fn has_agent(&mut self, id: &InstanceId) -> bool {
        let runs = |instance: &crate::state::Instance| instance.state == InstanceState::Running;
        if !self.instances.get(id).is_some_and(runs) {
            return false;
        }
        if let Some(known) = self.agents.get(id) {
            return *known;
        }
        let has = !self.chance.happens(self.setup.timing.agentless_share);
        self.agents.insert(id.clone(), has);
        has
    }
}
