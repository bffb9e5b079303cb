//! The model check: every interleaving of small worlds, with the shipped planner.
//!
//! It asks two things of every state: that nothing unsafe has happened, and that a quiet world would converge. And of a
//! whole run that everything has happened that can.

pub mod bug;
pub mod census;
mod choices;
mod display;
pub mod ec2;
pub mod fault;
pub mod function;
pub mod goal;
pub mod kind;
pub mod life;
pub mod look;
pub mod memory;
pub mod model;
pub mod outcome;
pub mod record;
pub mod run;
pub mod seeds;
mod spoil;
pub mod ssm;
pub mod starts;
pub mod state;
pub mod view;
pub mod world;
pub mod worlds;
