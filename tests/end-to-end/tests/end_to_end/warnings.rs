//! Warnings, and how long they are worth something.

use crate::stage::{Slot, WEB, ZONE, both, report, stage, states};
use chrono::TimeDelta;
use end_to_end::{now, state_change, warning};

#[tokio::test]
async fn a_warning_an_hour_off_is_not_written_down() {
    let stage = stage().await;
    let world = &stage.world;
    let instance = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    let warnings = stage.function("spot-interruption-warning").await.unwrap();

    // Of an hour ago, it is also of an earlier run of the instance; of an hour ahead, its date alone speaks against it.
    for time in [now() - TimeDelta::hours(1), now() + TimeDelta::hours(1)] {
        // It still says where to look.
        let answer = report(&warnings, warning(&instance, time)).await;
        assert_eq!(states(&answer), ["web/main held"]);
        assert!(!stage.proxy.take().writes().contains(&"CreateTags"));
        assert!(!world.tags_of(&instance).await.unwrap().contains_key("holdfast:draining"));
        assert_eq!(slot.holders(world).await, both(&instance));
    }
}

#[tokio::test]
async fn a_warned_instance_gets_no_slot() {
    let stage = stage().await;
    let world = &stage.world;
    let warned = world.instance(ZONE, &[WEB]).await.unwrap();
    let slot = Slot::of_web(world).await;
    let warnings = stage.function("spot-interruption-warning").await.unwrap();
    let changes = stage.function("instance-state-change").await.unwrap();

    let time = now();
    report(&warnings, warning(&warned, time)).await;
    let mark = format!("spot-interruption-warning {}", time.format("%Y-%m-%dT%H:%M:%SZ"));
    assert_eq!(world.tags_of(&warned).await.unwrap().get("holdfast:draining"), Some(&mark));
    let waiting = report(&changes, state_change(&warned, "running")).await;
    assert_eq!(states(&waiting), ["web/main waiting"]);
    assert_eq!(slot.holders(world).await, [None, None]);

    let healthy = world.instance(ZONE, &[WEB]).await.unwrap();
    report(&changes, state_change(&healthy, "running")).await;
    assert_eq!(slot.holders(world).await, both(&healthy));
}
