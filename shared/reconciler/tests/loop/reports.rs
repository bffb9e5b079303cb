//! Where a slot is, since when, and how long its handover took.

use crate::ran::attach;
use crate::scripted::Scripted;
use crate::world::{World, world};
use crate::{by_hand, on_demand, running, state_change, sweep};
use chrono::{DateTime, TimeDelta, Utc};
use planner::fixtures::{NOW, VolumeBuilder, address, at, volume};
use planner::observation::InstanceState;
use serde_json::{Value, json};
use std::time::Duration;

/// When EC2 announced the interruption of instance 1: two minutes ago.
const ANNOUNCED: &str = "spot-interruption-warning 2026-11-23T12:14:40Z";

fn attached_at(seconds: i64) -> VolumeBuilder {
    volume(1).on(1).but(|volume| volume.attachments[0].since = Some(at(seconds)))
}

/// Instance 1 is ending with the slot, instance 2 runs; the volume is released after ten seconds.
fn ending(mark: Option<&str>) -> World {
    let old = on_demand(1).is(InstanceState::ShuttingDown).but(|instance| instance.launched = at(0));
    let old = if let Some(mark) = mark { old.draining(mark) } else { old };
    world([volume(1).on(1).into(), old.into(), on_demand(2).into()]).after(10, |world| world.end(1))
}

fn handover(slot: &Value) -> Option<f64> {
    slot.get("handover_seconds").map(|seconds| seconds.as_f64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_where_its_volumes_are_since_its_first_volume_was_attached() {
    let other = volume(2).on(1).but(|volume| volume.attachments[0].since = Some(at(NOW - 5)));
    let ec2 = Scripted::new(world([attached_at(NOW - 3600).into(), other.into(), on_demand(1).into()]));
    let ran = ec2.run(&by_hand(json!({"dry_run": true}))).await;
    assert_eq!(ran.slot("web/main")["zone"], "a");
    assert_eq!(ran.slot("web/main")["since"], "2026-11-23T11:16:40Z");
    assert_eq!(handover(ran.slot("web/main")), None);
}

#[tokio::test(start_paused = true)]
async fn a_slot_of_addresses_is_nowhere_in_particular() {
    let ec2 = Scripted::new(world([address(1).on(1).into(), on_demand(1).into()]));
    let ran = ec2.run(&sweep()).await;
    let slot = ran.slot("web/main");
    assert_eq!((slot.get("zone"), slot.get("since")), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_handover_takes_from_the_announcement_until_the_attachment() {
    let ran = Scripted::new(ending(Some(ANNOUNCED))).run(&state_change(1, "shutting-down")).await;
    ran.assert_held("web/main", 2);
    let took = handover(ran.slot("web/main")).unwrap();
    assert!((130.0..136.0).contains(&took), "two minutes, ten seconds and a pause: {took}");
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handover_that_a_person_announced_takes_from_then() {
    let ran = Scripted::new(ending(Some("kernel update 2026-11-23T12:14:40Z")))
        .run(&state_change(1, "shutting-down"))
        .await;
    ran.assert_held("web/main", 2);
    assert!(!ran.acts().is_empty());
    let took = handover(ran.slot("web/main")).unwrap();
    assert!((130.0..136.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_handover_that_is_announced_for_later_than_it_is_done_took_no_time_that_is_told() {
    let marked = |since: DateTime<Utc>| {
        let ended = on_demand(1).is(InstanceState::Terminated).but(|instance| instance.launched = at(0));
        let ended = ended.draining(&format!("spot-interruption-warning {}", since.to_rfc3339()));
        Scripted::new(world([volume(1).into(), ended.into(), on_demand(2).into()]))
    };
    let attached = {
        let ran = marked(at(NOW)).run(&running(2)).await;
        assert_eq!(ran.acts(), [attach(1, 2, 'f')]);
        at(NOW)
            + TimeDelta::from_std(Duration::from_secs_f64(handover(ran.slot("web/main")).unwrap())).unwrap()
    };
    assert!(attached > at(NOW));
    for (since, took) in [(attached - TimeDelta::milliseconds(1), Some(0.001)), (attached, None)] {
        let ran = marked(since).run(&running(2)).await;
        assert_eq!(ran.acts(), [attach(1, 2, 'f')]);
        assert_eq!(handover(ran.slot("web/main")), took, "{since}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handover_that_nothing_announced_takes_from_the_look_that_saw_it_coming() {
    let ran = Scripted::new(ending(None)).run(&state_change(1, "shutting-down")).await;
    ran.assert_held("web/main", 2);
    let took = handover(ran.slot("web/main")).unwrap();
    assert!((10.0..16.0).contains(&took), "{took}");
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_recommendation_and_a_mark_of_an_earlier_run_are_no_announcement() {
    let recommended = ending(Some("rebalance-recommendation 2026-11-23T12:14:40Z"));
    let mut started_again = ending(Some(ANNOUNCED));
    started_again.instance(1).launched = at(NOW - 60);
    for world in [recommended, started_again] {
        let ran = Scripted::new(world).run(&state_change(1, "shutting-down")).await;
        ran.assert_held("web/main", 2);
        let took = handover(ran.slot("web/main")).unwrap();
        assert!((10.0..16.0).contains(&took), "{took}");
        assert!(!ran.acts().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_announcement_is_known_after_the_old_holder_has_ended() {
    let old = on_demand(1).is(InstanceState::Terminated).but(|instance| instance.launched = at(0));
    let old = || old.clone().draining(ANNOUNCED);
    let ran =
        Scripted::new(world([volume(1).into(), old().into(), on_demand(2).into()])).run(&running(2)).await;
    ran.assert_held("web/main", 2);
    let took = handover(ran.slot("web/main")).unwrap();
    assert!((120.0..121.0).contains(&took), "{took}");
    assert!(!ran.acts().is_empty());

    // With a second slot it is open whose holder that was.
    let other = volume(2).in_slot("other");
    let ec2 = Scripted::new(world([volume(1).into(), other.into(), old().into(), on_demand(2).into()]));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(handover(ran.slot("web/main")), None);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_first_attachment_is_no_handover() {
    let ran = Scripted::new(world([volume(1).into(), on_demand(1).into()])).run(&running(1)).await;
    ran.assert_held("web/main", 1);
    assert_eq!(handover(ran.slot("web/main")), None);
    assert!(!ran.acts().is_empty());
}
