//! Examples: what the contract says of each situation, one fact a test.
//!
//! They are written from the contract and not from the planner. Whoever changes one changes the contract.
#![expect(clippy::indexing_slicing, reason = "what is not there fails its test")]

mod addresses;
mod attacks;
mod blocked;
mod candidates;
mod details;
mod devices;
mod drain;
mod draining;
mod expected;
mod findings;
mod giving_way;
mod groups;
mod held_up;
mod hooks;
mod manual;
mod matching;
mod memory;
mod one_plan;
mod paused;
mod policies;
mod reserved;
mod stopped_holders;
mod strays;
mod terminate;
mod volumes;
