//! Churn: what EC2, fleets, operators and instances do while Holdfast works, at random.

mod foreign;
mod groups;

use crate::stage;
use crate::world::Fleet;
use chrono::TimeDelta;
use local_ec2::actions::{
    DeviceChange, ModifyInstanceAttribute, RebootInstances, StartInstances, StopInstances, TerminateInstances,
};
use local_ec2::state::{Instance, Usage, Volume};
use local_ec2::{Cloud, TagSet, Time};
use planner::ids::{InstanceId, VolumeId, Zone};
use planner::observation::InstanceState;
use std::fmt::Display;

const FLEET: &str = "holdfast:fleet";
const PAUSED: &str = "holdfast:paused";
const DRAINING: &str = "holdfast:draining";

/// More instances than this are not launched by hand.
const CROWD: usize = 9;

/// What happens next, and when.
#[derive(Debug)]
pub struct Churn {
    /// When.
    pub next: Time,
    /// What was done with what is not Holdfast's, by [`crate::figures::FOREIGN`].
    pub foreign: [u64; 2],
    random: fastrand::Rng,
    fleets: Vec<Fleet>,
    /// The mean pause, in seconds.
    pause: i64,
}

/// Everything that can happen.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Launch,
    Starve,
    Feed,
    DrainVolume,
    GoTogether,
    Pause,
    Unpause,
    Instance(Deed),
    Group(groups::Deed),
    Foreign(foreign::Deed),
}

/// What can happen to an instance.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Interrupt,
    Resume,
    Recommend,
    Terminate,
    Stop,
    Hibernate,
    Start,
    Reboot,
    MarkDraining,
    UnmarkDraining,
}

/// Everything that can happen, and how likely it is.
const TURNS: [(Turn, usize); 21] = [
    (Turn::Instance(Deed::Interrupt), 3),
    (Turn::Instance(Deed::Resume), 2),
    (Turn::Instance(Deed::Recommend), 1),
    (Turn::Instance(Deed::Terminate), 2),
    (Turn::Instance(Deed::Stop), 3),
    (Turn::Instance(Deed::Hibernate), 1),
    (Turn::Instance(Deed::Start), 3),
    (Turn::Instance(Deed::Reboot), 1),
    (Turn::Instance(Deed::MarkDraining), 1),
    (Turn::Instance(Deed::UnmarkDraining), 2),
    (Turn::Launch, 2),
    (Turn::Starve, 1),
    (Turn::Feed, 1),
    (Turn::Pause, 1),
    (Turn::Unpause, 2),
    (Turn::DrainVolume, 1),
    (Turn::GoTogether, 1),
    (Turn::Foreign(foreign::Deed::Attach), 2),
    (Turn::Foreign(foreign::Deed::Detach), 1),
    (Turn::Foreign(foreign::Deed::Associate), 1),
    (Turn::Foreign(foreign::Deed::Disassociate), 1),
];

impl Churn {
    /// The churn of a world, from now on.
    pub fn new(now: Time, fleets: Vec<Fleet>, mut random: fastrand::Rng) -> Self {
        // Some worlds have a turn every few seconds, so that turns meet each other's consequences.
        let pause = random.choice([10, 60, 240]).unwrap_or(60);
        Self { next: now, foreign: [0; 2], random, fleets, pause }
    }

    /// A world in which nothing happens.
    pub fn none() -> Self {
        let random = fastrand::Rng::with_seed(0);
        Self { next: Time::MAX_UTC, foreign: [0; 2], random, fleets: Vec::new(), pause: 0 }
    }

    /// Lets something happen. Tells what; nothing, where it could not.
    pub fn turn(&mut self, cloud: &mut Cloud) -> Option<String> {
        self.next = cloud.now() + TimeDelta::milliseconds(self.random.i64(1..=self.pause * 2000));
        self.keep_up(cloud);
        let has_groups = self.fleets.iter().any(|fleet| fleet.hooks.is_some());
        let of_groups = groups::DEEDS.iter().filter(|_| has_groups);
        let of_groups = of_groups.map(|(deed, weight)| (Turn::Group(*deed), *weight));
        let turns = TURNS.into_iter().chain(of_groups);
        let turns = turns.flat_map(|(turn, weight)| std::iter::repeat_n(turn, weight));
        let turn = self.random.choice(turns.collect::<Vec<_>>())?;
        let subject = match turn {
            Turn::Launch => self.launch(cloud),
            Turn::Starve => self.zone(cloud).inspect(|zone| cloud.starve(zone)).map(|zone| zone.to_string()),
            Turn::Feed => self.zone(cloud).inspect(|zone| cloud.feed(zone)).map(|zone| zone.to_string()),
            Turn::DrainVolume => self.attached(cloud).map(|on| drain(&on, cloud)),
            Turn::GoTogether => self.attached(cloud).map(|on| go_together(on, self.random.bool(), cloud)),
            Turn::Pause => self
                .any_resource(cloud, |_| true)
                .map(|id| told(&id, stage::mark(cloud, &id, PAUSED, "true"))),
            Turn::Unpause => {
                let paused = self.any_resource(cloud, |tags| tags.get(PAUSED).is_some());
                paused.map(|id| told(&id, stage::unmark(cloud, &id, PAUSED)))
            }
            Turn::Instance(deed) => self.instance(deed, cloud),
            Turn::Group(deed) => self.group(deed, cloud),
            Turn::Foreign(deed) => self.foreign(deed, cloud),
        };
        subject.map(|subject| format!("       {turn:?} {subject}"))
    }

    /// Whoever runs a fleet that EC2 does not keep launches what it lacks.
    fn keep_up(&mut self, cloud: &mut Cloud) {
        let fleets = self.fleets.clone();
        for fleet in fleets.iter().filter(|fleet| !fleet.kept) {
            let of_it =
                cloud.instances().filter(|i| fleet.tags.iter().all(|(k, v)| i.tags.get(k) == Some(v)));
            let live = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
            if of_it.filter(|instance| live(instance.state)).count() < fleet.size && self.random.bool() {
                self.launch_in(fleet, cloud);
            }
        }
    }

    fn launch_in(&mut self, fleet: &Fleet, cloud: &mut Cloud) -> Option<InstanceId> {
        let zone = self.random.choice(&fleet.zones)?;
        let mut tags = fleet.tags.clone();
        if fleet.kept {
            tags.insert(FLEET.to_owned(), fleet.name.clone());
        }
        Some(stage::launch(cloud, &fleet.data, zone, tags))
    }

    fn launch(&mut self, cloud: &mut Cloud) -> Option<String> {
        let live = cloud.instances().filter(|instance| instance.state != InstanceState::Terminated).count();
        let fleet = self.random.choice(&self.fleets).filter(|_| live < CROWD).cloned()?;
        let id = self.launch_in(&fleet, cloud)?;
        Some(format!("{id} in {}", fleet.name))
    }

    fn zone(&mut self, cloud: &Cloud) -> Option<Zone> {
        self.random.choice(cloud.setup().zones.clone())
    }

    fn any(&mut self, cloud: &Cloud, fits: impl Fn(&Instance) -> bool) -> Option<InstanceId> {
        let fitting = cloud.instances().filter(|instance| fits(instance));
        self.random.choice(fitting.map(|instance| instance.id.clone()).collect::<Vec<_>>())
    }

    fn instance(&mut self, deed: Deed, cloud: &mut Cloud) -> Option<String> {
        let id = match deed {
            Deed::Resume | Deed::Start => self.any(cloud, |i| i.state == InstanceState::Stopped),
            Deed::UnmarkDraining => self.any(cloud, |i| i.tags.get(DRAINING).is_some()),
            // A written assumption (docs/decisions/0008): nobody reboots what was drained a moment ago, since EC2 does not
            // tell of it.
            Deed::Reboot => {
                self.any(cloud, |i| i.state != InstanceState::Terminated && !is_drained(i, cloud))
            }
            Deed::Interrupt
            | Deed::Recommend
            | Deed::Terminate
            | Deed::Stop
            | Deed::Hibernate
            | Deed::MarkDraining => self.any(cloud, |i| i.state != InstanceState::Terminated),
        }?;
        let (name, instance_ids) = (id.as_str(), vec![id.to_string()]);
        Some(match deed {
            Deed::Interrupt => told(name, cloud.interrupt(&id)),
            Deed::Resume => told(name, cloud.resume(&id)),
            Deed::Recommend => told(name, cloud.recommend(&id)),
            Deed::Terminate => told(name, stage::ask(cloud, &TerminateInstances { instance_ids })),
            Deed::Stop => told(name, stage::ask(cloud, &StopInstances { instance_ids, hibernate: false })),
            Deed::Hibernate => {
                told(name, stage::ask(cloud, &StopInstances { instance_ids, hibernate: true }))
            }
            Deed::Start => told(name, stage::ask(cloud, &StartInstances { instance_ids })),
            Deed::Reboot => told(name, stage::ask(cloud, &RebootInstances { instance_ids })),
            Deed::MarkDraining => told(name, stage::mark(cloud, name, DRAINING, "kernel update")),
            Deed::UnmarkDraining => told(name, stage::unmark(cloud, name, DRAINING)),
        })
    }

    /// A volume that is on an instance.
    fn attached(&mut self, cloud: &Cloud) -> Option<Attached> {
        let tagged = cloud.volumes().filter(|volume| volume.tags.get(FLEET).is_some());
        let attached = tagged.filter_map(|volume| {
            let attachment = volume.attachments.first()?;
            let (instance, device) = (attachment.instance.clone(), attachment.device.clone());
            Some(Attached { volume: volume.id.clone(), instance, device })
        });
        self.random.choice(attached.collect::<Vec<_>>())
    }

    /// An instance, or a volume or an address of a slot, with such tags.
    fn any_resource(&mut self, cloud: &Cloud, fits: impl Fn(&TagSet) -> bool) -> Option<String> {
        let instances = cloud.instances().map(|instance| (instance.id.to_string(), &instance.tags));
        let volumes = cloud.volumes().map(|volume| (volume.id.to_string(), &volume.tags));
        let volumes = volumes.filter(|(_, tags)| tags.get(FLEET).is_some());
        let addresses = cloud.addresses().map(|address| (address.allocation.to_string(), &address.tags));
        let addresses = addresses.filter(|(_, tags)| tags.get(FLEET).is_some());
        let all = instances.chain(volumes).chain(addresses).filter(|(_, tags)| fits(tags));
        self.random.choice(all.map(|(id, _)| id).collect::<Vec<_>>())
    }
}

/// A volume on an instance.
struct Attached {
    volume: VolumeId,
    instance: InstanceId,
    device: String,
}

fn drain(on: &Attached, cloud: &mut Cloud) -> String {
    told(on.volume.as_str(), cloud.drain(&on.volume))
}

fn go_together(on: Attached, delete_on_termination: bool, cloud: &mut Cloud) -> String {
    let change = DeviceChange { device_name: on.device, delete_on_termination };
    let instance_id = on.instance.to_string();
    let call = ModifyInstanceAttribute { instance_id, block_device_mappings: vec![change] };
    told(&format!("{} {delete_on_termination}", on.volume), stage::ask(cloud, &call))
}

fn told<T>(subject: &str, answer: Result<T, impl Display>) -> String {
    match answer {
        Ok(_) => subject.to_owned(),
        Err(error) => format!("{subject} ({error})"),
    }
}

/// Whether a volume of the instance was unmounted for good.
fn is_drained(instance: &Instance, cloud: &Cloud) -> bool {
    let here =
        |volume: &Volume| volume.attachment_to(&instance.id).is_some_and(|on| on.usage == Usage::Drained);
    cloud.volumes().any(here)
}
