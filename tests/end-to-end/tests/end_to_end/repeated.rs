//! Events that come twice, late, or in the wrong order.

use crate::stage::{Slot, WEB, ZONE, both, report, stage, states, steps};
use end_to_end::{now, state_change, warning};

#[tokio::test]
async fn an_event_that_comes_twice_writes_once() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    let changes = stage.function("instance-state-change").await.unwrap();

    report(&changes, state_change(&instance, "running")).await;
    assert_eq!(stage.proxy.take().writes(), ["AttachVolume", "AssociateAddress"]);

    let again = report(&changes, state_change(&instance, "running")).await;
    let journal = stage.proxy.take();
    println!("figure: a repeated event makes {} writes (at most 0)", journal.writes().len());
    assert!(journal.writes().is_empty());
    assert_eq!((states(&again), steps(&again)), (vec!["web/main held".to_owned()], vec![]));
    assert_eq!(slot.holders(world).await, both(&instance));
}

#[tokio::test]
async fn a_warning_that_comes_twice_is_written_down_once() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(world).await;
    let warnings = stage.function("spot-interruption-warning").await.unwrap();
    let event = warning(&instance, now()).unwrap();

    report(&warnings, Ok(event.clone())).await;
    assert_eq!(stage.proxy.take().writes(), ["CreateTags"]);
    report(&warnings, Ok(event)).await;
    assert!(stage.proxy.take().writes().is_empty());
}

#[tokio::test]
async fn late_events_of_a_dead_instance_move_nothing() {
    let stage = stage().await;
    let world = &stage.world;
    let fleet = world.spot_fleet("web", ZONE).await.unwrap();
    let slot = Slot::create(world, ZONE, &[("holdfast:fleet", &fleet.id)]).await;
    let first = world.instances_of(&fleet).await.unwrap().pop_first().unwrap();
    world.terminate(&first).await.unwrap();
    let second = world.replace(&fleet).await.unwrap();
    let changes = stage.function("instance-state-change").await.unwrap();
    let warnings = stage.function("spot-interruption-warning").await.unwrap();

    // The first to arrive is the last that happened.
    report(&changes, state_change(&second, "running")).await;
    assert_eq!(slot.holders(world).await, both(&second));
    stage.proxy.take();
    for state in ["running", "terminated", "shutting-down"] {
        report(&changes, state_change(&first, state)).await;
    }
    report(&warnings, warning(&first, now())).await;
    assert!(stage.proxy.take().writes().is_empty());
    assert_eq!(slot.holders(world).await, both(&second));
}

#[tokio::test]
async fn an_event_of_the_dead_instance_brings_the_slot_to_its_replacement() {
    let stage = stage().await;
    let world = &stage.world;
    let (dead, alive) =
        (world.instance(ZONE, &[WEB]).await.unwrap(), world.instance(ZONE, &[WEB]).await.unwrap());
    let slot = Slot::of_web(world).await;
    world.terminate(&dead).await.unwrap();

    // It says no more than which fleet to look at.
    let changes = stage.function("instance-state-change").await.unwrap();
    report(&changes, state_change(&dead, "terminated")).await;
    assert_eq!(slot.holders(world).await, both(&alive));
}
