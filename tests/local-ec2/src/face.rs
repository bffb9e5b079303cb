//! The faces of the cloud, on tokio's clock: the reconciler's own EC2 interface in the same process, and EC2's query
//! protocol over HTTP. Both stand over one [`Region`].
//!
//! On a paused clock, months pass in seconds.

mod convert;
mod http;
mod in_process;
mod query;
mod region;

pub use http::{Keys, serve};
pub use in_process::InProcess;
pub use region::{Region, RegionClock, Speed};
