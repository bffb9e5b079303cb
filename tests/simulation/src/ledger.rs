//! A ledger: what every invocation looked at and wrote, and when, for whoever counts. Off, it costs nothing.

use local_ec2::Time;
use reconciler::ec2::Action;
use reconciler::events::Trigger;
use reconciler::report::Report;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Where looks and acts are written down, if anywhere. Clones write to the same place.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Option<Arc<Book>>);

#[derive(Debug, Default)]
struct Book {
    invocations: Mutex<BTreeMap<u64, Entry>>,
    acted: Notify,
}

/// What is written of one invocation.
#[derive(Debug, Clone, Default)]
struct Entry {
    invocation: Invocation,
    /// Describe calls up to the present look.
    before: u64,
    asked: u64,
}

/// An invocation, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invocation {
    /// What it was for, and when it began.
    pub begun: Option<(Time, Trigger)>,
    /// When it ended, and what it reported if it did not crash.
    pub ended: Option<(Time, Option<Report>)>,
    /// What it looked at, in order, and wrote.
    pub looks: Vec<Look>,
}

/// One look and the acts that followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When it began.
    pub began: Time,
    /// How many Describe calls it took.
    pub describes: u64,
    /// How often it asked Systems Manager for its record.
    pub listed: u64,
    /// What it wrote, or tried to.
    pub writes: Vec<Write>,
}

/// A call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// When it was answered.
    pub at: Time,
    /// Which call.
    pub action: Action,
    /// What it is about: the resource that it names first.
    pub subject: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

impl Ledger {
    /// A ledger that keeps nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// A ledger that keeps everything.
    pub fn on() -> Self {
        Self(Some(Arc::default()))
    }

    /// The invocations, in the order of their beginnings.
    pub fn invocations(&self) -> Vec<Invocation> {
        let Some(book) = &self.0 else { return Vec::new() };
        book.entries().values().map(|entry| entry.invocation.clone()).collect()
    }

    /// Waits until an act has been answered. Of several in the meantime one is told.
    pub async fn acted(&self) {
        match &self.0 {
            Some(book) => book.acted.notified().await,
            None => std::future::pending().await,
        }
    }

    /// The invocation of that number begins.
    pub(crate) fn begin(&self, number: u64, at: Time, trigger: &Trigger) {
        self.edit(number, |entry| entry.invocation.begun = Some((at, trigger.clone())));
    }

    /// It has ended.
    pub(crate) fn end(&self, number: u64, at: Time, report: Option<&Report>) {
        self.edit(number, |entry| entry.invocation.ended = Some((at, report.cloned())));
    }

    /// The invocation of that number begins a look.
    pub(crate) fn look(&self, number: u64, began: Time) {
        self.edit(number, |entry| {
            entry.before = entry.asked;
            entry.invocation.looks.push(Look { began, describes: 0, listed: 0, writes: Vec::new() });
        });
    }

    /// The invocation has sent so many Describe calls by now.
    pub(crate) fn asked(&self, number: u64, calls: u64) {
        self.edit(number, |entry| {
            entry.asked = calls;
            let describes = calls - entry.before;
            if let Some(look) = entry.invocation.looks.last_mut() {
                look.describes = describes;
            }
        });
    }

    /// The invocation has asked Systems Manager for its record.
    pub(crate) fn listed(&self, number: u64) {
        self.edit(number, |entry| {
            if let Some(look) = entry.invocation.looks.last_mut() {
                look.listed += 1;
            }
        });
    }

    /// An act of the invocation was answered.
    pub(crate) fn act(&self, number: u64, write: Write) {
        self.edit(number, |entry| {
            if let Some(look) = entry.invocation.looks.last_mut() {
                look.writes.push(write);
            }
        });
        if let Some(book) = &self.0 {
            book.acted.notify_one();
        }
    }

    fn edit(&self, number: u64, change: impl FnOnce(&mut Entry)) {
        if let Some(book) = &self.0 {
            change(book.entries().entry(number).or_default());
        }
    }
}

impl Book {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
