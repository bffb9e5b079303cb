//! The real functions, under AWS's runtime interface emulator, against a local EC2: what the end-to-end tests are
//! staged with.
//!
//! The local EC2 is moto. It leaves parts of EC2 out; [`World`] plays those, and nothing else.

mod figures;
mod moto;
mod proxy;
mod stage;
mod world;

// What needs no AWS SDK is a crate of its own. `stage` alone would be the module.
pub use ::stage::events::{event_file, now, recommendation, reconcile, state_change, warning};
pub use ::stage::{Answer, Error, Function};
pub use figures::{Figures, measure};
pub use moto::Moto;
pub use proxy::{Call, Journal, Proxy};
pub use stage::Stage;
pub use world::{Address, Attachment, SpotFleet, World};
