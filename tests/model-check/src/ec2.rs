//! What EC2 makes of a call, and what it should never have been asked for.
//!
//! EC2 accepts or refuses by the truth. The charges are of the safety promise, by the truth as well: they ask nothing of
//! the planner.

use crate::ssm::Volumes;
use crate::world::{Address, Association, Handover, Instance, Link, LinkState, Mark, Phase, Usage, World};

/// A call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `AttachVolume`.
    Attach {
        /// The volume.
        volume: u8,
        /// The instance.
        instance: u8,
        /// The device letter.
        device: char,
    },
    /// `DetachVolume`; without an instance it detaches from whichever has the volume.
    Detach {
        /// The volume.
        volume: u8,
        /// The instance.
        instance: Option<u8>,
    },
    /// `AssociateAddress` without reassociation.
    Associate {
        /// The address.
        address: u8,
        /// The instance.
        instance: u8,
        /// The private address on it.
        place: u8,
    },
    /// `DisassociateAddress`.
    Disassociate {
        /// The address.
        address: u8,
        /// The association that was seen.
        association: u8,
    },
    /// `TerminateInstances`.
    Terminate {
        /// The instance.
        instance: u8,
    },
    /// `SendCommand` of Systems Manager, with the drain document.
    Drain {
        /// The instance.
        instance: u8,
        /// The volumes.
        volumes: Volumes,
    },
}

/// What EC2 says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Done.
    Accepted,
    /// The world is not as the call supposes.
    Refused,
    /// The device name is taken.
    DeviceTaken,
    /// No, and it would say so again.
    Denied,
}

/// What EC2 must never be brought to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Violation {
    /// A volume was taken from an instance that may be using it.
    TakenFromUser,
    /// Volumes of one slot are on two instances.
    Split,
    /// An instance that has a slot was given another one.
    TwoSlots,
    /// A volume went before the first one.
    VolumeAhead,
    /// An address went before the first volume.
    AddressAhead,
    /// An instance was ended that nobody said would go, or whose slot does not ask for it.
    EndedHealthy,
    /// An instance was ended with something of others on it.
    EndedWithForeign,
    /// An instance was ended with a volume that EC2 deletes then.
    EndedWithVolume,
    /// An instance was to be ended though nobody was seen that could take over.
    EndedWithoutCandidate,
    /// An instance was drained that nobody said would go, or whose slot does not ask for it.
    DrainedHealthy,
    /// An instance was to be drained though nobody was seen that could take over, and there was time to wait.
    DrainedWithoutCandidate,
    /// Something was touched that was to be left alone.
    Paused,
    /// An address was displaced while nobody else acted.
    Displaced,
    /// Something was planned that this model cannot express, so that nobody knows what it would lead to.
    Inexpressible,
}

impl World {
    /// What EC2 says to the call, having done it.
    pub fn apply(&mut self, call: Call, association: u8) -> Answer {
        match call {
            Call::Attach { volume, instance, device } => self.attach(volume, instance, device),
            Call::Detach { volume, instance } => self.detach(volume, instance),
            Call::Associate { address, instance, place } => {
                self.associate(address, Association { instance, place, id: association })
            }
            Call::Disassociate { address, association } => self.disassociate(address, association),
            Call::Terminate { instance } => self.terminate(instance),
            Call::Drain { instance, volumes } => self.send(instance, volumes),
        }
    }

    fn attach(&mut self, volume: u8, instance: u8, device: char) -> Answer {
        let taken = self.links().any(|(_, link)| link.instance == instance && link.device == device);
        let since = self.latest_command(instance);
        let Some(target) = self.instance(instance) else { return Answer::Refused };
        let taken = taken || target.foreign == Some(device) || target.stuck == Some(device);
        // EC2 attaches to a running or stopped instance.
        let is_open = matches!(target.phase, Phase::Running | Phase::Stopped);
        match self.volumes.get_mut(usize::from(volume)) {
            Some(subject) if subject.link.is_none() && is_open => {
                if taken {
                    return Answer::DeviceTaken;
                }
                let (state, usage) = (LinkState::Attaching, Usage::Mounted);
                subject.link = Some(Link { instance, device, state, doomed: false, usage, since });
                Answer::Accepted
            }
            Some(_) | None => Answer::Refused,
        }
    }

    fn detach(&mut self, volume: u8, instance: Option<u8>) -> Answer {
        let Some(subject) = self.volumes.get_mut(usize::from(volume)) else { return Answer::Refused };
        match &mut subject.link {
            Some(link)
                if link.state != LinkState::Detaching
                    && instance.is_none_or(|named| named == link.instance) =>
            {
                link.state = LinkState::Detaching;
                Answer::Accepted
            }
            Some(_) | None => Answer::Refused,
        }
    }

    fn terminate(&mut self, instance: u8) -> Answer {
        match self.instances.get_mut(usize::from(instance)) {
            Some(ended) => match ended.phase {
                Phase::Unborn => Answer::Refused,
                // Of what is ending EC2 says the same again.
                Phase::Ending | Phase::Gone => Answer::Accepted,
                Phase::Pending | Phase::Running | Phase::Stopping | Phase::Stopped => {
                    ended.phase = Phase::Ending;
                    Answer::Accepted
                }
            },
            None => Answer::Refused,
        }
    }

    fn associate(&mut self, address: u8, to: Association) -> Answer {
        let is_open = matches!(self.phase(to.instance), Phase::Running | Phase::Stopping | Phase::Stopped);
        if !is_open || self.address(address).is_none_or(|subject| subject.at.is_some()) {
            return Answer::Refused;
        }
        // EC2 displaces what is there, whatever the call says of its own address.
        for other in &mut self.addresses {
            if is_in_place(*other, to) {
                other.at = None;
            }
        }
        if let Some(subject) = self.addresses.get_mut(usize::from(address)) {
            subject.at = Some(to);
        }
        Answer::Accepted
    }

    fn disassociate(&mut self, address: u8, association: u8) -> Answer {
        match self.addresses.get_mut(usize::from(address)) {
            Some(subject) if subject.at.is_some_and(|at| at.id == association) => {
                subject.at = None;
                Answer::Accepted
            }
            Some(_) | None => Answer::Refused,
        }
    }

    /// What the call would be guilty of if EC2 carried it out now.
    pub fn charge(&self, call: Call) -> Option<Violation> {
        if self.is_left_alone(call) {
            return Some(Violation::Paused);
        }
        match call {
            Call::Attach { volume, instance, .. } => self.charge_attach(volume, instance),
            Call::Detach { volume, .. } => {
                let link = self.volume(volume)?.link?;
                let is_used = self.instance(link.instance)?.mounted && link.usage != Usage::Drained;
                is_used.then_some(Violation::TakenFromUser)
            }
            Call::Associate { address, instance, .. } => {
                let slot = self.address(address)?.slot;
                let is_ahead = self.first_volume(slot).is_some() && !self.has_first(slot, instance);
                is_ahead.then_some(Violation::AddressAhead)
            }
            Call::Disassociate { .. } => None,
            Call::Terminate { instance } => self.charge_terminate(*self.instance(instance)?, instance),
            Call::Drain { instance, .. } => {
                let is_called_for =
                    self.handover == Handover::Drain && self.instance(instance)?.mark != Mark::None;
                (!is_called_for).then_some(Violation::DrainedHealthy)
            }
        }
    }

    /// The same of what the call rests on: a look in whose oldest answer the instances were in these phases. An instance
    /// that starts will mount what it has, so nothing is taken from it. But EC2 takes no precondition on the state: whoever
    /// saw it before it was started may still act, as the judge of the local EC2 has it, too.
    pub fn charge_by(&self, call: Call, saw: &[Phase]) -> Option<Violation> {
        let Call::Detach { volume, .. } = call else { return None };
        let holder = self.volume(volume)?.link?.instance;
        let was_seen_to_start = saw.get(usize::from(holder)) == Some(&Phase::Pending);
        (self.phase(holder) == Phase::Pending && was_seen_to_start).then_some(Violation::TakenFromUser)
    }

    fn charge_attach(&self, volume: u8, instance: u8) -> Option<Violation> {
        let slot = self.volume(volume)?.slot;
        let is_split = self.links().any(|(other, link)| {
            other.slot == slot && link.instance != instance && self.phase(link.instance) != Phase::Gone
        });
        let is_first = self.is_first(volume);
        let is_ahead = !is_first && !self.has_first(slot, instance);
        // What a slot that has the instance brings there shares it with nobody anew.
        let shares = self.has_another(slot, instance) && (is_first || is_ahead);
        let charges =
            [(is_split, Violation::Split), (is_ahead, Violation::VolumeAhead), (shares, Violation::TwoSlots)];
        charges.into_iter().find_map(|(is_so, violation)| is_so.then_some(violation))
    }

    fn charge_terminate(&self, ended: Instance, n: u8) -> Option<Violation> {
        if matches!(ended.phase, Phase::Ending | Phase::Gone) {
            return None;
        }
        let mut slots: Vec<u8> = self.links().filter(|on| on.1.instance == n).map(|on| on.0.slot).collect();
        slots.dedup();
        let is_doomed = self.links().any(|(_, link)| link.instance == n && link.doomed);
        let is_healthy = ended.mark == Mark::None || self.handover != Handover::Terminate || slots.is_empty();
        let charges = [
            (is_doomed, Violation::EndedWithVolume),
            (ended.foreign.is_some() || slots.len() > 1, Violation::EndedWithForeign),
            (is_healthy, Violation::EndedHealthy),
        ];
        charges.into_iter().find_map(|(is_so, violation)| is_so.then_some(violation))
    }

    /// Whether the call touches what is paused.
    fn is_left_alone(&self, call: Call) -> bool {
        let (slot, instance) = match call {
            Call::Attach { volume, instance, .. } => (self.volume(volume).map(|it| it.slot), Some(instance)),
            Call::Detach { volume, instance } => {
                let subject = self.volume(volume);
                let on = subject.and_then(|subject| subject.link).map(|link| link.instance);
                (subject.map(|it| it.slot), instance.or(on))
            }
            Call::Associate { address, instance, .. } => {
                (self.address(address).map(|it| it.slot), Some(instance))
            }
            Call::Disassociate { address, association } => {
                let subject = self.address(address);
                let on = subject.and_then(|subject| subject.at).filter(|at| at.id == association);
                (subject.map(|it| it.slot), on.map(|at| at.instance))
            }
            Call::Terminate { instance } | Call::Drain { instance, .. } => {
                let slot = self.links().find(|on| on.1.instance == instance).map(|on| on.0.slot);
                (slot, Some(instance))
            }
        };
        let is_paused = |n| self.instance(n).is_some_and(|instance| instance.paused);
        (self.paused.is_some() && slot == self.paused) || instance.is_some_and(is_paused)
    }

    /// Whether the call would displace an address of another kind.
    pub fn displaces(&self, call: Call) -> bool {
        let Call::Associate { instance, place, .. } = call else { return false };
        self.addresses.iter().any(|other| is_in_place(*other, Association { instance, place, id: 0 }))
    }
}

fn is_in_place(address: Address, to: Association) -> bool {
    address.at.is_some_and(|at| (at.instance, at.place) == (to.instance, to.place))
}
