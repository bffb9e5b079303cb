//! Slots that only a person can put right: a finding says how, and nothing is written.

use crate::stage::{Slot, WEB, ZONE, both, findings, report, stage, states};
use end_to_end::{World, reconcile};

#[tokio::test]
async fn a_fleet_tag_that_is_a_pattern_takes_nobody_in() {
    assert_blocked("unusable-fleet-name", "holdfast:fleet", async |world| {
        Slot::create(world, ZONE, &[("holdfast:fleet", "*")]).await;
    })
    .await;
}

#[tokio::test]
async fn a_slot_over_two_zones_is_left_alone() {
    assert_blocked("several-zones", "us-east-1b", async |world| {
        world.volume("us-east-1a", &[WEB]).await.unwrap();
        world.volume("us-east-1b", &[WEB]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_volumes_that_ask_for_one_device_are_left_alone() {
    assert_blocked("same-device", "/dev/sdh", async |world| {
        for _ in 0..2 {
            world.volume(ZONE, &[WEB, ("holdfast:device", "/dev/sdh")]).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_none_is_left_alone() {
    assert_blocked("invalid-device", "banana", async |world| {
        world.volume(ZONE, &[WEB, ("holdfast:device", "banana")]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_unknown_policy_is_left_alone() {
    assert_blocked("unknown-policy", "at-once", async |world| {
        world.volume(ZONE, &[WEB, ("holdfast:handover", "at-once")]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_volume_attached_outside_the_fleet_is_left_there() {
    assert_blocked("volume-outside-fleet", "is not of this fleet", async |world| {
        let foreign = world.instance(ZONE, &[]).await.unwrap();
        let volume = world.volume(ZONE, &[WEB]).await.unwrap();
        world.attach(&volume, &foreign, "/dev/sdf").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_address_associated_outside_the_fleet_is_left_there() {
    assert_blocked("address-outside-fleet", "is not of this fleet", async |world| {
        let foreign = world.instance(ZONE, &[]).await.unwrap();
        let slot = Slot::of_web(world).await;
        world.associate(&slot.address, &foreign).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_bad_slot_makes_no_other_wait() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::create(world, ZONE, &[WEB, ("holdfast:slot", "bad"), ("holdfast:handover", "at-once")]).await;
    let good = Slot::create(world, ZONE, &[WEB, ("holdfast:slot", "good")]).await;

    let sweep = stage.function("reconcile").await.unwrap();
    let answer = report(&sweep, reconcile()).await;
    assert_eq!(states(&answer), ["web/bad blocked", "web/good held"]);
    assert_eq!(good.holders(world).await, both(&instance));
}

/// With a candidate at hand, the slot that is set up is `blocked` by a finding of that name, whose message names the
/// fault, and nothing is written.
async fn assert_blocked(finding: &str, fault: &str, set_up: impl AsyncFnOnce(&World)) {
    let stage = stage().await;
    stage.world.instance(ZONE, &[WEB]).await.unwrap();
    set_up(&stage.world).await;
    let sweep = stage.function("reconcile").await.unwrap();
    let answer = report(&sweep, reconcile()).await;
    assert!(states(&answer).iter().all(|slot| slot.ends_with(" blocked")), "{answer:#}");
    assert!(!states(&answer).is_empty());
    assert!(findings(&answer).contains(&finding.to_owned()), "{answer:#}");
    assert!(answer.to_string().contains(fault), "{answer:#}");
    assert!(stage.proxy.take().writes().is_empty());
}
