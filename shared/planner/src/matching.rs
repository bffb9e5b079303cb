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
    /// Its holder runs and is about to go, and is sent off once there is somebody to take over.
    Leaving,
    /// It has no volumes, and no instance that runs.
    Homeless,
    /// It has no volumes, and an instance that it may have to leave.
    Addresses,
    /// Its holder may stay, and is sent off where that costs nobody anything.
    Recommended,
    /// Its holder runs and is about to go, and nothing can be done before that.
    Draining,
}

/// A slot's wish for an instance.
#[derive(Debug)]
pub(crate) struct Bid<'a> {
    pub(crate) rank: Rank,
    /// Which slot, by its place in the list of slots.
    pub(crate) slot: usize,
    /// The instances that would do, the preferred ones first.
    pub(crate) candidates: Vec<&'a Instance>,
    /// Those of them that would also do for as long as nobody else can use them.
    pub(crate) lodgings: Vec<&'a Instance>,
}

/// Who has which instance, by the place of the bid.
type Taken<'a> = BTreeMap<&'a InstanceId, usize>;

/// Gives each slot at most one instance, and each instance to at most one slot that can use it now.
pub(crate) fn assign(mut bids: Vec<Bid<'_>>) -> BTreeMap<usize, &Instance> {
    bids.sort_by_key(|bid| (bid.rank, bid.slot));
    let waiting = bids.partition_point(|bid| bid.rank < Rank::Draining);
    let mut taken = Taken::new();
    for (index, bid) in bids.iter().enumerate().take(waiting) {
        if bid.rank == Rank::Recommended {
            // Nobody has to put up with a lesser instance for it.
            take_free(index, &bid.candidates, &mut taken);
        } else {
            augment(index, &bids, &mut taken, &mut BTreeSet::new());
        }
    }
    let lent = lend(&bids, &taken);
    let hoped = hope(waiting, &bids, &taken);
    let given = taken.into_iter().chain(lent).chain(hoped).filter_map(|(instance, index)| {
        let bid = bids.get(index)?;
        let instance = bid.candidates.iter().find(|candidate| candidate.id == *instance)?;
        Some((bid.slot, *instance))
    });
    given.collect()
}

/// Lends an instance that waits for volumes to a slot without any that would be nowhere meanwhile: it gives way when they
/// come.
fn lend<'a>(bids: &[Bid<'a>], taken: &Taken<'a>) -> Taken<'a> {
    let placed: BTreeSet<usize> = taken.values().copied().collect();
    let in_use = |index: &usize| {
        let rank = bids.get(*index).map(|bid| bid.rank);
        matches!(rank, Some(Rank::Ready | Rank::Homeless | Rank::Addresses))
    };
    let mut lent: Taken<'a> =
        taken.iter().filter(|(_, index)| in_use(index)).map(|(id, index)| (*id, *index)).collect();
    for (index, bid) in bids.iter().enumerate() {
        if bid.rank == Rank::Homeless && !placed.contains(&index) {
            take_free(index, &bid.lodgings, &mut lent);
        }
    }
    lent.retain(|_, index| !placed.contains(index));
    lent
}

/// What the slots that wait for their holder's end could have if others moved on for them, which none does before.
fn hope<'a>(waiting: usize, bids: &[Bid<'a>], taken: &Taken<'a>) -> Taken<'a> {
    let mut hoped = taken.clone();
    for index in waiting..bids.len() {
        augment(index, bids, &mut hoped, &mut BTreeSet::new());
    }
    hoped.retain(|_, index| *index >= waiting);
    hoped
}

/// Finds an instance for a bid: one that is free, else one whose bid can do with another.
fn augment<'a>(
    index: usize,
    bids: &[Bid<'a>],
    taken: &mut Taken<'a>,
    seen: &mut BTreeSet<&'a InstanceId>,
) -> bool {
    let Some(bid) = bids.get(index) else { return false };
    if take_free(index, &bid.candidates, taken) {
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

/// Gives a bid the first of these instances that nobody has.
fn take_free<'a>(index: usize, instances: &[&'a Instance], taken: &mut Taken<'a>) -> bool {
    let free = instances.iter().find(|candidate| !taken.contains_key(&candidate.id));
    free.is_some_and(|free| taken.insert(&free.id, index).is_none())
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
            lodgings: names.iter().map(|n| &instances[usize::from(*n)]).collect(),
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
        check(&[(Rank::Homeless, &[1]), (Rank::Ready, &[1])], &[None, Some(1)]);
    }

    #[test]
    fn an_instance_that_waits_for_volumes_is_lent_to_one_slot_that_has_none() {
        for rank in [Rank::Releasing, Rank::Leaving] {
            check(&[(Rank::Homeless, &[1]), (rank, &[1])], &[Some(1), Some(1)]);
            check(&[(Rank::Homeless, &[1]), (Rank::Homeless, &[1]), (rank, &[1])], &[Some(1), None, Some(1)]);
        }
        check(&[(Rank::Homeless, &[1]), (Rank::Recommended, &[1])], &[Some(1), None]);
        check(&[(Rank::Addresses, &[1]), (Rank::Homeless, &[1])], &[None, Some(1)]);
    }

    #[test]
    fn a_slot_that_only_waits_moves_no_other_on() {
        check(&[(Rank::Ready, &[1, 2]), (Rank::Draining, &[1])], &[Some(1), Some(1)]);
        check(
            &[(Rank::Ready, &[1, 2]), (Rank::Draining, &[1]), (Rank::Draining, &[2, 1])],
            &[Some(1), Some(1), None],
        );
        check(&[(Rank::Ready, &[1, 2]), (Rank::Recommended, &[1])], &[Some(1), None]);
        check(&[(Rank::Ready, &[1]), (Rank::Recommended, &[1, 2])], &[Some(1), Some(2)]);
        check(&[(Rank::Ready, &[1, 2]), (Rank::Leaving, &[1])], &[Some(2), Some(1)]);
    }

    #[test]
    fn a_slot_that_can_leave_comes_before_one_that_waits_to() {
        check(&[(Rank::Draining, &[1]), (Rank::Leaving, &[1])], &[None, Some(1)]);
        check(&[(Rank::Addresses, &[1]), (Rank::Leaving, &[1])], &[None, Some(1)]);
        check(&[(Rank::Recommended, &[1]), (Rank::Addresses, &[1])], &[None, Some(1)]);
    }

    #[test]
    fn a_free_instance_is_taken_before_another_slot_is_moved_on() {
        check(&[(Rank::Addresses, &[1, 2]), (Rank::Addresses, &[1, 2])], &[Some(1), Some(2)]);
    }
}
