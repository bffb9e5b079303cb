//! Which calls there are, without their particulars.

use crate::ec2::Call;
use crate::world::World;

/// Which call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `AttachVolume` of a slot's first volume.
    AttachFirst,
    /// `AttachVolume` of another.
    AttachAnother,
    /// `DetachVolume`.
    Detach,
    /// `AssociateAddress`.
    Associate,
    /// `DisassociateAddress`.
    Disassociate,
    /// `TerminateInstances`.
    Terminate,
    /// `SendCommand`.
    Drain,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AttachFirst,
        Self::AttachAnother,
        Self::Detach,
        Self::Associate,
        Self::Disassociate,
        Self::Terminate,
        Self::Drain,
    ];
}

impl World {
    /// Which kind of call it is.
    pub fn kind(&self, call: Call) -> Kind {
        match call {
            Call::Attach { volume, .. } if self.is_first(volume) => Kind::AttachFirst,
            Call::Attach { .. } => Kind::AttachAnother,
            Call::Detach { .. } => Kind::Detach,
            Call::Associate { .. } => Kind::Associate,
            Call::Disassociate { .. } => Kind::Disassociate,
            Call::Terminate { .. } => Kind::Terminate,
            Call::Drain { .. } => Kind::Drain,
        }
    }

    /// Whether the volume is the first of its slot.
    pub fn is_first(&self, volume: u8) -> bool {
        let slot = self.volume(volume).map(|subject| subject.slot);
        (0..volume).all(|n| self.volume(n).map(|other| other.slot) != slot)
    }
}
