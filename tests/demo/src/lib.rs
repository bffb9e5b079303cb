//! `make demo`: the real functions against the strict local EC2, in real time.
//!
//! A story is played, recorded from what EC2 says, and shown in three ways that are all made from the recording: lines,
//! lanes in a terminal, and a picture.

pub mod lanes;
pub mod lines;
pub mod recording;
pub mod service;
pub mod verdict;
