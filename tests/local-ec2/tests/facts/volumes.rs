//! Volumes: making, deleting, describing.

use crate::stage::{Stage, ZONE, tags};
use local_ec2::Listing;
use local_ec2::actions::{CreateVolume, DeleteVolume, DescribeVolumes};
use planner::ids::VolumeId;

/// The id of a snapshot, if there were any.
const SNAPSHOT: &str = "snap-00000000000000001";

fn create() -> CreateVolume {
    CreateVolume { availability_zone: ZONE.to_owned(), size: Some(1), ..CreateVolume::default() }
}

fn from(snapshot_id: &str) -> CreateVolume {
    CreateVolume { snapshot_id: snapshot_id.to_owned(), ..create() }
}

fn of_type(volume_type: &str, size: u32) -> CreateVolume {
    CreateVolume { volume_type: volume_type.to_owned(), size: Some(size), ..create() }
}

fn delete(id: &VolumeId) -> DeleteVolume {
    DeleteVolume { volume_id: id.to_string() }
}

#[test]
fn a_volume_is_creating_for_seconds() {
    let mut stage = Stage::new();
    let volume = stage.asks(&create());
    assert_eq!(volume.state(), "creating");
    let deletion = stage.tries(&delete(&volume.id)).unwrap_err();
    assert_eq!(deletion.code, "IncorrectState");
    stage.pass(4);
    assert_eq!(stage.shown_volume(&volume.id).state(), "available");
}

#[test]
fn a_volume_in_use_cannot_be_deleted() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.refuses(&delete(&volume), "VolumeInUse", &format!("is currently attached to {id}"));
}

#[test]
fn a_deleted_volume_is_gone_soon() {
    let mut stage = Stage::new();
    let volume = stage.volume();
    stage.asks(&delete(&volume));
    assert_eq!(stage.shown_volume(&volume).state(), "deleting");
    stage.pass(5);
    let words = format!("The volume '{volume}' does not exist.");
    stage.refuses(&DescribeVolumes(Listing::of([&volume])), "InvalidVolume.NotFound", &words);
}

#[test]
fn what_cannot_be_created_is_refused() {
    let mut stage = Stage::new();
    let rows = [
        (
            CreateVolume { availability_zone: String::new(), ..create() },
            "MissingParameter",
            "availabilityZone",
        ),
        (CreateVolume { availability_zone: "mars".to_owned(), ..create() }, "InvalidZone.NotFound", "mars"),
        (CreateVolume { size: None, ..create() }, "MissingParameter", "size"),
        (CreateVolume { size: Some(0), ..create() }, "InvalidParameterValue", "too small"),
        (CreateVolume { size: Some(99_999_999), ..create() }, "InvalidParameterValue", "16384GiB"),
        (of_type("standard", 1025), "InvalidParameterValue", "1025GiB is too large for volume type standard"),
        (of_type("io2", 65_537), "InvalidParameterValue", "65536GiB"),
        (from("snap-banana"), "InvalidSnapshotID.Malformed", "snap-banana"),
        (from("vol-00000000000000001"), "InvalidSnapshotID.Malformed", "snap-"),
        (from(SNAPSHOT), "InvalidSnapshot.NotFound", "The snapshot 'snap-00000000000000001' does not exist."),
        (CreateVolume { size: None, ..from(SNAPSHOT) }, "InvalidSnapshot.NotFound", SNAPSHOT),
        (CreateVolume { volume_type: "gp9".to_owned(), ..create() }, "InvalidParameterValue", "gp9"),
        (CreateVolume { multi_attach_enabled: true, ..create() }, "InvalidParameterCombination", "gp2"),
        (CreateVolume { tags: tags(&[("aws:x", "")]), ..create() }, "InvalidParameterValue", "aws:"),
    ];
    for (call, code, words) in rows {
        stage.refuses(&call, code, words);
    }
}

#[test]
fn a_volume_of_the_largest_size_of_its_type_is_made() {
    let mut stage = Stage::new();
    let largest = [("standard", 1024), ("gp2", 16_384), ("io1", 16_384), ("st1", 16_384), ("sc1", 16_384)];
    for (kind, size) in largest.into_iter().chain([("gp3", 65_536), ("io2", 65_536)]) {
        assert_eq!(stage.asks(&of_type(kind, size)).size, size);
        stage.refuses(&of_type(kind, size + 1), "InvalidParameterValue", "is too large");
    }
}

#[test]
fn a_client_token_makes_one_volume() {
    let mut stage = Stage::new();
    let call = CreateVolume { client_token: "once".to_owned(), ..create() };
    assert_eq!(stage.asks(&call).id, stage.asks(&call).id);
    stage.refuses(&CreateVolume { size: Some(2), ..call }, "IdempotentParameterMismatch", "token");
    assert_ne!(stage.asks(&create()).id, stage.asks(&create()).id);
}

#[test]
fn a_malformed_id_is_told_from_an_unknown_one() {
    let mut stage = Stage::new();
    let ask = |id: &str| DescribeVolumes(Listing::of([id]));
    stage.refuses(&ask("vol-banana"), "InvalidVolumeID.Malformed", "vol-banana");
    stage.refuses(&ask("i-00000000000000001"), "InvalidVolumeID.Malformed", "vol-");
    stage.refuses(&ask("vol-00000000000000001"), "InvalidVolume.NotFound", "vol-00000000000000001");
}

#[test]
fn volumes_are_found_by_what_they_are() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume_in(ZONE, &[("Name", "data")]));
    stage.attaches(&volume, &id, "/dev/sdf");
    for (name, value) in [
        ("attachment.instance-id", id.as_str()),
        ("attachment.status", "attached"),
        ("attachment.device", "/dev/sdf"),
        ("attachment.delete-on-termination", "false"),
        ("volume-id", volume.as_str()),
        ("tag:Name", "dat?"),
        ("tag-key", "Name"),
        ("size", "1"),
    ] {
        let mut listing = Listing::by(name, value);
        listing.filters.extend(Listing::by("attachment.device", "/dev/sdf").filters);
        let found = stage.asks(&DescribeVolumes(listing)).items;
        assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), [&volume], "{name}={value}");
    }
    let rows = [
        ("status", "available"),
        ("tag:Name", "Data"),
        ("multi-attach-enabled", "true"),
        ("encrypted", "true"),
    ];
    for (name, value) in rows {
        let found = stage.asks(&DescribeVolumes(Listing::by(name, value))).items;
        assert!(found.is_empty(), "{name}={value}");
    }
}
