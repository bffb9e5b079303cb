//! What the cloud shows, as the planner's facts: what the adapter over the AWS SDK makes of the same answers.

use crate::actions::{AddressView, InstanceView, InterfaceView, PlaceView};
use crate::{ssm, state};
use chrono::SubsecRound;
use planner::device::DeviceName;
use planner::observation::{
    Address, Association, Attachment, BlockDevice, Instance, Interface, PrivateAddress, Volume, VolumeState,
};
use planner::tags::{InstanceTags, ResourceTags};
use reconciler::ec2::{ListedCommand, VOLUMES};

pub(super) fn volume(volume: &state::Volume) -> Volume {
    let attachments = volume.attachments.iter().map(|attachment| Attachment {
        instance: attachment.instance.clone(),
        device: DeviceName::reported(&attachment.device),
        state: attachment.state,
        // EC2 tells times to the second.
        since: Some(attachment.since.trunc_subsecs(0)),
        delete_on_termination: attachment.delete_on_termination,
    });
    Volume {
        id: volume.id.clone(),
        zone: volume.zone.clone(),
        state: match volume.life {
            state::VolumeLife::Creating => VolumeState::Creating,
            state::VolumeLife::Ready if volume.attachments.is_empty() => VolumeState::Available,
            state::VolumeLife::Ready => VolumeState::InUse,
            state::VolumeLife::Deleting | state::VolumeLife::Failed => VolumeState::Unusable,
        },
        multi_attach: volume.multi_attach,
        attachments: attachments.collect(),
        tags: ResourceTags::read(volume.tags.all()),
    }
}

pub(super) fn address(view: &AddressView) -> Address {
    let address = &view.address;
    let association = address.association.as_ref().map(|association| Association {
        id: association.id.clone(),
        instance: view.instance.clone(),
        interface: Some(association.interface.clone()),
        private: Some(association.private),
    });
    Address {
        allocation: address.allocation.clone(),
        public: address.public,
        association,
        tags: ResourceTags::read(address.tags.all()),
    }
}

pub(super) fn instance(view: &InstanceView) -> Instance {
    let instance = &view.instance;
    let devices = view.devices.iter().map(|device| BlockDevice {
        device: DeviceName::reported(&device.attachment.device),
        volume: device.volume.clone(),
    });
    Instance {
        id: instance.id.clone(),
        state: instance.state,
        zone: instance.zone.clone(),
        launched: instance.launched.trunc_subsecs(0),
        spot: instance.spot.is_some(),
        doomed: None,
        lifecycle: None,
        hibernation: instance.hibernation,
        root_device: Some(DeviceName::reported(&instance.root_device)),
        devices: devices.collect(),
        interfaces: view.interfaces.iter().map(interface).collect(),
        tags: InstanceTags::read(instance.tags.all()),
    }
}

fn interface(view: &InterfaceView) -> Interface {
    Interface {
        id: view.interface.id.clone(),
        primary: view.interface.seat.as_ref().is_some_and(|seat| seat.index == 0),
        addresses: view.places.iter().map(place).collect(),
    }
}

fn place(place: &PlaceView) -> PrivateAddress {
    let elastic = place.public.as_ref().filter(|public| public.elastic.is_some()).map(|public| public.public);
    PrivateAddress { private: place.private, elastic }
}

pub(super) fn command(command: &ssm::Command) -> ListedCommand {
    let (status, details) = command.status.names();
    ListedCommand {
        id: command.id.clone(),
        document: command.document.clone(),
        instances: command.instances.iter().map(ToString::to_string).collect(),
        volumes: command.parameters.get(VOLUMES).cloned().unwrap_or_default(),
        requested: Some(command.requested.trunc_subsecs(3)),
        status: status.to_owned(),
        details: details.to_owned(),
    }
}
