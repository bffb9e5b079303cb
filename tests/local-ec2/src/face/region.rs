//! A cloud on tokio's clock, shared by everybody who calls it.

use super::InProcess;
use crate::cloud::Cloud;
use crate::setup::Principal;
use crate::time::Time;
use chrono::TimeDelta;
use reconciler::clock::Clock;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Tells a cloud's time by tokio's clock, paused or not.
#[derive(Debug, Clone, Copy)]
pub struct RegionClock {
    /// When the cloud was put on this clock, by both.
    origin: (Instant, Time),
    speed: Speed,
}

impl RegionClock {
    /// When the cloud's clock will show that time.
    pub fn instant(&self, time: Time) -> Instant {
        self.origin.0 + self.speed.wall(time - self.origin.1)
    }
}

impl Clock for RegionClock {
    fn now(&self) -> Time {
        self.origin.1 + self.speed.of_cloud(self.origin.0.elapsed())
    }
}

/// How many seconds pass in the cloud while one passes outside: more than 0, and at most 10,000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// The cloud's seconds are seconds.
    pub const REAL: Self = Self(1.0);

    /// That speed, if it is one.
    pub fn new(factor: f64) -> Option<Self> {
        (factor > 0.0 && factor <= 10_000.0).then_some(Self(factor))
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        self.0
    }

    /// How long so much of the cloud's time takes outside.
    fn wall(self, time: TimeDelta) -> Duration {
        let time = time.to_std().unwrap_or(Duration::ZERO);
        // By way of floating point only where it has to be: a real second is exact.
        if self == Self::REAL { time } else { time.div_f64(self.0) }
    }

    fn of_cloud(self, time: Duration) -> TimeDelta {
        let time = if self == Self::REAL { time } else { time.mul_f64(self.0) };
        TimeDelta::from_std(time).unwrap_or_default()
    }
}

/// A cloud on tokio's clock. Clones share it.
#[derive(Debug, Clone)]
pub struct Region {
    cloud: Arc<Mutex<Cloud>>,
    clock: Arc<Mutex<RegionClock>>,
    /// Something is due earlier than was known.
    sooner: Arc<Notify>,
}

/// The cloud, as long as one holds it.
#[derive(Debug)]
pub struct Held<'a> {
    cloud: MutexGuard<'a, Cloud>,
    /// When something was due when it was taken.
    due: Option<Time>,
    sooner: &'a Notify,
}

impl Deref for Held<'_> {
    type Target = Cloud;

    fn deref(&self) -> &Cloud {
        &self.cloud
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Cloud {
        &mut self.cloud
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let due = self.cloud.next_due();
        if due.is_some_and(|due| self.due.is_none_or(|before| due < before)) {
            self.sooner.notify_waiters();
        }
    }
}

impl Region {
    /// Puts the cloud on tokio's clock, from now on. Needs a runtime.
    pub fn new(cloud: Cloud) -> Self {
        Self::at_speed(cloud, Speed::REAL)
    }

    /// The same, faster or slower.
    pub fn at_speed(cloud: Cloud, speed: Speed) -> Self {
        let clock = RegionClock { origin: (Instant::now(), cloud.now()), speed };
        let (cloud, clock) = (Arc::new(Mutex::new(cloud)), Arc::new(Mutex::new(clock)));
        Self { cloud, clock, sooner: Arc::default() }
    }

    /// The clock that the cloud is on.
    pub fn clock(&self) -> RegionClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How fast the cloud's clock goes.
    pub fn speed(&self) -> Speed {
        self.clock().speed
    }

    /// Puts the cloud's clock forward. A clock that was asked for before does not know of it.
    pub fn put_forward(&self, time: TimeDelta) {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).origin.1 += time.max(TimeDelta::zero());
    }

    /// Waits while so much of the cloud's time passes. A pause of nothing still lets others go first, as everything over
    /// a network does.
    pub(super) async fn pause(&self, time: TimeDelta) {
        tokio::time::sleep(self.speed().wall(time)).await;
    }

    /// The cloud, brought up to the present. Hold it for no longer than a statement, never twice in one, and never over
    /// an `await`.
    pub fn cloud(&self) -> Held<'_> {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        let due = cloud.next_due();
        cloud.advance(self.clock().now());
        Held { cloud, due, sooner: &self.sooner }
    }

    /// Somebody who calls it: one invocation of a function, since all that it does ends when it crashes.
    pub fn caller(&self, who: Principal) -> InProcess {
        InProcess::new(self.clone(), who)
    }

    /// Waits until something happens in the cloud by itself: a transition, or the arrival of an event. An event that has
    /// arrived and was not taken is something, too: take the events first.
    pub async fn something(&self) {
        loop {
            let sooner = self.sooner.notified();
            let next = self.cloud().next_due();
            let due = async {
                match next {
                    Some(next) => tokio::time::sleep_until(self.clock().instant(next)).await,
                    None => std::future::pending().await,
                }
            };
            // Whoever calls the cloud meanwhile may have made something due before that.
            tokio::select! {
                biased;
                () = due => return,
                () = sooner => {}
            }
        }
    }
}
