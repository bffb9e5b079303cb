//! `AttachVolume`: what it refuses, and how an attachment comes about.

use crate::instances::terminate;
use crate::stage::{OTHER_ZONE, Stage, ZONE, attach, data, run};
use local_ec2::actions::{AttachVolume, CreateVolume, StopInstances};
use local_ec2::state::{LaunchData, Usage};
use local_ec2::{Setup, Timing};
use planner::ids::VolumeId;
use planner::observation::{AttachmentState, InstanceState};

fn multi_attach(stage: &mut Stage) -> VolumeId {
    let call = CreateVolume {
        availability_zone: ZONE.to_owned(),
        size: Some(4),
        volume_type: "io2".to_owned(),
        multi_attach_enabled: true,
        ..CreateVolume::default()
    };
    let id = stage.asks(&call).id;
    stage.pass(10);
    id
}

#[test]
fn an_attachment_takes_seconds_and_a_mount_longer() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    let answer = stage.asks(&attach(&volume, &id, "/dev/sdf"));
    assert_eq!(answer.attachment.state, AttachmentState::Attaching);
    assert_eq!(stage.shown_volume(&volume).state(), "in-use");
    stage.pass(4);
    assert_eq!(stage.attachment(&volume).unwrap().state, AttachmentState::Attached);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Idle);
    stage.pass(20);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Mounted);
}

#[test]
fn a_second_attach_is_refused_with_volume_in_use() {
    let mut stage = Stage::new();
    let (one, other, volume) = (stage.instance(), stage.instance(), stage.volume());
    stage.asks(&attach(&volume, &one, "/dev/sdf"));
    for (instance, device) in [(&one, "/dev/sdf"), (&one, "/dev/sdg"), (&other, "/dev/sdf")] {
        let words = format!("{volume} is already attached to an instance");
        stage.refuses(&attach(&volume, instance, device), "VolumeInUse", &words);
    }
}

#[test]
fn an_instance_of_another_zone_is_refused() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.runs(data(OTHER_ZONE)), stage.volume());
    let words = format!("The volume '{volume}' is not in the same availability zone as instance '{id}'");
    stage.refuses(&attach(&volume, &id, "/dev/sdf"), "InvalidVolume.ZoneMismatch", &words);
}

#[test]
fn a_device_name_in_use_is_refused_in_either_spelling() {
    let mut stage = Stage::new();
    let (id, one, other) = (stage.instance(), stage.volume(), stage.volume());
    stage.asks(&attach(&one, &id, "/dev/sdf"));
    for device in ["/dev/sdf", "/dev/xvdf", "xvdf"] {
        let words =
            format!("Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
        stage.refuses(&attach(&other, &id, device), "InvalidParameterValue", &words);
    }
    stage.refuses(&attach(&other, &id, "/dev/sda1"), "InvalidParameterValue", "is already in use");
    stage.asks(&attach(&other, &id, "/dev/sdg"));
}

#[test]
fn a_device_name_stays_taken_while_it_is_detached() {
    let mut stage = Stage::new();
    let (id, one, other) = (stage.instance(), stage.volume(), stage.volume());
    stage.attaches(&one, &id, "/dev/sdf");
    stage.asks(&crate::stage::detach(&one, &id));
    stage.refuses(&attach(&other, &id, "/dev/sdf"), "InvalidParameterValue", "is already in use");
    stage.pass(5);
    stage.asks(&attach(&other, &id, "/dev/sdf"));
}

#[test]
fn what_is_no_device_name_is_refused() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    for device in ["banana", "/dev/sdf1", "/dev/sdZZ", "/dev/nvme1n1"] {
        let words = format!(
            "Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
        );
        stage.refuses(&attach(&volume, &id, device), "InvalidParameterValue", &words);
    }
    stage.refuses(&attach(&volume, &id, ""), "MissingParameter", "device");
}

#[test]
fn only_a_running_or_stopped_instance_is_attached_to() {
    let mut stage = Stage::new();
    let volume = stage.volume();
    let id = stage.asks(&run(data(ZONE))).pop().unwrap().instance.id;
    let words = format!("Instance '{id}' is not 'running'.");
    let call = attach(&volume, &id, "/dev/sdf");
    stage.refuses(&call, "IncorrectState", &words);
    stage.pass(60);
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.refuses(&call, "IncorrectState", &words);
    stage.pass(60);
    stage.attaches(&volume, &id, "/dev/sdf");
    let volume = stage.volume();
    stage.asks(&terminate(&id));
    stage.refuses(&attach(&volume, &id, "/dev/sdg"), "IncorrectState", &words);
    stage.pass(10);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    stage.refuses(&attach(&volume, &id, "/dev/sdg"), "IncorrectState", &words);
}

#[test]
fn a_volume_that_is_not_there_yet_is_refused() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let call = CreateVolume { availability_zone: ZONE.to_owned(), size: Some(1), ..Default::default() };
    let volume = stage.asks(&call).id;
    stage.refuses(&attach(&volume, &id, "/dev/sdf"), "IncorrectState", "'creating' state");
}

#[test]
fn the_twenty_eighth_attachment_is_one_too_many() {
    let mut stage = Stage::instant();
    let id = stage.instance();
    let devices: Vec<String> =
        ('b'..='z').map(|l| format!("/dev/sd{l}")).chain(["/dev/xvdba".to_owned()]).collect();
    for device in &devices {
        let volume = stage.volume();
        stage.asks(&attach(&volume, &id, device));
    }
    // 26 data volumes, the root volume and one interface.
    let volume = stage.volume();
    let words = "You may attach up to 27 devices for this instance type";
    stage.refuses(&attach(&volume, &id, "/dev/xvdbb"), "AttachmentLimitExceeded", words);
}

#[test]
fn malformed_ids_are_told_from_unknown_ones() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    let call = |volume: &str, instance: &str| AttachVolume {
        volume_id: volume.to_owned(),
        instance_id: instance.to_owned(),
        device: "/dev/sdf".to_owned(),
    };
    let (no_volume, no_instance) = ("vol-00000000000000001", "i-00000000000000001");
    stage.refuses(&call("vol-x", id.as_str()), "InvalidVolumeID.Malformed", "vol-x");
    stage.refuses(&call(no_volume, id.as_str()), "InvalidVolume.NotFound", no_volume);
    stage.refuses(&call(volume.as_str(), "i-x"), "InvalidInstanceID.Malformed", "i-x");
    stage.refuses(&call(volume.as_str(), no_instance), "InvalidInstanceID.NotFound", no_instance);
    stage.refuses(&call("", id.as_str()), "MissingParameter", "volumeId");
}

#[test]
fn multi_attach_attaches_to_several_instances_once_each() {
    let mut stage = Stage::new();
    let (one, other, volume) = (stage.instance(), stage.instance(), multi_attach(&mut stage));
    stage.asks(&attach(&volume, &one, "/dev/sdf"));
    stage.asks(&attach(&volume, &other, "/dev/sdf"));
    assert_eq!(stage.shown_volume(&volume).attachments.len(), 2);
    stage.refuses(&attach(&volume, &one, "/dev/sdg"), "VolumeInUse", volume.as_str());
}

#[test]
fn an_unusable_key_takes_an_accepted_attachment_back() {
    let mut stage = Stage::new();
    let key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let id = stage.instance();
    let call = CreateVolume {
        availability_zone: ZONE.to_owned(),
        size: Some(1),
        encrypted: true,
        kms_key_id: key.to_owned(),
        ..CreateVolume::default()
    };
    let volume = stage.asks(&call).id;
    stage.pass(5);
    stage.cloud.disable_key(key);
    let answer = stage.asks(&attach(&volume, &id, "/dev/sdf"));
    assert_eq!(answer.attachment.state, AttachmentState::Attaching);
    stage.pass(10);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
    stage.cloud.enable_key(key);
    stage.attaches(&volume, &id, "/dev/sdf");
}

#[test]
fn an_old_type_takes_no_encrypted_volume() {
    let mut stage = Stage::new();
    let id = stage.runs(LaunchData { instance_type: "m1.small".to_owned(), ..data(ZONE) });
    let plain = stage.volume();
    stage.attaches(&plain, &id, "/dev/sdf");
    let call = CreateVolume {
        availability_zone: ZONE.to_owned(),
        size: Some(1),
        encrypted: true,
        ..CreateVolume::default()
    };
    let volume = stage.asks(&call).id;
    stage.pass(5);
    stage.refuses(&attach(&volume, &id, "/dev/sdg"), "EncryptedVolumesNotSupported", "m1.small");
    let modern = stage.instance();
    stage.attaches(&volume, &modern, "/dev/sdg");
}

#[test]
fn an_attachment_can_hang() {
    let timing = Timing { stuck_share: 1.0, ..Timing::default() };
    let mut stage = Stage::with(Setup { timing, ..Setup::default() });
    let (id, volume) = (stage.instance(), stage.volume());
    stage.asks(&attach(&volume, &id, "/dev/sdf"));
    stage.pass(3600);
    assert_eq!(stage.attachment(&volume).unwrap().state, AttachmentState::Attaching);
    stage.asks(&crate::stage::detach(&volume, &id));
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}
