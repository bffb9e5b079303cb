//! What the contract or an invariant says and the reconciler does not do yet: every test here fails.
//!
//! Once one passes it belongs to the module of its subject.

use crate::ran::{associate, attach, mark};
use crate::scripted::{Scripted, Turn};
use crate::world::{World, world};
use crate::{on_demand, running, state_change, warned};
use chrono::TimeDelta;
use planner::fixtures::{InstanceBuilder, NOW, address, at, volume};
use planner::ids::FleetName;
use planner::observation::InstanceState;
use reconciler::ec2::Action;
use reconciler::invocation::Failure;

/// Ten seconds before the fixtures' now.
const FRESH: &str = "2026-11-23T12:16:30Z";
const THROTTLED: Turn = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");

/// The slot is on this instance, number 1, and nowhere else to go.
fn held_by(holder: InstanceBuilder) -> World {
    world([volume(1).on(1).into(), address(1).on(1).into(), holder.into()])
}

#[tokio::test(start_paused = true)]
async fn a_warning_after_a_slow_first_look_is_written_all_the_same() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeAddresses, 1, Turn::Delay(5500));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_told_though_the_first_look_is_repeated() {
    let throttled = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, throttled);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_written_once_though_the_first_look_is_repeated_and_stale() {
    let throttled = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, throttled).at(
        Action::DescribeInstances,
        3,
        Turn::Stale(5),
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_succeeds_at_the_second_try_is_no_failure() {
    let throttled = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::CreateTags, 1, throttled.clone()).at(
        Action::DescribeInstances,
        2,
        throttled,
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), mark(1, FRESH)]);
    assert_eq!(ran.accepted(), [mark(1, FRESH)]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_instance_with_a_fleet_s_volume_is_not_marked() {
    let foreign = on_demand(1).of_fleets(&[]);
    let ran = Scripted::new(held_by(foreign)).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_a_second_candidate_took_is_held() {
    let full = Turn::Refuse("AttachmentLimitExceeded", "Too many volumes.");
    let parts = [volume(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts)).at(Action::AttachVolume, 1, full).run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(1, 2, 'f')]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_association_that_does_not_show_yet_is_not_repeated() {
    let parts = [volume(1).on(1).into(), address(1).into(), on_demand(1).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::DescribeAddresses, 2, Turn::Stale(2));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [associate(1, 1)], "each repetition may be charged");
    ran.assert_held("web/main", 1);
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
    assert_eq!(ran.outcomes("web/main")[0], "attach-volume done");
}

#[tokio::test(start_paused = true)]
async fn a_warning_of_an_instance_whose_fleet_is_a_wildcard_is_not_written() {
    let wildcard = FleetName::new("*");
    let ec2 = Scripted::new(world([
        volume(1).but(|volume| volume.tags.fleet = wildcard.clone()).into(),
        on_demand(1).of_fleets(&["*"]).into(),
    ]));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_told_though_the_first_look_fails_for_good() {
    let forbidden = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, forbidden);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert!(matches!(ran.failure, Some(Failure::Ec2(_))));
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
}

#[tokio::test(start_paused = true)]
async fn an_ended_holder_without_tags_costs_no_third_round() {
    let ec2 = Scripted::new(world([
        volume(1).in_slot("a").on(1).into(),
        volume(2).in_slot("b").into(),
        on_demand(1).of_fleets(&[]).is(InstanceState::Terminated).into(),
        on_demand(2).into(),
    ]));
    let ran = ec2.run(&running(2)).await;
    let rounds = ran.rounds();
    assert_eq!(rounds[2], [attach(2, 2, 'f')], "{rounds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slot_whose_acts_get_no_answer_does_not_make_another_wait() {
    for seconds in 10..=40 {
        let ec2 = Scripted::new(
            world([
                volume(1).in_slot("good").on(1).into(),
                volume(2).in_slot("bad").in_zone("b").into(),
                on_demand(1).is(InstanceState::ShuttingDown).into(),
                on_demand(2).into(),
                on_demand(3).in_zone("b").into(),
            ])
            .after(seconds, |world| world.end(1)),
        )
        .during(Action::AttachVolume, 1..=usize::MAX, Turn::LoseCall);
        let ran = ec2.run(&state_change(1, "shutting-down")).await;
        let attached = ran.calls.iter().find(|call| call.text == attach(1, 2, 'f')).unwrap();
        ran.acts();
        let delay = attached.began - at(NOW + seconds);
        assert!(delay <= TimeDelta::seconds(5), "released after {seconds} s, attached {delay} later");
    }
}
