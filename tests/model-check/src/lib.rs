//! The model check: every interleaving of small worlds, with the shipped planner.
//!
//! It asks two things of every state: that nothing unsafe has happened, and that a quiet world would converge.

mod bug;
mod ec2;
mod function;
mod goal;
mod life;
mod memory;
mod model;
mod run;
mod seeds;
mod starts;
mod view;
mod world;
mod worlds;

pub use bug::Bug;
pub use ec2::Violation;
pub use model::Check;
pub use run::{Checked, checked};
pub use seeds::{MOST, Seed, seeds};
pub use worlds::{Effort, worlds};
