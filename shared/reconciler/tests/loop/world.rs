//! A small, honest EC2 in memory: it does what EC2 does, refuses what EC2 refuses, by EC2's codes and words, and
//! stops the test at what Holdfast promises never to do.

use crate::groups::Groups;
use chrono::{DateTime, TimeDelta, Utc};
use planner::device::DeviceName;
use planner::fixtures::{self, Part, association_id, at, instance_id, volume_id};
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, VolumeId};
use planner::observation::{
    Address, Association, Attachment, AttachmentState, BlockDevice, Instance, InstanceState, Volume,
    VolumeState,
};
use planner::tags::DrainingTag;
use reconciler::ec2::ListedCommand;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Something that happens to the world.
pub(crate) type Change = Arc<dyn Fn(&mut World) + Send + Sync>;

/// EC2's code and words.
pub(crate) type Refusal = (&'static str, String);

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) now: DateTime<Utc>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) instances: Vec<Instance>,
    /// The status codes of spot requests.
    pub(crate) codes: BTreeMap<InstanceId, String>,
    /// The spot instances that EC2 hibernates.
    pub(crate) hibernating: BTreeSet<InstanceId>,
    /// The spot instances whose request EC2 does not show.
    pub(crate) without_request: BTreeSet<InstanceId>,
    /// How many seconds an attach and a detach take.
    pub(crate) pace: i64,
    /// By how many seconds the function's wall clock is off.
    pub(crate) clock_error: i64,
    /// The Auto Scaling groups.
    pub(crate) groups: Groups,
    /// What Systems Manager is asked to do, and what becomes of it.
    pub(crate) manager: Manager,
    to_come: Vec<(DateTime<Utc>, Change)>,
    associations: u8,
}

/// Systems Manager, and the agents of the instances.
#[derive(Clone)]
pub(crate) struct Manager {
    /// The instances without an agent.
    pub(crate) unknown: BTreeSet<InstanceId>,
    /// How many seconds a command takes.
    pub(crate) pace: i64,
    /// The status and its details with which commands end.
    pub(crate) ends: (&'static str, &'static str),
    /// Every command that was sent.
    pub(crate) commands: Vec<ListedCommand>,
    /// Which instance has unmounted which volume, for good.
    unmounted: BTreeSet<(InstanceId, VolumeId)>,
}

/// The world in which these things are.
pub(crate) fn world<const N: usize>(parts: [Part; N]) -> World {
    let mut world = World {
        now: at(fixtures::NOW),
        volumes: Vec::new(),
        addresses: Vec::new(),
        instances: Vec::new(),
        codes: BTreeMap::new(),
        hibernating: BTreeSet::new(),
        without_request: BTreeSet::new(),
        pace: 2,
        clock_error: 0,
        groups: Groups::default(),
        manager: Manager {
            unknown: BTreeSet::new(),
            pace: 4,
            ends: ("Success", "Success"),
            commands: Vec::new(),
            unmounted: BTreeSet::new(),
        },
        to_come: Vec::new(),
        associations: 100,
    };
    for part in parts {
        match part {
            Part::Instance(instance) => world.instances.push(instance),
            Part::Volume(volume) => world.volumes.push(volume),
            Part::Address(address) => world.addresses.push(address),
        }
    }
    world
}

/// What happens, by the numbers of the fixtures.
impl World {
    /// Lets the change happen that many seconds from now.
    pub(crate) fn after(mut self, seconds: i64, change: impl Fn(&mut Self) + Send + Sync + 'static) -> Self {
        self.soon(seconds, change);
        self
    }

    pub(crate) fn soon(&mut self, seconds: i64, change: impl Fn(&mut Self) + Send + Sync + 'static) {
        self.to_come.push((self.now + TimeDelta::seconds(seconds), Arc::new(change)));
    }

    /// Lets time pass, and what was to come by then.
    pub(crate) fn settle(&mut self, until: DateTime<Utc>) {
        while let Some(next) =
            (0..self.to_come.len()).filter(|i| self.to_come[*i].0 <= until).min_by_key(|i| self.to_come[*i].0)
        {
            let (at, change) = self.to_come.remove(next);
            self.now = at;
            change(self);
        }
        self.now = until;
    }

    pub(crate) fn volume(&mut self, n: u8) -> &mut Volume {
        self.volumes.iter_mut().find(|volume| volume.id == volume_id(n)).unwrap()
    }

    pub(crate) fn instance(&mut self, n: u8) -> &mut Instance {
        self.instances.iter_mut().find(|instance| instance.id == instance_id(n)).unwrap()
    }

    /// The operator, or Auto Scaling, or EC2 itself terminates the instance.
    pub(crate) fn shut_down(&mut self, n: u8) {
        self.instance(n).state = InstanceState::ShuttingDown;
    }

    /// The instance has ended: EC2 lets go of what it had.
    pub(crate) fn end(&mut self, n: u8) {
        self.instance(n).state = InstanceState::Terminated;
        let has = |volume: &&mut Volume| volume.attachments.iter().any(|a| a.instance == instance_id(n));
        self.volumes.iter_mut().filter(has).for_each(release);
        for address in &mut self.addresses {
            address.association.take_if(|association| association.instance == Some(instance_id(n)));
        }
    }

    pub(crate) fn start(&mut self, n: u8) {
        let now = self.now;
        let instance = self.instance(n);
        (instance.state, instance.launched) = (InstanceState::Running, now);
    }

    /// Another function attaches the volume.
    pub(crate) fn steal(&mut self, volume: u8, instance: u8, letter: char) {
        self.attach(&volume_id(volume), &instance_id(instance), &fixtures::device(letter)).unwrap();
    }
}

/// What EC2 answers (EC2 API reference, "Error codes for the Amazon EC2 API").
impl World {
    /// The instances as DescribeInstances lists them.
    pub(crate) fn listed(&self) -> Vec<Instance> {
        let mut listed = self.instances.clone();
        for instance in &mut listed {
            for volume in &self.volumes {
                let here = volume.attachments.iter().filter(|a| a.instance == instance.id);
                let block =
                    |a: &Attachment| BlockDevice { device: a.device.clone(), volume: volume.id.clone() };
                instance.devices.extend(here.map(block));
            }
            for place in instance.interfaces.iter_mut().flat_map(|interface| &mut interface.addresses) {
                let here =
                    |a: &&Address| a.association.as_ref().and_then(|a| a.private) == Some(place.private);
                place.elastic = self.addresses.iter().find(here).map(|a| a.public).or(place.elastic);
            }
        }
        listed
    }

    pub(crate) fn attach(
        &mut self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Refusal> {
        let place = self.volumes.iter().position(|v| v.id == *volume).ok_or_else(|| no_volume(volume))?;
        let seen = self.volumes[place].clone();
        let to =
            self.listed().into_iter().find(|i| i.id == *instance).ok_or_else(|| no_instance(instance))?;
        if !seen.attachments.is_empty() {
            return Err(("VolumeInUse", format!("{volume} is already attached to an instance")));
        }
        if seen.state != VolumeState::Available {
            return Err(("IncorrectState", format!("Volume '{volume}' is not 'available'.")));
        }
        if !matches!(to.state, InstanceState::Running | InstanceState::Stopped) {
            return Err(("IncorrectState", format!("Instance '{instance}' is not 'running'.")));
        }
        if seen.zone != to.zone {
            let words = format!("The volume '{volume}' is not in the same availability zone as '{instance}'");
            return Err(("InvalidVolume.ZoneMismatch", words));
        }
        if to.devices.iter().any(|taken| taken.device.is_same_device(device)) {
            let words = format!(
                "Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
            );
            return Err(("InvalidParameterValue", words));
        }
        let siblings = self
            .volumes
            .iter()
            .filter(|other| (&other.tags.fleet, &other.tags.slot) == (&seen.tags.fleet, &seen.tags.slot));
        for attachment in siblings.flat_map(|other| &other.attachments) {
            assert_eq!(attachment.instance, *instance, "{volume} splits its slot");
        }
        let attachment = Attachment {
            instance: instance.clone(),
            device: device.clone(),
            state: AttachmentState::Attaching,
            since: Some(self.now),
            delete_on_termination: false,
        };
        (self.volumes[place].state, self.volumes[place].attachments) = (VolumeState::InUse, vec![attachment]);
        let volume = volume.clone();
        self.soon(self.pace, move |world| {
            let it = world.volumes.iter_mut().filter(|it| it.id == volume);
            let attaching =
                it.flat_map(|it| &mut it.attachments).filter(|a| a.state == AttachmentState::Attaching);
            attaching.for_each(|attachment| attachment.state = AttachmentState::Attached);
        });
        Ok(())
    }

    pub(crate) fn detach(&mut self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Refusal> {
        let place = self.volumes.iter().position(|v| v.id == *volume).ok_or_else(|| no_volume(volume))?;
        let from = self.instances.iter().find(|i| i.id == *instance).ok_or_else(|| no_instance(instance))?;
        let Some(attachment) = self.volumes[place].attachments.first_mut() else {
            return Err(("IncorrectState", format!("Volume '{volume}' is in the 'available' state.")));
        };
        if attachment.instance != *instance {
            let words = format!("The volume '{volume}' is not attached to the instance '{instance}'.");
            return Err(("InvalidAttachment.NotFound", words));
        }
        if attachment.state == AttachmentState::Detaching {
            return Err(("IncorrectState", format!("Volume '{volume}' is in the 'detaching' state.")));
        }
        // From `stopped` to mounting an instance takes longer than a look is fresh (ARCHITECTURE.md, invariant 8).
        let unmounted =
            from.state == InstanceState::Stopped || self.now - from.launched <= TimeDelta::seconds(5);
        let drained = self.manager.unmounted.contains(&(instance.clone(), volume.clone()));
        assert!(unmounted || drained, "{volume} is torn from {instance}, which is {}", from.state);
        attachment.state = AttachmentState::Detaching;
        let volume = volume.clone();
        self.soon(self.pace, move |world| {
            world.volumes.iter_mut().filter(|it| it.id == volume).for_each(release);
        });
        Ok(())
    }

    pub(crate) fn associate(
        &mut self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Result<(), Refusal> {
        let id = association_id(self.associations);
        let owner = self.instances.iter().find(|i| i.interfaces.iter().any(|own| own.id == *interface));
        let Some(owner) = owner.filter(|owner| owner.state != InstanceState::Terminated) else {
            let words = format!("The networkInterface ID '{interface}' does not exist");
            return Err(("InvalidNetworkInterfaceID.NotFound", words));
        };
        let there = Association {
            id,
            instance: Some(owner.id.clone()),
            interface: Some(interface.clone()),
            private: Some(private),
        };
        let taken = self.addresses.iter().find(|other| {
            other.allocation != *address
                && other
                    .association
                    .as_ref()
                    .is_some_and(|a| (a.interface.as_ref(), a.private) == (Some(interface), Some(private)))
        });
        if let Some(other) = taken {
            panic!("{address} displaces {} from {private}", other.allocation);
        }
        if !matches!(owner.state, InstanceState::Running | InstanceState::Stopped) {
            let words = format!("The instance '{}' is not in a valid state for this operation.", owner.id);
            return Err(("IncorrectInstanceState", words));
        }
        let Some(own) = self.addresses.iter_mut().find(|own| own.allocation == *address) else {
            return Err((
                "InvalidAllocationID.NotFound",
                format!("The allocation ID '{address}' does not exist"),
            ));
        };
        match &own.association {
            // Idempotent, and each repetition may be charged (EC2 API reference, "AssociateAddress").
            Some(now) if (&now.interface, now.private) == (&there.interface, there.private) => {}
            Some(_) => {
                let words = format!("resource {address} is already associated");
                return Err(("Resource.AlreadyAssociated", words));
            }
            None => {
                own.association = Some(there);
                self.associations += 1;
            }
        }
        Ok(())
    }

    pub(crate) fn disassociate(&mut self, association: &AssociationId) -> Result<(), Refusal> {
        let is_it = |a: &mut Association| a.id == *association;
        let ended = self.addresses.iter_mut().find_map(|address| address.association.take_if(is_it));
        let words = format!("The association ID '{association}' does not exist");
        ended.map(drop).ok_or(("InvalidAssociationID.NotFound", words))
    }

    /// The instance begins to end; a script says when it has.
    pub(crate) fn terminate(&mut self, instance: &InstanceId) -> Result<(), Refusal> {
        let ended =
            self.instances.iter_mut().find(|i| i.id == *instance).ok_or_else(|| no_instance(instance))?;
        ended.state = InstanceState::ShuttingDown;
        Ok(())
    }

    /// Sends the document `Drain` (Systems Manager API reference, `SendCommand`, "Errors").
    pub(crate) fn send(
        &mut self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Refusal> {
        let is_running =
            self.instances.iter().any(|i| i.id == *instance && i.state == InstanceState::Running);
        if document != "Drain" {
            return Err(("InvalidDocument", String::new()));
        }
        if !is_running || self.manager.unknown.contains(instance) {
            let words = format!("Instances [[{instance}]] not in a valid state for account 123456789012");
            return Err(("InvalidInstanceId", words));
        }
        let number = self.manager.commands.len();
        let named: Vec<&str> = volumes.iter().map(VolumeId::as_str).collect();
        self.manager.commands.push(ListedCommand {
            id: format!("command-{number}"),
            document: document.to_owned(),
            instances: vec![instance.to_string()],
            volumes: vec![named.join(" ")],
            requested: Some(self.now),
            status: "InProgress".to_owned(),
            details: "InProgress".to_owned(),
        });
        let (instance, volumes) = (instance.clone(), volumes.to_vec());
        self.soon(self.manager.pace, move |world| {
            let (status, details) = world.manager.ends;
            let command = &mut world.manager.commands[number];
            (command.status, command.details) = (status.to_owned(), details.to_owned());
            if status == "Success" {
                let pairs = volumes.iter().map(|volume| (instance.clone(), volume.clone()));
                world.manager.unmounted.extend(pairs);
            }
        });
        Ok(())
    }

    pub(crate) fn mark(&mut self, instance: &InstanceId, value: &str) -> Result<(), Refusal> {
        let marked =
            self.instances.iter_mut().find(|i| i.id == *instance).ok_or_else(|| no_instance(instance))?;
        marked.tags.draining = Some(DrainingTag::read(value));
        Ok(())
    }
}

fn release(volume: &mut Volume) {
    volume.attachments.clear();
    volume.state = VolumeState::Available;
}

fn no_volume(id: &VolumeId) -> Refusal {
    ("InvalidVolume.NotFound", format!("The volume '{id}' does not exist."))
}

fn no_instance(id: &InstanceId) -> Refusal {
    ("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
}
