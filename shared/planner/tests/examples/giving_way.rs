//! Giving way: addresses on instances that are not their slot's, and who lets go of what.

use crate::expected::{Expected, away, blocked, check, held, moving, of, paused, steps, waiting};
use planner::fixtures::{AddressBuilder, address, instance, look, volume};
use planner::ids::SlotName;
use planner::memory::Failure;
use planner::observation::InstanceState;
use planner::plan::{Next, SlotState, Step};
use planner::tags::{HANDOVER, PAUSED, SLOT};

/// Invariant 10: "An address found on an instance that another slot holds is let go." Not while its own holder
/// drains; a mark by hand may last for ever, and `b` is blocked for as long.
#[test]
fn draining_slot_lets_go_of_an_address_on_the_instance_of_another() {
    let seen = look()
        .sees(instance(1).draining("by hand"))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b").on(2))
        .sees(address(1).in_slot("a").on(2))
        .sees(address(2).in_slot("b"));
    assert_eq!(of(&seen, "a").follow, [[away(1)]]);
}

/// Nor when its own holder has too few private addresses.
#[test]
fn slot_with_too_many_addresses_lets_go_of_one_on_the_instance_of_another() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b").on(2))
        .sees(address(1).in_slot("a").on(1))
        .sees(address(3).in_slot("a").on(2))
        .sees(address(4).in_slot("b"));
    assert_eq!(of(&seen, "a").follow, [[away(3)]]);
}

/// "`blocked`: a person must act." Nobody must: `a` lets go in this very look and `b` has its address at the next.
#[test]
fn crossed_addresses_are_moving_and_not_blocked() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").on(2))
            .sees(address(1).in_slot("a").on(2))
            .sees(address(2).in_slot("b").on(1)),
        [
            moving().of("a").on(1).follow([away(1)]).next(Next::Transition),
            moving().of("b").on(2).follow([away(2)]).next(Next::Transition),
        ],
    );
}

/// The same where an address-only slot yields to volumes.
#[test]
fn slot_that_addresses_yield_to_is_not_blocked() {
    let seen = look()
        .sees(instance(1))
        .sees(volume(1).in_slot("data").on(1))
        .sees(address(1).in_slot("data"))
        .sees(address(2).on(1));
    assert_ne!(of(&seen, "data").state, SlotState::Blocked);
}

/// "An instance holds at most one slot", and a paused slot is left alone: it cannot yield. Yet volumes are sent to
/// the instance that a paused slot of addresses has, where their own address then never finds a place.
#[test]
fn instance_of_paused_addresses_is_unfit() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).in_slot("data"))
            .sees(address(2).in_slot("data"))
            .sees(address(1).tagged(&[(SLOT, "vip"), (PAUSED, "true")]).on(1)),
        [waiting("no-candidate").of("data"), paused().of("vip").on(1)],
    );
}

/// The same of blocked addresses.
#[test]
fn instance_of_blocked_addresses_is_unfit() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).in_slot("data"))
            .sees(address(2).in_slot("data"))
            .sees(address(1).tagged(&[(SLOT, "vip"), (HANDOVER, "banana")]).on(1)),
        [waiting("no-candidate").of("data"), blocked("unknown-policy").of("vip").on(1)],
    );
}

/// A paused instance is touched: an address that it has is taken from it, when the slot's volumes are elsewhere.
#[test]
fn address_on_a_paused_instance_stays() {
    let seen =
        look().sees(instance(1).paused()).sees(instance(2)).sees(volume(1).on(2)).sees(address(1).on(1));
    assert_eq!(of(&seen, "main").steps().count(), 0);
}

/// A holder that EC2 no longer lists: a volume's release is awaited, but an address blocks its slot, which is
/// nobody's fault. (A fresh instance is unknown for seconds, too.)
#[test]
fn address_on_an_instance_that_is_not_listed_blocks_nothing() {
    let seen = look().sees(instance(2)).sees(address(1).on(9));
    assert_ne!(of(&seen, "main").state, SlotState::Blocked);
}

/// "Nothing moves without a reason": the volumes of `data` are still held and may never be released, and the
/// addresses of `vip` leave a healthy holder for them.
#[test]
fn healthy_holder_keeps_addresses_until_volumes_can_come() {
    check(
        look()
            .sees(instance(1).draining("by hand"))
            .sees(instance(2))
            .sees(instance(3).in_zone("b"))
            .sees(volume(1).in_slot("data").on(1))
            .sees(address(1).in_slot("vip").on(2)),
        [waiting("holder-draining").of("data").on(1), held(2).of("vip")],
    );
}

/// "In a quiet world none is ever displaced", and one slot to an instance. The addresses of `vip` are on instance 1,
/// which `data` is given; in the same plan `vip` still completes itself there, and `data` brings its own address to
/// the same private address. EC2 lets the later one displace the earlier. (Found by the law of convergence.)
#[test]
fn slot_of_addresses_sends_nothing_to_an_instance_that_it_yields() {
    let seen = look()
        .sees(instance(1).with_places(2))
        .sees(volume(1).in_slot("data"))
        .sees(address(1).in_slot("data"))
        .sees(address(2).in_slot("data"))
        .sees(address(3).in_slot("vip").at(1, 1))
        .sees(address(4).in_slot("vip"));
    let there: Vec<Step> =
        steps(&seen).into_iter().filter(|step| step.name() == "associate-address").collect();
    assert!(there.len() < 2, "{there:?}");
}

/// "A bad slot never makes another slot wait." `a` is given instance 2, where an address of `b` has its place, and is
/// blocked; `b`, which could be held there, has no candidate. Neither ever moves. (Found by the law of convergence.)
#[test]
fn slot_of_addresses_reserves_no_instance_where_it_has_no_place() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(2).with_places(2))
        .sees(address(1).in_slot("a"))
        .sees(address(2).in_slot("b").on(1))
        .sees(address(5).in_slot("b").at(2, 1));
    assert_ne!(steps(&seen), []);
}

/// A person must act here: whoever waits for the address to be let go waits for ever.
#[test]
fn address_that_will_not_make_way_blocks() {
    let seen = |vip: AddressBuilder| {
        look()
            .sees(instance(1))
            .sees(volume(1).in_slot("data").on(1))
            .sees(address(1).in_slot("data"))
            .sees(vip)
    };
    for (key, value) in [(PAUSED, "true"), (HANDOVER, "banana")] {
        let vip = address(2).tagged(&[(SLOT, "vip"), (key, value)]).on(1);
        let data = of(&seen(vip), "data");
        assert_eq!(Expected::from(data), blocked("private-address-taken").of("data").on(1));
    }
    let refused = seen(address(2).in_slot("vip").on(1)).but(|o| {
        o.memory.failures.push(Failure {
            slot: Some(SlotName::new("vip")),
            step: away(2),
            reason: "UnauthorizedOperation".to_owned(),
        });
    });
    assert_eq!(Expected::from(of(&refused, "data")), blocked("private-address-taken").of("data").on(1));
}

/// A stray address of a slot that is left alone keeps its place, so the instance is none for a slot of addresses.
#[test]
fn slot_of_addresses_does_not_go_where_an_address_stays_in_its_place() {
    let stray = address(2).tagged(&[(SLOT, "data"), (PAUSED, "true")]).on(1);
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("data").on(2))
        .sees(stray)
        .sees(address(1).in_slot("vip"));
    assert_eq!(Expected::from(of(&seen, "vip")), waiting("no-candidate").of("vip"));
    let told = of(&seen, "vip").findings[0].to_string();
    assert!(told.contains("has an address of the slot data"), "{told}");
}
