//! Details that nothing else holds: each of these facts was broken on purpose, and no other test noticed.

use crate::expected::{Expected, away, check, check_all, detach, held, moving, of, steps, to, waiting};
use planner::fixtures::{
    Look, NOW, address, allocation_id, at, instance, instance_id, look, private, volume,
};
use planner::memory::{Accepted, Associated};
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::{Next, SlotState};
use planner::tags::{HANDOVER, SLOT, Setting};

/// What the slot `main` is told, in words.
fn told(seen: &Look) -> Vec<String> {
    of(seen, "main").findings.iter().map(ToString::to_string).collect()
}

#[test]
fn lack_of_a_candidate_is_told_by_the_instances_of_the_fleet_that_are_still_there() {
    let seen = look()
        .sees(volume(1))
        .sees(instance(1).in_zone("b"))
        .sees(instance(2).is(InstanceState::Terminated))
        .sees(instance(3).of_fleets(&["shop"]));
    let reason = "the slot needs a healthy instance in a; i-00000001 is in b, not in a";
    assert_eq!(told(&seen), [format!("no candidate: {reason}")]);
}

#[test]
fn lack_of_a_candidate_names_five_instances_and_counts_the_rest() {
    let seen =
        |count| (1..=count).fold(look().sees(volume(1)), |seen, n| seen.sees(instance(n).in_zone("b")));
    assert!(told(&seen(5))[0].ends_with("i-00000005 is in b, not in a"), "{:?}", told(&seen(5)));
    assert!(told(&seen(7))[0].ends_with("i-00000005 is in b, not in a; and 2 more"), "{:?}", told(&seen(7)));
}

#[test]
fn instances_that_are_gone_or_of_another_fleet_are_no_matter_of_the_fleet() {
    let gone =
        instance(2).is(InstanceState::Terminated).but(|i| i.tags.paused = Setting::Invalid("yes".into()));
    let foreign = instance(3).of_fleets(&["shop"]).but(|i| i.tags.paused = Setting::Invalid("yes".into()));
    check_all(look().sees(instance(1)).sees(volume(1).on(1)).sees(gone).sees(foreign), held(1), &[]);
}

#[test]
fn slot_whose_first_volume_is_on_an_instance_is_not_blocked_by_a_stray_there() {
    let seen = look()
        .sees(instance(1))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b"))
        .sees(volume(3).in_slot("b").at(1, 'g', AttachmentState::Attached));
    assert_eq!((of(&seen, "a").state, of(&seen, "b").state), (SlotState::Held, SlotState::Blocked));
}

#[test]
fn too_few_private_addresses_are_told_with_their_number() {
    let seen = (1..=3)
        .fold(look().sees(instance(1).with_places(2)).sees(volume(1).on(1)), |seen, n| seen.sees(address(n)));
    assert!(told(&seen)[0].contains("3 addresses, i-00000001 has 2 private"), "{:?}", told(&seen));
}

#[test]
fn policies_are_called_by_their_names() {
    let seen = look().sees(instance(1)).sees(volume(1).tagged(&[(HANDOVER, "drain")]).on(1));
    assert!(told(&seen).iter().all(|finding| finding.contains("the policy drain ")), "{:?}", told(&seen));
}

#[test]
fn addresses_that_must_give_way_and_are_not_all_there_lack_a_candidate() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(volume(1).in_slot("data"))
            .sees(address(1).in_slot("vip"))
            .sees(address(2).in_slot("vip").on(1)),
        [
            moving().of("data").lead(crate::expected::attach(1, 1, 'f')),
            waiting("no-candidate").of("vip").on(1),
        ],
    );
}

#[test]
fn volume_that_waits_for_another_one_is_not_told_as_unreleased() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(3).is(InstanceState::Stopped))
            .sees(volume(1).on(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached))
            .sees(volume(3).at(3, 'f', AttachmentState::Attached)),
        moving().on(1).follow([detach(3, 3)]),
    );
}

/// EC2 accepted the address on instance 2 a second ago; its answer shows it where it was before, where it is, or on an
/// instance of somebody else.
#[test]
fn accepted_address_is_where_it_was_accepted_unless_it_has_left_the_fleet() {
    let seen = |shown| {
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(instance(3).of_fleets(&["shop"]))
            .sees(volume(1).on(2))
            .sees(address(1).on(shown))
            .but(|o| {
                let accepted = Accepted { instance: instance_id(2), at: at(NOW - 1) };
                let associated = Associated { accepted, private: private(2, 1) };
                o.memory.associated.insert(allocation_id(1), associated);
            })
    };
    check(seen(1), moving().on(2).next(Next::Transition));
    check(seen(2), held(2));
    check(seen(3), crate::expected::blocked("address-outside-fleet").on(2));
}

/// A stray address of `c` is on instance 2. It is let go when the addresses of `vip` go there, and not before.
#[test]
fn stray_address_is_let_go_when_addresses_come_and_not_before() {
    let seen = || {
        look()
            .sees(instance(1))
            .sees(instance(2).in_zone("b"))
            .sees(volume(3).in_slot("c").in_zone("c"))
            .sees(address(3).in_slot("c").on(2))
    };
    let vip = || address(1).in_slot("vip").on(1);
    // It has no instance at all.
    assert_eq!(
        of(&seen().sees(address(1).in_slot("vip")).but(|o| drop(o.instances.remove(0))), "c").follow,
        [[away(3)]]
    );
    // Volumes drive it out now.
    assert_eq!(of(&seen().sees(vip()).sees(volume(1).in_slot("data")), "c").follow, [[away(3)]]);
    // They will, but cannot yet.
    let ending = instance(9).is(InstanceState::ShuttingDown);
    let later = seen().sees(vip()).sees(ending).sees(volume(1).in_slot("data").on(9));
    assert_eq!(steps(&later), []);
    // Its instance starts, or is about to go, or need not stay.
    let with = |change: fn(&mut planner::observation::Instance)| {
        seen().sees(vip()).but(|o| change(&mut o.instances[0]))
    };
    assert_eq!(steps(&with(|i| i.state = InstanceState::Pending)), []);
    for mark in ["by hand", "rebalance-recommendation 2026-11-23T12:10:00Z"] {
        let home = instance(1).draining(mark).build();
        let marked = seen().sees(vip()).but(|o| o.instances[0] = home);
        assert_eq!(of(&marked, "c").follow, [[away(3)]], "{mark}");
    }
    // Slots with volumes that only wait for their holder to go send nothing away.
    let waits = instance(1).draining("by hand");
    let data = seen().but(|o| o.instances[0] = waits.build()).sees(volume(1).in_slot("data").on(1));
    let other = data.sees(instance(4)).sees(address(4).tagged(&[(SLOT, "d")]).on(4));
    assert_eq!(Expected::from(of(&other, "d")), held(4).of("d"));
    assert!(!steps(&other).contains(&away(3)) && !steps(&other).contains(&to(4, 4, 1)));
}

/// Instance 4 is what `data` hopes for; a stray address there is none of its business before it comes.
#[test]
fn stray_address_stays_where_volumes_only_hope_to_come() {
    let seen = look()
        .sees(instance(1).draining("by hand"))
        .sees(instance(4))
        .sees(volume(1).in_slot("data").on(1))
        .sees(volume(3).in_slot("c").in_zone("c"))
        .sees(address(3).in_slot("c").on(4));
    assert_eq!(steps(&seen), []);
}

#[test]
fn step_names_what_it_moves() {
    use planner::fixtures::{allocation_id, volume_id};
    let volume = crate::expected::attach(1, 2, 'f');
    assert_eq!((volume.volume(), volume.address()), (Some(&volume_id(1)), None));
    let volume = crate::expected::detach(1, 2);
    assert_eq!((volume.volume(), volume.address()), (Some(&volume_id(1)), None));
    let (instance, interface) = (planner::fixtures::instance_id(2), planner::fixtures::interface_id(2));
    let address = planner::plan::Step::AssociateAddress {
        address: allocation_id(1),
        instance,
        interface,
        private: planner::fixtures::private(2, 1),
    };
    assert_eq!((address.volume(), address.address()), (None, Some(&allocation_id(1))));
    let drain = crate::expected::drain(1, &[1]);
    assert_eq!((drain.volume(), drain.address()), (None, None));
}
