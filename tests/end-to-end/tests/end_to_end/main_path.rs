//! A fleet replaces its instance, and the volume and the address follow.

use crate::stage::{Slot, WEB, ZONE, both, report, stage, states, steps};
use end_to_end::{now, state_change, warning};

#[tokio::test]
async fn a_replacement_gets_the_volume_and_the_address_of_an_interrupted_instance() {
    let stage = stage().await;
    let world = &stage.world;
    let fleet = world.spot_fleet("web", ZONE).await.unwrap();
    let slot = Slot::create(world, ZONE, &[("holdfast:fleet", &fleet.id)]).await;
    let first = world.instances_of(&fleet).await.unwrap().pop_first().unwrap();
    let changes = stage.function("instance-state-change").await.unwrap();
    let warnings = stage.function("spot-interruption-warning").await.unwrap();
    let slot_is = |state: &str| [format!("{}/main {state}", fleet.id)];

    let held = report(&changes, state_change(&first, "running")).await;
    assert_eq!(states(&held), slot_is("held"));
    assert_eq!(steps(&held), ["attach-volume done", "associate-address done"]);
    assert_eq!(slot.holders(world).await, both(&first));

    let marked = report(&warnings, warning(&first, now())).await;
    assert_eq!(states(&marked), slot_is("waiting"));
    assert_eq!(steps(&marked), ["mark-draining done"]);
    assert_eq!(slot.holders(world).await, both(&first));

    world.terminate(&first).await.unwrap();
    let ended = report(&changes, state_change(&first, "terminated")).await;
    assert_eq!(states(&ended), slot_is("waiting"));
    assert_eq!(slot.holders(world).await, [None, None]);

    let second = world.replace(&fleet).await.unwrap();
    let moved = report(&changes, state_change(&second, "running")).await;
    assert_eq!(states(&moved), slot_is("held"));
    assert_eq!(slot.holders(world).await, both(&second));
}

#[tokio::test]
async fn a_stopped_holder_gives_its_slot_to_a_candidate() {
    let stage = stage().await;
    let world = &stage.world;
    let (first, second) =
        (world.instance(ZONE, &[WEB]).await.unwrap(), world.instance(ZONE, &[WEB]).await.unwrap());
    let slot = Slot::of_web(world).await;
    world.attach(&slot.volume, &first, "/dev/sdf").await.unwrap();
    world.associate(&slot.address, &first).await.unwrap();
    world.stop(&first).await.unwrap();

    let changes = stage.function("instance-state-change").await.unwrap();
    let moved = report(&changes, state_change(&first, "stopped")).await;
    assert_eq!(states(&moved), ["web/main held"]);
    assert_eq!(slot.holders(world).await, both(&second));
}

#[tokio::test]
async fn a_healthy_holder_keeps_its_slot_when_another_instance_runs() {
    let stage = stage().await;
    let world = &stage.world;
    let holder = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    world.attach(&slot.volume, &holder, "/dev/sdf").await.unwrap();
    world.associate(&slot.address, &holder).await.unwrap();
    let another = world.instance(ZONE, &[WEB]).await.unwrap();

    let changes = stage.function("instance-state-change").await.unwrap();
    let kept = report(&changes, state_change(&another, "running")).await;
    assert_eq!(states(&kept), ["web/main held"]);
    assert!(stage.proxy.take().writes().is_empty());
    assert_eq!(slot.holders(world).await, both(&holder));
}
