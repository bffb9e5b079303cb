//! What happens by itself, once it is due.

mod addresses;
mod attachments;
mod endings;
mod fleets;
mod groups;
mod hooks;
mod instances;
mod launches;
mod members;
mod spot;

pub(crate) use attachments::Detachment;
pub(crate) use endings::Cause;
pub use hooks::ActionCounts;
pub(crate) use instances::StopKind;
pub use launches::Launch;

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::state::VolumeLife;

impl Cloud {
    pub(crate) fn happen(&mut self, due: Due) {
        match due {
            Due::Running(instance, turn) => self.on_running(&instance, turn),
            Due::Stopped(instance, turn) => self.on_stopped(&instance, turn),
            Due::Terminated(instance, turn) => self.on_terminated(&instance, turn),
            Due::Interrupted(instance) => self.on_interrupted(&instance),
            Due::TagsLost(instance) => {
                let now = self.now;
                if let Some(instance) = self.instances.edit(&instance, now) {
                    instance.tags.clear(now);
                }
            }
            Due::Forgotten(instance) => self.on_forgotten(&instance),
            Due::Created(volume) => {
                if let Some(volume) = self.volumes.edit(&volume, self.now) {
                    volume.life = VolumeLife::Ready;
                }
                let request = self.mint.uuid();
                self.emit(events::volume(&volume, "createVolume", "available", &request));
            }
            Due::Deleted(volume) => {
                self.volumes.remove(&volume, self.now);
                let request = self.mint.uuid();
                self.emit(events::volume(&volume, "deleteVolume", "deleted", &request));
            }
            Due::Attached(volume, serial) => self.on_attached(&volume, serial),
            Due::TakenBack(volume, serial) => self.on_taken_back(&volume, serial),
            Due::Mounted(volume, serial) => self.on_mounted(&volume, serial),
            Due::Detached(volume, serial) => self.on_detached(&volume, serial),
            Due::Released(volume, serial) => self.on_released(&volume, serial),
            Due::CommandTaken(command) => self.on_command_taken(&command),
            Due::CommandEnded(command) => self.on_command_ended(&command),
            Due::CommandUndelivered(command) => self.on_command_undelivered(&command),
            Due::CommandOverdue(command) => self.on_command_overdue(&command),
            Due::FleetLook(fleet) => self.look_after(&fleet),
            Due::Retired(fleet, instance) => self.retire(&fleet, &instance),
            Due::GroupLook(group) => self.look_after_group(&group),
            Due::HealthLook(instance) => self.look_at_health(&instance),
            Due::MemberStep(instance, turn) => self.on_member_step(&instance, turn),
            Due::EarlyWait(instance, turn) => self.on_early_wait(&instance, turn),
            Due::ActionOverdue(instance, token) => self.on_action_overdue(&instance, &token),
        }
    }
}
