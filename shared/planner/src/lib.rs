//! The planner: from one observation of a fleet to the steps that bring its slots to healthy instances.
//!
//! Pure. It cannot fail, cannot wait and cannot call out: no async, no AWS crate, no clock, no environment.

mod addresses;
mod candidates;
mod checks;
mod decide;
pub mod device;
mod draft;
pub mod finding;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
pub mod ids;
mod matching;
pub mod memory;
mod naming;
pub mod observation;
pub mod plan;
mod scene;
mod slot;
pub mod tags;
mod volumes;

pub use decide::plan;
