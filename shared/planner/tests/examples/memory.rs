//! Memory: what an invocation did before it looked, and that EC2 may not show yet.

use crate::expected::{attach, away, blocked, check, detach, held, moving, of, steps, to};
use planner::fixtures::{
    Look, NOW, address, allocation_id, at, instance, instance_id, look, private, volume, volume_id,
};
use planner::ids::SlotName;
use planner::memory::{Accepted, Associated, Failure};
use planner::observation::InstanceState;
use planner::plan::{Next, Step};

/// After EC2 accepted that attachment, that many seconds ago.
fn after_acceptance(seen: Look, volume: u8, instance: u8, ago: i64) -> Look {
    seen.but(|o| {
        let accepted = Accepted { instance: instance_id(instance), at: at(NOW - ago) };
        o.memory.accepted.insert(volume_id(volume), accepted);
    })
}

/// After EC2 accepted that association, that many seconds ago.
fn after_association(seen: Look, address: u8, instance: u8, ago: i64) -> Look {
    seen.but(|o| {
        let accepted = Accepted { instance: instance_id(instance), at: at(NOW - ago) };
        let associated = Associated { accepted, private: private(instance, 1) };
        o.memory.associated.insert(allocation_id(address), associated);
    })
}

/// After EC2 refused the step for good.
fn after_failure(seen: Look, slot: &str, step: Step) -> Look {
    seen.but(|o| {
        o.memory.failures.push(Failure {
            slot: Some(SlotName::new(slot)),
            step,
            reason: "UnauthorizedOperation: no".to_owned(),
        });
    })
}

#[test]
fn accepted_attachment_that_does_not_show_yet_is_awaited() {
    for ago in [0, 5] {
        let seen = look().sees(instance(1)).sees(volume(1)).sees(address(1));
        check(after_acceptance(seen, 1, 1, ago), moving().next(Next::Transition));
    }
}

#[test]
fn accepted_attachment_of_another_volume_is_awaited() {
    let seen = look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2));
    check(after_acceptance(seen, 2, 1, 1), moving().on(1).next(Next::Transition));
}

#[test]
fn accepted_attachment_that_never_showed_was_taken_back() {
    let seen = look().sees(instance(1)).sees(instance(2)).sees(volume(1));
    check(after_acceptance(seen, 1, 1, 6), blocked("taken-back"));
}

#[test]
fn accepted_attachment_that_ended_with_its_instance_was_not_taken_back() {
    for ago in [1, 6] {
        let seen = look().sees(instance(1).is(InstanceState::Terminated)).sees(instance(2)).sees(volume(1));
        check(after_acceptance(seen, 1, 1, ago), moving().lead(attach(1, 2, 'f')));
    }
}

#[test]
fn accepted_attachment_that_shows_is_forgotten() {
    let seen = look().sees(instance(1)).sees(volume(1).on(1));
    check(after_acceptance(seen, 1, 1, 6), held(1));
}

#[test]
fn refused_attachment_is_tried_on_another_instance() {
    let seen = look().sees(instance(1)).sees(instance(2)).sees(volume(1));
    check(after_failure(seen, "main", attach(1, 1, 'f')), moving().lead(attach(1, 2, 'f')));
}

#[test]
fn refused_attachment_is_not_tried_again() {
    let seen = look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(address(1));
    check(after_failure(seen, "main", attach(1, 1, 'f')), blocked("refused").told("no-candidate"));
}

#[test]
fn refused_attachment_of_another_volume_keeps_nothing_else() {
    let seen =
        look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2)).sees(volume(3)).sees(address(1));
    check(
        after_failure(seen, "main", attach(2, 1, 'g')),
        blocked("refused").on(1).follow([attach(3, 1, 'h')]).follow([to(1, 1, 1)]),
    );
}

#[test]
fn refused_detachment_is_not_tried_again_and_nothing_follows() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(2))
        .sees(volume(1).on(1))
        .sees(volume(2).at(1, 'g', planner::observation::AttachmentState::Attached));
    check(after_failure(seen, "main", detach(1, 1)), blocked("refused").on(1));
}

#[test]
fn address_that_could_not_be_associated_is_not_taken_away_either() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2).is(InstanceState::Stopped))
        .sees(volume(1).on(1))
        .sees(address(1).on(2));
    check(after_failure(seen, "main", to(1, 1, 1)), blocked("refused").on(1));
}

#[test]
fn address_that_could_not_be_taken_away_is_left() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2).is(InstanceState::Stopped))
        .sees(volume(1).on(1))
        .sees(address(1).on(2));
    check(after_failure(seen, "main", away(1)), blocked("refused").on(1));
}

#[test]
fn refusal_is_told_of_its_own_slot_alone() {
    let seen = look().sees(instance(2)).sees(volume(1)).sees(volume(2).in_slot("other").on(2));
    let expected = [blocked("no-candidate").told("refused"), held(2).of("other")];
    check(after_failure(seen, "main", attach(1, 2, 'f')), expected);
}

#[test]
fn refusal_by_one_instance_is_no_matter_once_another_has_the_slot() {
    let seen = look().sees(instance(1)).sees(instance(2)).sees(volume(1).on(1));
    check(after_failure(seen, "main", attach(1, 2, 'f')), held(1));
}

#[test]
fn refusal_of_one_slot_leaves_the_instance_to_others() {
    let seen = look().sees(instance(1)).sees(volume(1).in_slot("a")).sees(volume(2).in_slot("b"));
    check(
        after_failure(seen, "a", attach(1, 1, 'f')),
        [blocked("refused").told("no-candidate").of("a"), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn taken_back_attachment_leaves_the_instance_to_others() {
    let seen = look().sees(instance(1)).sees(volume(1).in_slot("a")).sees(volume(2).in_slot("b"));
    check(
        after_acceptance(seen, 1, 1, 6),
        [blocked("taken-back").of("a"), moving().of("b").lead(attach(2, 1, 'f'))],
    );
}

#[test]
fn accepted_association_that_does_not_show_yet_is_awaited() {
    for ago in [0, 5] {
        let seen = look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1));
        check(after_association(seen, 1, 1, ago), moving().on(1).next(Next::Transition));
    }
}

#[test]
fn accepted_association_that_never_showed_is_made_again() {
    let seen = look().sees(instance(1)).sees(volume(1).on(1)).sees(address(1));
    check(after_association(seen, 1, 1, 6), moving().on(1).follow([to(1, 1, 1)]));
}

#[test]
fn association_that_was_accepted_elsewhere_is_no_hindrance() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Terminated))
        .sees(instance(2))
        .sees(volume(1).on(2))
        .sees(address(1));
    check(after_association(seen, 1, 1, 1), moving().on(2).follow([to(1, 2, 1)]));
}

#[test]
fn refusal_of_one_act_is_none_of_another_on_the_same_resource() {
    let seen = look().sees(instance(1)).sees(volume(1));
    check(after_failure(seen, "main", detach(1, 1)), moving().lead(attach(1, 1, 'f')));
    let seen = look().sees(instance(1).is(InstanceState::Stopped)).sees(instance(2)).sees(volume(1).on(1));
    check(after_failure(seen, "main", attach(1, 1, 'f')), moving().on(1).lead(detach(1, 1)));
}

/// Invariant 5, seen with the invocation's own memory: it has just attached the second volume to instance 2, EC2's
/// answer does not show it yet, and the first volume is free. It goes to instance 1: a split.
#[test]
fn first_volume_awaits_the_accepted_attachment_of_another() {
    let seen = look().sees(instance(1)).sees(instance(2)).sees(volume(1)).sees(volume(2)).but(|o| {
        let accepted = Accepted { instance: instance_id(2), at: at(NOW - 1) };
        o.memory.accepted.insert(volume_id(2), accepted);
    });
    assert_ne!(of(&seen, "main").lead, Some(attach(1, 1, 'f')));
}

/// The same for two slots: `b` was accepted on instance 1 a second ago, and `a` is sent there.
#[test]
fn instance_that_has_just_accepted_another_slot_is_unfit() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("b"))
        .but(|o| {
            let accepted = Accepted { instance: instance_id(1), at: at(NOW - 1) };
            o.memory.accepted.insert(volume_id(2), accepted);
        });
    assert_eq!(of(&seen, "a").lead, Some(attach(1, 2, 'f')));
}

/// The same for addresses: the first one was accepted at the first place a second ago, and the second is sent there,
/// where EC2 lets it displace the first.
#[test]
fn place_that_has_just_accepted_an_address_is_taken() {
    let seen = look()
        .sees(instance(1).with_places(3))
        .sees(volume(1).on(1))
        .sees(address(1))
        .sees(address(2))
        .sees(address(3).at(1, 2))
        .but(|o| {
            let accepted = Accepted { instance: instance_id(1), at: at(NOW - 1) };
            let associated = Associated { accepted, private: private(1, 1) };
            o.memory.associated.insert(allocation_id(1), associated);
        });
    assert!(!steps(&seen).contains(&to(2, 1, 1)));
}

/// It has lost its tags, so that it is of no fleet any more; a foreign instance that runs would count for more.
#[test]
fn address_that_is_still_shown_on_an_ended_instance_is_not_moved_twice() {
    let shown_on = |state| {
        let old = instance(2).is(state).but(|i| i.tags.fleets.clear());
        let seen = look().sees(instance(1)).sees(old).sees(volume(1).on(1)).sees(address(1).on(2));
        steps(&after_association(seen, 1, 1, 2))
    };
    assert_eq!(shown_on(InstanceState::Terminated), []);
    let foreign = instance(2).but(|i| i.tags.fleets.clear());
    let seen = look().sees(instance(1)).sees(foreign).sees(volume(1).on(1)).sees(address(1).on(2));
    let findings = of(&after_association(seen, 1, 1, 2), "main").findings;
    assert!(findings.iter().any(|finding| finding.code() == "address-outside-fleet"), "{findings:?}");
}
