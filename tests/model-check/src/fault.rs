//! What can be wrong with a state.

use crate::ec2::Violation;
use crate::goal::Quiet;

/// What is wrong with a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Something unsafe has happened.
    Broken(Violation),
    /// Its world, left alone, does not converge.
    Unsettled(Quiet),
}
