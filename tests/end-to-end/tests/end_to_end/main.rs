//! The functions, end to end: real binaries, real payloads, HTTP, and an EC2 that nobody here wrote.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and prints the figures that it measured"
)]

mod asked;
mod blocked;
mod dry_run;
mod fleets;
mod healing;
mod invalid;
mod logs;
mod main_path;
mod metrics;
mod recommendations;
mod repeated;
mod stage;
mod warnings;
