//! The real functions, under AWS's runtime interface emulator, against a local EC2: what the end-to-end tests and
//! the demo are staged with.
//!
//! The local EC2 is moto. It leaves parts of EC2 out; [`World`] plays those, and nothing else.

pub mod demo;
mod error;
mod events;
mod figures;
mod function;
mod leash;
mod moto;
mod paths;
mod proxy;
mod stage;
mod wire;
mod world;

pub use error::Error;
pub use events::{event_file, now, reconcile, state_change, warning};
pub use figures::{Figures, measure};
pub use function::{Answer, Function};
pub use moto::Moto;
pub use proxy::{Call, Journal, Proxy};
pub use stage::Stage;
pub use world::{Address, Attachment, SpotFleet, World};
