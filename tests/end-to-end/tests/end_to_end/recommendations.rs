//! Rebalance recommendations: followed where that costs nothing.

use crate::stage::{Slot, WEB, ZONE, both, report, stage, states, steps};
use end_to_end::{now, recommendation};

#[tokio::test]
async fn an_address_alone_moves_and_a_volume_stays_until_its_holder_goes() {
    let stage = stage().await;
    let world = &stage.world;
    let holder = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    let proxy = world.address(&[WEB, ("holdfast:slot", "proxy")]).await.unwrap();
    let recommendations = stage.function("rebalance-recommendation").await.unwrap();
    world.attach(&slot.volume, &holder, "/dev/sdf").await.unwrap();
    world.associate(&slot.address, &holder).await.unwrap();
    let other = world.instance(ZONE, &[WEB]).await.unwrap();
    world.associate(&proxy, &other).await.unwrap();
    let spare = world.instance(ZONE, &[WEB]).await.unwrap();

    let answer = report(&recommendations, recommendation(&holder, now())).await;
    assert_eq!(steps(&answer), ["mark-draining done"]);
    assert_eq!(slot.holders(world).await, both(&holder));

    let answer = report(&recommendations, recommendation(&other, now())).await;
    assert_eq!(steps(&answer), ["disassociate-address done", "associate-address done", "mark-draining done"]);
    assert_eq!(states(&answer), ["web/main waiting", "web/proxy held"]);
    assert_eq!(world.address_is_at(&proxy).await.unwrap(), Some(spare));
}
