//! The model check: every interleaving of small worlds, with the shipped planner.
//!
//! It asks two things of every state: that nothing unsafe has happened, and that a quiet world would converge.

pub mod goal;
pub mod model;
pub mod view;
pub mod world;
