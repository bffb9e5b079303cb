//! The HTTP face: EC2's query protocol, and the control API, over a region.
//!
//! A call goes from `connection` to `call`, which has `form` and `parameters` read it, and `answers` and `xml` write
//! what becomes of it. Nothing here decides what EC2 would do.

mod answers;
mod autoscaling;
mod call;
mod connection;
mod control;
mod form;
mod keys;
mod parameters;
mod ssm;
mod xml;

pub use connection::serve;
pub use keys::Keys;

use super::region::Region;
use std::sync::atomic::{AtomicU64, Ordering};

/// What every call needs to know.
#[derive(Debug)]
struct Server {
    region: Region,
    keys: Keys,
    requests: AtomicU64,
}

impl Server {
    /// The id of the next request: its number, in the form of a UUID.
    fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("00000000-0000-4000-9000-{number:012x}")
    }
}
