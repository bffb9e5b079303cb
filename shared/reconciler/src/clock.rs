//! The clock. Only this module reads it.

use chrono::{DateTime, Utc};

/// Tells the time of day, as the freshness of a look and the deadline of an invocation are judged by it.
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock. It goes on while Lambda has frozen the function, unlike a monotonic one.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the module that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }
}
