//! An attachment from `attaching` to its end.

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::state::{Attachment, Usage, is_same_device};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};

impl Cloud {
    pub(crate) fn attach(&mut self, volume: &VolumeId, instance: &InstanceId, device: &str) {
        let serial = self.serial();
        let stuck = self.chance.happens(self.setup.timing.stuck_share);
        let now = self.now;
        let Some(resource) = self.volumes.edit(volume, now) else { return };
        resource.attachments.push(Attachment {
            serial,
            instance: instance.clone(),
            device: device.to_owned(),
            state: AttachmentState::Attaching,
            since: now,
            // Of a volume that is attached later, not of one that is made with the instance (EC2 user guide,
            // "Preserve data when an instance is terminated").
            delete_on_termination: false,
            delete_on_termination_since: now,
            usage: Usage::Idle,
        });
        let usable = resource.key.as_ref().is_none_or(|key| !self.disabled_keys.contains(key));
        if !usable {
            // EC2 accepts the call, and tells of the key by an event only (EBS user guide, "Amazon EventBridge events
            // for Amazon EBS").
            self.after(self.setup.timing.take_back, Due::TakenBack(volume.clone(), serial));
        } else if !stuck {
            self.after(self.setup.timing.attach, Due::Attached(volume.clone(), serial));
        }
    }

    pub(crate) fn attachment(&self, volume: &VolumeId, serial: u64) -> Option<&Attachment> {
        self.volumes.get(volume)?.attachments.iter().find(|attachment| attachment.serial == serial)
    }

    fn is_running(&self, instance: &InstanceId) -> bool {
        self.instances.get(instance).is_some_and(|instance| instance.state == InstanceState::Running)
    }

    /// Whether its operating system is there, and what it has mounted is mounted: also while it goes down.
    fn is_up(&self, instance: &InstanceId) -> bool {
        self.instances.get(instance).is_some_and(|instance| match instance.state {
            InstanceState::Running | InstanceState::Stopping | InstanceState::ShuttingDown => true,
            InstanceState::Pending | InstanceState::Stopped | InstanceState::Terminated => false,
        })
    }

    pub(crate) fn on_attached(&mut self, volume: &VolumeId, serial: u64) {
        let attaching = |attachment: &&Attachment| attachment.state == AttachmentState::Attaching;
        let Some(instance) = self.attachment(volume, serial).filter(attaching).map(|a| a.instance.clone())
        else {
            return;
        };
        self.set_attachment(volume, serial, AttachmentState::Attached);
        if self.is_running(&instance) {
            self.after(self.setup.timing.mount, Due::Mounted(volume.clone(), serial));
        }
    }

    pub(crate) fn on_taken_back(&mut self, volume: &VolumeId, serial: u64) {
        if self.attachment(volume, serial).is_none_or(|a| a.state != AttachmentState::Attaching) {
            return;
        }
        self.drop_attachment(volume, serial);
        if let Some(key) = self.volumes.get(volume).and_then(|volume| volume.key.clone()) {
            self.emit(events::attachment_failed(volume, &key));
        }
    }

    pub(crate) fn on_mounted(&mut self, volume: &VolumeId, serial: u64) {
        let Some(attachment) = self.attachment(volume, serial) else { return };
        let ready = attachment.state == AttachmentState::Attached && attachment.usage == Usage::Idle;
        if ready && self.is_running(&attachment.instance) {
            self.let_go(volume, serial, Usage::Mounted);
        }
    }

    /// Begins to detach. While the instance has the volume mounted the attachment stays `busy`, unless it is forced off:
    /// until it is unmounted, or the instance has stopped or ended.
    pub(crate) fn detach(&mut self, volume: &VolumeId, serial: u64, how: Detachment) {
        let Some(attachment) = self.attachment(volume, serial) else { return };
        let is_mounted = attachment.usage == Usage::Mounted && self.is_up(&attachment.instance);
        match (attachment.state, how) {
            (AttachmentState::Detaching, _) | (AttachmentState::Busy, Detachment::Clean) => {}
            (AttachmentState::Attaching | AttachmentState::Attached, Detachment::Clean) if is_mounted => {
                self.set_attachment(volume, serial, AttachmentState::Busy);
            }
            (AttachmentState::Attaching | AttachmentState::Attached | AttachmentState::Busy, _) => {
                if is_mounted {
                    // Forced off what still uses it.
                    self.stuck_devices.insert((attachment.instance.clone(), attachment.device.clone()));
                }
                self.set_attachment(volume, serial, AttachmentState::Detaching);
                self.after(self.setup.timing.detach, Due::Detached(volume.clone(), serial));
            }
        }
    }

    /// Whether a volume was forced off there since the instance's last start: "you might need to reboot the instance"
    /// before the name can be used again (EBS user guide, "Detach an Amazon EBS volume from an instance"). That it is
    /// always so, and refused like a name in use, is assumed.
    pub(crate) fn is_stuck(&self, instance: &InstanceId, device: &str) -> bool {
        self.stuck_devices.iter().any(|(own, stuck)| own == instance && is_same_device(stuck, device))
    }

    /// Frees every name that was stuck: the operating system has gone, or starts anew.
    pub(crate) fn free_devices(&mut self, instance: &InstanceId) {
        self.stuck_devices.retain(|(own, _)| own != instance);
    }

    /// Goes on with a detachment that the instance held up.
    pub(crate) fn unblock(&mut self, volume: &VolumeId, serial: u64) {
        if self.attachment(volume, serial).is_some_and(|a| a.state == AttachmentState::Busy) {
            self.set_attachment(volume, serial, AttachmentState::Detaching);
            self.after(self.setup.timing.detach, Due::Detached(volume.clone(), serial));
        }
    }

    pub(crate) fn on_detached(&mut self, volume: &VolumeId, serial: u64) {
        if self.attachment(volume, serial).is_some_and(|a| a.state == AttachmentState::Detaching) {
            self.drop_attachment(volume, serial);
        }
    }

    /// Sets what the instance does with the volume.
    pub(crate) fn let_go(&mut self, volume: &VolumeId, serial: u64, usage: Usage) {
        if let Some(attachment) = self.volumes.edit(volume, self.now).and_then(|v| v.attachment_mut(serial)) {
            attachment.usage = usage;
        }
    }

    fn set_attachment(&mut self, volume: &VolumeId, serial: u64, state: AttachmentState) {
        if let Some(attachment) = self.volumes.edit(volume, self.now).and_then(|v| v.attachment_mut(serial)) {
            attachment.state = state;
        }
    }

    pub(crate) fn drop_attachment(&mut self, volume: &VolumeId, serial: u64) {
        let now = self.now;
        if let Some(volume) = self.volumes.edit(volume, now) {
            let dropped = volume.attachments.iter().filter(|attachment| attachment.serial == serial);
            volume.left.extend(dropped.map(|attachment| (attachment.instance.clone(), now)));
            volume.attachments.retain(|attachment| attachment.serial != serial);
        }
    }
}

/// How a volume is detached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detachment {
    /// Once the instance lets go of it.
    Clean,
    /// At once (`Force`).
    Forced,
}
