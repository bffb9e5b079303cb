//! An ideal EC2: it does at once what it accepts, refuses what it would refuse, and shows the truth at every look.

use crate::facts::{is_healthy, is_in, is_proven};
use chrono::TimeDelta;
use planner::command::{Command, CommandStatus, Record};
use planner::device::DeviceName;
use planner::ids::{AssociationId, InstanceId, VolumeId};
use planner::lifecycle::LifecycleState;
use planner::memory::{Accepted, Associated};
use planner::observation::{
    Address, Association, Attachment, AttachmentState, BlockDevice, InstanceState, Observation, VolumeState,
};
use planner::plan::{Plan, SlotPlan, Step};
use std::net::Ipv4Addr;

/// What the next look will see.
pub(crate) struct Ideal {
    pub(crate) seen: Observation,
    /// What should never have been asked for.
    pub(crate) faults: Vec<String>,
    associations: u32,
}

impl Ideal {
    /// With Systems Manager's record at hand from the first look on, and an EC2 Auto Scaling that tells.
    pub(crate) fn new(mut seen: Observation) -> Self {
        for state in seen.instances.iter_mut().filter_map(|instance| instance.lifecycle.as_mut()) {
            if state.is_unknown() {
                *state = LifecycleState::new("InService");
            }
        }
        for instance in &seen.instances {
            seen.records.entry(instance.id.clone()).or_insert_with(|| Record::Commands(Vec::new()));
        }
        Self { seen, faults: Vec::new(), associations: 0xa000 }
    }

    /// Does what the plan says: in each slot the lead, then, when that was accepted, what follows.
    pub(crate) fn execute(&mut self, plan: &Plan) {
        for slot in &plan.slots {
            self.execute_slot(slot);
        }
        self.end_what_groups_end(plan);
    }

    /// Groups end what they are terminating, once nobody keeps it waiting any more.
    fn end_what_groups_end(&mut self, plan: &Plan) {
        let is_prolonged = |id: &InstanceId| {
            plan.steps
                .iter()
                .any(|step| matches!(step, Step::RecordHeartbeat { instance, .. } if instance == id))
        };
        let running = self.seen.instances.iter_mut().filter(|it| it.state == InstanceState::Running);
        for instance in
            running.filter(|it| is_in(it, &["Terminating"]) && !is_in(it, &["Terminating:Retained"]))
        {
            if !is_prolonged(&instance.id) {
                instance.state = InstanceState::ShuttingDown;
            }
        }
    }

    fn execute_slot(&mut self, slot: &SlotPlan) {
        if slot.lead.as_ref().is_some_and(|lead| !self.accepts(lead)) {
            return;
        }
        for chain in &slot.follow {
            // A chain ends where it is refused.
            let _ = chain.iter().all(|step| self.accepts(step));
        }
    }

    fn accepts(&mut self, step: &Step) -> bool {
        match step {
            Step::AttachVolume { volume, instance, device } => self.attach(volume, instance, device),
            Step::DetachVolume { volume, instance } => self.detach(volume, instance),
            Step::DisassociateAddress { association, .. } => {
                let mut all = self.seen.addresses.iter_mut();
                let on = all.find(|a| a.association.as_ref().is_some_and(|on| on.id == *association));
                on.is_some_and(|address| address.association.take().is_some())
            }
            Step::AssociateAddress { address, instance, interface, private } => {
                self.associations += 1;
                let id = AssociationId::parse(&format!("eipassoc-{:08x}", self.associations)).expect("an id");
                self.displace(step, *private);
                let mut all = self.seen.addresses.iter_mut();
                let own = all.find(|own| own.allocation == *address && own.association.is_none());
                own.is_some_and(|own| {
                    let accepted = Accepted { instance: instance.clone(), at: self.seen.began };
                    let associated = Associated { accepted, private: *private };
                    self.seen.memory.associated.insert(address.clone(), associated);
                    let (instance, interface) = (Some(instance.clone()), Some(interface.clone()));
                    own.association = Some(Association { id, instance, interface, private: Some(*private) });
                    true
                })
            }
            Step::TerminateInstance { instance } => self.terminate(instance),
            Step::DrainVolumes { instance, volumes, .. } => self.drain(instance, volumes),
            Step::CompleteLifecycleAction { .. }
            | Step::RecordHeartbeat { .. }
            | Step::MarkDraining { .. } => false,
        }
    }

    /// EC2 lets a second address of one place displace the first. A quiet world sees none of that.
    fn displace(&mut self, step: &Step, private: Ipv4Addr) {
        let here =
            |other: &&mut Address| other.association.as_ref().is_some_and(|on| on.private == Some(private));
        for other in self.seen.addresses.iter_mut().filter(here) {
            self.faults.push(format!("{step:?} displaces {}", other.allocation));
            other.association = None;
        }
    }

    fn attach(&mut self, volume: &VolumeId, instance: &InstanceId, device: &DeviceName) -> bool {
        let on = self.seen.instances.iter().find(|i| i.id == *instance).expect("an instance that exists");
        let taken = on.devices.iter().any(|listed| listed.device.is_same_device(device));
        let own = self.seen.volumes.iter_mut().find(|own| own.id == *volume).expect("a volume that exists");
        if !own.attachments.is_empty() || on.state != InstanceState::Running || on.zone != own.zone {
            self.faults.push(format!("{instance} cannot have {volume}"));
        }
        if taken {
            self.seen.memory.refused_devices.insert((instance.clone(), device.clone()), self.seen.began);
            return false;
        }
        own.state = VolumeState::InUse;
        own.attachments.push(Attachment {
            instance: instance.clone(),
            device: device.clone(),
            state: AttachmentState::Attaching,
            since: Some(self.seen.began),
            delete_on_termination: false,
        });
        let accepted = Accepted { instance: instance.clone(), at: self.seen.began };
        self.seen.memory.accepted.insert(volume.clone(), accepted);
        true
    }

    fn terminate(&mut self, instance: &InstanceId) -> bool {
        let mut all = self.seen.instances.iter_mut();
        let ended = all.find(|i| i.id == *instance).expect("an instance that exists");
        if ended.state != InstanceState::Running || is_healthy(ended) {
            self.faults.push(format!("{instance} was ended"));
        }
        ended.state = InstanceState::ShuttingDown;
        true
    }

    fn drain(&mut self, instance: &InstanceId, volumes: &[VolumeId]) -> bool {
        let on = self.seen.instances.iter().find(|i| i.id == *instance).expect("an instance that exists");
        if on.state != InstanceState::Running || is_healthy(on) {
            self.faults.push(format!("{instance} was drained"));
        }
        let (requested, status) = (self.seen.began, CommandStatus::InProgress);
        let command = Command { volumes: volumes.iter().cloned().collect(), requested, status };
        if let Some(Record::Commands(commands)) = self.seen.records.get_mut(instance) {
            commands.push(command);
        }
        true
    }

    fn detach(&mut self, volume: &VolumeId, instance: &InstanceId) -> bool {
        let on = self.seen.instances.iter().find(|i| i.id == *instance).expect("an instance that exists");
        let seen = self.seen.volumes.iter().find(|own| own.id == *volume).expect("a volume that exists");
        let is_drained = on.state == InstanceState::Running && is_proven(&self.seen, seen, on);
        if !is_drained && (on.state != InstanceState::Stopped || on.hibernation) {
            self.faults.push(format!("{volume} was taken from {instance}"));
        }
        let own = self.seen.volumes.iter_mut().find(|own| own.id == *volume).expect("a volume that exists");
        let mut attachments = own.attachments.iter_mut();
        let Some(attachment) = attachments.find(|a| a.instance == *instance) else { return false };
        attachment.state = AttachmentState::Detaching;
        self.seen.memory.accepted.remove(volume);
        true
    }

    /// Two seconds pass, and what was under way is done. Whether anything was.
    pub(crate) fn pass(&mut self) -> bool {
        let before = self.seen.clone();
        self.release();
        let records = self.seen.records.values_mut().filter_map(|record| match record {
            Record::Commands(commands) => Some(commands),
            Record::Unanswered | Record::Refused(_) => None,
        });
        for command in records.flatten().filter(|command| command.status == CommandStatus::InProgress) {
            command.status = CommandStatus::Success;
        }
        for instance in &mut self.seen.instances {
            instance.state = match instance.state {
                InstanceState::Pending => InstanceState::Running,
                InstanceState::Stopping => InstanceState::Stopped,
                InstanceState::ShuttingDown => InstanceState::Terminated,
                state @ (InstanceState::Running | InstanceState::Stopped | InstanceState::Terminated) => {
                    state
                }
            };
        }
        self.list();
        let changed = before != self.seen;
        self.seen.began += TimeDelta::seconds(2);
        changed
    }

    /// Completes attachments and detachments. Only an instance that runs keeps a volume busy, and one that has ended
    /// keeps nothing.
    fn release(&mut self) {
        let instances = &self.seen.instances;
        let state = |id: &InstanceId| instances.iter().find(|i| i.id == *id).map(|i| i.state);
        let ended = |id: &InstanceId| matches!(state(id), None | Some(InstanceState::Terminated));
        for volume in &mut self.seen.volumes {
            volume.attachments.retain(|attachment| match attachment.state {
                AttachmentState::Detaching => false,
                AttachmentState::Busy => state(&attachment.instance) == Some(InstanceState::Running),
                AttachmentState::Attaching | AttachmentState::Attached => !ended(&attachment.instance),
            });
            for attachment in &mut volume.attachments {
                if attachment.state == AttachmentState::Attaching {
                    attachment.state = AttachmentState::Attached;
                }
            }
            volume.state =
                if volume.attachments.is_empty() { VolumeState::Available } else { VolumeState::InUse };
        }
        for address in &mut self.seen.addresses {
            let on = address.association.as_ref().and_then(|on| on.instance.as_ref());
            if on.is_some_and(ended) {
                address.association = None;
            }
        }
    }

    /// DescribeInstances tells what there is.
    fn list(&mut self) {
        let Observation { instances, volumes, addresses, .. } = &mut self.seen;
        for instance in instances {
            instance.devices.retain(|listed| volumes.iter().all(|volume| volume.id != listed.volume));
            for volume in volumes.iter() {
                let here = volume.attachments.iter().filter(|a| a.instance == instance.id);
                instance.devices.extend(
                    here.map(|a| BlockDevice { device: a.device.clone(), volume: volume.id.clone() }),
                );
            }
            for place in instance.interfaces.iter_mut().flat_map(|interface| &mut interface.addresses) {
                let mut all = addresses.iter();
                let here = all.find(|address| {
                    address.association.as_ref().is_some_and(|on| on.private == Some(place.private))
                });
                place.elastic = here.map(|address| address.public);
            }
        }
    }
}
