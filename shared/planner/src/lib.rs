//! The planner: from one observation of a fleet to the steps that bring its slots to healthy instances.
//!
//! Pure. It cannot fail, cannot wait and cannot call out: no async, no AWS crate, no clock, no environment.

mod addresses;
mod candidates;
mod checks;
pub mod command;
mod decide;
pub mod device;
mod draft;
mod drain;
pub mod finding;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod handover;
pub mod hooks;
pub mod ids;
pub mod lifecycle;
mod matching;
pub mod memory;
mod naming;
mod normal;
pub mod observation;
mod occupancy;
mod places;
pub mod plan;
mod readiness;
mod scene;
mod slot;
mod spot;
pub mod tags;
mod verdict;
mod view;
mod volumes;

pub use decide::plan;
