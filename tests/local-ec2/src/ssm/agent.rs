//! What becomes of a command: the agent takes it up, runs it, and says how it ended.

use super::{Command, Status};
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::state::Usage;
use chrono::TimeDelta;
use planner::ids::{InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};

/// For how long the document may run (`template.yaml`, `timeoutSeconds`).
const LONGEST_RUN: TimeDelta = TimeDelta::seconds(60);

impl Cloud {
    /// From now on every instance has an agent, and no command is lost or fails by itself.
    pub fn mend_agents(&mut self) {
        let timing = &mut self.setup.timing;
        (timing.agentless_share, timing.command_lost, timing.command_fails) = (0.0, 0.0, 0.0);
        self.agents.clear();
    }

    /// Whether the instance is in the run in which the command came to it.
    fn runs_on(&self, command: &Command) -> Option<InstanceId> {
        let id = command.instances.first()?;
        let instance = self.instances.get(id)?;
        (instance.state == InstanceState::Running && instance.turn == command.turn).then(|| id.clone())
    }

    fn set_command(&mut self, id: &str, status: Status) {
        if let Some(command) = self.commands.edit(&id.to_owned(), self.now) {
            command.status = status;
        }
    }

    pub(crate) fn on_command_taken(&mut self, id: &str) {
        let Some(command) = self.commands.get(&id.to_owned()).cloned() else { return };
        if command.status == Status::Pending && self.runs_on(&command).is_some() {
            self.set_command(id, Status::InProgress);
            self.agenda.add(self.now + LONGEST_RUN, Due::CommandOverdue(id.to_owned()));
            self.after(self.setup.timing.command, Due::CommandEnded(id.to_owned()));
        }
    }

    pub(crate) fn on_command_undelivered(&mut self, id: &str) {
        if self.commands.get(&id.to_owned()).is_some_and(|command| command.status == Status::Pending) {
            self.set_command(id, Status::DeliveryTimedOut);
        }
    }

    pub(crate) fn on_command_overdue(&mut self, id: &str) {
        if self.commands.get(&id.to_owned()).is_some_and(|command| command.status == Status::InProgress) {
            self.set_command(id, Status::ExecutionTimedOut);
        }
    }

    pub(crate) fn on_command_ended(&mut self, id: &str) {
        let Some(command) = self.commands.get(&id.to_owned()).cloned() else { return };
        let Some(instance) = self.runs_on(&command).filter(|_| command.status == Status::InProgress) else {
            return;
        };
        let fails = self.chance.happens(self.setup.timing.command_fails);
        let attached = self.drainable(&command, &instance).filter(|_| !fails);
        self.set_command(id, if attached.is_some() { Status::Success } else { Status::Failed });
        for (volume, serial) in attached.into_iter().flatten() {
            self.let_go(&volume, serial, Usage::Drained);
            self.unblock(&volume, serial);
        }
    }

    /// The attachments of the volumes that the command names; none where one of them is not there.
    fn drainable(&self, command: &Command, instance: &InstanceId) -> Option<Vec<(VolumeId, u64)>> {
        let texts = command.parameters.get("volumes")?.iter().flat_map(|text| text.split(' '));
        texts
            .map(|text| {
                let volume = self.volumes.get(&VolumeId::parse(text).ok()?)?;
                let attachment = volume.attachment_to(instance)?;
                let is_there = matches!(attachment.state, AttachmentState::Attached | AttachmentState::Busy);
                is_there.then(|| (volume.id.clone(), attachment.serial))
            })
            .collect()
    }

    /// The agent has gone with the operating system, and what it ran with it.
    pub(crate) fn break_off_commands(&mut self, instance: &InstanceId) {
        let running =
            |command: &&Command| command.instances.contains(instance) && command.status == Status::InProgress;
        let ids: Vec<String> =
            self.commands.values().filter(running).map(|command| command.id.clone()).collect();
        for id in ids {
            self.set_command(&id, Status::Failed);
        }
    }
}
