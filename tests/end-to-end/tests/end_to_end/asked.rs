//! How much is asked of EC2.

use crate::stage::{Slot, WEB, ZONE, report, stage};
use end_to_end::{now, state_change, warning};
use serde_json::json;

#[tokio::test]
async fn an_event_of_a_foreign_instance_costs_three_questions() {
    let stage = stage().await;
    let world = &stage.world;
    let foreign = world.instance(ZONE, &[("Name", "somebody else's")]).await.unwrap();
    world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(world).await;
    let changes = stage.function("instance-state-change").await.unwrap();
    let warnings = stage.function("spot-interruption-warning").await.unwrap();

    // The second is an instance that EC2 does not know.
    for instance in [foreign.as_str(), "i-0123456789abcdef0"] {
        let events = [(&changes, state_change(instance, "running")), (&warnings, warning(instance, now()))];
        for (function, event) in events {
            let answer = report(function, event).await;
            assert_eq!(answer["fleets"], json!([]));
            let journal = stage.proxy.take();
            let questions = journal.questions().count();
            println!("figure: an event of a foreign instance costs {questions} Describe calls (at most 3)");
            assert!(questions <= 3, "{journal:#?}");
            assert!(journal.writes().is_empty());
        }
    }
}

#[tokio::test]
async fn two_rounds_of_questions_come_before_the_first_write() {
    let stage = stage().await;
    let instance = stage.world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(&stage.world).await;
    assert_rounds(&stage, &instance, 2).await;
}

#[tokio::test]
async fn three_rounds_come_before_the_first_write_where_there_are_spot_requests() {
    let stage = stage().await;
    let fleet = stage.world.spot_fleet("web", ZONE).await.unwrap();
    Slot::create(&stage.world, ZONE, &[("holdfast:fleet", &fleet.id)]).await;
    let instance = stage.world.instances_of(&fleet).await.unwrap().pop_first().unwrap();
    assert_rounds(&stage, &instance, 3).await;
}

async fn assert_rounds(stage: &end_to_end::Stage, instance: &str, most: usize) {
    let changes = stage.function("instance-state-change").await.unwrap();
    report(&changes, state_change(instance, "running")).await;
    let journal = stage.proxy.take();
    println!(
        "figure: {} rounds of Describe calls come before the first write (at most {most})",
        journal.rounds()
    );
    assert!(journal.rounds() <= most, "{journal:#?}");
    assert_eq!(journal.writes(), ["AttachVolume", "AssociateAddress"]);
}
