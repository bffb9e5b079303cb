//! Device names: which one each volume asks for, and when it goes on to another.

use crate::expected::{attach, check, held, moving, of, steps, waiting};
use planner::device::DeviceName;
use planner::fixtures::{
    InstanceBuilder, Look, VolumeBuilder, address, at, device, instance, instance_id, look, volume, volume_id,
};
use planner::observation::{AttachmentState, BlockDevice, InstanceState};
use planner::plan::{Next, SlotState, Step};
use planner::tags::{DEVICE, HANDOVER, SLOT};

fn asking(n: u8, name: &str) -> VolumeBuilder {
    volume(n).tagged(&[(DEVICE, name)])
}

/// With a volume of its own that nobody tagged, under a name as EC2 reports it.
fn with_own(instance: InstanceBuilder, name: &str) -> InstanceBuilder {
    instance.but(|i| {
        i.devices.push(BlockDevice { device: DeviceName::reported(name), volume: volume_id(99) });
    })
}

/// After EC2 said that a name was taken on instance 1, that many seconds ago.
fn after_refusal(seen: Look, letter: char, ago: i64) -> Look {
    seen.but(|o| {
        let name = (instance_id(1), device(letter));
        o.memory.refused_devices.insert(name, at(planner::fixtures::NOW - ago));
    })
}

/// The names that the plan attaches volumes under.
fn names(seen: &Look) -> Vec<String> {
    let name = |step: Step| match step {
        Step::AttachVolume { device, .. } => Some(device.to_string()),
        Step::DetachVolume { .. }
        | Step::DisassociateAddress { .. }
        | Step::AssociateAddress { .. }
        | Step::TerminateInstance { .. }
        | Step::DrainVolumes { .. }
        | Step::CompleteLifecycleAction { .. }
        | Step::RecordHeartbeat { .. }
        | Step::MarkDraining { .. } => None,
    };
    steps(seen).into_iter().filter_map(name).collect()
}

/// Every attachment that the plan makes, as (volume, letter).
#[track_caller]
fn check_names(seen: &Look, expected: &[(u8, char)]) {
    let mut found = steps(seen);
    found.sort();
    let expected: Vec<Step> = expected.iter().map(|(n, letter)| attach(*n, 1, *letter)).collect();
    assert_eq!(found, expected);
}

#[test]
fn first_volume_asks_for_sdf_and_the_others_for_the_next() {
    check_names(
        &look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(volume(3)),
        &[(1, 'f'), (2, 'g'), (3, 'h')],
    );
}

#[test]
fn volumes_ask_for_what_their_tags_say() {
    check_names(
        &look().sees(instance(1)).sees(asking(1, "/dev/sdm")).sees(asking(2, "/dev/sdb")).sees(volume(3)),
        &[(1, 'm'), (2, 'b'), (3, 'g')],
    );
}

#[test]
fn name_that_another_volume_is_tagged_with_is_left_to_it() {
    check_names(
        &look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(asking(3, "/dev/sdg")).sees(volume(4)),
        &[(1, 'f'), (2, 'h'), (3, 'g'), (4, 'i')],
    );
}

#[test]
fn xvd_names_are_the_same_devices() {
    let seen = look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(asking(3, "/dev/xvdg"));
    assert_eq!(names(&seen), ["/dev/sdf", "/dev/sdh", "/dev/xvdg"]);
}

#[test]
fn name_is_the_same_whenever_the_volume_comes() {
    check_names(
        &look()
            .sees(instance(1))
            .sees(volume(1).on(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached))
            .sees(volume(3)),
        &[(3, 'h')],
    );
    check_names(
        &look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2)).sees(volume(3).at(
            1,
            'h',
            AttachmentState::Attached,
        )),
        &[(2, 'g')],
    );
}

#[test]
fn volume_under_another_name_stays() {
    check(
        look()
            .sees(instance(1))
            .sees(asking(1, "/dev/sdf").at(1, 'p', AttachmentState::Attached))
            .sees(asking(2, "/dev/sdg").at(1, 'b', AttachmentState::Attached)),
        held(1),
    );
}

#[test]
fn other_volume_takes_the_next_name_when_its_own_is_taken() {
    check_names(
        &look().sees(instance(1).using('g', 90)).sees(volume(1)).sees(volume(2)).sees(volume(3)),
        &[(1, 'f'), (2, 'h'), (3, 'i')],
    );
    check_names(
        &look().sees(with_own(instance(1), "xvdg")).sees(volume(1)).sees(asking(2, "/dev/sdg")),
        &[(1, 'f'), (2, 'h')],
    );
}

#[test]
fn other_volume_does_not_take_the_name_under_which_the_first_is_there() {
    check_names(
        &look().sees(instance(1)).sees(volume(1).at(1, 'g', AttachmentState::Attached)).sees(volume(2)),
        &[(2, 'h')],
    );
}

#[test]
fn what_the_instance_says_of_the_volume_itself_is_no_hindrance() {
    check_names(&look().sees(instance(1).using('g', 2)).sees(volume(1).on(1)).sees(volume(2)), &[(2, 'g')]);
}

#[test]
fn eleven_volumes_get_eleven_names() {
    let seen = (1..=11).fold(look().sees(instance(1)), |seen, n| seen.sees(volume(n)));
    let mut found = names(&seen);
    found.sort();
    let pool: Vec<String> = ('f'..='p').map(|letter| format!("/dev/sd{letter}")).collect();
    assert_eq!(found, pool);
}

#[test]
fn first_volume_asks_for_its_name_even_where_the_instance_says_it_is_taken() {
    check(look().sees(instance(1).using('f', 90)).sees(volume(1)), moving().lead(attach(1, 1, 'f')));
}

#[test]
fn first_volume_goes_on_when_what_took_its_name_is_of_no_slot() {
    let seen = look().sees(instance(1).using('f', 90)).sees(volume(1));
    check(after_refusal(seen, 'f', 1), moving().lead(attach(1, 1, 'g')));
}

#[test]
fn first_volume_looks_again_when_it_is_not_seen_what_took_its_name() {
    let seen = || look().sees(instance(1)).sees(volume(1)).sees(volume(2)).sees(address(1));
    check(after_refusal(seen(), 'f', 1), moving().told("device-refused").next(Next::Transition));
    check(after_refusal(seen(), 'f', 5), moving().told("device-refused").next(Next::Transition));
}

#[test]
fn first_volume_looks_again_when_a_volume_of_another_slot_took_its_name() {
    let seen = look().sees(instance(1).using('f', 2)).sees(volume(1)).sees(volume(2).in_slot("other"));
    let plan = planner::plan(&after_refusal(seen, 'f', 1).0);
    assert!(plan.slots[0].lead.is_none());
}

#[test]
fn first_volume_goes_on_when_nobody_took_its_name_and_reads_have_settled() {
    let seen = look().sees(instance(1)).sees(volume(1));
    check(after_refusal(seen, 'f', 6), moving().lead(attach(1, 1, 'g')));
}

#[test]
fn first_volume_leaves_a_name_that_its_own_slot_has() {
    check(
        look().sees(instance(1)).sees(volume(1)).sees(volume(2).at(1, 'f', AttachmentState::Attached)),
        moving().lead(attach(1, 1, 'g')),
    );
}

#[test]
fn first_volume_goes_on_in_the_order_of_the_names() {
    let seen = look().sees(instance(1).using('f', 90).using('g', 91)).sees(volume(1));
    let seen = after_refusal(after_refusal(seen, 'f', 1), 'g', 1);
    check(seen, moving().lead(attach(1, 1, 'h')));
}

#[test]
fn name_that_another_instance_refused_is_asked_for() {
    let seen = look().sees(instance(2)).sees(volume(1));
    check(after_refusal(seen, 'f', 1), moving().lead(attach(1, 2, 'f')));
}

#[test]
fn instance_that_another_slot_took_is_no_candidate_any_more() {
    let seen = look().sees(instance(1)).sees(volume(1)).sees(volume(2).in_slot("other").on(1));
    check(after_refusal(seen, 'f', 1), [waiting("no-candidate"), held(1).of("other")]);
}

#[test]
fn other_volume_tries_a_refused_name_last() {
    let seen = || look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2));
    check_names(&after_refusal(seen(), 'g', 1), &[(2, 'h')]);
    let all = ('h'..='p').fold(after_refusal(seen(), 'g', 1), |seen, letter| after_refusal(seen, letter, 1));
    check_names(&all, &[(2, 'g')]);
}

/// "`held`: all of it on one healthy instance." No name is left for the second volume: it is free, no step is
/// planned, nothing is told, and the slot is reported as held.
#[test]
fn slot_is_not_held_while_no_name_is_left_for_a_volume() {
    let crowded = ('g'..='p').fold(instance(1), |instance, letter| instance.using(letter, 90));
    let seen = look().sees(crowded).sees(volume(1).on(1)).sees(volume(2));
    let slot = of(&seen, "main");
    assert_ne!(slot.state, SlotState::Held);
    assert!(!slot.findings.is_empty());
}

/// Invariant 9: "the first volume of every slot asks for the same device *name*", so that EC2 refuses the second of two
/// slots that race for an instance. `/dev/sdf` and `/dev/xvdf` are one device to the kernel; that EC2 refuses the one
/// while the other is attached is nowhere written, and failure mode H ("same device → silent timeout") says that it
/// does not. The planner takes them for one name, where taking them for two would be the safe side.
#[test]
fn first_volumes_asking_for_one_device_under_two_names_block() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).tagged(&[(SLOT, "a"), (DEVICE, "/dev/xvdf")]))
        .sees(volume(2).in_slot("b"));
    assert_eq!(of(&seen, "a").state, SlotState::Blocked);
}

/// "A bad slot never makes another slot wait": several good slots and one with another name for its first volume.
#[test]
fn one_first_volume_with_another_name_blocks_only_its_own_slot() {
    let seen = look()
        .sees(instance(1))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("b"))
        .sees(volume(3).in_slot("c"))
        .sees(volume(4).tagged(&[(SLOT, "d"), (DEVICE, "/dev/sdh")]));
    assert_eq!(of(&seen, "a").lead, Some(attach(1, 1, 'f')));
    assert_eq!(of(&seen, "d").state, SlotState::Blocked);
    // With two of three the next change of a tag could turn the tables.
    let Look(mut fewer) = seen;
    fewer.volumes.remove(2);
    assert_eq!(steps(&Look(fewer)), []);
}

/// The finding names the volume of another slot that asks for what most ask for.
#[test]
fn first_volume_is_told_what_most_others_ask_for() {
    let asks = |n, slot, name| volume(n).tagged(&[(SLOT, slot), (DEVICE, name)]);
    let seen = look()
        .sees(asks(1, "a", "/dev/sdg"))
        .sees(asks(2, "b", "/dev/sdk"))
        .sees(asks(3, "c", "/dev/sdh"))
        .sees(asks(4, "d", "/dev/sdh"));
    let told = of(&seen, "a").findings[0].to_string();
    assert!(told.contains("/dev/sdg, vol-00000003 of another slot for /dev/sdh"), "{told}");
}

/// Two functions look while somebody changes a tag, one before and one after. Each plan is right by itself; together they
/// would have one instance take two slots, under two names, which EC2 lets happen.
#[test]
fn changed_tag_does_not_send_two_slots_to_one_instance() {
    let seen = |a, b| {
        let first = |n, slot, name| volume(n).tagged(&[(SLOT, slot), (DEVICE, name)]);
        look().sees(instance(1)).sees(first(1, "a", a)).sees(first(2, "b", b))
    };
    let both = |before: Look, after: Look| [steps(&before), steps(&after)].concat();
    // `b` has the name that counts, and then the tag of `b` is changed to the name of `a`.
    let all = both(seen("/dev/sdg", "/dev/sdf"), seen("/dev/sdg", "/dev/sdg"));
    assert_eq!(all, [attach(1, 1, 'g')]);
    let all = both(seen("/dev/sdf", "/dev/sdf"), seen("/dev/sdg", "/dev/sdf"));
    assert_eq!(all, [attach(1, 1, 'f')]);
}

/// What is in place stays, and is completed there; the slot is told of before it has to move.
#[test]
fn slot_at_odds_is_completed_where_it_is_and_goes_nowhere() {
    let first = || volume(1).tagged(&[(SLOT, "a"), (DEVICE, "/dev/sdg")]);
    let seen = |holder: InstanceBuilder, first: VolumeBuilder| {
        look()
            .sees(holder)
            .sees(instance(2))
            .sees(first)
            .sees(volume(3).in_slot("a"))
            .sees(volume(2).in_slot("b"))
    };
    for holder in [instance(1), instance(1).recommended()] {
        let plan = of(&seen(holder, first().on(1)), "a");
        assert_eq!((plan.state, plan.follow), (SlotState::Blocked, vec![vec![attach(3, 1, 'h')]]));
    }
    let stopped = instance(1).is(InstanceState::Stopped);
    for (holder, first) in
        [(instance(1), first()), (stopped, first().on(1)), (instance(1).draining(""), first().on(1))]
    {
        let plan = of(&seen(holder, first), "a");
        assert_eq!((plan.state, plan.steps().count()), (SlotState::Blocked, 0));
    }
}

/// Nor is its holder ended for a recommendation.
#[test]
fn holder_of_a_slot_at_odds_is_not_ended() {
    let first =
        volume(1).tagged(&[(SLOT, "a"), (DEVICE, "/dev/sdg"), (HANDOVER, "terminate")]).on(1).but(|v| {
            v.attachments[0].since = Some(at(0));
        });
    let seen =
        look().sees(instance(1).recommended()).sees(instance(2)).sees(first).sees(volume(2).in_slot("b"));
    let plan = of(&seen, "a");
    let told: Vec<&str> = plan.findings.iter().map(planner::finding::Finding::code).collect();
    assert_eq!((plan.lead, told), (None, vec!["first-devices-disagree", "holder-draining"]));
}

/// "`holdfast:device`": the name that a tag asks for is left to the volume that asks, also when another volume has
/// to go on from its own.
#[test]
fn tagged_name_is_left_to_its_volume() {
    let seen = look()
        .sees(instance(1).using('g', 90))
        .sees(volume(1).on(1))
        .sees(volume(2))
        .sees(volume(3).tagged(&[(DEVICE, "/dev/sdh")]));
    assert_eq!(of(&seen, "main").follow, [[attach(2, 1, 'i')], [attach(3, 1, 'h')]]);
}

/// What took the name may have left: EC2 is asked again after a while, and says so at once if it has not.
#[test]
fn refusal_of_a_minute_ago_says_nothing() {
    let seen = || look().sees(instance(1).using('f', 90)).sees(volume(1));
    check_names(&after_refusal(seen(), 'f', 60), &[(1, 'g')]);
    check_names(&after_refusal(seen(), 'f', 61), &[(1, 'f')]);
}

/// The slot `other` has just taken the name and the instance, and leaves it again. Whoever went on to the next name now
/// would not collide with a third slot that asks for the first one.
#[test]
fn refused_name_is_forgotten_once_a_volume_of_the_fleet_is_seen_to_have_it() {
    for own in
        [volume(2).in_slot("other").on(1), volume(2).in_slot("other").at(1, 'f', AttachmentState::Detaching)]
    {
        let Look(mut seen) = after_refusal(look().sees(instance(1)).sees(volume(1)).sees(own), 'f', 6);
        seen.memory.refused_devices.insert((instance_id(2), device('f')), seen.began);
        seen.memory.refused_devices.insert((instance_id(1), device('g')), seen.began);
        let mut memory = seen.memory.clone();
        memory.learn(&seen);
        let left: Vec<_> = memory.refused_devices.into_keys().collect();
        assert_eq!(left, [(instance_id(1), device('g')), (instance_id(2), device('f'))]);
    }
}

/// DescribeInstances still lists what was at the name until a moment ago, and not the slot that has it now. Only a slot
/// that has no other beside it may believe that at once.
#[test]
fn first_volume_waits_to_see_whether_another_slot_took_its_name() {
    let seen =
        || look().sees(instance(1).using('f', 90)).sees(volume(1)).sees(volume(2).in_slot("other").on(9));
    let lead = |ago| of(&after_refusal(seen(), 'f', ago), "main").lead;
    assert_eq!((lead(5), lead(6)), (None, Some(attach(1, 1, 'g'))));
}

/// Invariant 6: DescribeVolumes tells what is attached, also where DescribeInstances does not show it yet.
#[test]
fn other_volume_leaves_a_name_that_a_volume_of_another_slot_has() {
    let seen = look()
        .sees(instance(1))
        .sees(volume(1).on(1))
        .sees(volume(2))
        .sees(volume(3).in_slot("stray").at(1, 'g', AttachmentState::Detaching));
    assert_eq!(of(&seen, "main").follow, [[attach(2, 1, 'h')]]);
}
