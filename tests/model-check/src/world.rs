//! A small EC2: all that it knows. What it makes of calls is in `ec2.rs`, what happens by itself in `life.rs`.
//!
//! Small numbers stand for ids.

use crate::ssm::{Agent, Command, Volumes};
use planner::tags::Policy;

/// All that EC2 knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The policy that the slots ask for.
    pub handover: Handover,
    /// The slot that is paused.
    pub paused: Option<u8>,
    /// The instances.
    pub instances: Vec<Instance>,
    /// The volumes, slot by slot: of a slot the one with the smallest number is the first.
    pub volumes: Vec<Volume>,
    /// The addresses, slot by slot.
    pub addresses: Vec<Address>,
    /// The drain commands that Systems Manager has on record.
    pub record: Vec<Command>,
}

/// The policy of every slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handover {
    /// `on-release`.
    OnRelease,
    /// `terminate`.
    Terminate,
    /// `drain`.
    Drain,
}

/// An instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance {
    /// Where it is in its life.
    pub phase: Phase,
    /// What is said about its end.
    pub mark: Mark,
    /// Whether it may be using what is attached to it.
    pub mounted: bool,
    /// Whether its tags ask for it to be left alone.
    pub paused: bool,
    /// The device letter of a volume that is nobody's business, until the instance is gone.
    pub foreign: Option<char>,
    /// A device letter that EC2 holds on to although nothing is there.
    pub stuck: Option<char>,
    /// What its agent of Systems Manager does.
    pub agent: Agent,
    /// The number of the last of its commands that was asked for before it was last started.
    pub launched: u8,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Not launched yet.
    Unborn,
    /// Starting.
    Pending,
    /// Running, with what is attached mounted.
    Running,
    /// Shutting its processes down, to be stopped.
    Stopping,
    /// Off.
    Stopped,
    /// Shutting its processes down, to be terminated.
    Ending,
    /// Gone.
    Gone,
}

/// What is said about an instance's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// Nothing.
    None,
    /// EC2 recommends to replace it.
    Recommended,
    /// EC2 has announced an interruption, in this run of the instance.
    Interrupted,
    /// So long ago that little is left of the two minutes.
    Short,
    /// A person wants the slot off it, whatever run it is in.
    ByHand,
}

/// A volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Volume {
    /// The slot that it is of.
    pub slot: u8,
    /// Where it is attached.
    pub link: Option<Link>,
}

/// A volume's attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// To which instance.
    pub instance: u8,
    /// Under which device letter.
    pub device: char,
    /// How far it is.
    pub state: LinkState,
    /// Whether EC2 deletes the volume with the instance.
    pub doomed: bool,
    /// What the instance does with it as long as it runs.
    pub usage: Usage,
    /// The number of the last command that names the volume and was asked for before the attachment.
    pub since: u8,
}

/// What an instance that runs does with a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// It may use it.
    Mounted,
    /// The same, though a drain of it was asked for.
    Asked,
    /// It was drained, and is not mounted again before the next boot.
    Drained,
}

/// How far an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Accepted.
    Attaching,
    /// Done.
    Attached,
    /// On its way off.
    Detaching,
}

/// An Elastic IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// The slot that it is of.
    pub slot: u8,
    /// Where it points.
    pub at: Option<Association>,
}

/// An Elastic IP's association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Association {
    /// The instance.
    pub instance: u8,
    /// Which of its private addresses.
    pub place: u8,
    /// Tells it from every other association of the address that anybody still knows of.
    pub id: u8,
}

/// What a world consists of.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many instances there are at most.
    pub instances: u8,
    /// The slots: how many volumes and how many addresses each has.
    pub slots: &'static [(u8, u8)],
    /// The policy of the slots.
    pub handover: Handover,
}

/// An instance that nobody has launched.
pub const UNBORN: Instance = Instance {
    phase: Phase::Unborn,
    mark: Mark::None,
    mounted: false,
    paused: false,
    foreign: None,
    stuck: None,
    agent: Agent::Works,
    launched: 0,
};

impl Shape {
    /// A world in which nothing has been launched.
    pub fn quiet(&self) -> World {
        let mut world = World {
            handover: self.handover,
            paused: None,
            instances: vec![UNBORN; usize::from(self.instances)],
            volumes: Vec::new(),
            addresses: Vec::new(),
            record: Vec::new(),
        };
        for ((volumes, addresses), slot) in self.slots.iter().zip(0..) {
            let volume = Volume { slot, link: None };
            world.volumes.extend(std::iter::repeat_n(volume, usize::from(*volumes)));
            let address = Address { slot, at: None };
            world.addresses.extend(std::iter::repeat_n(address, usize::from(*addresses)));
        }
        world
    }
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Unborn, Self::Pending, Self::Running, Self::Stopping, Self::Stopped, Self::Ending, Self::Gone];
}

impl Handover {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OnRelease, Self::Terminate, Self::Drain];

    /// The policy as the planner names it.
    pub fn policy(self) -> Policy {
        match self {
            Self::OnRelease => Policy::OnRelease,
            Self::Terminate => Policy::Terminate,
            Self::Drain => Policy::Drain,
        }
    }
}

impl World {
    /// An instance.
    pub fn instance(&self, n: u8) -> Option<&Instance> {
        self.instances.get(usize::from(n))
    }

    /// The phase of an instance.
    pub fn phase(&self, n: u8) -> Phase {
        self.instance(n).map_or(Phase::Unborn, |instance| instance.phase)
    }

    /// The numbers of the instances.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        (0..).take(self.instances.len())
    }

    /// A volume.
    pub fn volume(&self, n: u8) -> Option<&Volume> {
        self.volumes.get(usize::from(n))
    }

    /// An address.
    pub fn address(&self, n: u8) -> Option<&Address> {
        self.addresses.get(usize::from(n))
    }

    /// Every volume that is attached, and where.
    pub fn links(&self) -> impl Iterator<Item = (&Volume, Link)> {
        self.volumes.iter().filter_map(|volume| Some((volume, volume.link?)))
    }

    /// The slot's first volume.
    pub fn first_volume(&self, slot: u8) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.slot == slot)
    }

    /// The volumes of which a drain was asked for where they are.
    pub fn asked(&self) -> Volumes {
        let is_asked = |volume: &Volume| volume.link.is_some_and(|link| link.usage != Usage::Mounted);
        (0..).zip(&self.volumes).filter(|(_, volume)| is_asked(volume)).map(|(n, _)| n).collect()
    }

    /// Whether EC2 has accepted to attach the slot's first volume to the instance, and nobody has taken it off since.
    pub fn has_first(&self, slot: u8, instance: u8) -> bool {
        let link = self.first_volume(slot).and_then(|first| first.link);
        link.is_some_and(|link| link.instance == instance)
    }

    /// Whether another slot has a volume on the instance.
    pub fn has_another(&self, slot: u8, instance: u8) -> bool {
        self.links().any(|(volume, link)| volume.slot != slot && link.instance == instance)
    }

    /// Whether the instance can take a slot, by what is said of it.
    pub fn is_fit(&self, n: u8) -> bool {
        self.instance(n).is_some_and(|instance| instance.is_healthy() && !instance.paused)
    }

    /// How many private addresses an instance has: enough for any slot.
    pub fn places(&self) -> u8 {
        let of = |slot| self.addresses.iter().filter(|address| address.slot == slot).count();
        let most = self.addresses.iter().map(|address| of(address.slot)).max();
        most.and_then(|most| u8::try_from(most).ok()).unwrap_or(0)
    }
}

impl Instance {
    /// Whether it runs, and nothing says that it is about to go.
    pub fn is_healthy(&self) -> bool {
        self.phase == Phase::Running && matches!(self.mark, Mark::None | Mark::Recommended)
    }
}
