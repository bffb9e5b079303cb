//! The judge: whether Holdfast's calls keep its safety promise (README), by the truth and not by what was seen.
//!
//! It reads tags and states itself and asks nothing of the planner, whose work it judges.

mod addresses;
mod charges;
mod offence;
mod slots;

pub(crate) use addresses::{of_associate, of_disassociate};
pub(crate) use charges::{of_attach, of_create_tags, of_detach, of_send_command, of_terminate};
pub use offence::Offence;

use crate::actions::Operation;
use crate::time::{Time, written};
use std::fmt;

/// A call that broke the promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: Time,
    /// The call, as it was made.
    pub call: String,
    /// How.
    pub offence: Offence,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", written(self.at), self.offence, self.call)
    }
}

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    violations: Vec<Violation>,
    displaced: u64,
    is_quiet: bool,
}

impl Judge {
    /// Every violation, in order.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How many addresses were displaced, by races or otherwise.
    pub fn displaced(&self) -> u64 {
        self.displaced
    }

    /// From now on the world is quiet: no address may be displaced any more.
    pub fn expect_quiet(&mut self) {
        self.is_quiet = true;
    }

    /// From now on a race may displace an address for a moment.
    pub fn expect_churn(&mut self) {
        self.is_quiet = false;
    }

    /// Adds what somebody else has found, who knows what the caller could see.
    pub fn add(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    pub(crate) fn record(&mut self, at: Time, call: &impl Operation, offences: &[&Offence]) {
        for offence in offences {
            if matches!(offence, Offence::Displaced { .. }) {
                self.displaced += 1;
                if !self.is_quiet {
                    continue;
                }
            }
            let call = format!("{call:?}");
            self.violations.push(Violation { at, call, offence: (*offence).clone() });
        }
    }
}
