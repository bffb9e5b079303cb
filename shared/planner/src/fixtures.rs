//! Builders of observations that read as a sentence, for tests only.
//!
//! Small numbers stand for ids, and seconds for times: instance 1 was launched one second after the fixture's epoch,
//! and every look begins 1,000 seconds after it.
#![expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "a fixture that cannot be built fails its test"
)]
#![expect(missing_docs, reason = "the names say it")]

use crate::command::{Command, CommandStatus, Record};
use crate::device::DeviceName;
use crate::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId, Zone};
use crate::lifecycle::{LifecycleHook, LifecycleState, Transition};
use crate::memory::Memory;
use crate::observation::{
    Address, Association, Attachment, AttachmentState, BlockDevice, Instance, InstanceState, Interface,
    Observation, PrivateAddress, Volume, VolumeState,
};
use crate::tags::{self, DrainingTag, InstanceTags, Policy, ResourceTags, Setting, Tags};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// When a look begins, in seconds after the epoch of the fixtures.
pub const NOW: i64 = 1000;

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-23T12:00:00Z").expect("a time").to_utc()
        + TimeDelta::seconds(seconds)
}

pub fn instance_id(n: u8) -> InstanceId {
    InstanceId::parse(&format!("i-{n:08x}")).expect("an id")
}

pub fn volume_id(n: u8) -> VolumeId {
    VolumeId::parse(&format!("vol-{n:08x}")).expect("an id")
}

pub fn allocation_id(n: u8) -> AllocationId {
    AllocationId::parse(&format!("eipalloc-{n:08x}")).expect("an id")
}

pub fn association_id(n: u8) -> AssociationId {
    AssociationId::parse(&format!("eipassoc-{n:08x}")).expect("an id")
}

pub fn interface_id(n: u8) -> InterfaceId {
    InterfaceId::parse(&format!("eni-{n:08x}")).expect("an id")
}

pub fn device(letter: char) -> DeviceName {
    DeviceName::parse(&format!("/dev/sd{letter}")).expect("a device name")
}

/// The k-th private address of instance n, from 1.
pub fn private(n: u8, k: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, n, k)
}

/// The Elastic IP n.
pub fn elastic(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, n)
}

/// A fleet named `web` that nothing was seen of yet.
pub fn look() -> Look {
    Look(Observation {
        began: at(NOW),
        fleet: FleetName::new("web"),
        default_policy: Policy::OnRelease,
        drain_document: Some("Drain".to_owned()),
        abandons: false,
        hooks: Vec::new(),
        refusals: BTreeSet::new(),
        volumes: Vec::new(),
        addresses: Vec::new(),
        instances: Vec::new(),
        managed: BTreeSet::from([FleetName::new("web")]),
        records: BTreeMap::new(),
        memory: Memory::default(),
    })
}

/// A running instance of the fleet, in zone `a`, with one private address.
pub fn instance(n: u8) -> InstanceBuilder {
    let interface = Interface {
        id: interface_id(n),
        primary: true,
        addresses: vec![PrivateAddress { private: private(n, 1), elastic: None }],
    };
    InstanceBuilder(Instance {
        id: instance_id(n),
        state: InstanceState::Running,
        zone: Zone::new("a"),
        launched: at(i64::from(n)),
        spot: true,
        doomed: None,
        lifecycle: None,
        hibernation: false,
        root_device: Some(DeviceName::reported("/dev/xvda")),
        devices: Vec::new(),
        interfaces: vec![interface],
        tags: InstanceTags {
            group: None,
            fleets: BTreeSet::from([FleetName::new("web")]),
            draining: None,
            paused: Setting::Absent,
        },
    })
}

/// A free volume of the slot `main`, in zone `a`.
pub fn volume(n: u8) -> VolumeBuilder {
    VolumeBuilder(Volume {
        id: volume_id(n),
        zone: Zone::new("a"),
        state: VolumeState::Available,
        multi_attach: false,
        attachments: Vec::new(),
        tags: resource_tags(&[]),
    })
}

/// An Elastic IP of the slot `main` that points nowhere.
pub fn address(n: u8) -> AddressBuilder {
    AddressBuilder(Address {
        allocation: allocation_id(n),
        public: elastic(n),
        association: None,
        tags: resource_tags(&[]),
    })
}

/// A drain command that names these volumes and was asked for that many seconds before the look.
pub fn command(ago: i64, volumes: &[u8], status: CommandStatus) -> Command {
    let volumes = volumes.iter().copied().map(volume_id).collect();
    Command { volumes, requested: at(NOW - ago), status }
}

fn resource_tags(pairs: &[(&str, &str)]) -> ResourceTags {
    let mut all = Tags::from([(tags::FLEET.to_owned(), "web".to_owned())]);
    all.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    ResourceTags::read(&all)
}

#[derive(Debug, Clone)]
pub struct Look(pub Observation);

#[derive(Debug, Clone)]
pub struct InstanceBuilder(Instance);

#[derive(Debug, Clone)]
pub struct VolumeBuilder(Volume);

#[derive(Debug, Clone)]
pub struct AddressBuilder(Address);

impl Look {
    #[must_use]
    pub fn sees(mut self, part: impl Into<Part>) -> Self {
        match part.into() {
            Part::Instance(instance) => self.0.instances.push(instance),
            Part::Volume(volume) => self.0.volumes.push(volume),
            Part::Address(address) => self.0.addresses.push(address),
        }
        self
    }

    /// Systems Manager has these commands on record of instance n.
    #[must_use]
    pub fn records(mut self, n: u8, commands: &[Command]) -> Self {
        self.0.records.insert(instance_id(n), Record::Commands(commands.to_vec()));
        self
    }

    /// The group `web` has these hooks for instances that launch, and these for such as are to be terminated.
    #[must_use]
    pub fn hooks(mut self, launching: &[&str], terminating: &[&str]) -> Self {
        let of = |transition| {
            move |name: &&str| LifecycleHook {
                group: FleetName::new("web"),
                name: (*name).to_owned(),
                transition,
            }
        };
        self.0.hooks.extend(launching.iter().map(of(Transition::Launching)));
        self.0.hooks.extend(terminating.iter().map(of(Transition::Terminating)));
        self
    }

    #[must_use]
    pub fn but(mut self, change: impl FnOnce(&mut Observation)) -> Self {
        change(&mut self.0);
        self
    }
}

/// Something that a look can see.
#[derive(Debug)]
pub enum Part {
    Instance(Instance),
    Volume(Volume),
    Address(Address),
}

impl From<InstanceBuilder> for Part {
    fn from(builder: InstanceBuilder) -> Self {
        Self::Instance(builder.0)
    }
}

impl From<VolumeBuilder> for Part {
    fn from(builder: VolumeBuilder) -> Self {
        Self::Volume(builder.0)
    }
}

impl From<AddressBuilder> for Part {
    fn from(builder: AddressBuilder) -> Self {
        Self::Address(builder.0)
    }
}

impl InstanceBuilder {
    #[must_use]
    pub fn but(mut self, change: impl FnOnce(&mut Instance)) -> Self {
        change(&mut self.0);
        self
    }

    #[must_use]
    pub fn is(self, state: InstanceState) -> Self {
        self.but(|instance| instance.state = state)
    }

    #[must_use]
    pub fn in_zone(self, zone: &str) -> Self {
        self.but(|instance| instance.zone = Zone::new(zone))
    }

    #[must_use]
    pub fn of_fleets(self, fleets: &[&str]) -> Self {
        self.but(|instance| instance.tags.fleets = fleets.iter().copied().map(FleetName::new).collect())
    }

    /// With the tag `holdfast:draining` of that value.
    #[must_use]
    pub fn draining(self, value: &str) -> Self {
        self.but(|instance| instance.tags.draining = Some(DrainingTag::read(value)))
    }

    /// In the Auto Scaling group `web`, in that state.
    #[must_use]
    pub fn in_group(self, state: &str) -> Self {
        self.but(|instance| {
            instance.tags.group = Some(FleetName::new("web"));
            instance.lifecycle = Some(LifecycleState::new(state));
        })
    }

    #[must_use]
    pub fn recommended(self) -> Self {
        self.draining("rebalance-recommendation 2026-11-23T12:10:00Z")
    }

    #[must_use]
    pub fn paused(self) -> Self {
        self.but(|instance| instance.tags.paused = Setting::Value(true))
    }

    /// With that many private addresses on its primary network interface.
    #[must_use]
    pub fn with_places(self, count: u8) -> Self {
        self.but(|instance| {
            let n = instance.id.as_str().trim_start_matches("i-").parse().expect("a small decimal number");
            let places = (1..=count).map(|k| PrivateAddress { private: private(n, k), elastic: None });
            instance
                .interfaces
                .iter_mut()
                .for_each(|interface| interface.addresses = places.clone().collect());
        })
    }

    /// With a volume that no slot has, under that name.
    #[must_use]
    pub fn using(self, letter: char, volume: u8) -> Self {
        self.but(|instance| {
            instance.devices.push(BlockDevice { device: device(letter), volume: volume_id(volume) });
        })
    }

    pub fn build(self) -> Instance {
        self.0
    }
}

impl VolumeBuilder {
    #[must_use]
    pub fn but(mut self, change: impl FnOnce(&mut Volume)) -> Self {
        change(&mut self.0);
        self
    }

    #[must_use]
    pub fn in_zone(self, zone: &str) -> Self {
        self.but(|volume| volume.zone = Zone::new(zone))
    }

    /// With these tags besides `holdfast:fleet`.
    #[must_use]
    pub fn tagged(self, pairs: &[(&str, &str)]) -> Self {
        self.but(|volume| volume.tags = resource_tags(pairs))
    }

    #[must_use]
    pub fn in_slot(self, slot: &str) -> Self {
        self.tagged(&[(tags::SLOT, slot)])
    }

    /// Attached to instance n.
    #[must_use]
    pub fn on(self, n: u8) -> Self {
        self.at(n, 'f', AttachmentState::Attached)
    }

    #[must_use]
    pub fn at(self, n: u8, letter: char, state: AttachmentState) -> Self {
        self.but(|volume| {
            volume.state = VolumeState::InUse;
            volume.attachments.push(Attachment {
                instance: instance_id(n),
                device: device(letter),
                state,
                since: Some(at(NOW - 10)),
                delete_on_termination: false,
            });
        })
    }
}

impl AddressBuilder {
    #[must_use]
    pub fn but(mut self, change: impl FnOnce(&mut Address)) -> Self {
        change(&mut self.0);
        self
    }

    #[must_use]
    pub fn tagged(self, pairs: &[(&str, &str)]) -> Self {
        self.but(|address| address.tags = resource_tags(pairs))
    }

    #[must_use]
    pub fn in_slot(self, slot: &str) -> Self {
        self.tagged(&[(tags::SLOT, slot)])
    }

    /// Pointing at the first private address of instance n.
    #[must_use]
    pub fn on(self, n: u8) -> Self {
        self.at(n, 1)
    }

    /// Pointing at the k-th private address of instance n.
    #[must_use]
    pub fn at(self, n: u8, k: u8) -> Self {
        self.but(|address| {
            let own =
                address.allocation.as_str().trim_start_matches("eipalloc-").parse().expect("a small number");
            address.association = Some(Association {
                id: association_id(own),
                instance: Some(instance_id(n)),
                interface: Some(interface_id(n)),
                private: Some(private(n, k)),
            });
        })
    }
}
