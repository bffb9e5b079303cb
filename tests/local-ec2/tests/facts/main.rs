//! Facts: what EC2 does, each as a test that the local one does it too.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect"
)]

mod addresses;
mod associations;
mod attaching;
mod commands;
mod consistency;
mod detaching;
mod drawer;
mod events;
mod faults;
mod fleets;
mod groups;
mod hostile;
mod in_process;
mod instances;
mod judge;
mod judged_health;
mod judged_slots;
mod launching;
mod lifecycle;
mod listing;
mod spot;
mod stage;
mod standby;
mod story;
mod tags;
mod throttling;
mod volumes;
