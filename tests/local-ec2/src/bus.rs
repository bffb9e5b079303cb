//! The bus: EventBridge, as good or as bad as its weather. It may lose, delay, double and reorder.
//!
//! EventBridge promises neither delivery nor order for events of EC2 ("best effort"), and may deliver twice.

use crate::chance::Chance;
use crate::time::{Span, Time};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a bus treats events. All shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// The share of events that never arrive.
    pub lost: f64,
    /// The share of events that arrive twice.
    pub doubled: f64,
    /// The share of events that arrive late.
    pub late: f64,
    /// From the event to its arrival. A wide range reorders. Assumed.
    pub travel: Span,
    /// What is added for a late one.
    pub lateness: Span,
}

impl Default for Weather {
    fn default() -> Self {
        let (travel, lateness) = (Span::millis(100, 1000), Span::seconds(5, 300));
        Self { lost: 0.0, doubled: 0.0, late: 0.0, travel, lateness }
    }
}

/// What a bus did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BusCounts {
    /// Events that were handed to it.
    pub emitted: u64,
    /// Events that it lost.
    pub lost: u64,
    /// Events that it sent twice.
    pub doubled: u64,
    /// Events that it sent late.
    pub late: u64,
    /// Arrivals after that of a later event.
    pub reordered: u64,
}

/// Events on their way.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    weather: Weather,
    chance: Chance,
    /// By arrival; the second part tells the order in which they were emitted.
    under_way: BTreeMap<(Time, u64, u8), Value>,
    latest: u64,
    counts: BusCounts,
}

impl Bus {
    pub(crate) fn new(weather: Weather, chance: Chance) -> Self {
        let counts = BusCounts::default();
        Self { weather, chance, under_way: BTreeMap::new(), latest: 0, counts }
    }

    /// The number of the event that is emitted next.
    pub(crate) fn number(&self) -> u64 {
        self.counts.emitted + 1
    }

    pub(crate) fn emit(&mut self, now: Time, payload: Value) {
        self.counts.emitted += 1;
        if self.chance.happens(self.weather.lost) {
            self.counts.lost += 1;
            return;
        }
        if self.chance.happens(self.weather.doubled) {
            self.counts.doubled += 1;
            self.send(now, payload.clone(), 1);
        }
        self.send(now, payload, 0);
    }

    fn send(&mut self, now: Time, payload: Value, copy: u8) {
        let mut arrival = now + self.chance.delay(self.weather.travel);
        if self.chance.happens(self.weather.late) {
            self.counts.late += 1;
            arrival += self.chance.delay(self.weather.lateness);
        }
        self.under_way.insert((arrival, self.counts.emitted, copy), payload);
    }

    /// The events that have arrived by now, in the order of their arrival. Each is given once.
    pub(crate) fn arrived(&mut self, now: Time) -> Vec<Value> {
        let mut arrived = Vec::new();
        while let Some(entry) = self.under_way.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, number, _), payload) = entry.remove_entry();
            if number < self.latest {
                self.counts.reordered += 1;
            }
            self.latest = self.latest.max(number);
            arrived.push(payload);
        }
        arrived
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.under_way.first_key_value().map(|((arrival, ..), _)| *arrival)
    }

    pub(crate) fn counts(&self) -> BusCounts {
        self.counts
    }

    pub(crate) fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }
}
