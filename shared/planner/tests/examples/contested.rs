//! CONTESTED: what the contract or the invariants ask for and the planner does not do. Each test here fails today,
//! so `main.rs` does not name this module. To run it, add `mod contested;` there.
//!
//! Once an entry is mended, its test moves to the module that it belongs to, and the clause of `laws` that allows
//! for it (marked with the entry's letter) goes.
#![expect(clippy::expect_used, reason = "a slot that is not there fails its test")]

use crate::expected::{attach, away, blocked, check, detach, held, moving, steps, to, waiting};
use planner::fixtures::{
    Look, NOW, address, allocation_id, at, device, instance, instance_id, look, volume, volume_id,
};
use planner::ids::SlotName;
use planner::memory::{Accepted, Failure};
use planner::observation::{AttachmentState, InstanceState};
use planner::plan::{SlotPlan, SlotState, Step};
use planner::tags::{HANDOVER, PAUSED, SLOT, Setting};

fn of(seen: &Look, slot: &str) -> SlotPlan {
    let plan = planner::plan(&seen.0);
    let found = plan.slots.into_iter().find(|plan| plan.slot == SlotName::new(slot));
    found.expect("a slot of that name")
}

fn is_attachment(step: &Step) -> bool {
    step.name() == "attach-volume"
}

/// A. "An instance holds at most one slot." Instance 2 has a volume of the slot `b`, and a stray one of `a`. Only the
/// first name is remembered, so `a` takes it for an instance of its own and attaches its first volume there.
/// EC2 refuses the device name at first; after five seconds the planner goes on to the next name.
#[test]
fn a_instance_with_another_slot_is_unfit_even_when_it_has_a_stray_volume() {
    let seen = look()
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("b").on(2));
    assert!(!of(&seen, "a").steps().any(is_attachment), "{:?}", of(&seen, "a"));
}

/// A. The same after EC2 has refused the name: two slots on one instance.
#[test]
fn a_instance_with_another_slot_is_unfit_under_any_name() {
    let seen = look()
        .sees(instance(2).using('f', 3))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("b").on(2))
        .but(|o| {
            o.memory.refused_devices.insert((instance_id(2), device('f')), at(NOW - 6));
        });
    assert!(!of(&seen, "a").steps().any(is_attachment), "{:?}", of(&seen, "a"));
}

/// A. The address of `b` is taken from its own holder, which a stray volume of `a` is on too.
#[test]
fn a_address_is_not_let_go_from_its_own_holder() {
    let seen = look()
        .sees(instance(2).is(InstanceState::Pending))
        .sees(volume(2).in_slot("a").at(2, 'g', AttachmentState::Attached))
        .sees(volume(1).in_slot("a"))
        .sees(volume(3).in_slot("b").on(2))
        .sees(address(1).in_slot("b").on(2));
    assert_eq!(of(&seen, "b").steps().count(), 0, "{:?}", of(&seen, "b"));
}

/// B. "A bad slot never makes another slot wait." The slot `a` can go nowhere before somebody ends the hibernation,
/// and yet it reserves the only instance, so that `b`, which is free, waits for ever.
#[test]
fn b_slot_that_a_hibernated_volume_holds_up_reserves_no_instance() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Stopped).but(|i| i.hibernation = true))
            .sees(instance(2))
            .sees(volume(1).in_slot("a"))
            .sees(volume(2).in_slot("a").at(1, 'g', AttachmentState::Attached))
            .sees(volume(3).in_slot("b")),
        [waiting("hibernated").of("a"), moving().of("b").lead(attach(3, 2, 'f'))],
    );
}

/// B. The same while the other volume is on its way off an instance that runs and keeps it busy.
#[test]
fn b_slot_that_a_busy_volume_holds_up_reserves_no_instance() {
    let seen = look()
        .sees(instance(1).draining("by hand"))
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("a").at(1, 'g', AttachmentState::Busy))
        .sees(volume(3).in_slot("b"));
    assert_eq!(of(&seen, "b").lead, Some(attach(3, 2, 'f')));
}

/// B. The same after EC2 has refused for good to detach its volume: every sweep, `a` fails and `b` waits.
#[test]
fn b_slot_that_ec2_refuses_to_free_reserves_no_instance() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(3).in_slot("b"))
        .but(|o| {
            o.memory.failures.push(Failure {
                slot: SlotName::new("a"),
                step: detach(1, 1),
                reason: "UnauthorizedOperation".to_owned(),
            });
        });
    assert_eq!(of(&seen, "b").lead, Some(attach(3, 2, 'f')));
}

/// C. "`held`: all of it on one healthy instance." No name is left for the second volume: it is free, no step is
/// planned, nothing is told, and the slot is reported as held.
#[test]
fn c_slot_is_not_held_while_no_name_is_left_for_a_volume() {
    let crowded = ('g'..='p').fold(instance(1), |instance, letter| instance.using(letter, 90));
    let seen = look().sees(crowded).sees(volume(1).on(1)).sees(volume(2));
    let slot = of(&seen, "main");
    assert_ne!(slot.state, SlotState::Held);
    assert!(!slot.findings.is_empty());
}

/// E. Invariant 10: "An address found on an instance that another slot holds is let go." Not while its own holder
/// drains; a mark by hand may last for ever, and `b` is blocked for as long.
#[test]
fn e_draining_slot_lets_go_of_an_address_on_the_instance_of_another() {
    let seen = look()
        .sees(instance(1).draining("by hand"))
        .sees(instance(2))
        .sees(volume(1).in_slot("a").on(1))
        .sees(volume(2).in_slot("b").on(2))
        .sees(address(1).in_slot("a").on(2))
        .sees(address(2).in_slot("b"));
    assert_eq!(of(&seen, "a").follow, [[away(1)]]);
}

/// E. Nor when its own holder has too few private addresses.
#[test]
fn e_slot_with_too_many_addresses_lets_go_of_one_on_the_instance_of_another() {
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

/// F. "`blocked`: a person must act." Nobody must: `a` lets go in this very look and `b` has its address at the next.
#[test]
fn f_crossed_addresses_are_moving_and_not_blocked() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").on(2))
            .sees(address(1).in_slot("a").on(2))
            .sees(address(2).in_slot("b").on(1)),
        [moving().of("a").on(1).follow([away(1)]), moving().of("b").on(2).follow([away(2)])],
    );
}

/// F. The same where an address-only slot yields to volumes.
#[test]
fn f_slot_that_addresses_yield_to_is_not_blocked() {
    let seen = look()
        .sees(instance(1))
        .sees(volume(1).in_slot("data").on(1))
        .sees(address(1).in_slot("data"))
        .sees(address(2).on(1));
    assert_ne!(of(&seen, "data").state, SlotState::Blocked);
}

/// G. The brief: blocked slots plan no volume step. With too few private addresses the slot is blocked, and its
/// volume is attached all the same. (Good for the user, perhaps; then `blocked` is the wrong word.)
#[test]
fn g_blocked_slot_plans_no_volume_step() {
    let seen = look().sees(instance(1)).sees(volume(1)).sees(address(1)).sees(address(2));
    let slot = of(&seen, "main");
    assert!(slot.state != SlotState::Blocked || !slot.steps().any(is_attachment), "{slot:?}");
}

/// H. Convergence: "every slot that can be held". Instance 2 has a private address for each, and instance 1, which was
/// launched earlier, has not: the slot goes to instance 1 and is blocked there for good.
#[test]
fn h_slot_goes_where_all_its_addresses_have_a_place() {
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

/// I. Invariant 5, seen with the invocation's own memory: it has just attached the second volume to instance 2, EC2's
/// answer does not show it yet, and the first volume is free. It goes to instance 1: a split.
#[test]
fn i_first_volume_awaits_the_accepted_attachment_of_another() {
    let seen = look().sees(instance(1)).sees(instance(2)).sees(volume(1)).sees(volume(2)).but(|o| {
        let accepted = Accepted { instance: instance_id(2), at: at(NOW - 1) };
        o.memory.accepted.insert(volume_id(2), accepted);
    });
    assert_ne!(of(&seen, "main").lead, Some(attach(1, 1, 'f')));
}

/// I. The same for two slots: `b` was accepted on instance 1 a second ago, and `a` is sent there.
#[test]
fn i_instance_that_has_just_accepted_another_slot_is_unfit() {
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

/// I. The same for addresses: the first one was accepted at the first place a second ago, and the second is sent there,
/// where EC2 lets it displace the first.
#[test]
fn i_place_that_has_just_accepted_an_address_is_taken() {
    let seen = look()
        .sees(instance(1).with_places(3))
        .sees(volume(1).on(1))
        .sees(address(1))
        .sees(address(2))
        .sees(address(3).at(1, 2))
        .but(|o| {
            let accepted = Accepted { instance: instance_id(1), at: at(NOW - 1) };
            o.memory.associated.insert(allocation_id(1), accepted);
        });
    assert!(!steps(&seen).contains(&to(2, 1, 1)));
}

/// D. What a slot waits for depends on the order of its volumes' ids: the last one has the word. With a volume on its
/// way off a stopped instance the slot is `moving`, whatever else is awaited.
#[test]
fn d_state_does_not_depend_on_which_volume_is_under_way() {
    let seen = |coming_off, ending| {
        look()
            .sees(instance(1))
            .sees(instance(8).is(InstanceState::Stopped))
            .sees(instance(9).is(InstanceState::ShuttingDown))
            .sees(volume(1))
            .sees(volume(coming_off).at(8, 'g', AttachmentState::Detaching))
            .sees(volume(ending).at(9, 'g', AttachmentState::Attached))
    };
    let (one, two) = (of(&seen(2, 3), "main"), of(&seen(3, 2), "main"));
    assert_eq!((one.state, one.next), (two.state, two.next));
}

/// J. Invariant 9: "the first volume of every slot asks for the same device *name*", so that EC2 refuses the second of two
/// slots that race for an instance. `/dev/sdf` and `/dev/xvdf` are one device to the kernel; that EC2 refuses the one
/// while the other is attached is nowhere written, and failure mode H ("same device → silent timeout") says that it
/// does not. The planner takes them for one name, where taking them for two would be the safe side.
#[test]
fn j_first_volumes_asking_for_one_device_under_two_names_block() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).tagged(&[(SLOT, "a"), (planner::tags::DEVICE, "/dev/xvdf")]))
        .sees(volume(2).in_slot("b"));
    assert_eq!(of(&seen, "a").state, SlotState::Blocked);
}

/// K. "An instance holds at most one slot", and a paused slot is left alone: it cannot yield. Yet volumes are sent to
/// the instance that a paused slot of addresses has, where their own address then never finds a place.
#[test]
fn k_instance_of_paused_addresses_is_unfit() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).in_slot("data"))
            .sees(address(2).in_slot("data"))
            .sees(address(1).tagged(&[(SLOT, "vip"), (PAUSED, "true")]).on(1)),
        [waiting("no-candidate").of("data"), crate::expected::paused().of("vip").on(1)],
    );
}

/// K. The same of blocked addresses.
#[test]
fn k_instance_of_blocked_addresses_is_unfit() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).in_slot("data"))
            .sees(address(2).in_slot("data"))
            .sees(address(1).tagged(&[(SLOT, "vip"), (HANDOVER, "banana")]).on(1)),
        [waiting("no-candidate").of("data"), blocked("unknown-policy").of("vip").on(1)],
    );
}

/// L. A paused instance is touched: an address that it has is taken from it, when the slot's volumes are elsewhere.
#[test]
fn l_address_on_a_paused_instance_stays() {
    let seen =
        look().sees(instance(1).paused()).sees(instance(2)).sees(volume(1).on(2)).sees(address(1).on(1));
    assert_eq!(of(&seen, "main").steps().count(), 0);
}

/// M. A holder that is paused in words that mean nothing blocks its slot, when that has volumes; a slot of addresses
/// it pauses, and the slot's own report does not say why.
#[test]
fn m_holder_with_a_meaningless_mark_blocks_addresses_as_it_does_volumes() {
    let holder = instance(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()));
    let seen = look().sees(holder).sees(address(1).on(1));
    assert_eq!(of(&seen, "main").state, SlotState::Blocked);
}

/// N. "A bad slot never makes another slot wait": two good slots and one with another name for its first volume.
#[test]
fn n_one_first_volume_with_another_name_blocks_only_its_own_slot() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("a"))
        .sees(volume(2).in_slot("b"))
        .sees(volume(3).tagged(&[(SLOT, "c"), (planner::tags::DEVICE, "/dev/sdh")]));
    assert_eq!(of(&seen, "a").lead, Some(attach(1, 1, 'f')));
}

/// O. "`holdfast:device`": the name that a tag asks for is left to the volume that asks, also when another volume has
/// to go on from its own.
#[test]
fn o_tagged_name_is_left_to_its_volume() {
    let seen = look()
        .sees(instance(1).using('g', 90))
        .sees(volume(1).on(1))
        .sees(volume(2))
        .sees(volume(3).tagged(&[(planner::tags::DEVICE, "/dev/sdh")]));
    assert_eq!(of(&seen, "main").follow, [[attach(2, 1, 'i')], [attach(3, 1, 'h')]]);
}

/// P. "Kept stable": a volume with a smaller id that comes later changes what the others ask for.
#[test]
fn p_names_do_not_change_when_a_volume_is_added() {
    check(
        look().sees(instance(1)).sees(volume(1).on(1)).sees(volume(2)).sees(volume(3).at(
            1,
            'g',
            AttachmentState::Attached,
        )),
        moving().on(1).follow([attach(2, 1, 'g')]),
    );
}

/// Q. "Blocked, with a finding that names resource, tag and fix": a refusal has no fix but EC2's own words.
#[test]
fn q_refusal_says_what_to_do() {
    let seen = look().sees(instance(1)).sees(volume(1)).but(|o| {
        o.memory.failures.push(Failure {
            slot: SlotName::new("main"),
            step: attach(1, 1, 'f'),
            reason: "EncryptedVolumesNotSupported".to_owned(),
        });
    });
    let told = of(&seen, "main").findings;
    assert!(told.iter().any(|f| f.code() == "refused" && f.to_string().contains(';')), "{told:?}");
}

/// R. Invariant 1: the order in which an observation lists things is of no account, also when EC2's pages list a
/// volume twice with different attachments.
#[test]
fn r_volume_that_is_listed_twice_gives_one_plan() {
    let one = || look().sees(instance(1)).sees(instance(2));
    let (free, attached) = (|| volume(1), || volume(1).on(2));
    let (a, b) = (one().sees(free()).sees(attached()), one().sees(attached()).sees(free()));
    assert_eq!(planner::plan(&a.0), planner::plan(&b.0));
}

/// S. A holder that EC2 no longer lists: a volume's release is awaited, but an address blocks its slot, which is
/// nobody's fault. (A fresh instance is unknown for seconds, too.)
#[test]
fn s_address_on_an_instance_that_is_not_listed_blocks_nothing() {
    let seen = look().sees(instance(2)).sees(address(1).on(9));
    assert_ne!(of(&seen, "main").state, SlotState::Blocked);
}

/// T. "Nothing moves without a reason": the volumes of `data` are still held and may never be released, and the
/// addresses of `vip` leave a healthy holder for them.
#[test]
fn t_healthy_holder_keeps_addresses_until_volumes_can_come() {
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

/// U. A first volume is taken off a stopped holder although another one can never follow: start the old holder, and
/// it has lost its volume to nobody.
#[test]
fn u_stopped_holder_keeps_the_volume_while_another_cannot_come() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(3).is(InstanceState::Stopped).but(|i| i.hibernation = true))
        .sees(instance(2))
        .sees(volume(1).on(1))
        .sees(volume(2).at(3, 'g', AttachmentState::Attached));
    assert_eq!(of(&seen, "main").lead, None);
}

/// V. "Blocked: … a person must act." Both slots wait for each other for ever and nobody is told to act: the second
/// volume of `a` is on the running holder of `b`.
#[test]
fn v_volume_on_the_running_holder_of_another_slot_blocks() {
    let seen = look()
        .sees(instance(1))
        .sees(instance(2))
        .sees(volume(1).in_slot("b"))
        .sees(volume(2).in_slot("b").at(2, 'g', AttachmentState::Attached))
        .sees(volume(3).in_slot("a").on(2));
    assert_eq!(of(&seen, "b").state, SlotState::Blocked, "{:?}", of(&seen, "b"));
}

/// W. "In a quiet world none is ever displaced", and one slot to an instance. The addresses of `vip` are on instance 1,
/// which `data` is given; in the same plan `vip` still completes itself there, and `data` brings its own address to
/// the same private address. EC2 lets the later one displace the earlier. (Found by the law of convergence.)
#[test]
fn w_slot_of_addresses_sends_nothing_to_an_instance_that_it_yields() {
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

/// X. A finding is told once: a meaningless mark on the holder is told for each volume that is there.
#[test]
fn x_meaningless_mark_of_the_holder_is_told_once() {
    let holder = instance(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()));
    let seen =
        look().sees(holder).sees(volume(1).on(1)).sees(volume(2).at(1, 'g', AttachmentState::Attached));
    assert_eq!(of(&seen, "main").findings.len(), 1);
}

/// Y. Invariant 1 again: two addresses of two slots are seen at one place (as a race leaves them for a moment). Which one
/// is taken for the occupant, and so what is planned, depends on the order in which EC2 lists them.
#[test]
fn y_two_addresses_at_one_place_give_one_plan() {
    let one = || look().sees(instance(1)).sees(volume(1).in_slot("a").on(1)).sees(address(1).in_slot("a"));
    let (two, three) = (|| address(2).in_slot("a").on(1), || address(3).in_slot("b").on(1));
    let (a, b) = (one().sees(two()).sees(three()), one().sees(three()).sees(two()));
    assert_eq!(planner::plan(&a.0), planner::plan(&b.0));
}

/// Z. "A bad slot never makes another slot wait." `a` is given instance 2, where an address of `b` has its place, and is
/// blocked; `b`, which could be held there, has no candidate. Neither ever moves. (Found by the law of convergence.)
#[test]
fn z_slot_of_addresses_reserves_no_instance_where_it_has_no_place() {
    let seen = look()
        .sees(instance(1).is(InstanceState::Stopped))
        .sees(instance(2).with_places(2))
        .sees(address(1).in_slot("a"))
        .sees(address(2).in_slot("b").on(1))
        .sees(address(5).in_slot("b").at(2, 1));
    assert_ne!(steps(&seen), []);
}
