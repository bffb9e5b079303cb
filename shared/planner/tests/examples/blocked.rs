//! Blocked: what a person must mend, one situation a test. Nothing of such a slot moves.

use crate::expected::{Expected, attach, blocked, check, moving};
use planner::finding::Finding;
use planner::fixtures::{
    InstanceBuilder, Look, NOW, VolumeBuilder, address, at, device, instance, interface_id, look, volume,
};
use planner::ids::{FleetName, InterfaceId};
use planner::observation::{AttachmentState, InstanceState, VolumeState};
use planner::tags::{DEVICE, HANDOVER, PAUSED, SLOT, Setting};

/// Compares, and checks that another slot of the fleet goes on.
#[track_caller]
fn check_blocked(seen: Look, expected: Expected) {
    check(
        seen.sees(instance(8).in_zone("z")).sees(volume(80).tagged(&[(SLOT, "other")]).in_zone("z")),
        [expected, moving().of("other").lead(attach(80, 8, 'f'))],
    );
}

/// The tag and the resource that the slot's only blocking finding names.
#[track_caller]
fn check_named(seen: &Look, tag: Option<&str>, resource: &str) {
    let plan = planner::plan(&seen.0);
    let findings = &plan.slots[0].findings;
    let named: Vec<_> = findings.iter().map(|f| (f.tag(), f.resource())).collect();
    assert_eq!(named, [(tag, Some(resource))]);
    assert!(findings.iter().all(|f| f.to_string().contains(resource)));
}

fn stopped(n: u8) -> InstanceBuilder {
    instance(n).is(InstanceState::Stopped)
}

fn asking(n: u8, name: &str) -> VolumeBuilder {
    volume(n).tagged(&[(DEVICE, name)])
}

#[test]
fn unknown_policy() {
    let seen =
        || look().sees(stopped(1)).sees(instance(2)).sees(volume(1).tagged(&[(HANDOVER, "banana")]).on(1));
    check_blocked(seen(), blocked("unknown-policy").on(1));
    check_named(&seen(), Some(HANDOVER), "vol-00000001");
}

#[test]
fn unknown_policy_of_an_address() {
    let seen = || look().sees(instance(1)).sees(volume(1)).sees(address(1).tagged(&[(HANDOVER, "banana")]));
    check_blocked(seen(), blocked("unknown-policy"));
    check_named(&seen(), Some(HANDOVER), "eipalloc-00000001");
}

#[test]
fn policies_that_disagree() {
    let seen = || {
        look()
            .sees(instance(1))
            .sees(volume(1).tagged(&[(HANDOVER, "on-release")]))
            .sees(volume(2).tagged(&[(HANDOVER, "drain")]))
    };
    check_blocked(seen(), blocked("policies-disagree"));
    check_named(&seen(), Some(HANDOVER), "vol-00000002");
}

#[test]
fn paused_in_words_that_mean_nothing() {
    let seen = || look().sees(instance(1)).sees(volume(1).tagged(&[(PAUSED, "yes")]));
    check_blocked(seen(), blocked("invalid-paused"));
    check_named(&seen(), Some(PAUSED), "vol-00000001");
}

#[test]
fn holder_paused_in_words_that_mean_nothing() {
    let holder = stopped(1).but(|i| i.tags.paused = Setting::Invalid("yes".to_owned()));
    let seen = look().sees(holder).sees(instance(2)).sees(volume(1).on(1));
    let plan = planner::plan(&seen.0);
    assert_eq!(Expected::from(plan.slots[0].clone()), blocked("invalid-paused").on(1));
}

#[test]
fn volumes_over_two_zones() {
    let seen = || {
        look().sees(instance(1)).sees(instance(2).in_zone("b")).sees(volume(1)).sees(volume(2).in_zone("b"))
    };
    check_blocked(seen(), blocked("several-zones"));
    check_named(&seen(), Some(SLOT), "vol-00000002");
}

#[test]
fn two_volumes_asking_for_one_device() {
    for names in [("/dev/sdh", "/dev/sdh"), ("/dev/sdh", "/dev/xvdh")] {
        check_blocked(
            look().sees(instance(1)).sees(volume(1)).sees(asking(2, names.0)).sees(asking(3, names.1)),
            blocked("same-device"),
        );
    }
}

#[test]
fn other_volume_asking_for_the_device_of_the_first() {
    let seen = || look().sees(instance(1)).sees(volume(1)).sees(asking(2, "/dev/sdf"));
    check_blocked(seen(), blocked("same-device"));
    check_named(&seen(), Some(DEVICE), "vol-00000002");
}

#[test]
fn device_that_is_none() {
    for name in ["banana", "/dev/sda1", "/dev/sdf1", "sdf"] {
        let seen = || look().sees(instance(1)).sees(asking(1, name));
        check_blocked(seen(), blocked("invalid-device"));
        check_named(&seen(), Some(DEVICE), "vol-00000001");
    }
}

#[test]
fn more_than_eleven_volumes() {
    let seen = (1..=12).fold(look().sees(instance(1)), |seen, n| seen.sees(volume(n)));
    check_blocked(seen, blocked("too-many-volumes"));
}

#[test]
fn first_volume_asking_for_another_device_than_the_others() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).tagged(&[(SLOT, "a"), (DEVICE, "/dev/sdg")]))
            .sees(volume(2).tagged(&[(SLOT, "b")])),
        [blocked("first-devices-disagree").of("a"), blocked("first-devices-disagree").of("b")],
    );
}

#[test]
fn first_volumes_asking_for_the_usual_device_with_and_without_a_tag_are_fine() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).tagged(&[(SLOT, "a"), (DEVICE, "/dev/sdf")]))
            .sees(volume(2).tagged(&[(SLOT, "b")])),
        [moving().of("a").lead(attach(1, 1, 'f')), moving().of("b").lead(attach(2, 2, 'f'))],
    );
}

#[test]
fn multi_attach() {
    let seen = || look().sees(instance(1)).sees(volume(1).but(|v| v.multi_attach = true));
    check_blocked(seen(), blocked("multi-attach"));
    check_named(&seen(), Some(FLEET_TAG), "vol-00000001");
}

const FLEET_TAG: &str = planner::tags::FLEET;

#[test]
fn volume_with_two_attachments() {
    let twice = volume(1).on(1).at(2, 'f', AttachmentState::Attached);
    check_blocked(look().sees(instance(1)).sees(stopped(2)).sees(twice), blocked("multi-attach").on(1));
}

#[test]
fn root_device() {
    let root =
        volume(1).on(1).but(|v| v.attachments[0].device = planner::device::DeviceName::reported("/dev/xvda"));
    let seen = || look().sees(stopped(1)).sees(instance(2)).sees(root.clone());
    check_blocked(seen(), blocked("root-device").on(1));
    check_named(&seen(), Some(FLEET_TAG), "vol-00000001");
}

#[test]
fn root_device_by_another_name() {
    let holder = stopped(1).but(|i| i.root_device = Some(device('f')));
    check_blocked(look().sees(holder).sees(instance(2)).sees(volume(1).on(1)), blocked("root-device").on(1));
}

#[test]
fn unusable_volume() {
    let seen = || look().sees(instance(1)).sees(volume(1).but(|v| v.state = VolumeState::Unusable));
    check_blocked(seen(), blocked("unusable-volume"));
    check_named(&seen(), None, "vol-00000001");
}

#[test]
fn volume_on_an_instance_outside_the_fleet() {
    for state in [
        InstanceState::Pending,
        InstanceState::Running,
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
    ] {
        let seen = || {
            look().sees(instance(1).is(state).of_fleets(&["shop"])).sees(instance(2)).sees(volume(1).on(1))
        };
        check_blocked(seen(), blocked("volume-outside-fleet").on(1));
        check_named(&seen(), Some(FLEET_TAG), "vol-00000001");
    }
}

#[test]
fn terminated_instance_may_have_lost_its_tags() {
    check(
        look()
            .sees(instance(1).is(InstanceState::Terminated).of_fleets(&[]))
            .sees(instance(2))
            .sees(volume(1).on(1)),
        crate::expected::waiting("not-released").on(1).next(planner::plan::Next::Release),
    );
}

#[test]
fn address_on_an_instance_outside_the_fleet() {
    let seen =
        || look().sees(instance(1).of_fleets(&[])).sees(instance(2)).sees(volume(1)).sees(address(1).on(1));
    check_blocked(seen(), blocked("address-outside-fleet"));
    check_named(&seen(), Some(FLEET_TAG), "eipalloc-00000001");
}

#[test]
fn address_on_an_interface_of_no_instance() {
    let elsewhere: InterfaceId = interface_id(90);
    let gateway = address(1).on(1).but(|a| {
        a.association.iter_mut().for_each(|on| {
            on.instance = None;
            on.interface = Some(elsewhere.clone());
        });
    });
    check_blocked(look().sees(instance(1)).sees(volume(1)).sees(gateway), blocked("address-outside-fleet"));
}

#[test]
fn volumes_on_two_running_instances() {
    for state in [AttachmentState::Attaching, AttachmentState::Attached] {
        let seen = || {
            look().sees(instance(1)).sees(instance(2)).sees(volume(1).on(1)).sees(volume(2).at(2, 'g', state))
        };
        check_blocked(seen(), blocked("several-instances").on(1));
        check_named(&seen(), None, "vol-00000001");
    }
}

#[test]
fn other_volumes_on_two_running_instances() {
    check_blocked(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1))
            .sees(volume(2).at(1, 'g', AttachmentState::Attached))
            .sees(volume(3).at(2, 'g', AttachmentState::Attached)),
        blocked("several-instances"),
    );
}

fn attaching_for(seconds: i64) -> VolumeBuilder {
    volume(1).at(1, 'f', AttachmentState::Attaching).but(|v| v.attachments[0].since = Some(at(NOW - seconds)))
}

#[test]
fn attaching_for_over_ninety_seconds() {
    let seen = || look().sees(instance(1)).sees(instance(2)).sees(attaching_for(91));
    check_blocked(seen(), blocked("stuck-attaching").on(1));
    check_named(&seen(), None, "vol-00000001");
}

#[test]
fn attaching_for_ninety_seconds_is_still_awaited() {
    check(
        look().sees(instance(1)).sees(attaching_for(90)),
        moving().on(1).next(planner::plan::Next::Transition),
    );
}

#[test]
fn attached_for_long_is_not_stuck() {
    check(
        look()
            .sees(instance(1))
            .sees(volume(1).on(1).but(|v| v.attachments[0].since = Some(at(NOW - 100_000)))),
        crate::expected::held(1),
    );
}

#[test]
fn two_slots_on_one_running_instance() {
    check(
        look()
            .sees(instance(1))
            .sees(instance(2))
            .sees(volume(1).in_slot("a").on(1))
            .sees(volume(2).in_slot("b").at(1, 'g', AttachmentState::Attached)),
        [blocked("shared-holder").of("a").on(1), blocked("shared-holder").of("b").on(1)],
    );
}

#[test]
fn fleet_name_that_names_none() {
    for name in ["", "*", "??", " "] {
        let seen = look()
            .but(|o| o.fleet = FleetName::new(name))
            .sees(instance(1).of_fleets(&[name]))
            .sees(volume(1));
        check(seen, blocked("unusable-fleet-name"));
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = volume(1).tagged(&[(HANDOVER, "banana"), (DEVICE, "banana"), (PAUSED, "banana")]);
    let seen = look().sees(instance(1)).sees(wrong.but(|v| v.multi_attach = true));
    let plan = planner::plan(&seen.0);
    let told: Vec<&str> = plan.slots[0].findings.iter().map(Finding::code).collect();
    assert_eq!(told, ["unknown-policy", "invalid-paused", "invalid-device", "multi-attach"]);
}
