//! The metrics: one line before the report, which counts what EC2 was asked.

use crate::logs::lines;
use crate::stage::{Slot, WEB, ZONE, report, stage};
use end_to_end::{reconcile, state_change};
use serde_json::json;

#[tokio::test]
async fn the_line_before_the_report_counts_what_ec2_was_asked() {
    let stage = stage().await;
    let instance = stage.world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(&stage.world).await;
    let changes = stage.function("instance-state-change").await.unwrap();
    let answer = report(&changes, state_change(&instance, "running")).await;

    let lines = lines(&changes, &answer).await;
    let [.., line, last] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!(*last, answer, "the report is the last line");
    assert_eq!(line.pointer("/_aws/CloudWatchMetrics/0/Namespace"), Some(&json!("Holdfast")), "{line:#}");
    assert_eq!(line["Ec2Calls"], stage.proxy.take().calls().len(), "{line:#}");
    assert_eq!(line["StepsDone"], 2);
    assert_eq!(line.get("SlotsHeld"), None, "slots are counted by the sweep");
    // The emulator's name for every function.
    assert_eq!(line["FunctionName"], "test_function");
}

#[tokio::test]
async fn the_sweep_counts_slots() {
    let stage = stage().await;
    stage.world.instance(ZONE, &[WEB]).await.unwrap();
    Slot::of_web(&stage.world).await;
    let sweep = stage.function("reconcile").await.unwrap();
    for _ in 0..2 {
        let answer = report(&sweep, reconcile()).await;
        let lines = lines(&sweep, &answer).await;
        let counted: Vec<_> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
        let line = counted.last().unwrap();
        assert_eq!((&line["SlotsHeld"], &line["SlotsNotHeld"]), (&json!(1), &json!(0)), "{line:#}");
        assert_eq!(line["Ec2Calls"], stage.proxy.take().calls().len(), "{line:#}");
    }
}
