//! `make demo`: the real functions against the strict local EC2, in real time.
//!
//! A story is played, recorded from what EC2 says, and shown in three ways that are all made from the recording: lines,
//! lanes in a terminal, and a picture.

mod account;
mod deployment;
mod error;
pub mod lanes;
pub mod lines;
pub mod picture;
mod play;
pub mod recording;
pub mod report;
pub mod scene;
mod screen;
pub mod service;
mod story;
pub mod verdict;

pub use error::Error;
pub use screen::{Kind, Screen};
pub use story::Story;

/// How long before its end an instance is warned of. EC2 gives two minutes, which nobody should have to sit through here.
pub const NOTICE_SECONDS: u32 = 30;
