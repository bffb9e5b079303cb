//! Time as the cloud tells it: points, and ranges that delays are drawn from. Nothing here reads a clock.

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use std::fmt;

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

    /// Draws a delay.
    pub fn draw(self, random: &mut fastrand::Rng) -> TimeDelta {
        let (from, to) = (self.from.min(self.to), self.from.max(self.to));
        TimeDelta::milliseconds(random.i64(from..=to))
    }
}

impl fmt::Display for Span {
    /// In seconds, such as `1 to 4 s`.
    #[expect(clippy::cast_precision_loss, reason = "delays are far from 2^52 milliseconds")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |millis: i64| millis as f64 / 1000.0;
        if self.from == self.to {
            write!(f, "{} s", seconds(self.from))
        } else {
            write!(f, "{} to {} s", seconds(self.from), seconds(self.to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_span_is_told_in_seconds() {
        let told = [Span::seconds(-5, 3), Span::millis(500, 2500), Span::exactly(120)].map(|s| s.to_string());
        assert_eq!(told, ["-5 to 3 s", "0.5 to 2.5 s", "120 s"]);
    }
}
