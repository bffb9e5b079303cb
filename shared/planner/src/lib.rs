//! The planner: from one observation of a fleet to the steps that bring its slots to healthy instances.
//!
//! Pure. It cannot fail, cannot wait and cannot call out: no async, no AWS crate, no clock, no environment.

pub mod device;
pub mod finding;
pub mod ids;
pub mod memory;
pub mod observation;
pub mod plan;
pub mod tags;
