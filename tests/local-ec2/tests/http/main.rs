//! The HTTP face, over real connections: what is answered to the byte, what is refused, and what gets lost.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect"
)]

mod answers;
mod client;
mod control;
mod faults;
mod groups;
mod groups_refused;
mod hostile;
mod refusals;
mod ssm;
