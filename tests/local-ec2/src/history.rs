//! Resources and what they were a moment ago, so that an answer can be stale.
//!
//! With nothing to keep, nothing is copied.

use crate::time::Time;
use chrono::TimeDelta;
use std::collections::{BTreeMap, VecDeque};

/// Resources of one kind, by id.
#[derive(Debug, Clone)]
pub(crate) struct Store<K, T> {
    entries: BTreeMap<K, Entry<T>>,
    /// For how long a version is kept after it ceased to be.
    keep: TimeDelta,
}

#[derive(Debug, Clone)]
struct Entry<T> {
    /// Earlier versions and since when each was, the oldest first. None: there was no such resource.
    past: VecDeque<(Time, Option<T>)>,
    since: Time,
    present: Option<T>,
}

impl<K: Ord + Clone, T: Clone> Store<K, T> {
    pub(crate) fn new(keep: TimeDelta) -> Self {
        Self { entries: BTreeMap::new(), keep }
    }

    /// The resource as it is.
    pub(crate) fn get(&self, id: &K) -> Option<&T> {
        self.entries.get(id)?.present.as_ref()
    }

    /// Every resource as it is, by id.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.values().filter_map(|entry| entry.present.as_ref())
    }

    /// The ids of every resource that is, or that an answer may still show.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    /// The resource as it was then.
    pub(crate) fn as_of(&self, id: &K, time: Time) -> Option<&T> {
        let entry = self.entries.get(id)?;
        if entry.since <= time {
            return entry.present.as_ref();
        }
        let past = entry.past.iter().rev().find(|(since, _)| *since <= time);
        past.or_else(|| entry.past.front()).and_then(|(_, version)| version.as_ref())
    }

    pub(crate) fn insert(&mut self, id: K, resource: T, now: Time) {
        let (horizon, lasting) = (now - self.keep, self.keep > TimeDelta::zero());
        self.entries.retain(|_, entry| entry.present.is_some() || entry.since > horizon);
        let past = if lasting { VecDeque::from([(Time::MIN_UTC, None)]) } else { VecDeque::new() };
        self.entries.insert(id, Entry { past, since: now, present: Some(resource) });
    }

    /// The resource, to be changed now.
    pub(crate) fn edit(&mut self, id: &K, now: Time) -> Option<&mut T> {
        let keep = self.keep;
        let entry = self.entries.get_mut(id).filter(|entry| entry.present.is_some())?;
        entry.remember(now, keep);
        entry.present.as_mut()
    }

    pub(crate) fn remove(&mut self, id: &K, now: Time) -> Option<T> {
        if self.keep <= TimeDelta::zero() {
            return self.entries.remove(id)?.present;
        }
        let keep = self.keep;
        let entry = self.entries.get_mut(id).filter(|entry| entry.present.is_some())?;
        entry.remember(now, keep);
        entry.present.take()
    }
}

impl<T: Clone> Entry<T> {
    /// Keeps the present version as a past one. Several changes at one time are one.
    fn remember(&mut self, now: Time, keep: TimeDelta) {
        if keep <= TimeDelta::zero() || self.since == now {
            return;
        }
        self.past.push_back((self.since, self.present.clone()));
        self.since = now;
        // The second oldest tells until when the oldest was.
        while self.past.get(1).is_some_and(|(since, _)| *since <= now - keep) {
            self.past.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::epoch;

    fn at(seconds: i64) -> Time {
        epoch() + TimeDelta::seconds(seconds)
    }

    #[test]
    fn each_version_is_seen_as_of_its_time() {
        let mut store = Store::new(TimeDelta::seconds(60));
        store.insert("a", 1, at(10));
        *store.edit(&"a", at(20)).unwrap() = 2;
        store.remove(&"a", at(30));
        let seen: Vec<_> = [5, 10, 19, 20, 29, 30, 99].map(|t| store.as_of(&"a", at(t)).copied()).into();
        assert_eq!(seen, [None, Some(1), Some(1), Some(2), Some(2), None, None]);
        assert_eq!(store.get(&"a"), None);
    }

    #[test]
    fn versions_past_keeping_are_dropped() {
        let mut store = Store::new(TimeDelta::seconds(5));
        store.insert("a", 0, at(0));
        for t in 1..100 {
            *store.edit(&"a", at(t)).unwrap() = t;
        }
        assert!(store.entries["a"].past.len() <= 7);
        assert_eq!(store.as_of(&"a", at(94)), Some(&94));
    }

    #[test]
    fn without_keeping_only_the_present_is_there() {
        let mut store = Store::new(TimeDelta::zero());
        store.insert("a", 1, at(0));
        *store.edit(&"a", at(9)).unwrap() = 2;
        assert!(store.entries["a"].past.is_empty());
        store.remove(&"a", at(10));
        assert_eq!(store.ids().count(), 0);
    }
}
