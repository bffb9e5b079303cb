//! A small EC2: what it is, and what it makes of a call. Every answer is EC2's: the call is accepted or refused.
//!
//! Small numbers stand for ids. Volumes and addresses belong to slots as [`Shape`] says.

use planner::ids::SlotName;
use std::collections::BTreeMap;

/// What a world consists of.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many instances there are at most.
    pub instances: usize,
    /// The slots: how many volumes and how many addresses each has.
    pub slots: Vec<(usize, usize)>,
}

/// All that EC2 knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The instances.
    pub instances: Vec<Instance>,
    /// The volumes, slot by slot.
    pub volumes: Vec<Volume>,
    /// The addresses, slot by slot.
    pub addresses: Vec<Address>,
}

/// An instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance {
    /// Where it is in its life.
    pub phase: Phase,
    /// Whether an interruption was announced.
    pub draining: bool,
    /// Whether it may be using what is attached to it.
    pub mounted: bool,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// A volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Volume {
    /// The slot that it is of.
    pub slot: usize,
    /// Where it is attached.
    pub link: Option<Link>,
}

/// A volume's attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// To which instance.
    pub instance: usize,
    /// Under which device letter.
    pub device: char,
    /// How far it is.
    pub state: LinkState,
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
    pub slot: usize,
    /// The instance and the place on it, that it points at.
    pub at: Option<(usize, usize)>,
    /// Tells one association from the next. Counts round; an old one is forgotten long before it comes again.
    pub association: u8,
}

/// A call that changes something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `AttachVolume`.
    Attach {
        /// The volume.
        volume: usize,
        /// The instance.
        instance: usize,
        /// The device letter.
        device: char,
    },
    /// `DetachVolume`; without an instance it detaches from whichever has the volume.
    Detach {
        /// The volume.
        volume: usize,
        /// The instance.
        instance: Option<usize>,
    },
    /// `AssociateAddress` without reassociation.
    Associate {
        /// The address.
        address: usize,
        /// The instance.
        instance: usize,
        /// The private address on it.
        place: usize,
    },
    /// `DisassociateAddress`.
    Disassociate {
        /// The address.
        address: usize,
        /// The association that was seen.
        association: u8,
    },
    /// `TerminateInstances`.
    Terminate {
        /// The instance.
        instance: usize,
    },
}

/// What EC2 must never be brought to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A volume was taken from an instance that may be using it.
    TakenFromUser,
    /// Volumes of one slot are on two instances.
    Split,
    /// An instance has two slots.
    TwoSlots,
    /// An instance was ended that nobody said would go.
    Ended,
}

impl World {
    /// A world in which nothing has been launched.
    pub fn new(shape: &Shape) -> Self {
        let nobody = Instance { phase: Phase::Unborn, draining: false, mounted: false };
        let volumes = shape
            .slots
            .iter()
            .enumerate()
            .flat_map(|(slot, (count, _))| std::iter::repeat_n(Volume { slot, link: None }, *count));
        let addresses = shape.slots.iter().enumerate().flat_map(|(slot, (_, count))| {
            std::iter::repeat_n(Address { slot, at: None, association: 0 }, *count)
        });
        Self {
            instances: vec![nobody; shape.instances],
            volumes: volumes.collect(),
            addresses: addresses.collect(),
        }
    }

    /// What EC2 makes of the call: whether it accepts it, and what it should never have accepted.
    pub fn apply(&mut self, call: &Call) -> (bool, Option<Violation>) {
        match *call {
            Call::Attach { volume, instance, device } => self.attach(volume, instance, device),
            Call::Detach { volume, instance } => self.detach(volume, instance),
            Call::Associate { address, instance, place } => (self.associate(address, instance, place), None),
            Call::Disassociate { address, association } => (self.disassociate(address, association), None),
            Call::Terminate { instance } => self.terminate(instance),
        }
    }

    fn attach(&mut self, volume: usize, instance: usize, device: char) -> (bool, Option<Violation>) {
        let taken = self.links().any(|(_, link)| link.instance == instance && link.device == device);
        let phase = self.phase(instance);
        let Some(subject) = self.volumes.get(volume).copied() else { return (false, None) };
        // EC2 attaches to a running or stopped instance.
        if subject.link.is_some() || taken || !matches!(phase, Phase::Running | Phase::Stopped) {
            return (false, None);
        }
        let mut violation = None;
        for (other, link) in self.links() {
            if other.slot == subject.slot
                && link.instance != instance
                && self.phase(link.instance) != Phase::Gone
            {
                violation = Some(Violation::Split);
            }
            if other.slot != subject.slot && link.instance == instance {
                violation = violation.or(Some(Violation::TwoSlots));
            }
        }
        if let Some(subject) = self.volumes.get_mut(volume) {
            subject.link = Some(Link { instance, device, state: LinkState::Attaching });
        }
        (true, violation)
    }

    fn detach(&mut self, volume: usize, instance: Option<usize>) -> (bool, Option<Violation>) {
        let Some(link) = self.volumes.get(volume).and_then(|volume| volume.link) else {
            return (false, None);
        };
        if link.state == LinkState::Detaching || instance.is_some_and(|named| named != link.instance) {
            return (false, None);
        }
        let in_use = self.instances.get(link.instance).is_some_and(|instance| instance.mounted);
        if let Some(subject) = self.volumes.get_mut(volume) {
            subject.link = Some(Link { state: LinkState::Detaching, ..link });
        }
        (true, in_use.then_some(Violation::TakenFromUser))
    }

    fn terminate(&mut self, instance: usize) -> (bool, Option<Violation>) {
        let Some(ended) = self.instances.get_mut(instance) else { return (false, None) };
        match ended.phase {
            Phase::Unborn | Phase::Gone => return (false, None),
            Phase::Pending | Phase::Running | Phase::Stopping | Phase::Stopped | Phase::Ending => {}
        }
        ended.phase = Phase::Ending;
        (true, (!ended.draining).then_some(Violation::Ended))
    }

    fn associate(&mut self, address: usize, instance: usize, place: usize) -> bool {
        if self.phase(instance) != Phase::Running {
            return false;
        }
        if self.addresses.get(address).is_none_or(|subject| subject.at.is_some()) {
            return false;
        }
        // EC2 displaces what is there, whatever the call says of its own address.
        for other in &mut self.addresses {
            if other.at == Some((instance, place)) {
                other.at = None;
            }
        }
        if let Some(subject) = self.addresses.get_mut(address) {
            subject.at = Some((instance, place));
            subject.association = (subject.association + 1) % 4;
        }
        true
    }

    fn disassociate(&mut self, address: usize, association: u8) -> bool {
        match self.addresses.get_mut(address) {
            Some(subject) if subject.at.is_some() && subject.association == association => {
                subject.at = None;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The phase of an instance.
    pub fn phase(&self, instance: usize) -> Phase {
        self.instances.get(instance).map_or(Phase::Unborn, |instance| instance.phase)
    }

    /// Every volume that is attached, and where.
    pub fn links(&self) -> impl Iterator<Item = (&Volume, Link)> {
        self.volumes.iter().filter_map(|volume| Some((volume, volume.link?)))
    }

    /// The slots by name, with the numbers of their volumes and addresses.
    pub fn slot_name(slot: usize) -> SlotName {
        SlotName::new(format!("slot-{slot}"))
    }

    /// How many addresses each slot has.
    pub fn places(&self) -> usize {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for address in &self.addresses {
            *counts.entry(address.slot).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    }
}
