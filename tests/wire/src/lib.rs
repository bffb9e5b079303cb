//! The wire test: the real binaries, under AWS's runtime interface emulator, over HTTP against the strict local EC2.
//!
//! A run has three parts. In the *storm* ([`storm`]) fleets lose and replace instances, operators stop and terminate
//! them, events are lost, doubled, late and reordered, about a fifth of all calls meets a fault, and processes are
//! killed in the middle of their work. Then the world becomes *quiet*, and a few sweeps are to bring every slot to one
//! healthy instance. In the end EC2 is asked who holds what, and its judge whether the promise was ever broken
//! ([`goal`], [`verdict`]). What the functions report is believed nowhere.
//!
//! # Time
//! The functions go by the machine's clock: a look is acted on for 5 seconds, an act may take 3. In a cloud with a
//! faster clock those bounds would be longer than anything in it, and what they are there for could not go wrong any
//! more. So the cloud's clock goes at the machine's speed, and what is short in EC2 (attaching, latency, slow calls)
//! takes as long as there. Only what everybody merely waits for is shorter ([`setup`]): by about [`setup::HASTE`], and
//! so is the minute of the schedule. What invariant 8 of `ARCHITECTURE.md` rests on is kept: from `stopped` to
//! `running` an instance takes longer than a look is acted on, an act takes, and an answer is stale.
//!
//! # Seed
//! The world, its churn and what befalls calls and events are drawn from the seed. How processes and calls interleave
//! is not: the same seed is the same storm, and not the same run.

mod churn;
mod figures;
pub mod goal;
mod lambda;
pub mod setup;
pub mod storm;
pub mod verdict;
mod world;

pub use figures::Figures;
pub use world::{Slot, World};

/// Why a run could not be played.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stage broke down.
    #[error(transparent)]
    Stage(#[from] stage::Error),
    /// The shipped template is not understood.
    #[error(transparent)]
    Template(#[from] template::Error),
    /// A run that would never end.
    #[error("{0}")]
    Stuck(String),
}
