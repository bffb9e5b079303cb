//! Every pair of faults: which there are, how many, and all of them tried.

use super::{Matrix, Script, Tally, Told, Untold};
use crate::threads::{Panicked, on_every_processor};
use crate::trace::Trace;
use local_ec2::Fault;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many of the calls that are made only because of the first fault meet the second one: a look anew, and an act that is
/// tried again by it. The others would be many, and are of a kind with those that the story has anyway.
const FURTHER: u64 = 5;
const KINDS: u64 = Fault::ALL.len() as u64;

impl Matrix<'_> {
    /// Every pair of faults at two calls, of which the first is this one.
    pub fn pairs_from(&self, first: u64) -> Result<Vec<Script>, Untold> {
        let mut scripts = Vec::new();
        for one in Fault::ALL {
            let alone = self.tell(&Script::from([(first, one)]), &Trace::off())?;
            for second in first + 1..self.calls + self.further(&alone) {
                scripts.extend(Fault::ALL.map(|other| Script::from([(first, one), (second, other)])));
            }
        }
        Ok(scripts)
    }

    /// How many calls beyond the story's end meet a second fault, where the first one made it longer.
    pub(super) fn further(&self, alone: &Told) -> u64 {
        alone.calls.saturating_sub(self.calls).min(FURTHER)
    }

    /// All pairs, on as many threads as there are processors.
    pub fn every_pair(&self) -> Result<Tally, Untold> {
        let next = AtomicU64::new(0);
        gathered(on_every_processor(|| {
            let mut tally = Tally::default();
            loop {
                let first = next.fetch_add(1, Ordering::Relaxed);
                if first >= self.calls {
                    return Ok(tally);
                }
                for script in self.pairs_from(first)? {
                    self.add(&script, &mut tally)?;
                }
            }
        }))
    }

    /// How many single faults there are.
    pub fn expected_singles(&self) -> u64 {
        KINDS * self.calls
    }

    /// How many pairs there are, counted by the story's calls and by those that the single faults added.
    pub fn expected_pairs(&self, singles: &Tally) -> u64 {
        KINDS * KINDS * self.calls * self.calls.saturating_sub(1) / 2 + KINDS * singles.further
    }
}

/// What all threads have found. A thread that panicked is a failure.
pub fn gathered(parts: Vec<Result<Result<Tally, Untold>, Panicked>>) -> Result<Tally, Untold> {
    let mut tally = Tally::default();
    for part in parts {
        match part {
            Ok(part) => tally.merge(part?),
            Err(panicked) => tally.failures.push(panicked.to_string()),
        }
    }
    Ok(tally)
}
