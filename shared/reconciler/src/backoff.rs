//! Pauses between looks: from one second, half as long again each time, with jitter.

use std::time::Duration;

/// EBS attaches and detaches mostly in 1 to 4 seconds (aws-ebs-csi-driver, `pkg/cloud/cloud.go`), so a longer pause
/// would cost more than the calls that it saves.
const LONGEST: f64 = 4.0;

/// The pauses of one wait.
pub(crate) struct Backoff {
    seconds: f64,
    was_stale: bool,
    random: fastrand::Rng,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { seconds: 1.0, was_stale: false, random: fastrand::Rng::new() }
    }

    /// Starts over, as something has happened.
    pub(crate) fn reset(&mut self) {
        (self.seconds, self.was_stale) = (1.0, false);
    }

    /// The pause after a look that was too old to act on: none, as it took long enough. After another one there is a
    /// pause, for a wall clock that is set again and again must not make Holdfast ask without end.
    pub(crate) fn pause_after_stale(&mut self) -> Duration {
        if std::mem::replace(&mut self.was_stale, true) { self.pause() } else { Duration::ZERO }
    }

    /// The next pause. The jitter of 20 % keeps functions that began together from staying together.
    pub(crate) fn pause(&mut self) -> Duration {
        let jitter = 0.8 + 0.4 * self.random.f64();
        let pause = Duration::from_secs_f64(self.seconds * jitter);
        self.seconds = (self.seconds * 1.5).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_over() {
        let mut backoff = Backoff::new();
        let mut expected = 1.0;
        for _ in 0..9 {
            let pause = backoff.pause().as_secs_f64();
            assert!((expected * 0.8..=expected * 1.2).contains(&pause), "{pause} is far from {expected}");
            expected = (expected * 1.5_f64).min(4.0);
        }
        backoff.reset();
        assert!(backoff.pause().as_secs_f64() <= 1.2);
    }

    #[test]
    fn the_jitter_is_of_a_fifth_both_ways() {
        let mut backoff = Backoff { random: fastrand::Rng::with_seed(1), ..Backoff::new() };
        let first = std::iter::repeat_with(|| {
            backoff.reset();
            backoff.pause().as_secs_f64()
        });
        let (shortest, longest) = first
            .take(10_000)
            .fold((f64::MAX, 0.0_f64), |(low, high), pause| (low.min(pause), high.max(pause)));
        assert!((0.8..0.801).contains(&shortest), "{shortest}");
        assert!((1.199..=1.2).contains(&longest), "{longest}");
    }
}
