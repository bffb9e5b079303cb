//! Mistakes sown on purpose, to prove that they would be found.

/// A mistake that a caller makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The clock stands still, so that no look is ever too old to act on.
    StandingClock,
    /// Every volume of a slot but the first is taken for free.
    BlindToOthers,
    /// A name that is taken makes it try the next name at once.
    NextName,
    /// A detachment names no instance.
    DetachFromAnyone,
    /// A detachment that EC2 lets go by force.
    Force,
    /// An address is taken from whoever has it.
    TakeAddress,
    /// Every address goes to the first private address, where it displaces the one before.
    FirstPlace,
    /// An association is reported and not made.
    ClaimAssociation,
    /// An instance that is being stopped is taken for stopped.
    HastyDetach,
    /// A volume is taken for drained though nobody has drained it.
    NoProof,
    /// A volume is taken for drained since it was at some time.
    OldProof,
    /// A volume is taken for drained since another one was.
    ForeignProof,
    /// A lifecycle action is reported as completed and is not.
    NeverComplete,
    /// An instance that is to wait for a slot is let go at once.
    HastyComplete,
    /// Every slot is taken for one of the policy `terminate`.
    TerminateAnyway,
    /// Every slot is taken for one of the policy `drain`.
    DrainAnyway,
    /// No tag that pauses is read.
    IgnorePause,
    /// Whatever is told of an instance is taken to be about another one.
    MarkAnother,
    /// What is not Holdfast's is not seen on any instance.
    BlindToForeign,
}

impl Mistake {
    /// Every mistake.
    pub const ALL: [Self; 19] = [
        Self::StandingClock,
        Self::BlindToOthers,
        Self::NextName,
        Self::DetachFromAnyone,
        Self::Force,
        Self::TakeAddress,
        Self::FirstPlace,
        Self::ClaimAssociation,
        Self::HastyDetach,
        Self::NoProof,
        Self::OldProof,
        Self::ForeignProof,
        Self::NeverComplete,
        Self::HastyComplete,
        Self::TerminateAnyway,
        Self::DrainAnyway,
        Self::IgnorePause,
        Self::MarkAnother,
        Self::BlindToForeign,
    ];
}
