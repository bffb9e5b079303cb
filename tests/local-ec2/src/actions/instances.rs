//! `DescribeInstances`: an instance with what points at it.

use super::zones::VPC;
use super::{Operation, question};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::{instance_id, no_instances};
use crate::state::{Attachment, Instance, Interface, attachment_state};
use crate::throttle::CallKind;
use crate::time::{Time, written};
use planner::ids::{AllocationId, AssociationId, InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::Tags;
use std::net::Ipv4Addr;

/// `DescribeInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeInstances(pub Listing);

/// An instance as EC2 describes it. One instance is seen as of one time; what `DescribeVolumes` says of its volumes is
/// seen as of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceView {
    /// The instance.
    pub instance: Instance,
    /// What is attached to it.
    pub devices: Vec<DeviceView>,
    /// Its network interfaces, the primary one first.
    pub interfaces: Vec<InterfaceView>,
    /// The subnet that it is in.
    pub subnet: String,
}

/// A volume as the instance lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceView {
    /// The volume.
    pub volume: VolumeId,
    /// Its attachment.
    pub attachment: Attachment,
}

/// A network interface as the instance lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceView {
    /// The interface.
    pub interface: Interface,
    /// Its private addresses, the primary one first.
    pub places: Vec<PlaceView>,
}

/// A private address and what points at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceView {
    /// The address.
    pub private: Ipv4Addr,
    /// Its public one.
    pub public: Option<PublicView>,
}

/// A public address as the instance lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicView {
    /// The address.
    pub public: Ipv4Addr,
    /// What makes it the account's own. Otherwise EC2 lends it, and its owner is `amazon`.
    pub elastic: Option<(AllocationId, AssociationId)>,
}

impl InstanceView {
    /// The public address of the primary private one.
    pub fn public(&self) -> Option<Ipv4Addr> {
        self.interfaces.first()?.places.first()?.public.as_ref().map(|public| public.public)
    }

    /// The primary private address.
    pub fn private(&self) -> Option<Ipv4Addr> {
        self.interfaces.first()?.places.first().map(|place| place.private)
    }
}

impl DeviceView {
    /// The state of the attachment as an instance tells it: it knows no `busy` (EC2 API reference,
    /// `EbsInstanceBlockDevice.Status`).
    pub fn status(&self) -> &'static str {
        match self.attachment.state {
            AttachmentState::Busy => attachment_state(AttachmentState::Detaching),
            state @ (AttachmentState::Attaching | AttachmentState::Attached | AttachmentState::Detaching) => {
                attachment_state(state)
            }
        }
    }
}

/// The number of a state (EC2 API reference, `InstanceState.Code`).
pub(crate) fn state_code(state: InstanceState) -> u8 {
    match state {
        InstanceState::Pending => 0,
        InstanceState::Running => 16,
        InstanceState::ShuttingDown => 32,
        InstanceState::Terminated => 48,
        InstanceState::Stopping => 64,
        InstanceState::Stopped => 80,
    }
}

impl View for InstanceView {
    const FILTERS: &'static [&'static str] = &[
        "architecture",
        "availability-zone",
        "block-device-mapping.delete-on-termination",
        "block-device-mapping.device-name",
        "block-device-mapping.status",
        "block-device-mapping.volume-id",
        "hibernation-options.configured",
        "image-id",
        "instance-id",
        "instance-lifecycle",
        "instance-state-code",
        "instance-state-name",
        "instance-type",
        "ip-address",
        "key-name",
        "launch-time",
        "network-interface.addresses.private-ip-address",
        "network-interface.network-interface-id",
        "private-ip-address",
        "reservation-id",
        "root-device-name",
        "spot-instance-request-id",
        "subnet-id",
        "vpc-id",
    ];

    fn values(&self, filter: &str) -> Vec<String> {
        let instance = &self.instance;
        let of_devices =
            |value: fn(&DeviceView) -> String| self.devices.iter().map(value).collect::<Vec<_>>();
        let one = |value: &str| vec![value.to_owned()];
        match filter {
            "architecture" => one("x86_64"),
            "availability-zone" => one(instance.zone.as_str()),
            "block-device-mapping.delete-on-termination" => {
                of_devices(|device| device.attachment.delete_on_termination.to_string())
            }
            "block-device-mapping.device-name" => of_devices(|device| device.attachment.device.clone()),
            "block-device-mapping.status" => of_devices(|device| device.status().to_owned()),
            "block-device-mapping.volume-id" => of_devices(|device| device.volume.to_string()),
            "hibernation-options.configured" => one(&instance.hibernation.to_string()),
            "image-id" => one(&instance.image),
            "instance-id" => one(instance.id.as_str()),
            "instance-lifecycle" => instance.spot.iter().map(|_| "spot".to_owned()).collect(),
            "instance-state-code" => one(&state_code(instance.state).to_string()),
            "instance-state-name" => one(&instance.state.to_string()),
            "instance-type" => one(&instance.instance_type),
            "key-name" => one(&instance.key_name),
            "launch-time" => one(&written(instance.launched)),
            "reservation-id" => one(instance.reservation.as_str()),
            "root-device-name" => one(&instance.root_device),
            "spot-instance-request-id" => instance.spot.iter().map(ToString::to_string).collect(),
            "subnet-id" => one(&self.subnet),
            "vpc-id" => one(VPC),
            network => self.network_values(network),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(self.instance.tags.all())
    }
}

impl InstanceView {
    fn network_values(&self, filter: &str) -> Vec<String> {
        match filter {
            "ip-address" => self.public().iter().map(ToString::to_string).collect(),
            "private-ip-address" => self.private().iter().map(ToString::to_string).collect(),
            "network-interface.network-interface-id" => {
                self.interfaces.iter().map(|own| own.interface.id.to_string()).collect()
            }
            "network-interface.addresses.private-ip-address" => self
                .interfaces
                .iter()
                .flat_map(|own| &own.places)
                .map(|place| place.private.to_string())
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Operation for DescribeInstances {
    type Answer = Page<InstanceView>;

    fn name(&self) -> &'static str {
        "DescribeInstances"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<InstanceView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "instancesSet", sizes: (5, 1000) };
        let asked = self.0.ids.iter().map(|id| instance_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &InstanceId, at: Time| cloud.instance_view(id, at);
        let all = cloud.instances.ids().cloned().collect();
        cloud.list(&self.0, &paging, Subject { all, asked, view, unknown: no_instances })
    }
}

impl Cloud {
    /// The instance and what pointed at it then.
    pub(crate) fn instance_view(&self, id: &InstanceId, at: Time) -> Option<InstanceView> {
        let instance = self.instances.as_of(id, at)?.clone();
        let volumes = self.volumes.ids().filter_map(|volume| self.volumes.as_of(volume, at));
        let devices = volumes
            .filter_map(|volume| {
                let attachment = volume.attachment_to(id)?.clone();
                Some(DeviceView { volume: volume.id.clone(), attachment })
            })
            .collect();
        let interfaces = self.interfaces.ids().filter_map(|interface| self.interfaces.as_of(interface, at));
        let own = interfaces.filter(|interface| interface.instance() == Some(id));
        let mut interfaces: Vec<_> =
            own.map(|interface| self.interface_view(&instance, interface, at)).collect();
        interfaces.sort_by_key(|own| own.interface.seat.as_ref().map(|seat| seat.index));
        let subnet = self.subnet_of(&instance.zone);
        Some(InstanceView { instance, devices, interfaces, subnet })
    }

    fn interface_view(&self, instance: &Instance, interface: &Interface, at: Time) -> InterfaceView {
        let addresses = || self.addresses.ids().filter_map(|address| self.addresses.as_of(address, at));
        let lent = interface.lent.filter(|_| instance.state == InstanceState::Running);
        let place = |(index, private): (usize, &Ipv4Addr)| {
            let elastic = addresses().find_map(|address| {
                let own =
                    |a: &&crate::state::Association| a.interface == interface.id && a.private == *private;
                let association = address.association.as_ref().filter(own)?;
                let elastic = Some((address.allocation.clone(), association.id.clone()));
                Some(PublicView { public: address.public, elastic })
            });
            let lent = lent.filter(|_| index == 0).map(|public| PublicView { public, elastic: None });
            PlaceView { private: *private, public: elastic.or(lent) }
        };
        let places = interface.addresses.iter().enumerate().map(place).collect();
        InterfaceView { interface: interface.clone(), places }
    }
}
