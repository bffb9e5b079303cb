//! Rebalance recommendations: written down, and followed only where another instance can take the slot.

use crate::ran::{associate, attach, disassociate};
use crate::scripted::Scripted;
use crate::warning::{FRESH, address_only, held_by};
use crate::world::{World, world};
use crate::{on_demand, recommended, sweep};
use planner::fixtures::{address, at, instance_id, volume};
use planner::observation::InstanceState;
use planner::tags::HANDOVER;

/// Marked for a recommendation that was given at that time.
fn mark(instance: u8, time: &str) -> String {
    format!("CreateTags {} rebalance-recommendation {time}", instance_id(instance))
}

fn terminate(instance: u8) -> String {
    format!("TerminateInstances {}", instance_id(instance))
}

/// Instance 1 has the slot, which is to be handed over by ending it, since that many seconds; instance 2 has none.
fn terminating(ago: i64) -> World {
    let held = volume(1).tagged(&[(HANDOVER, "terminate")]).on(1).but(|volume| {
        for attachment in &mut volume.attachments {
            attachment.since = Some(at(1_000 - ago));
        }
    });
    world([held.into(), address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()])
}

#[tokio::test(start_paused = true)]
async fn an_address_alone_moves_to_an_instance_without_a_slot() {
    let ec2 = Scripted::new(address_only());
    let ran = ec2.run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), disassociate(1), associate(1, 2)]);
    assert_eq!(ran.report["trigger"], "rebalance-recommendation");
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
    ran.assert_held("web/main", 2);
    ec2.assert_settled(&recommended(1, FRESH)).await;
}

#[tokio::test(start_paused = true)]
async fn a_holder_without_a_replacement_keeps_its_slot_and_is_not_waited_for() {
    let ec2 = Scripted::new(held_by(on_demand(1)));
    let ran = ec2.run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.failure, None);
    assert!(ran.rounds().len() <= 3, "{:?}", ran.rounds());
    assert_eq!(ran.findings("web/main"), ["holder-draining"]);
    ec2.assert_settled(&sweep()).await;
}

#[tokio::test(start_paused = true)]
async fn a_volume_stays_until_its_holder_goes_as_the_policy_on_release_says() {
    let parts = [volume(1).on(1).into(), address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts)).run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.findings("web/main"), ["holder-draining"]);
}

#[tokio::test(start_paused = true)]
async fn the_policy_terminate_hands_over_within_the_invocation() {
    let ec2 = Scripted::new(terminating(600).after(20, |world| world.end(1)));
    let ran = ec2.run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), terminate(1), attach(1, 2, 'f'), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_has_just_come_is_not_moved_off_again() {
    let ran = Scripted::new(terminating(240)).run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.findings("web/main"), ["holder-draining"]);
}

#[tokio::test(start_paused = true)]
async fn a_recommendation_for_the_replacement_too_moves_nothing_to_and_fro() {
    let ec2 = Scripted::new(address_only());
    let ran = ec2.run(&recommended(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), disassociate(1), associate(1, 2)]);
    let ran = ec2.run(&recommended(2, FRESH)).await;
    assert_eq!(ran.acts(), [mark(2, FRESH)]);
}

#[tokio::test(start_paused = true)]
async fn a_recommendation_is_written_for_an_hour_and_never_over_a_warning() {
    for (age, holder) in [
        ("2026-11-23T11:16:00Z", on_demand(1).but(|instance| instance.launched = at(-10_000))),
        (FRESH, on_demand(1).draining("spot-interruption-warning 2026-11-23T12:16:00Z")),
        (FRESH, on_demand(1).draining("kernel update")),
        (FRESH, on_demand(1).is(InstanceState::ShuttingDown)),
    ] {
        let ran = Scripted::new(held_by(holder)).run(&recommended(1, age)).await;
        assert_eq!((ran.acts(), ran.failure.clone()), (vec![], None), "{age}");
    }
    let running_for_hours = on_demand(1).but(|instance| instance.launched = at(-10_000));
    let ran = Scripted::new(held_by(running_for_hours)).run(&recommended(1, "2026-11-23T11:17:00Z")).await;
    assert_eq!(ran.acts(), [mark(1, "2026-11-23T11:17:00Z")]);
}
