//! Dry run: everything is planned, nothing is done.

use crate::stage::{Slot, WEB, ZONE, report, stage, states, steps};
use end_to_end::{event_file, now, reconcile, state_change, warning};
use serde_json::json;

const PLANNED: [&str; 2] = ["attach-volume planned", "associate-address planned"];

#[tokio::test]
async fn a_dry_run_by_setting_writes_nothing() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    let dry = [("HOLDFAST_DRY_RUN", "true")];
    for (name, event, expected) in [
        ("instance-state-change", state_change(&instance, "running"), PLANNED.to_vec()),
        ("reconcile", reconcile(), PLANNED.to_vec()),
        ("spot-interruption-warning", warning(&instance, now()), vec!["mark-draining planned"]),
    ] {
        let function = stage.function_with(name, &dry).await.unwrap();
        let planned = report(&function, event).await;
        assert_eq!((&planned["dry_run"], steps(&planned)), (&json!(true), owned(&expected)), "{name}");
        assert!(stage.proxy.take().writes().is_empty(), "{name}");
    }
    assert_eq!(slot.holders(world).await, [None, None]);
    assert!(!world.tags_of(&instance).await.unwrap().contains_key("holdfast:draining"));
}

#[tokio::test]
async fn a_dry_run_by_hand_writes_nothing() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    Slot::create(world, ZONE, &[("holdfast:fleet", "other")]).await;
    let sweep = stage.function("reconcile").await.unwrap();

    let planned = report(&sweep, event_file("reconcile-by-hand")).await;
    assert_eq!((&planned["dry_run"], steps(&planned)), (&json!(true), owned(&PLANNED)));
    assert!(stage.proxy.take().writes().is_empty());
    assert_eq!(slot.holders(world).await, [None, None]);

    // The same without the dry run does what was planned, for that fleet and no other.
    let done = report(&sweep, Ok(json!({"fleet": "web"}))).await;
    assert_eq!(states(&done), ["web/main held"]);
    assert_eq!(slot.holders(world).await, crate::stage::both(&instance));
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}
