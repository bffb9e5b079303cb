//! `DetachVolume`, and the release of volumes by the end of their instance.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, attach, detach};
use local_ec2::Listing;
use local_ec2::actions::{
    CreateVolume, DescribeVolumes, DetachVolume, DeviceChange, ModifyInstanceAttribute, RebootInstances,
    StartInstances, StopInstances,
};
use local_ec2::state::Usage;
use planner::ids::{InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};

#[test]
fn a_detachment_takes_seconds() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    let answer = stage.asks(&detach(&volume, &id));
    assert_eq!(answer.attachment.state, AttachmentState::Detaching);
    assert_eq!(stage.shown_volume(&volume).state(), "in-use");
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}

#[test]
fn a_mounted_volume_stays_busy_until_it_is_let_go() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    let answer = stage.asks(&detach(&volume, &id));
    assert_eq!(answer.attachment.state, AttachmentState::Busy);
    stage.pass(3600);
    assert_eq!(stage.attachment(&volume).unwrap().state, AttachmentState::Busy);
    // An instance knows no `busy`.
    let shown = stage.shown(&id);
    let device = shown.devices.iter().find(|device| device.volume == volume).unwrap();
    assert_eq!(device.status(), "detaching");
    stage.cloud.release(&volume).unwrap();
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}

#[test]
fn a_busy_volume_is_freed_when_its_instance_has_stopped() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.asks(&detach(&volume, &id));
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.pass(70);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}

/// Asks to detach a mounted volume of an instance that goes down, and how long the volume is not free from then on, and
/// the instance not in that state.
fn seconds_to(stage: &mut Stage, id: &InstanceId, volume: &VolumeId, end: InstanceState) -> (i64, i64) {
    let answer = stage.asks(&detach(volume, id));
    assert_eq!(answer.attachment.state, AttachmentState::Busy);
    let (mut held, mut up) = (0, 0);
    for second in 1..=120 {
        stage.pass(1);
        held = if stage.attachment(volume).is_some() { second } else { held };
        up = if stage.state(id) == end { up } else { second };
    }
    (held, up)
}

#[test]
fn a_mounted_volume_stays_busy_while_its_instance_stops() {
    let mut stage = Stage::new();
    for _ in 0..20 {
        let (id, volume) = (stage.instance(), stage.volume());
        stage.mounts(&volume, &id, "/dev/sdf");
        stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
        assert_eq!(stage.state(&id), InstanceState::Stopping);
        let (held, up) = seconds_to(&mut stage, &id, &volume, InstanceState::Stopped);
        assert!((up..=up + 5).contains(&held), "held for {held} s by an instance that stops for {up} s");
    }
}

#[test]
fn a_mounted_volume_stays_busy_until_about_the_end_of_its_instance() {
    let mut stage = Stage::new();
    for _ in 0..20 {
        let (id, volume) = (stage.instance(), stage.volume());
        stage.mounts(&volume, &id, "/dev/sdf");
        stage.asks(&terminate(&id));
        let (held, up) = seconds_to(&mut stage, &id, &volume, InstanceState::Terminated);
        assert!((up - 6..=up + 4).contains(&held), "held for {held} s by an instance that ends in {up} s");
    }
}

#[test]
fn a_drained_volume_comes_off_while_its_instance_goes_down() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.cloud.drain(&volume).unwrap();
    stage.asks(&terminate(&id));
    let answer = stage.asks(&detach(&volume, &id));
    assert_eq!(answer.attachment.state, AttachmentState::Detaching);
    stage.pass(4);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}

#[test]
fn force_takes_a_mounted_volume() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.asks(&detach(&volume, &id));
    stage.asks(&DetachVolume { force: true, ..detach(&volume, &id) });
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
}

#[test]
fn a_drained_volume_comes_off_a_running_instance_and_is_not_mounted_again() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    // Before the instance has mounted it, or after.
    for _ in 0..2 {
        stage.cloud.drain(&volume).unwrap();
        stage.pass(60);
        assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Drained);
    }
    stage.asks(&detach(&volume, &id));
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume).state(), "available");
    assert!(stage.cloud.drain(&volume).unwrap_err().to_string().contains("attached to no instance"));
}

#[test]
fn a_name_that_a_volume_was_forced_off_is_stuck_until_the_instance_starts_anew() {
    let mut stage = Stage::new();
    let (id, volume, next) = (stage.instance(), stage.volume(), stage.volume());
    let words = "Attachment point /dev/xvdf is already in use";
    let (stops, starts) = (vec![id.to_string()], vec![id.to_string()]);
    for reboots in [true, false] {
        stage.mounts(&volume, &id, "/dev/sdf");
        stage.asks(&DetachVolume { force: true, ..detach(&volume, &id) });
        stage.pass(10);
        assert_eq!(stage.shown_volume(&volume).state(), "available");
        stage.refuses(&attach(&next, &id, "/dev/xvdf"), "InvalidParameterValue", words);
        if reboots {
            stage.asks(&RebootInstances { instance_ids: vec![id.to_string()] });
        } else {
            stage.asks(&StopInstances { instance_ids: stops.clone(), hibernate: false });
            stage.pass(60);
            stage.asks(&StartInstances { instance_ids: starts.clone() });
            stage.pass(60);
        }
        stage.attaches(&next, &id, "/dev/xvdf");
        // What nothing had mounted yet comes off cleanly, even by force.
        stage.asks(&DetachVolume { force: true, ..detach(&next, &id) });
        stage.pass(10);
    }
    stage.attaches(&next, &id, "/dev/sdf");
}

#[test]
fn what_aws_manages_is_neither_attached_nor_detached() {
    let mut stage = Stage::new();
    let (id, held, free) = (stage.instance(), stage.volume(), stage.volume());
    stage.attaches(&held, &id, "/dev/sdf");
    let other = stage.instance();
    stage.cloud.put_under_management(id.as_str());
    stage.cloud.put_under_management(free.as_str());
    let code = "UnsupportedOperationException";
    stage.refuses(&detach(&held, &id), code, id.as_str());
    stage.refuses(&DetachVolume { force: true, ..detach(&held, &id) }, code, id.as_str());
    stage.refuses(&attach(&free, &other, "/dev/sdf"), code, free.as_str());
    assert_eq!(stage.attachment(&held).unwrap().state, AttachmentState::Attached);
}

#[test]
fn an_available_volume_cannot_be_detached() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    let words = format!("Volume '{volume}'is in the 'available' state.");
    stage.refuses(&detach(&volume, &id), "IncorrectState", &words);
    let call = DetachVolume { volume_id: volume.to_string(), ..DetachVolume::default() };
    stage.refuses(&call, "IncorrectState", &words);
}

#[test]
fn an_instance_that_does_not_have_it_is_refused() {
    let mut stage = Stage::new();
    let (id, other, volume) = (stage.instance(), stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.refuses(&detach(&volume, &other), "InvalidAttachment.NotFound", other.as_str());
    let device = DetachVolume { device: "/dev/sdg".to_owned(), ..detach(&volume, &id) };
    stage.refuses(&device, "InvalidAttachment.NotFound", id.as_str());
    let malformed = DetachVolume { instance_id: "i-x".to_owned(), ..detach(&volume, &id) };
    stage.refuses(&malformed, "InvalidInstanceID.Malformed", "i-x");
    let unknown = DetachVolume { instance_id: "i-00000000000000001".to_owned(), ..detach(&volume, &id) };
    stage.refuses(&unknown, "InvalidInstanceID.NotFound", "i-00000000000000001");
    assert_eq!(stage.attachment(&volume).unwrap().state, AttachmentState::Attached);
    stage.asks(&DetachVolume { device: "/dev/xvdf".to_owned(), ..detach(&volume, &id) });
}

#[test]
fn the_instance_may_be_left_out_except_with_multi_attach() {
    let mut stage = Stage::new();
    let (one, other, volume) = (stage.instance(), stage.instance(), stage.volume());
    stage.attaches(&volume, &one, "/dev/sdf");
    stage.asks(&DetachVolume { volume_id: volume.to_string(), ..DetachVolume::default() });
    let call = CreateVolume {
        availability_zone: ZONE.to_owned(),
        size: Some(4),
        volume_type: "io1".to_owned(),
        multi_attach_enabled: true,
        ..CreateVolume::default()
    };
    let volume = stage.asks(&call).id;
    stage.pass(10);
    stage.asks(&attach(&volume, &one, "/dev/sdg"));
    stage.asks(&attach(&volume, &other, "/dev/sdg"));
    let call = DetachVolume { volume_id: volume.to_string(), ..DetachVolume::default() };
    stage.refuses(&call, "MissingParameter", "instanceId");
    stage.asks(&detach(&volume, &one));
    stage.pass(5);
    assert_eq!(stage.shown_volume(&volume).attachments.len(), 1);
}

#[test]
fn the_root_device_comes_off_a_stopped_instance_only() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let root = stage.shown(&id).devices[0].volume.clone();
    let words = format!("Unable to detach root volume '{root}' from instance '{id}'");
    stage.refuses(&detach(&root, &id), "OperationNotPermitted", &words);
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.pass(60);
    stage.asks(&detach(&root, &id));
}

#[test]
fn a_volume_is_in_use_until_about_the_end_of_its_instance() {
    let mut stage = Stage::new();
    for _ in 0..20 {
        let (id, volume) = (stage.instance(), stage.volume());
        stage.mounts(&volume, &id, "/dev/sdf");
        stage.asks(&terminate(&id));
        let (mut released, mut ended) = (None, None);
        for second in 0..100 {
            stage.pass(1);
            if stage.cloud.volume(&volume).unwrap().attachments.is_empty() {
                released.get_or_insert(second);
            }
            if stage.state(&id) == InstanceState::Terminated {
                ended.get_or_insert(second);
            }
        }
        let (released, ended) = (released.unwrap(), ended.unwrap());
        assert!((19..=90).contains(&ended), "ended after {ended} s");
        assert!((ended - 6..=ended + 4).contains(&released), "released at {released} s, ended at {ended} s");
    }
}

#[test]
fn volumes_that_go_with_the_instance_are_deleted_and_others_are_kept() {
    let mut stage = Stage::new();
    let (id, kept, going) = (stage.instance(), stage.volume(), stage.volume());
    let root = stage.shown(&id).devices[0].volume.clone();
    stage.attaches(&kept, &id, "/dev/sdf");
    stage.attaches(&going, &id, "/dev/sdg");
    stage.asks(&ModifyInstanceAttribute {
        instance_id: id.to_string(),
        block_device_mappings: vec![DeviceChange {
            device_name: "/dev/sdg".to_owned(),
            delete_on_termination: true,
        }],
    });
    stage.asks(&terminate(&id));
    stage.pass(100);
    assert_eq!(stage.shown_volume(&kept).state(), "available");
    for gone in [root, going] {
        stage.refuses(&DescribeVolumes(Listing::of([&gone])), "InvalidVolume.NotFound", gone.as_str());
    }
}
