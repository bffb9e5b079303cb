//! The beginning of an instance, with its interfaces and volumes.

use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::events;
use crate::ids::{FleetId, ReservationId};
use crate::state::{
    Attachment, BlockDevice, Instance, Interface, InterfaceSeat, LaunchData, NetworkSpec, Usage, Volume,
    VolumeLife, VolumeType, is_same_device,
};
use crate::tags::TagSet;
use planner::ids::{InstanceId, VolumeId, Zone};
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::Tags;
use std::collections::BTreeMap;

/// The root device of every image here, as of Amazon Linux.
const ROOT_DEVICE: &str = "/dev/xvda";
/// In GiB.
const ROOT_SIZE: u32 = 8;

/// What to launch, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What.
    pub data: LaunchData,
    /// Where.
    pub zone: Zone,
    /// Tags that a service of AWS sets, such as `aws:autoscaling:groupName`.
    pub service_tags: Tags,
    /// The fleet that launches it.
    pub fleet: Option<FleetId>,
}

impl Cloud {
    /// Begins an instance. It is `pending`.
    pub(crate) fn begin(&mut self, launch: &Launch, reservation: ReservationId) -> InstanceId {
        let id = self.mint.instance();
        let spot = launch.data.market.map(|market| self.fulfil(&id, market, launch));
        let mut tags = TagSet::default();
        tags.set(&launch.data.tags_for("instance"), self.now);
        tags.set(&launch.service_tags, self.now);
        let instance = Instance {
            id: id.clone(),
            reservation,
            state: InstanceState::Pending,
            zone: launch.zone.clone(),
            image: launch.data.image_id.clone(),
            instance_type: launch.data.instance_type.clone(),
            key_name: launch.data.key_name.clone(),
            launched: self.now,
            stopped_until: None,
            spot: spot.clone(),
            fleet: launch.fleet.clone(),
            hibernation: launch.data.hibernation == Some(true),
            hibernated: false,
            root_device: ROOT_DEVICE.to_owned(),
            reason: None,
            turn: 0,
            tags,
        };
        self.instances.insert(id.clone(), instance, self.now);
        self.begin_interfaces(&id, launch);
        self.begin_volumes(&id, launch);
        self.emit(events::instance_state(&id, InstanceState::Pending));
        if let Some(request) = spot {
            self.emit(events::fulfillment(&request, &id));
        }
        self.after(self.setup.timing.pending, Due::Running(id.clone(), 0));
        id
    }

    fn begin_interfaces(&mut self, id: &InstanceId, launch: &Launch) {
        let primary = NetworkSpec::default();
        let asked = &launch.data.network_interfaces;
        let primary =
            if asked.iter().any(|network| network.device_index == 0) { None } else { Some(&primary) };
        for network in primary.into_iter().chain(asked) {
            let id_of_interface = self.mint.interface();
            let count = 1 + network.secondary_private_ip_address_count;
            let interface = Interface {
                id: id_of_interface.clone(),
                zone: launch.zone.clone(),
                addresses: (0..count).map(|_| self.private_address()).collect(),
                // Default subnets lend the primary interface a public address.
                lent: if network.device_index == 0 { Some(self.public_address()) } else { None },
                seat: Some(InterfaceSeat {
                    instance: id.clone(),
                    attachment: self.mint.interface_attachment(),
                    index: network.device_index,
                    delete_on_termination: true,
                }),
                tags: TagSet::default(),
            };
            self.interfaces.insert(id_of_interface, interface, self.now);
        }
    }

    fn begin_volumes(&mut self, id: &InstanceId, launch: &Launch) {
        let root =
            BlockDevice { device: ROOT_DEVICE.to_owned(), size: Some(ROOT_SIZE), ..BlockDevice::default() };
        let asked = &launch.data.block_device_mappings;
        let is_root = |device: &BlockDevice| is_same_device(&device.device, ROOT_DEVICE);
        let root = if asked.iter().any(is_root) { None } else { Some(&root) };
        for device in root.into_iter().chain(asked) {
            self.begin_volume(id, device, launch);
        }
    }

    /// Volumes of a launch are there, and attached, from its beginning.
    fn begin_volume(&mut self, id: &InstanceId, device: &BlockDevice, launch: &Launch) -> VolumeId {
        let volume = self.mint.volume();
        let mut tags = TagSet::default();
        tags.set(&launch.data.tags_for("volume"), self.now);
        let attachment = Attachment {
            serial: self.serial(),
            instance: id.clone(),
            device: device.device.clone(),
            state: AttachmentState::Attached,
            since: self.now,
            delete_on_termination: device.delete_on_termination.unwrap_or(true),
            delete_on_termination_since: self.now,
            usage: Usage::Idle,
        };
        let resource = Volume {
            id: volume.clone(),
            zone: launch.zone.clone(),
            size: device.size.unwrap_or(ROOT_SIZE),
            kind: VolumeType::parse(&device.volume_type).unwrap_or(VolumeType::Gp3),
            multi_attach: false,
            key: None,
            life: VolumeLife::Ready,
            created: self.now,
            attachments: vec![attachment],
            left: BTreeMap::new(),
            tags,
        };
        self.volumes.insert(volume.clone(), resource, self.now);
        volume
    }
}
