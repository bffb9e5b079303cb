//! A cloud on tokio's clock, shared by everybody who calls it.

use super::InProcess;
use crate::cloud::Cloud;
use crate::setup::Principal;
use crate::time::Time;
use chrono::TimeDelta;
use reconciler::clock::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Tells a cloud's time by tokio's clock, paused or not.
#[derive(Debug, Clone, Copy)]
pub struct RegionClock {
    /// When the cloud was put on this clock, by both.
    origin: (Instant, Time),
}

impl RegionClock {
    /// When the cloud's clock will show that time.
    pub fn instant(&self, time: Time) -> Instant {
        self.origin.0 + (time - self.origin.1).to_std().unwrap_or(Duration::ZERO)
    }
}

impl Clock for RegionClock {
    fn now(&self) -> Time {
        self.origin.1 + TimeDelta::from_std(self.origin.0.elapsed()).unwrap_or_default()
    }
}

/// A cloud on tokio's clock. Clones share it.
#[derive(Debug, Clone)]
pub struct Region {
    cloud: Arc<Mutex<Cloud>>,
    clock: RegionClock,
}

impl Region {
    /// Puts the cloud on tokio's clock, from now on. Needs a runtime.
    pub fn new(cloud: Cloud) -> Self {
        let clock = RegionClock { origin: (Instant::now(), cloud.now()) };
        Self { cloud: Arc::new(Mutex::new(cloud)), clock }
    }

    /// The clock that the cloud is on.
    pub fn clock(&self) -> RegionClock {
        self.clock
    }

    /// The cloud, brought up to the present. Hold it for no longer than a statement, never twice in one, and never over
    /// an `await`.
    pub fn cloud(&self) -> MutexGuard<'_, Cloud> {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        cloud.advance(self.clock.now());
        cloud
    }

    /// Somebody who calls it: one invocation of a function, since all that it does ends when it crashes.
    pub fn caller(&self, who: Principal) -> InProcess {
        InProcess::new(self.clone(), who)
    }

    /// Waits until something happens in the cloud by itself: a transition, or the arrival of an event. An event that has
    /// arrived and was not taken is something, too: take the events first.
    pub async fn something(&self) {
        let next = self.cloud().next_due();
        match next {
            Some(next) => tokio::time::sleep_until(self.clock.instant(next)).await,
            None => std::future::pending().await,
        }
    }
}
