//! A strict local EC2: one state machine with its own clock, that refuses what EC2 refuses.
//!
//! [`Cloud`] is the state machine. Calls go in by [`Cloud::call`], time by [`Cloud::advance`], and what the world does
//! by itself by the methods of the same type. Holdfast's calls are judged as they are made ([`Judge`]). [`Region`]
//! puts a cloud on tokio's clock, and [`InProcess`] is the reconciler's EC2 over it.

pub mod actions;
mod agenda;
mod bus;
mod chance;
mod cloud;
mod error;
mod events;
mod face;
mod faults;
mod filter;
mod history;
mod ids;
mod judge;
mod life;
mod listing;
mod lookup;
mod setup;
pub mod state;
mod tags;
mod throttle;
mod time;
mod timing;
mod truth;
mod world;

pub use bus::{BusCounts, Weather};
pub use cloud::Cloud;
pub use error::ApiError;
pub use face::{InProcess, Region, RegionClock};
pub use faults::{BadSpec, Fate, Fault, Shares};
pub use filter::Filter;
pub use ids::{FleetId, ReservationId, SpotRequestId, TemplateId};
pub use judge::{Judge, Offence, Violation};
pub use life::Launch;
pub use listing::{Listing, Page};
pub use setup::{Principal, Setup, StaleDisassociation, Throttling};
pub use tags::TagSet;
pub use throttle::CallKind;
pub use time::{Span, Time, epoch};
pub use timing::Timing;
pub use world::Impossible;
