//! The course of an interruption by the cloud's own truth: how the instances, the volume and the address stood, since when,
//! and the moments that follow from it.

use local_ec2::ssm::Status;
use local_ec2::state::Usage;
use local_ec2::{Cloud, Time};
use planner::ids::{AllocationId, InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};
use std::collections::BTreeMap;

/// How things stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// The instances, and the value of their tag `holdfast:draining`.
    pub instances: BTreeMap<InstanceId, (InstanceState, Option<String>)>,
    /// Where the volume is attached, completely or not.
    pub volume: Option<Seat>,
    /// Where the address points.
    pub address: Option<InstanceId>,
    /// Whether the drain document is running.
    pub drains: bool,
}

/// Where the volume is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// At which instance.
    pub instance: InstanceId,
    /// How far the attachment is.
    pub state: AttachmentState,
    /// Whether it was unmounted for good.
    pub drained: bool,
}

/// The parts that are watched.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Who has the slot in the beginning.
    pub holder: InstanceId,
    /// The slot's volume.
    pub volume: VolumeId,
    /// The slot's address.
    pub address: AllocationId,
}

/// What EC2 told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notices {
    /// When it recommended to replace the holder, if it did.
    pub recommended: Option<Time>,
    /// When it warned, if it did: the holder may have been ended before.
    pub warned: Option<Time>,
}

impl Notices {
    /// When it told something first.
    pub fn first(self) -> Option<Time> {
        self.recommended.or(self.warned)
    }
}

/// A course.
#[derive(Debug, Clone)]
pub struct Course {
    /// What is watched.
    pub parts: Parts,
    /// How things stood, and since when. Each differs from the one before.
    pub shots: Vec<(Time, Shot)>,
}

/// When what happened. None: it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moments {
    /// Another instance began to run.
    pub ready: Option<Time>,
    /// The drain document began to stop the service.
    pub draining: Option<Time>,
    /// The holder had unmounted the volume for good.
    pub unmounted: Option<Time>,
    /// The holder began to shut down, and with it its services.
    pub ending: Option<Time>,
    /// EC2 had the volume no longer attached to the holder.
    pub released: Option<Time>,
    /// The volume was attached to another instance.
    pub attached: Option<Time>,
    /// So was the address.
    pub held: Option<Time>,
}

impl Parts {
    /// How the cloud stands.
    fn shot(&self, cloud: &Cloud) -> Shot {
        let instances = cloud.instances().map(|instance| {
            let draining = instance.tags.get("holdfast:draining").map(str::to_owned);
            (instance.id.clone(), (instance.state, draining))
        });
        let attachment = cloud.volume(&self.volume).and_then(|volume| volume.attachments.first());
        let volume = attachment.map(|attachment| Seat {
            instance: attachment.instance.clone(),
            state: attachment.state,
            drained: attachment.usage == Usage::Drained,
        });
        let drains = cloud.commands().any(|command| command.status == Status::InProgress);
        let address = cloud.holder_of(&self.address).cloned();
        Shot { instances: instances.collect(), volume, address, drains }
    }
}

impl Course {
    /// The course of these parts, from now on.
    pub fn begin(parts: Parts) -> Self {
        Self { parts, shots: Vec::new() }
    }

    /// Looks at the cloud.
    pub fn look(&mut self, cloud: &Cloud) {
        let shot = self.parts.shot(cloud);
        if self.shots.last().is_none_or(|(_, last)| *last != shot) {
            self.shots.push((cloud.now(), shot));
        }
    }

    /// Whether the slot is all on another instance that runs.
    pub fn is_over(&self) -> bool {
        self.shots.last().is_some_and(|(_, last)| last.is_held_by_another_than(&self.parts.holder))
    }

    /// Whether the first holder runs.
    pub fn is_running(&self) -> bool {
        self.shots.last().is_some_and(|(_, last)| last.is(&self.parts.holder, InstanceState::Running))
    }

    /// Whether the first holder has ended.
    pub fn has_ended(&self) -> bool {
        self.shots.last().is_some_and(|(_, last)| last.is(&self.parts.holder, InstanceState::Terminated))
    }

    /// When what happened.
    pub fn moments(&self) -> Moments {
        let holder = &self.parts.holder;
        let first = |is_so: &dyn Fn(&Shot) -> bool| {
            self.shots.iter().find(|(_, shot)| is_so(shot)).map(|(since, _)| *since)
        };
        Moments {
            ready: first(&|shot| shot.others(holder).any(|state| state == InstanceState::Running)),
            draining: first(&|shot| shot.drains),
            unmounted: first(&|shot| shot.seat_at(holder).is_some_and(|seat| seat.drained)),
            ending: first(&|shot| !shot.is(holder, InstanceState::Running)),
            released: first(&|shot| shot.seat_at(holder).is_none()),
            attached: first(&|shot| shot.is_attached_to_another_than(holder)),
            held: first(&|shot| shot.is_held_by_another_than(holder)),
        }
    }
}

impl Shot {
    fn is(&self, instance: &InstanceId, state: InstanceState) -> bool {
        self.instances.get(instance).is_some_and(|(own, _)| *own == state)
    }

    fn others(&self, than: &InstanceId) -> impl Iterator<Item = InstanceState> {
        self.instances.iter().filter(move |(id, _)| *id != than).map(|(_, (state, _))| *state)
    }

    fn seat_at(&self, instance: &InstanceId) -> Option<&Seat> {
        self.volume.as_ref().filter(|seat| seat.instance == *instance)
    }

    fn is_attached_to_another_than(&self, instance: &InstanceId) -> bool {
        let seat = self.volume.as_ref().filter(|seat| seat.state == AttachmentState::Attached);
        seat.is_some_and(|seat| seat.instance != *instance && self.is(&seat.instance, InstanceState::Running))
    }

    fn is_held_by_another_than(&self, instance: &InstanceId) -> bool {
        let seat = self.volume.as_ref().map(|seat| &seat.instance);
        self.is_attached_to_another_than(instance) && self.address.as_ref() == seat
    }
}
