//! The judge: each way to break the promise is found, and what keeps it is not.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, attach, data, detach, tagged_data, tags};
use local_ec2::actions::{
    AllocateAddress, AssociateAddress, CreateTags, DetachVolume, DisassociateAddress, Operation,
    StartInstances, StopInstances,
};
use local_ec2::state::{Interruption, LaunchData, Market};
use local_ec2::{Offence, Principal};
use planner::ids::{AllocationId, InstanceId, VolumeId};
use planner::observation::InstanceState;

const WEB: &[(&str, &str)] = &[("holdfast:fleet", "web")];

/// What Holdfast's call is found guilty of.
pub(crate) fn offences<O: Operation>(stage: &mut Stage, call: &O) -> Vec<Offence> {
    let before = stage.cloud.judge().violations().len();
    let _ = stage.cloud.perform(call, Principal::Holdfast);
    stage.cloud.judge().violations()[before..].iter().map(|violation| violation.offence.clone()).collect()
}

pub(crate) fn member(stage: &mut Stage) -> InstanceId {
    stage.runs(tagged_data(ZONE, WEB))
}

pub(crate) fn slot(stage: &mut Stage, name: &str) -> VolumeId {
    stage.volume_in(ZONE, &[("holdfast:fleet", "web"), ("holdfast:slot", name)])
}

pub(crate) fn managed_address(stage: &mut Stage) -> AllocationId {
    stage.asks(&AllocateAddress { tags: tags(WEB) }).allocation
}

pub(crate) fn stop(stage: &mut Stage, id: &InstanceId) {
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.pass(60);
}

/// `AssociateAddress` as Holdfast makes it.
pub(crate) fn careful(stage: &mut Stage, address: &AllocationId, instance: &InstanceId) -> AssociateAddress {
    let interface = stage.shown(instance).interfaces[0].interface.id.clone();
    AssociateAddress {
        allocation_id: address.to_string(),
        network_interface_id: interface.to_string(),
        allow_reassociation: Some(false),
        ..AssociateAddress::default()
    }
}

#[test]
fn a_replacement_by_the_rules_is_innocent() {
    let mut stage = Stage::new();
    let (old, new) = (member(&mut stage), member(&mut stage));
    let (volume, address) = (slot(&mut stage, "main"), managed_address(&mut stage));
    assert_eq!(offences(&mut stage, &attach(&volume, &old, "/dev/sdf")), []);
    let call = careful(&mut stage, &address, &old);
    assert_eq!(offences(&mut stage, &call), []);
    stop(&mut stage, &old);
    assert_eq!(offences(&mut stage, &detach(&volume, &old)), []);
    let association_id = stage.association(&address).unwrap().to_string();
    assert_eq!(offences(&mut stage, &DisassociateAddress { association_id, public_ip: String::new() }), []);
    stage.pass(5);
    assert_eq!(offences(&mut stage, &attach(&volume, &new, "/dev/sdf")), []);
    let call = careful(&mut stage, &address, &new);
    assert_eq!(offences(&mut stage, &call), []);
    assert_eq!(stage.cloud.holder_of(&address), Some(&new));
}

#[test]
fn a_detach_from_a_holder_that_lives_is_found_in_every_state() {
    use InstanceState::{Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
    for state in [Pending, Running, Stopping, ShuttingDown] {
        let mut stage = Stage::new();
        let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
        stage.attaches(&volume, &id, "/dev/sdf");
        match state {
            Running => {}
            Stopping => {
                drop(stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false }));
            }
            ShuttingDown => drop(stage.asks(&terminate(&id))),
            Pending => {
                stop(&mut stage, &id);
                stage.asks(&start(&id));
                stage.pass(9);
            }
            Stopped | Terminated => unreachable!(),
        }
        let expected = Offence::DetachedFromLive { volume: volume.clone(), instance: id.clone(), state };
        assert_eq!(offences(&mut stage, &detach(&volume, &id)), [expected]);
    }
}

pub(crate) fn start(id: &InstanceId) -> StartInstances {
    StartInstances { instance_ids: vec![id.to_string()] }
}

#[test]
fn a_holder_that_was_stopped_a_moment_ago_may_be_detached_from() {
    let stopped = || {
        let mut stage = Stage::new();
        let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
        stage.attaches(&volume, &id, "/dev/sdf");
        stop(&mut stage, &id);
        (stage, id, volume)
    };
    for (seconds, found) in [(0, 0), (8, 0), (9, 1)] {
        let (mut stage, id, volume) = stopped();
        stage.asks(&start(&id));
        stage.pass(seconds);
        assert_eq!(offences(&mut stage, &detach(&volume, &id)).len(), found, "{seconds} s after a start");
    }
    let (mut stage, id, volume) = stopped();
    stage.asks(&terminate(&id));
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    assert_eq!(offences(&mut stage, &detach(&volume, &id)), []);
}

#[test]
fn a_drained_holder_may_be_detached_from_in_the_run_that_was_drained() {
    let mut stage = Stage::new();
    let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.cloud.drain(&volume).unwrap();
    stop(&mut stage, &id);
    stage.asks(&local_ec2::actions::StartInstances { instance_ids: vec![id.to_string()] });
    stage.pass(60);
    assert_eq!(offences(&mut stage, &detach(&volume, &id)).len(), 1);

    let mut stage = Stage::new();
    let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.cloud.drain(&volume).unwrap();
    assert_eq!(offences(&mut stage, &detach(&volume, &id)), []);
}

#[test]
fn a_detach_from_one_that_hibernates_is_found() {
    let mut stage = Stage::new();
    let data = LaunchData { hibernation: Some(true), ..tagged_data(ZONE, WEB) };
    let (id, volume) = (stage.runs(data), slot(&mut stage, "main"));
    stage.attaches(&volume, &id, "/dev/sdf");
    stop(&mut stage, &id);
    let expected = Offence::DetachedFromHibernated { volume: volume.clone(), instance: id.clone() };
    assert_eq!(offences(&mut stage, &detach(&volume, &id)), [expected]);
    // EC2 hibernates a spot instance that is not configured for it, too.
    let mut stage = Stage::new();
    let market = Some(Market { persistent: true, interruption: Interruption::Hibernate });
    let data = LaunchData { market, ..tagged_data(ZONE, WEB) };
    let (id, volume) = (stage.runs(data), slot(&mut stage, "main"));
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.cloud.interrupt(&id).unwrap();
    stage.pass(300);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    let expected = Offence::DetachedFromHibernated { volume: volume.clone(), instance: id.clone() };
    assert_eq!(offences(&mut stage, &detach(&volume, &id)), [expected]);
}

#[test]
fn force_and_a_detach_that_names_no_instance_are_found_in_the_attempt() {
    let mut stage = Stage::new();
    let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
    let (of, call) = (volume.to_string(), detach(&volume, &id));
    let forced = DetachVolume { force: true, ..call.clone() };
    assert_eq!(offences(&mut stage, &forced), [Offence::Force { volume: of.clone() }]);
    let anyone = DetachVolume { instance_id: String::new(), ..call };
    assert_eq!(offences(&mut stage, &anyone), [Offence::DetachFromAnyone { volume: of }]);
    // A refused detach takes nothing from anybody.
    stage.attaches(&volume, &id, "/dev/sdf");
    let other = member(&mut stage);
    assert_eq!(offences(&mut stage, &detach(&volume, &other)), []);
}

#[test]
fn a_split_is_found_until_the_other_instance_has_ended() {
    let mut stage = Stage::new();
    let (one, other) = (member(&mut stage), member(&mut stage));
    let volumes: Vec<_> = (0..4).map(|_| slot(&mut stage, "main")).collect();
    stage.attaches(&volumes[0], &one, "/dev/sdf");
    let split = |n: usize| Offence::Split {
        volume: volumes[n].clone(),
        instance: other.clone(),
        other: volumes[0].clone(),
        other_instance: one.clone(),
    };
    assert_eq!(offences(&mut stage, &attach(&volumes[1], &one, "/dev/sdg")), []);
    let mut found = offences(&mut stage, &attach(&volumes[2], &other, "/dev/sdh"));
    found.retain(|offence| *offence == split(2));
    assert_eq!(found.len(), 1);
    stop(&mut stage, &one);
    assert!(offences(&mut stage, &attach(&volumes[3], &other, "/dev/sdi")).contains(&split(3)));
}

#[test]
fn what_is_attached_to_an_ended_instance_splits_nothing() {
    let mut stage = Stage::new();
    let (one, other) = (member(&mut stage), member(&mut stage));
    let (first, second) = (slot(&mut stage, "main"), slot(&mut stage, "main"));
    stage.attaches(&first, &one, "/dev/sdf");
    stage.asks(&terminate(&one));
    stage.pass(91);
    assert_eq!(stage.state(&one), InstanceState::Terminated);
    assert_eq!(offences(&mut stage, &attach(&second, &other, "/dev/sdf")), []);
}

#[test]
fn two_slots_on_one_instance_are_found() {
    let mut stage = Stage::new();
    let (id, one, other) = (member(&mut stage), slot(&mut stage, "one"), slot(&mut stage, "other"));
    assert_eq!(offences(&mut stage, &attach(&one, &id, "/dev/sdf")), []);
    // EC2 refuses the common device name, and so nothing has happened.
    assert_eq!(offences(&mut stage, &attach(&other, &id, "/dev/sdf")), []);
    let expected = Offence::SecondSlot { volume: other.clone(), instance: id.clone(), other: one };
    assert_eq!(offences(&mut stage, &attach(&other, &id, "/dev/sdg")), [expected]);
}

#[test]
fn a_volume_without_the_tag_and_an_instance_of_another_fleet_are_foreign() {
    let mut stage = Stage::new();
    let (id, foreign) = (member(&mut stage), stage.volume());
    let expected = Offence::ForeignResource { resource: foreign.to_string() };
    assert_eq!(offences(&mut stage, &attach(&foreign, &id, "/dev/sdf")), std::slice::from_ref(&expected));
    stop(&mut stage, &id);
    assert_eq!(offences(&mut stage, &detach(&foreign, &id)), [expected]);
    let (stranger, volume) = (stage.runs(data(ZONE)), slot(&mut stage, "main"));
    let expected = Offence::ForeignInstance { resource: volume.to_string(), instance: stranger.clone() };
    assert_eq!(offences(&mut stage, &attach(&volume, &stranger, "/dev/sdf")), [expected]);
}

#[test]
fn a_tag_that_was_just_removed_may_have_been_seen() {
    let mut stage = Stage::new();
    let (id, one, other) = (member(&mut stage), slot(&mut stage, "main"), slot(&mut stage, "main"));
    for volume in [&one, &other] {
        let tags = vec![("holdfast:fleet".to_owned(), None)];
        stage.asks(&local_ec2::actions::DeleteTags { resources: vec![volume.to_string()], tags });
    }
    assert_eq!(offences(&mut stage, &attach(&one, &id, "/dev/sdf")), []);
    stage.pass(9);
    let expected = Offence::ForeignResource { resource: other.to_string() };
    assert_eq!(offences(&mut stage, &attach(&other, &id, "/dev/sdg")), [expected]);
}

#[test]
fn an_association_that_could_take_over_is_found_in_the_attempt() {
    let mut stage = Stage::new();
    let (id, address) = (member(&mut stage), managed_address(&mut stage));
    let call = careful(&mut stage, &address, &id);
    for allow_reassociation in [None, Some(true)] {
        let call = AssociateAddress { allow_reassociation, ..call.clone() };
        let expected = Offence::TakeAddress { address: address.to_string() };
        assert_eq!(offences(&mut stage, &call), [expected]);
    }
    let public_ip = stage.cloud.address(&address).unwrap().public.to_string();
    let call = DisassociateAddress { association_id: String::new(), public_ip: public_ip.clone() };
    assert_eq!(offences(&mut stage, &call), [Offence::DisassociateAnything { address: public_ip }]);
}

#[test]
fn a_displaced_address_is_counted_and_found_in_a_quiet_world_only() {
    let mut stage = Stage::new();
    let id = member(&mut stage);
    let (one, other) = (managed_address(&mut stage), managed_address(&mut stage));
    let first = careful(&mut stage, &one, &id);
    let second = careful(&mut stage, &other, &id);
    assert_eq!(offences(&mut stage, &first), []);
    assert_eq!(offences(&mut stage, &second), []);
    assert_eq!(stage.cloud.judge().displaced(), 1);
    stage.cloud.judge_mut().expect_quiet();
    let expected = Offence::Displaced { address: one, displaced: other };
    assert_eq!(offences(&mut stage, &first), [expected]);
    stage.cloud.judge_mut().expect_churn();
    assert_eq!(offences(&mut stage, &second), []);
}

#[test]
fn an_address_of_nobodys_slot_is_displaced_by_a_race_at_most() {
    for (seconds, is_found) in [(0, false), (7, false), (8, true), (600, true)] {
        let mut stage = Stage::new();
        let (id, foreign, own) = (member(&mut stage), stage.address(), managed_address(&mut stage));
        stage.associates(&foreign, &id);
        stage.pass(seconds);
        let call = careful(&mut stage, &own, &id);
        let expected = Offence::ForeignResource { resource: foreign.to_string() };
        let found = offences(&mut stage, &call);
        assert_eq!(found, is_found.then_some(expected).into_iter().collect::<Vec<_>>(), "{seconds} s");
        assert_eq!(stage.cloud.judge().displaced(), 1);
    }
}

#[test]
fn foreign_addresses_and_foreign_targets_are_found() {
    let mut stage = Stage::new();
    let (id, foreign, own) = (member(&mut stage), stage.address(), managed_address(&mut stage));
    let call = careful(&mut stage, &foreign, &id);
    let expected = Offence::ForeignResource { resource: foreign.to_string() };
    assert_eq!(offences(&mut stage, &call), std::slice::from_ref(&expected));
    let association_id = stage.association(&foreign).unwrap().to_string();
    let call = DisassociateAddress { association_id, public_ip: String::new() };
    assert_eq!(offences(&mut stage, &call), [expected]);
    let stranger = stage.instance();
    let call = careful(&mut stage, &own, &stranger);
    let expected = Offence::ForeignInstance { resource: own.to_string(), instance: stranger };
    assert_eq!(offences(&mut stage, &call), [expected]);
}

#[test]
fn other_tags_and_tags_on_strangers_are_found() {
    let mut stage = Stage::new();
    let (id, stranger, volume) = (member(&mut stage), stage.instance(), slot(&mut stage, "main"));
    let mark =
        |resource: String, key: &str| CreateTags { resources: vec![resource], tags: tags(&[(key, "x")]) };
    let expected = Offence::ForeignTag { key: "Name".to_owned() };
    assert_eq!(offences(&mut stage, &mark(id.to_string(), "Name")), [expected]);
    for resource in [stranger.to_string(), volume.to_string()] {
        let expected = Offence::ForeignResource { resource: resource.clone() };
        assert_eq!(offences(&mut stage, &mark(resource, "holdfast:draining")), [expected]);
    }
}

#[test]
fn acts_that_are_never_holdfasts_are_found() {
    let mut stage = Stage::new();
    let expected = Offence::NotItsCall { action: "AllocateAddress" };
    assert_eq!(offences(&mut stage, &AllocateAddress::default()), [expected]);
    stage.asks(&AllocateAddress::default());
    assert_eq!(stage.cloud.judge().violations().len(), 1);
}

pub(crate) fn draining(id: &InstanceId) -> CreateTags {
    CreateTags { resources: vec![id.to_string()], tags: tags(&[("holdfast:draining", "x")]) }
}

/// A member with a volume of the slot that somebody has just bound to its end.
fn bound_to_its_end(stage: &mut Stage) -> (InstanceId, VolumeId) {
    let (id, volume) = (member(stage), slot(stage, "main"));
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.pass(60);
    stage.asks(&local_ec2::actions::ModifyInstanceAttribute {
        instance_id: id.to_string(),
        block_device_mappings: vec![local_ec2::actions::DeviceChange {
            device_name: "/dev/sdf".to_owned(),
            delete_on_termination: true,
        }],
    });
    (id, volume)
}

#[test]
fn a_termination_that_deletes_a_slots_volume_is_found() {
    let mut stage = Stage::new();
    let (id, volume) = bound_to_its_end(&mut stage);
    stage.asks(&draining(&id));
    stage.pass(30);
    let expected = Offence::TerminatedWithVolume { instance: id.clone(), volume };
    assert_eq!(offences(&mut stage, &terminate(&id)), [expected]);
}

#[test]
fn a_termination_need_not_know_of_what_was_changed_a_moment_ago() {
    let mut stage = Stage::new();
    let (id, _) = bound_to_its_end(&mut stage);
    stage.asks(&draining(&id));
    stage.pass(2);
    assert_eq!(offences(&mut stage, &terminate(&id)), []);
}

/// A member that has a volume of a slot of its own.
pub(crate) fn holder(stage: &mut Stage, name: &str) -> (InstanceId, VolumeId) {
    let (id, volume) = (member(stage), slot(stage, name));
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.pass(60);
    (id, volume)
}

pub(crate) fn mark(stage: &mut Stage, resource: &impl ToString, key: &str, value: &str) {
    stage.asks(&CreateTags { resources: vec![resource.to_string()], tags: tags(&[(key, value)]) });
}

#[test]
fn a_violation_tells_when_what_and_by_which_call() {
    let mut stage = Stage::new();
    let (id, volume) = (member(&mut stage), slot(&mut stage, "main"));
    stage.attaches(&volume, &id, "/dev/sdf");
    offences(&mut stage, &detach(&volume, &id));
    let told = stage.cloud.judge().violations()[0].to_string();
    assert!(told.starts_with("2026-11-23T12:01:"), "{told}");
    assert!(told.contains(&format!("{volume} was taken from {id}, which was running")), "{told}");
    assert!(told.contains("DetachVolume {"), "{told}");
}
