//! Handovers: interruptions by the hundred thousand, each in a world of its own, and how long each was without its volume.
//!
//! In each world a fleet's only instance, the holder, gets the two minutes' notice, and a replacement is launched before
//! they are over; the real loop does the rest. [`assumptions`] has everything that is drawn, [`interruption`] plays one,
//! [`course`] reads from the cloud's truth what happened when, [`work`] from the ledger what Holdfast asked and wrote,
//! and [`promise`] says what the figures have to be.

pub mod assumptions;
pub mod course;
pub mod figures;
pub mod interruption;
pub mod promise;
mod stage;
pub mod work;

use std::fmt;

/// What kind of interruption is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// By the policy `on-release`.
    OnRelease,
    /// By the policy `drain`.
    Drain,
    /// By the policy `terminate`.
    Terminate,
    /// By the policy `drain`, of a holder whose drains fail.
    FailingDrain,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::OnRelease, Self::Drain, Self::Terminate, Self::FailingDrain];

    /// The policy, as the tag has it.
    pub fn policy(self) -> &'static str {
        match self {
            Self::OnRelease => "on-release",
            Self::Drain | Self::FailingDrain => "drain",
            Self::Terminate => "terminate",
        }
    }

    /// The kind of the interruption of that number, so that the three policies take turns. One drain more in fifty fails.
    pub fn of(number: u64) -> Self {
        const FAILING: u64 = 150;
        match (number % (FAILING + 1), number % 3) {
            (FAILING, _) => Self::FailingDrain,
            (_, 0) => Self::OnRelease,
            (_, 1) => Self::Drain,
            (_, _) => Self::Terminate,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FailingDrain => "drain that fails",
            Self::OnRelease | Self::Drain | Self::Terminate => self.policy(),
        })
    }
}
