//! The deadline: what is left undone is told, all else is done, and nothing goes on.

use crate::ran::{associate, attach};
use crate::scripted::{Scripted, Turn};
use crate::warning::FRESH;
use crate::world::{World, world};
use crate::{on_demand, running, state_change, sweep, warned};
use chrono::{DateTime, TimeDelta, Utc};
use planner::fixtures::{address, volume};
use planner::ids::FleetName;
use planner::observation::{AttachmentState, InstanceState};
use reconciler::ec2::Action;
use reconciler::invocation::Failure;
use std::time::Duration;

/// The slot `db` is on instance 1, which is being terminated, and instance 2 could take it. The slot `www` could go
/// to instance 3.
fn ending() -> World {
    world([
        volume(1).in_slot("db").on(1).into(),
        volume(2).in_slot("www").in_zone("b").into(),
        on_demand(1).is(InstanceState::ShuttingDown).into(),
        on_demand(2).into(),
        on_demand(3).in_zone("b").into(),
    ])
}

#[tokio::test(start_paused = true)]
async fn a_release_that_does_not_come_is_a_failure_with_a_report() {
    let ran = Scripted::new(ending()).run_for(60, &state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [attach(2, 3, 'f')]);
    let failure = ran.failure.as_ref().unwrap();
    assert_eq!(*failure, Failure::Unfinished(vec!["web/db".to_owned()]));
    assert_eq!(
        failure.to_string(),
        "unfinished at the deadline: web/db; the next event or sweep goes on from here"
    );
    assert_eq!((ran.state("web/db"), ran.findings("web/db")), ("waiting", vec!["not-released"]));
    assert_eq!(
        (ran.state("web/www"), ran.outcomes("web/www")),
        ("held", vec!["attach-volume done".to_owned()])
    );
    assert!((57..60).contains(&ran.took.num_seconds()), "{}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_after_the_deadline() {
    for seconds in 0..=20 {
        let slow = Turn::Delay(450);
        let ec2 = Scripted::new(ending().after(6, |world| world.end(1)))
            .during(Action::DescribeVolumes, 1..=usize::MAX, slow.clone())
            .during(Action::AttachVolume, 1..=usize::MAX, slow);
        let ran = ec2.run_for(seconds, &state_change(1, "shutting-down")).await;
        let attached: &[String] = &[attach(2, 3, 'f'), attach(1, 2, 'f')];
        assert!(attached.starts_with(&ran.acts().iter().map(ToString::to_string).collect::<Vec<_>>()));
        assert_eq!(ran.failure.is_none(), ran.accepted().len() == 2 && ran.state("web/db") == "held");
        assert!(ran.took <= TimeDelta::seconds(seconds), "{} of {seconds} s", ran.took);
        let calls = ec2.calls();
        tokio::time::sleep(Duration::from_mins(2)).await;
        assert_eq!(ec2.calls(), calls, "something outlived its invocation");
    }
}

#[tokio::test(start_paused = true)]
async fn every_other_fleet_is_handled_first() {
    let api = FleetName::new("api");
    let stuck = volume(1).at(1, 'f', AttachmentState::Attaching);
    let ec2 = Scripted::new(world([
        stuck.but(|volume| volume.tags.fleet = api.clone()).into(),
        volume(2).into(),
        address(2).into(),
        on_demand(1).of_fleets(&["api"]).into(),
        on_demand(2).into(),
    ]));
    let ran = ec2.run_for(30, &sweep()).await;
    assert_eq!(ran.acts(), [attach(2, 2, 'f'), associate(2, 2)]);
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["api/main".to_owned()])));
    assert_eq!((ran.state("api/main"), ran.state("web/main")), ("moving", "held"));
}

#[tokio::test(start_paused = true)]
async fn an_act_that_never_succeeds_is_tried_until_the_deadline() {
    let throttled = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()])).during(
        Action::AttachVolume,
        1..=usize::MAX,
        throttled,
    );
    let ran = ec2.run_for(60, &running(1)).await;
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["web/main".to_owned()])));
    assert_eq!(ran.state("web/main"), "moving");
    let tries = ran.acts().len();
    assert!((13..25).contains(&tries), "{tries} tries in a minute: the pauses grow to 4 s");
    assert!(ran.outcomes("web/main").iter().all(|outcome| outcome == "attach-volume failed"));
}

#[tokio::test(start_paused = true)]
async fn without_time_left_nothing_is_written() {
    for seconds in [-60, -1, 0, 1] {
        let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()]));
        let ran = ec2.run_for(seconds, &running(1)).await;
        assert_eq!(ran.acts(), [""; 0]);
        assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["the first look".to_owned()])));
        assert!(ran.took < TimeDelta::seconds(1), "{}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_before_all_time_leaves_no_time() {
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()]));
    let least = (DateTime::<Utc>::MIN_UTC - ec2.time()).num_seconds();
    let ran = ec2.run_for(least, &running(1)).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["the first look".to_owned()])));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_all_time_is_none() {
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()]));
    let most = (DateTime::<Utc>::MAX_UTC - ec2.time()).num_seconds();
    let ran = ec2.run_for(most, &running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn looks_that_are_always_too_slow_lead_to_no_act() {
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()])).during(
        Action::DescribeAddresses,
        1..=usize::MAX,
        Turn::Delay(5000),
    );
    let ran = ec2.run_for(60, &running(1)).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["web/main".to_owned()])));
    assert_eq!((ran.state("web/main"), ran.outcomes("web/main")), ("moving", vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_attachment_that_gets_nowhere_is_a_finding_after_ninety_seconds() {
    let mut stuck = world([volume(1).into(), on_demand(1).into()]);
    stuck.pace = 600;
    let ran = Scripted::new(stuck).run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    assert_eq!((ran.state("web/main"), &ran.failure), ("blocked", &None));
    assert_eq!(ran.findings("web/main"), ["stuck-attaching"]);
    assert!((90..100).contains(&ran.took.num_seconds()), "{}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn what_ec2_accepted_just_before_the_deadline_is_told() {
    let ec2 = Scripted::new(world([volume(1).into(), volume(2).into(), on_demand(1).into()])).at(
        Action::AttachVolume,
        2,
        Turn::Delay(2500),
    );
    let ran = ec2.run_for(3, &running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g')]);
    assert!(matches!(ran.failure, Some(Failure::Unfinished(_))), "{:?}", ran.failure);
    assert_eq!(ran.outcomes("web/main"), ["attach-volume done", "attach-volume failed"]);
    let cut_off = &ran.slot("web/main")["steps"][1]["error"];
    assert_eq!(cut_off, "cut off by the deadline: EC2 may have done it");
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_the_deadline_cut_off_in_its_first_round_is_moving() {
    let ec2 = Scripted::new(world([volume(1).into(), volume(2).into(), on_demand(1).into()])).at(
        Action::AttachVolume,
        2,
        Turn::Delay(2500),
    );
    let ran = ec2.run_for(3, &running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g')]);
    assert_eq!(ran.state("web/main"), "moving", "it waits for nothing: no finding says so");
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["web/main".to_owned()])));
}

/// The release is an event of its own, for which another function waits.
#[tokio::test(start_paused = true)]
async fn a_release_that_a_warning_did_not_live_to_see_is_not_unfinished() {
    let ending = on_demand(1).is(InstanceState::ShuttingDown);
    let parts = [volume(1).on(1).into(), ending.into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts)).run_for(20, &warned(1, FRESH)).await;
    assert!(ran.took.num_seconds() > 10, "{}", ran.took);
    assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
}

#[tokio::test(start_paused = true)]
async fn what_the_sweep_does_not_wait_for_is_not_unfinished() {
    let ec2 = Scripted::new(world([
        volume(1).in_slot("db").on(1).into(),
        volume(2).in_slot("www").in_zone("b").at(3, 'f', AttachmentState::Attaching).into(),
        on_demand(1).is(InstanceState::ShuttingDown).into(),
        on_demand(2).into(),
        on_demand(3).in_zone("b").into(),
    ]));
    for (trigger, unfinished) in [(sweep(), vec!["web/www"]), (running(2), vec!["web/db", "web/www"])] {
        let ran = ec2.run_for(20, &trigger).await;
        assert_eq!((ran.state("web/db"), ran.state("web/www")), ("waiting", "moving"));
        let unfinished = unfinished.into_iter().map(str::to_owned).collect();
        assert_eq!(ran.failure, Some(Failure::Unfinished(unfinished)));
    }
}
