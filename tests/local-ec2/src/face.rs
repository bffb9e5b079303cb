//! The in-process face: the cloud behind the reconciler's own EC2 interface, on tokio's clock.
//!
//! On a paused clock, months pass in seconds. The HTTP face is to stand beside this one, over the same [`Region`].

mod convert;
mod in_process;
mod query;
mod region;

pub use in_process::InProcess;
pub use region::{Region, RegionClock};
