//! Chance: everything that is drawn, from a seed. The same seed draws the same.

use crate::time::Span;
use chrono::TimeDelta;

/// A stream of draws. Each part of the cloud has one of its own, so that what one draws changes nothing for another.
#[derive(Debug, Clone)]
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    /// The stream of that name, of a cloud of that seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // An odd factor maps neighbouring seeds far apart; the streams of one seed differ by it too.
        Self(fastrand::Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(stream)))
    }

    pub(crate) fn delay(&mut self, span: Span) -> TimeDelta {
        span.draw(&mut self.0)
    }

    /// Whether something of that share happens now. A share of 0 draws nothing.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.0.f64() < share
    }

    /// A number from 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        if of.is_empty() { None } else { of.get(self.0.usize(..of.len())) }
    }

    /// So many hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from_digit(self.0.u32(..16), 16).unwrap_or('0')).collect()
    }
}
