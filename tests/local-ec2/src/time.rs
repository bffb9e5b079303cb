//! Time as the cloud tells it: points, and ranges that delays are drawn from. Nothing here reads a clock.

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

/// A point in time on the cloud's own clock.
pub type Time = DateTime<Utc>;

/// When a cloud begins unless it is told otherwise: 2026-11-23T12:00:00Z, as in the planner's fixtures.
pub fn epoch() -> Time {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_435_200)
}

/// A point as EC2 writes it: to the second.
pub(crate) fn written(time: Time) -> String {
    time.trunc_subsecs(0).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A range that a delay is drawn from, every millisecond as likely as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Span {
    /// From so many seconds to so many.
    pub const fn seconds(from: i64, to: i64) -> Self {
        Self { from: from * 1000, to: to * 1000 }
    }

    /// From so many milliseconds to so many.
    pub const fn millis(from: i64, to: i64) -> Self {
        Self { from, to }
    }

    /// Always so many seconds.
    pub const fn exactly(seconds: i64) -> Self {
        Self::seconds(seconds, seconds)
    }

    /// No delay.
    pub const NONE: Self = Self::exactly(0);
}
