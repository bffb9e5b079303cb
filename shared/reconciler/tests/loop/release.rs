//! The end of a holder: what is waited for, and what is not.

use crate::ran::{associate, attach, detach, disassociate};
use crate::scripted::Scripted;
use crate::world::{World, world};
use crate::{on_demand, state_change, sweep};
use chrono::TimeDelta;
use planner::fixtures::{NOW, address, at, volume};
use planner::observation::InstanceState;
use reconciler::ec2::Action;

/// Instance 1 is being terminated with the slot, and instance 2 runs.
fn ending() -> World {
    world([
        volume(1).on(1).into(),
        address(1).on(1).into(),
        on_demand(1).is(InstanceState::ShuttingDown).into(),
        on_demand(2).into(),
    ])
}

#[tokio::test(start_paused = true)]
async fn a_released_volume_is_attached_within_five_seconds() {
    for seconds in 1..=90 {
        let ec2 = Scripted::new(ending().after(seconds, |world| world.end(1)));
        let ran = ec2.run(&state_change(1, "shutting-down")).await;
        assert_eq!(ran.acts(), [attach(1, 2, 'f'), associate(1, 2)], "released after {seconds} s");
        ran.assert_held("web/main", 2);
        let delay = ran.began(Action::AttachVolume, 1) - at(NOW + seconds);
        assert!(delay >= TimeDelta::zero(), "attached before the release");
        assert!(delay <= TimeDelta::seconds(5), "released after {seconds} s, attached {delay} later");
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_without_a_candidate_is_not_waited_for() {
    let ec2 = Scripted::new(world([
        volume(1).on(1).into(),
        on_demand(1).is(InstanceState::ShuttingDown).into(),
        on_demand(2).in_zone("b").into(),
    ]));
    let ran = ec2.run(&state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, None);
    assert_eq!(ran.rounds().len(), 2, "{:?}", ran.rounds());
    assert_eq!(ran.state("web/main"), "waiting");
    assert_eq!(ran.findings("web/main"), ["not-released", "no-candidate"]);
    let message = ran.slot("web/main")["findings"][1]["message"].as_str().unwrap();
    assert!(message.contains("healthy instance in a"), "the slot's zone is told: {message}");
    assert!(message.contains("i-00000002 is in b"), "the instance's zone is told: {message}");
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_goes_ends_the_waiting() {
    let ec2 = Scripted::new(ending().after(10, |world| world.shut_down(2)));
    let ran = ec2.run(&state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!((ran.state("web/main"), &ran.failure), ("waiting", &None));
    assert!((10..20).contains(&ran.took.num_seconds()), "{}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_waits_for_no_release() {
    let ec2 = Scripted::new(ending().after(3, |world| world.end(1)));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.rounds().len(), 2, "{:?}", ran.rounds());
    assert_eq!((ran.state("web/main"), &ran.failure), ("waiting", &None));
    assert_eq!(ran.findings("web/main"), ["not-released"]);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let next = ec2.run(&sweep()).await;
    assert_eq!(next.acts(), [attach(1, 2, 'f'), associate(1, 2)]);
    next.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn the_second_volume_is_waited_for_once_the_first_has_moved() {
    let ec2 = Scripted::new(
        world([
            volume(1).on(2).into(),
            volume(2).on(1).into(),
            on_demand(1).is(InstanceState::ShuttingDown).into(),
            on_demand(2).into(),
        ])
        .after(20, |world| world.end(1)),
    );
    let ran = ec2.run(&state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [attach(2, 2, 'g')]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_holder_gives_up_the_slot_to_a_candidate() {
    let stopped = || on_demand(1).is(InstanceState::Stopped);
    let ec2 = Scripted::new(world([
        volume(1).on(1).into(),
        address(1).on(1).into(),
        stopped().into(),
        on_demand(2).into(),
    ]));
    let ran = ec2.run(&state_change(1, "stopped")).await;
    assert_eq!(ran.acts(), [detach(1, 1), attach(1, 2, 'f'), disassociate(1), associate(1, 2)]);
    ran.assert_held("web/main", 2);
    ec2.assert_settled(&state_change(1, "stopped")).await;

    let alone = Scripted::new(world([volume(1).on(1).into(), stopped().into()]));
    let ran = alone.run(&state_change(1, "stopped")).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!((ran.state("web/main"), ran.findings("web/main")), ("waiting", vec!["no-candidate"]));
}

#[tokio::test(start_paused = true)]
async fn no_holder_but_a_stopped_one_is_detached_from() {
    let (pending, stopping) = (InstanceState::Pending, InstanceState::Stopping);
    for state in [pending, InstanceState::Running, stopping, InstanceState::ShuttingDown] {
        let holder = on_demand(1).is(state).draining("kernel update");
        let ec2 = Scripted::new(world([volume(1).on(1).into(), holder.into(), on_demand(2).into()]));
        for trigger in [sweep(), state_change(2, "running")] {
            let ran = ec2.run_for(30, &trigger).await;
            assert_eq!(ran.acts(), [""; 0], "{state}");
            assert_eq!(ran.state("web/main"), "waiting", "{state}");
        }
    }
}
