//! Several slots, instances, zones and kinds of fleet.

use crate::stage::{Slot, WEB, ZONE, both, report, stage, states};
use end_to_end::{reconcile, state_change};

#[tokio::test]
async fn two_slots_and_three_instances_in_two_zones_come_together() {
    let stage = stage().await;
    let world = &stage.world;
    let here = Slot::create(world, "us-east-1a", &[WEB, ("holdfast:slot", "here")]).await;
    let there = Slot::create(world, "us-east-1b", &[WEB, ("holdfast:slot", "there")]).await;
    let one_here = world.instance("us-east-1a", &[WEB]).await.unwrap();
    let two_there = [
        world.instance("us-east-1b", &[WEB]).await.unwrap(),
        world.instance("us-east-1b", &[WEB]).await.unwrap(),
    ];
    let changes = stage.function("instance-state-change").await.unwrap();

    let held = report(&changes, state_change(&one_here, "running")).await;
    assert_eq!(states(&held), ["web/here held", "web/there held"]);
    assert_eq!(here.holders(world).await, both(&one_here));
    let [Some(holder), _] = there.holders(world).await else { panic!("nobody has the slot `there`") };
    assert!(two_there.contains(&holder));
    assert_eq!(there.holders(world).await, both(&holder));

    // The slot goes to the other instance of its zone, and the other slot stays where it is.
    world.terminate(&holder).await.unwrap();
    let moved = report(&changes, state_change(&holder, "shutting-down")).await;
    assert_eq!(states(&moved), ["web/here held", "web/there held"]);
    let other = two_there.iter().find(|instance| **instance != holder).unwrap();
    assert_eq!(there.holders(world).await, both(other));
    assert_eq!(here.holders(world).await, both(&one_here));
}

#[tokio::test]
async fn an_instance_takes_one_slot_only() {
    let stage = stage().await;
    let world = &stage.world;
    let one = Slot::create(world, ZONE, &[WEB, ("holdfast:slot", "one")]).await;
    let two = Slot::create(world, ZONE, &[WEB, ("holdfast:slot", "two")]).await;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();

    let changes = stage.function("instance-state-change").await.unwrap();
    let answer = report(&changes, state_change(&instance, "running")).await;
    assert_eq!(states(&answer), ["web/one held", "web/two waiting"]);
    assert_eq!(one.holders(world).await, both(&instance));
    assert_eq!(two.holders(world).await, [None, None]);
}

#[tokio::test]
async fn a_fleet_is_known_by_each_tag_that_can_name_it() {
    let stage = stage().await;
    let world = &stage.world;
    let fleets = [
        ("holdfast:fleet", "database"),
        ("aws:ec2spot:fleet-request-id", "sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55"),
        ("aws:ec2:fleet-id", "fleet-73fbd2ce-aa30-494c-8788-1cee4b2c3f70"),
        ("aws:autoscaling:groupName", "blue *?"),
    ];
    let mut held = Vec::new();
    for tag in fleets {
        let instance = world.instance(ZONE, &[tag]).await.unwrap();
        held.push((Slot::create(world, ZONE, &[("holdfast:fleet", tag.1)]).await, instance, tag));
    }

    let sweep = stage.function("reconcile").await.unwrap();
    let answer = report(&sweep, reconcile()).await;
    for (slot, instance, tag) in held {
        assert_eq!(slot.holders(world).await, both(&instance), "{tag:?}: {answer:#}");
    }
}
