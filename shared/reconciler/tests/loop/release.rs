//! The end of a holder: what is waited for, and what is not.

use crate::ran::{associate, attach, detach, disassociate};
use crate::scripted::{Scripted, Turn, hook};
use crate::world::{World, world};
use crate::{on_demand, state_change, sweep};
use chrono::TimeDelta;
use planner::fixtures::{NOW, address, at, volume};
use planner::observation::{AttachmentState, InstanceState};
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
        let attached = ran.began(Action::AttachVolume, 1);
        let next = ran.calls.iter().find(|call| call.began > attached && !call.is_act()).unwrap();
        assert!(next.began - attached < TimeDelta::milliseconds(1300), "the pauses start over");
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
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
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

#[tokio::test(start_paused = true)]
async fn an_instance_that_stopped_and_came_back_may_have_the_slot_again() {
    // The other slot, whose attachment takes for ever, keeps the invocation at it.
    let other = volume(9).in_slot("other").in_zone("b").at(9, 'f', AttachmentState::Attaching);
    let parts = [volume(1).into(), other.into(), on_demand(1).into(), on_demand(9).in_zone("b").into()];
    let world = world(parts)
        .after(1, |world| {
            world.instance(1).state = InstanceState::Stopped;
            world.instances.push(on_demand(2).build());
        })
        .after(20, |world| world.start(1));
    // The second instance goes just before the volume could come to it.
    let goes = hook(|world| world.shut_down(2));
    let ec2 = Scripted::new(world).at(Action::AttachVolume, 2, goes);
    let ran = ec2.run_for(40, &state_change(1, "running")).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), detach(1, 1), attach(1, 2, 'f'), attach(1, 1, 'f')]);
    assert_eq!(ran.accepted(), [attach(1, 1, 'f'), detach(1, 1), attach(1, 1, 'f')]);
    assert_eq!(
        (ran.state("web/main"), ran.slot("web/main")["holder"].as_str()),
        ("held", Some("i-00000001"))
    );
}
