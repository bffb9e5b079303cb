//! Throttling: EC2's token buckets, one for each action of the account and region.
//!
//! Sizes are those of the EC2 API developer guide, "Request throttling". `AttachVolume`, `DetachVolume` and the calls
//! of addresses stand in none of its lists of exceptions.
//!
//! Auto Scaling and Systems Manager publish none; theirs are those of EC2.

use crate::time::Time;
use std::collections::BTreeMap;

/// What a call is to the buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKind {
    /// A Describe call with a filter or a page size.
    Question,
    /// A Describe call with neither: "unfiltered and unpaginated". Whether one with ids is that nobody says; here it is.
    BroadQuestion,
    /// Whatever changes something.
    Act,
}

/// How many parts a token has. A rate in tokens per second is the same in parts per millisecond, so that a bucket
/// fills without rounding.
const TOKEN: i64 = 1000;

#[derive(Debug, Clone, Copy)]
struct Size {
    tokens: i64,
    per_second: i64,
}

/// The bucket of an action.
fn size(action: &str, kind: CallKind) -> Size {
    let (tokens, per_second) = match (action, kind) {
        ("RunInstances", _) => (5, 2),
        ("CreateTags" | "DeleteTags", _) => (100, 10),
        ("CreateVolume" | "TerminateInstances" | "DescribeSpotFleetInstances", _) => (100, 5),
        ("DescribeSpotFleetRequests", _) => (50, 3),
        (_, CallKind::Question) => (100, 20),
        (_, CallKind::BroadQuestion) => (50, 10),
        (_, CallKind::Act) => (50, 5),
    };
    Size { tokens, per_second }
}

/// The buckets, or none at all.
#[derive(Debug, Clone)]
pub(crate) struct Throttle {
    /// How many times as large the buckets are as EC2's, and as fast to fill. None: there are no buckets.
    factor: Option<i64>,
    levels: BTreeMap<(&'static str, CallKind), (i64, Time)>,
    refused: u64,
}

impl Throttle {
    pub(crate) fn times(factor: u16) -> Self {
        Self { factor: Some(factor.into()), levels: BTreeMap::new(), refused: 0 }
    }

    pub(crate) fn off() -> Self {
        Self { factor: None, ..Self::times(1) }
    }

    /// Takes a token for the call, if there is one.
    pub(crate) fn admits(&mut self, action: &'static str, kind: CallKind, now: Time) -> bool {
        let Some(factor) = self.factor else { return true };
        let Size { tokens, per_second } = size(action, kind);
        let (tokens, per_second) = (tokens * factor, per_second * factor);
        let (level, since) = self.levels.entry((action, kind)).or_insert((tokens * TOKEN, now));
        let filled = (now - *since).num_milliseconds().saturating_mul(per_second);
        *level = level.saturating_add(filled).min(tokens * TOKEN);
        *since = now;
        let admitted = *level >= TOKEN;
        if admitted {
            *level -= TOKEN;
        } else {
            self.refused += 1;
        }
        admitted
    }

    /// How many calls it refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }
}
