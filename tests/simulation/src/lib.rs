//! The simulation: the real loop over the strict local EC2, on a clock that jumps.
//!
//! Two ways to break it. [`matrix`] lets every fault befall every call of a few stories, alone and in pairs;
//! [`seed`] draws a world, hours of churn, bad weather and faults from a seed. Both end in a quiet world and ask
//! the same of it: the judge of the local EC2 has found nothing, and whatever can be held is held ([`goal`]).

pub mod caller;
pub mod churn;
pub mod deployment;
pub mod figures;
pub mod goal;
pub mod groups;
pub mod handovers;
pub mod ledger;
pub mod matrix;
pub mod mistake;
pub mod quiet;
pub mod routing;
pub mod scenarios;
pub mod seed;
pub mod stability;
pub mod stage;
pub mod threads;
pub mod trace;
pub mod world;
