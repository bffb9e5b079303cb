//! Matching: which free slot goes to which candidate, so that as many slots as possible are held.
//!
//! A maximum bipartite matching by augmenting paths. Slots are served in order of rank, and one that was served
//! may be given another instance but never loses its place, so earlier ranks win over later ones.

use crate::ids::InstanceId;
use crate::observation::Instance;
use std::collections::{BTreeMap, BTreeSet};

/// How soon a slot can use what it is given. The earlier is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Its volumes are free, or can be made so.
    Ready,
    /// Its volumes are about to be released.
    Releasing,
    /// It has no volumes.
    Addresses,
    /// Its holder runs and is about to go, and the policy does not wait for that.
    Draining,
    /// Its holder runs and is about to go, and keeps the volumes until then.
    Staying,
}

/// A slot's wish for an instance.
#[derive(Debug)]
pub(crate) struct Bid<'a> {
    pub(crate) rank: Rank,
    /// Which slot, by its place in the list of slots.
    pub(crate) slot: usize,
    /// The instances that would do, the preferred ones first.
    pub(crate) candidates: Vec<&'a Instance>,
}

/// Gives each slot at most one instance and each instance to at most one slot.
pub(crate) fn assign(mut bids: Vec<Bid<'_>>) -> BTreeMap<usize, &Instance> {
    bids.sort_by_key(|bid| (bid.rank, bid.slot));
    let mut taken: BTreeMap<&InstanceId, usize> = BTreeMap::new();
    for index in 0..bids.len() {
        augment(index, &bids, &mut taken, &mut BTreeSet::new());
    }
    let given = taken.into_iter().filter_map(|(instance, index)| {
        let bid = bids.get(index)?;
        let instance = bid.candidates.iter().find(|candidate| candidate.id == *instance)?;
        Some((bid.slot, *instance))
    });
    given.collect()
}

/// Finds an instance for a bid: one that is free, else one whose bid can do with another.
fn augment<'a>(
    index: usize,
    bids: &[Bid<'a>],
    taken: &mut BTreeMap<&'a InstanceId, usize>,
    seen: &mut BTreeSet<&'a InstanceId>,
) -> bool {
    let Some(bid) = bids.get(index) else { return false };
    if let Some(free) = bid.candidates.iter().find(|candidate| !taken.contains_key(&candidate.id)) {
        taken.insert(&free.id, index);
        return true;
    }
    for candidate in &bid.candidates {
        let Some(&other) = taken.get(&candidate.id) else {
            continue;
        };
        if seen.insert(&candidate.id) && augment(other, bids, taken, seen) {
            taken.insert(&candidate.id, index);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::instance;

    fn check(bids: &[(Rank, &[u8])], expected: &[Option<u8>]) {
        let instances: Vec<Instance> = (0..9).map(|n| instance(n).build()).collect();
        let bid = |(slot, (rank, names)): (usize, &(Rank, &[u8]))| Bid {
            rank: *rank,
            slot,
            candidates: names.iter().map(|n| &instances[usize::from(*n)]).collect(),
        };
        let given = assign(bids.iter().enumerate().map(bid).collect());
        let found: Vec<Option<InstanceId>> =
            (0..bids.len()).map(|slot| given.get(&slot).map(|i| i.id.clone())).collect();
        let expected: Vec<Option<InstanceId>> =
            expected.iter().map(|n| n.map(|n| instances[usize::from(n)].id.clone())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_preferred_candidate_is_taken() {
        check(&[(Rank::Ready, &[2, 1])], &[Some(2)]);
    }

    #[test]
    fn an_earlier_slot_gives_way_so_that_both_are_held() {
        check(&[(Rank::Ready, &[1, 2]), (Rank::Ready, &[1])], &[Some(2), Some(1)]);
    }

    #[test]
    fn a_long_chain_of_slots_gives_way() {
        check(
            &[(Rank::Ready, &[1, 2]), (Rank::Ready, &[2, 3]), (Rank::Ready, &[3, 4]), (Rank::Ready, &[1])],
            &[Some(2), Some(3), Some(4), Some(1)],
        );
    }

    #[test]
    fn a_slot_that_can_act_now_comes_before_one_that_waits() {
        check(&[(Rank::Releasing, &[1]), (Rank::Ready, &[1])], &[None, Some(1)]);
    }

    #[test]
    fn slots_with_volumes_come_before_those_without() {
        check(&[(Rank::Addresses, &[1]), (Rank::Releasing, &[1])], &[None, Some(1)]);
    }

    #[test]
    fn a_free_instance_is_taken_before_another_slot_is_moved_on() {
        check(&[(Rank::Addresses, &[1, 2]), (Rank::Addresses, &[1, 2])], &[Some(1), Some(2)]);
    }
}
