//! Eventual consistency: how old answers may be, and what is never stale.

use crate::stage::{Stage, attach, data, detach, run};
use local_ec2::actions::{DescribeInstances, DescribeVolumes};
use local_ec2::{Listing, Setup, Timing};
use planner::observation::AttachmentState;

fn stage_with_lag(seconds: i64, seed: u64) -> Stage {
    let timing = Timing { stale_share: 0.5, ..Timing::default().with_lag(seconds) };
    Stage::with(Setup { timing, seed, ..Setup::default() })
}

#[test]
fn nothing_is_stale_unless_asked_for() {
    let mut stage = Stage::new();
    let view = stage.asks(&run(data(""))).pop().unwrap();
    for _ in 0..100 {
        stage.shown(&view.instance.id);
    }
}

#[test]
fn a_fresh_id_may_be_unknown_but_not_for_longer_than_the_lag() {
    let mut stage = stage_with_lag(5, 1);
    let id = stage.asks(&run(data(""))).pop().unwrap().instance.id;
    let call = DescribeInstances(Listing::of([&id]));
    let unknown = (0..100).filter(|_| stage.tries(&call).is_err()).count();
    assert!((25..75).contains(&unknown), "{unknown} of 100");
    stage.pass(6);
    assert!((0..100).all(|_| stage.tries(&call).is_ok()));
}

#[test]
fn acts_may_not_know_a_fresh_id_either() {
    let mut stage = stage_with_lag(5, 1);
    let (id, volume) = (stage.instance(), stage.volume());
    stage.pass(10);
    let fresh = stage.asks(&run(data("us-east-1a"))).pop().unwrap().instance.id;
    let codes: Vec<_> =
        (0..50).map(|_| stage.tries(&attach(&volume, &fresh, "/dev/sdf")).unwrap_err().code).collect();
    assert!(codes.contains(&"InvalidInstanceID.NotFound") && codes.contains(&"IncorrectState"), "{codes:?}");
    // What exists for long is acted on as it is, however stale it may be shown.
    stage.asks(&attach(&volume, &id, "/dev/sdf"));
    assert!(
        (0..50).all(|_| stage.tries(&attach(&volume, &id, "/dev/sdf")).unwrap_err().code == "VolumeInUse")
    );
}

#[test]
fn an_answer_is_never_older_than_the_lag() {
    let mut stage = stage_with_lag(5, 2);
    let (id, volume) = (stage.instance(), stage.volume());
    stage.pass(60);
    stage.asks(&attach(&volume, &id, "/dev/sdf"));
    let call = DescribeVolumes(Listing::by("volume-id", volume.as_str()));
    let shows_free = |stage: &mut Stage| stage.asks(&call).items.iter().any(|v| v.attachments.is_empty());
    stage.pass(4);
    assert!((0..100).any(|_| shows_free(&mut stage)));
    stage.pass(2);
    assert!(!(0..500).any(|_| shows_free(&mut stage)));
}

#[test]
fn two_describe_calls_may_disagree() {
    let mut stage = stage_with_lag(5, 3);
    let (id, volume) = (stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.pass(30);
    stage.cloud.drain(&volume).unwrap();
    stage.asks(&detach(&volume, &id));
    stage.pass(4);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let of_volume = stage.shown_volume(&volume).attachments.len();
        let of_instance = stage.shown(&id).devices.iter().filter(|device| device.volume == volume).count();
        seen.insert((of_volume, of_instance));
    }
    assert!(seen.contains(&(0, 1)) && seen.contains(&(1, 0)), "{seen:?}");
}

#[test]
fn one_page_may_be_older_than_another() {
    let mut stage = stage_with_lag(5, 4);
    let id = stage.instance();
    let volumes: Vec<_> = (0..6).map(|_| stage.volume()).collect();
    stage.pass(60);
    for (volume, letter) in volumes.iter().zip('f'..) {
        stage.asks(&attach(volume, &id, &format!("/dev/sd{letter}")));
    }
    let torn = (0..100).any(|_| {
        let shown = stage.asks(&DescribeVolumes(Listing::by("availability-zone", "us-east-1a"))).items;
        let free = shown.iter().filter(|volume| volume.attachments.is_empty()).count();
        (1..6).contains(&free)
    });
    assert!(torn);
}

#[test]
fn what_is_gone_may_be_shown_for_a_while() {
    let mut stage = stage_with_lag(5, 5);
    let volume = stage.volume();
    stage.pass(60);
    stage.asks(&local_ec2::actions::DeleteVolume { volume_id: volume.to_string() });
    stage.pass(4);
    let call = DescribeVolumes(Listing::by("volume-id", volume.as_str()));
    assert!((0..100).any(|_| !stage.asks(&call).items.is_empty()));
    stage.pass(6);
    assert!((0..100).all(|_| stage.asks(&call).items.is_empty()));
}

#[test]
fn staleness_draws_nothing_from_the_world() {
    let ends = [0, 5].map(|lag| {
        let mut stage = stage_with_lag(lag, 7);
        let (id, volume) = (stage.instance(), stage.volume());
        stage.pass(10);
        stage.asks(&attach(&volume, &id, "/dev/sdf"));
        let times = (0..5000).find(|_| {
            stage.cloud.advance(stage.cloud.now() + chrono::TimeDelta::milliseconds(1));
            stage.attachment(&volume).unwrap().state == AttachmentState::Attached
        });
        (id, volume, times)
    });
    assert_eq!(ends[0], ends[1]);
}
