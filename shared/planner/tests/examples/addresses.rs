//! Addresses: that they follow the first volume, to which private address, and what none of them does.

use crate::expected::{attach, away, blocked, check, detach, held, moving, steps, to, waiting};
use planner::fixtures::{InstanceBuilder, address, elastic, instance, interface_id, look, private, volume};
use planner::observation::{AttachmentState, InstanceState, Interface, PrivateAddress};

/// With an Elastic IP that DescribeInstances reports at the k-th place.
fn reporting(instance: InstanceBuilder, k: usize, public: u8) -> InstanceBuilder {
    instance.but(|i| i.interfaces[0].addresses[k - 1].elastic = Some(elastic(public)))
}

#[test]
fn address_follows_the_first_volume() {
    check(
        look().sees(instance(1)).sees(volume(1)).sees(address(1)),
        moving().lead(attach(1, 1, 'f')).follow([to(1, 1, 1)]),
    );
}

#[test]
fn address_leaves_the_old_holder_when_the_volume_has_left_it() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1))
            .sees(address(1).on(1)),
        moving().lead(attach(1, 2, 'f')).follow([away(1), to(1, 2, 1)]),
    );
}

#[test]
fn address_moves_once_the_attachment_is_accepted() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1).on(2))
            .sees(address(1).on(1)),
        moving().on(2).follow([away(1), to(1, 2, 1)]),
    );
}

#[test]
fn address_stays_while_the_volume_comes_off_a_stopped_holder() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped))
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(address(1).on(1)),
        moving().on(1).lead(detach(1, 1)),
    );
}

#[test]
fn address_stays_while_the_release_is_awaited() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2))
            .sees(volume(1).on(1))
            .sees(address(1).on(1)),
        waiting("not-released").on(1).next(planner::plan::Next::Release),
    );
}

#[test]
fn address_stays_while_the_first_volume_waits_for_another() {
    check(
        look()
            .sees(instance(1).is(InstanceState::ShuttingDown))
            .sees(instance(2))
            .sees(volume(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached))
            .sees(address(1).on(1)),
        waiting("not-released").next(planner::plan::Next::Release),
    );
}

#[test]
fn address_that_is_right_is_not_associated_again() {
    check(look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1).on(1)), held(1));
}

#[test]
fn displaced_address_comes_back() {
    check(
        look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1)),
        moving().on(1).follow([to(1, 1, 1)]),
    );
}

#[test]
fn nth_address_goes_to_the_nth_private_address() {
    check(
        look()
            .sees(instance(1).with_places(3))
            .sees(volume(1))
            .sees(address(3))
            .sees(address(1))
            .sees(address(2)),
        moving().lead(attach(1, 1, 'f')).follow([to(1, 1, 1)]).follow([to(2, 1, 2)]).follow([to(3, 1, 3)]),
    );
}

#[test]
fn addresses_on_the_instance_stay_in_whatever_order() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(volume(1).on(1))
            .sees(address(1).at(1, 2))
            .sees(address(2).at(1, 1)),
        held(1),
    );
}

#[test]
fn address_goes_beside_one_of_its_slot_that_has_its_place() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(volume(1).on(1))
            .sees(address(1))
            .sees(address(2).at(1, 1)),
        moving().on(1).follow([to(1, 1, 2)]),
    );
}

#[test]
fn nth_address_keeps_to_its_place_while_another_comes() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(volume(1).on(1))
            .sees(address(1).at(1, 1))
            .sees(address(2)),
        moving().on(1).follow([to(2, 1, 2)]),
    );
}

#[test]
fn no_place_is_given_twice() {
    check(
        look()
            .sees(instance(1).with_places(3))
            .sees(volume(1).on(1))
            .sees(address(1))
            .sees(address(2))
            .sees(address(3).at(1, 2)),
        moving().on(1).follow([to(1, 1, 1)]).follow([to(2, 1, 3)]),
    );
}

#[test]
fn address_of_an_interface_alone_is_at_its_first_place() {
    let of_another = address(2).in_slot("vip").on(1).but(|a| {
        a.association.iter_mut().for_each(|on| on.private = None);
    });
    let seen = look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1)).sees(of_another);
    assert_eq!(steps(&seen), [away(2)]);
}

#[test]
fn foreign_address_is_not_displaced() {
    check(
        look().sees(reporting(instance(1), 1, 99)).sees(volume(1).on(1)).sees(address(1)),
        blocked("private-address-taken").on(1),
    );
}

#[test]
fn address_that_was_tagged_is_where_describe_addresses_says() {
    check(
        look().sees(reporting(instance(1), 1, 1)).sees(volume(1).on(1)).sees(address(1)),
        moving().on(1).follow([to(1, 1, 1)]),
    );
}

#[test]
fn address_of_an_interface_is_the_address_of_its_instance() {
    check(
        look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1).on(1).but(|a| {
            a.association.iter_mut().for_each(|on| {
                on.instance = None;
                on.private = None;
            });
        })),
        held(1),
    );
}

#[test]
fn addresses_go_to_the_primary_interface() {
    let second = Interface {
        id: interface_id(8),
        primary: false,
        addresses: vec![PrivateAddress { private: private(8, 1), elastic: None }],
    };
    check(
        look().sees(instance(1).but(|i| i.interfaces.insert(0, second))).sees(volume(1)).sees(address(1)),
        moving().lead(attach(1, 1, 'f')).follow([to(1, 1, 1)]),
    );
}

#[test]
fn more_addresses_than_private_addresses_block() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(volume(1).on(1))
            .sees(address(1).at(1, 1))
            .sees(address(2).at(1, 2))
            .sees(address(3)),
        blocked("too-few-private-addresses").on(1),
    );
}

#[test]
fn instance_without_a_network_interface_has_no_private_address() {
    check(
        look().sees(instance(1).but(|i| i.interfaces.clear())).sees(volume(1).on(1)).sees(address(1)),
        blocked("too-few-private-addresses").on(1),
    );
}

#[test]
fn address_of_a_slot_without_volumes_goes_to_any_zone() {
    check(look().sees(instance(1).in_zone("c")).sees(address(1)), moving().follow([to(1, 1, 1)]));
}

#[test]
fn healthy_holder_keeps_addresses_alone() {
    check(look().sees(instance(1)).sees(instance(2)).sees(address(1).on(2)), held(2));
}

#[test]
fn addresses_alone_gather_where_the_first_is() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2).with_places(2))
            .sees(address(1).at(2, 1))
            .sees(address(2).at(1, 1)),
        moving().on(2).follow([away(2), to(2, 2, 2)]),
    );
}

#[test]
fn addresses_alone_leave_an_instance_that_does_not_run() {
    for state in [InstanceState::Stopping, InstanceState::Stopped, InstanceState::ShuttingDown] {
        check(
            look().sees(instance(1).is(state)).sees(instance(2)).sees(address(1).on(1)),
            moving().on(1).follow([away(1), to(1, 2, 1)]),
        );
    }
}

#[test]
fn address_leaves_a_terminated_instance() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Terminated).of_fleets(&[]))
            .sees(instance(2))
            .sees(address(1).on(1)),
        moving().follow([away(1), to(1, 2, 1)]),
    );
}

#[test]
fn addresses_alone_stay_with_a_starting_holder() {
    check(
        look().sees(instance(1).is(InstanceState::Pending)).sees(instance(2)).sees(address(1).on(1)),
        waiting("holder-starting").on(1),
    );
}

#[test]
fn addresses_alone_leave_a_starting_holder_that_is_sure_to_go() {
    let starting = || instance(1).is(InstanceState::Pending);
    for holder in [
        starting().in_group("Terminating:Wait"),
        starting().but(|i| i.doomed = Some("marked-for-termination".to_owned())),
    ] {
        check(
            look().sees(holder).sees(instance(2)).sees(address(1).on(1)),
            moving().on(1).follow([away(1), to(1, 2, 1)]),
        );
    }
}

#[test]
fn addresses_alone_wait_for_a_candidate() {
    check(look().sees(address(1)), waiting("no-candidate"));
    check(
        look().sees(instance(1).is(InstanceState::Stopped)).sees(address(1).on(1)),
        waiting("no-candidate").on(1),
    );
}

#[test]
fn addresses_alone_move_on_from_an_instance_that_volumes_have() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).in_slot("data").on(1))
            .sees(address(1).on(1)),
        [held(1).of("data"), moving().follow([away(1), to(1, 2, 1)])],
    );
}

#[test]
fn addresses_alone_let_go_of_an_instance_that_volumes_have() {
    check(
        look().sees(instance(1)).sees(volume(1).in_slot("data").on(1)).sees(address(1).on(1)),
        [held(1).of("data"), moving().told("no-candidate").follow([away(1)])],
    );
}

#[test]
fn volumes_go_to_a_free_instance_rather_than_drive_addresses_out() {
    check(
        look().sees(instance(1)).sees(instance(2)).sees(volume(1).in_slot("data")).sees(address(1).on(1)),
        [moving().of("data").lead(attach(1, 2, 'f')), held(1)],
    );
}

#[test]
fn volumes_go_to_an_instance_that_has_addresses_alone_when_there_is_no_other() {
    check(
        look().sees(instance(1)).sees(volume(1).in_slot("data")).sees(address(1).on(1)),
        [moving().of("data").lead(attach(1, 1, 'f')), held(1)],
    );
}

#[test]
fn addresses_alone_do_not_go_where_others_of_their_kind_are() {
    check(
        look()
            .sees(instance(1).with_places(2))
            .sees(address(1).in_slot("a"))
            .sees(address(2).in_slot("b").at(1, 2)),
        [waiting("no-candidate").of("a"), held(1).of("b")],
    );
}

#[test]
fn address_on_the_instance_of_another_slot_is_let_go_while_its_own_slot_waits() {
    for first in [
        volume(1),
        volume(1).at(3, 'f', AttachmentState::Attached),
        volume(1).at(4, 'f', AttachmentState::Attached),
    ] {
        let seen = look()
            .sees(instance(1))
            .sees(instance(3).is(InstanceState::Stopping))
            .sees(instance(4).is(InstanceState::ShuttingDown))
            .sees(volume(2).in_slot("other").on(1))
            .sees(first)
            .sees(address(1).on(1));
        assert_eq!(steps(&seen), [away(1)]);
    }
}

#[test]
fn crossed_addresses_are_let_go() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b").on(2))
        .sees(address(1).in_slot("a").on(2))
        .sees(address(2).in_slot("b").on(1));
    assert_eq!(steps(&seen), [away(1), away(2)]);
}

/// Convergence: "every slot that can be held". Instance 2 has a private address for each, and instance 1, which was
/// launched earlier, has not: the slot goes to instance 1 and is blocked there for good.
#[test]
fn slot_goes_where_all_its_addresses_have_a_place() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2).with_places(2))
            .sees(volume(1))
            .sees(address(1))
            .sees(address(2)),
        moving().lead(attach(1, 2, 'f')).follow([to(1, 2, 1)]).follow([to(2, 2, 2)]),
    );
}
