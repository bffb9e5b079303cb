//! Events that never come.

use crate::stage::{Slot, ZONE, both, report, stage};
use end_to_end::reconcile;

#[tokio::test]
async fn the_sweep_heals_what_lost_events_left() {
    let stage = stage().await;
    let world = &stage.world;
    let fleet = world.spot_fleet("web", ZONE).await.unwrap();
    let slot = Slot::create(world, ZONE, &[("holdfast:fleet", &fleet.id)]).await;
    let first = world.instances_of(&fleet).await.unwrap().pop_first().unwrap();
    let sweep = stage.function("reconcile").await.unwrap();

    // Nobody told that the first instance runs,
    report(&sweep, reconcile()).await;
    assert_eq!(slot.holders(world).await, both(&first));

    // nor that it is gone, nor that there is a second.
    world.terminate(&first).await.unwrap();
    let second = world.replace(&fleet).await.unwrap();
    report(&sweep, reconcile()).await;
    assert_eq!(slot.holders(world).await, both(&second));

    stage.proxy.take();
    report(&sweep, reconcile()).await;
    assert!(stage.proxy.take().writes().is_empty());
}

#[tokio::test]
async fn an_address_left_on_a_dead_instance_follows_the_volume() {
    let stage = stage().await;
    let world = &stage.world;
    let tags = [crate::stage::WEB];
    let (first, second) =
        (world.instance(ZONE, &tags).await.unwrap(), world.instance(ZONE, &tags).await.unwrap());
    let slot = Slot::of_web(world).await;
    world.attach(&slot.volume, &second, "/dev/sdf").await.unwrap();
    world.stop(&first).await.unwrap();
    world.associate(&slot.address, &first).await.unwrap();

    let sweep = stage.function("reconcile").await.unwrap();
    report(&sweep, reconcile()).await;
    assert_eq!(slot.holders(world).await, both(&second));
}
