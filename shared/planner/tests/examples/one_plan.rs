//! One plan: what EC2's answers may say twice, in any order.

use planner::fixtures::{address, instance, look, volume};

/// Invariant 1: the order in which an observation lists things is of no account, also when EC2's pages list a
/// volume twice with different attachments.
#[test]
fn volume_that_is_listed_twice_gives_one_plan() {
    let one = || look().sees(instance(1)).sees(instance(2));
    let (free, attached) = (|| volume(1), || volume(1).on(2));
    let (a, b) = (one().sees(free()).sees(attached()), one().sees(attached()).sees(free()));
    assert_eq!(planner::plan(&a.0), planner::plan(&b.0));
}

/// Invariant 1 again: two addresses of two slots are seen at one place (as a race leaves them for a moment). Which one
/// is taken for the occupant, and so what is planned, depends on the order in which EC2 lists them.
#[test]
fn two_addresses_at_one_place_give_one_plan() {
    let one = || look().sees(instance(1)).sees(volume(1).in_slot("a").on(1)).sees(address(1).in_slot("a"));
    let (two, three) = (|| address(2).in_slot("a").on(1), || address(3).in_slot("b").on(1));
    let (a, b) = (one().sees(two()).sees(three()), one().sees(three()).sees(two()));
    assert_eq!(planner::plan(&a.0), planner::plan(&b.0));
}
