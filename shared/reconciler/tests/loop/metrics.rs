//! What is counted of an invocation, and the form in which CloudWatch takes it.

use crate::ran::Ran;
use crate::scripted::{Scripted, Turn};
use crate::world::{World, world};
use crate::{by_hand, on_demand, running, state_change, sweep};
use planner::fixtures::{address, volume};
use planner::observation::InstanceState;
use reconciler::ec2::Action;
use reconciler::events::Trigger;
use reconciler::metrics::{self, Calls, Metric};
use reconciler::report::Report;
use reconciler::settings::Settings;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A slot in each state, but for `moving`.
fn one_of_each() -> World {
    world([
        volume(1).on(1).into(),
        on_demand(1).into(),
        volume(2).in_slot("blocked").but(|volume| volume.multi_attach = true).into(),
        volume(3).tagged(&[("holdfast:slot", "paused"), ("holdfast:paused", "true")]).into(),
        volume(4).in_slot("waiting").in_zone("b").into(),
    ])
}

/// Of a line: the metrics that have a value, each with it.
fn values(line: &Value) -> Vec<(&str, &Value)> {
    let names = Metric::ALL.map(Metric::name);
    names.into_iter().filter_map(|name| Some((name, line.get(name)?))).collect()
}

fn gauges(ran: &Ran) -> Vec<(&str, &Value)> {
    values(&ran.metrics).into_iter().filter(|(name, _)| name.starts_with("Slots")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sweep_counts_every_slot_once_by_its_state() {
    let ran = Scripted::new(one_of_each()).run(&sweep()).await;
    let (one, two) = (json!(1), json!(2));
    let expected =
        [("SlotsHeld", &one), ("SlotsNotHeld", &one), ("SlotsBlocked", &one), ("SlotsPaused", &one)];
    assert_eq!(gauges(&ran), expected);
    assert_eq!(ran.metrics["Ec2Calls"], json!(ran.calls.len()));
    assert_ne!(ran.metrics["Ec2Calls"], two);
}

#[tokio::test(start_paused = true)]
async fn without_slots_a_sweep_counts_zeros() {
    let ran = Scripted::new(world([])).run(&sweep()).await;
    assert_eq!(gauges(&ran).len(), 4);
    assert!(gauges(&ran).iter().all(|(_, value)| **value == json!(0)), "{:#}", ran.metrics);
}

#[tokio::test(start_paused = true)]
async fn slots_are_counted_by_a_whole_sweep_only() {
    let dry = Settings::read(|name| (name == "HOLDFAST_DRY_RUN").then(|| "true".to_owned())).unwrap();
    let wet = Settings::read(|_| None).unwrap();
    let cases: [(&Settings, Trigger); 4] = [
        (&wet, running(1)),
        (&wet, by_hand(json!({"fleet": "web"}))),
        (&wet, by_hand(json!({"dry_run": true}))),
        (&dry, sweep()),
    ];
    for (settings, trigger) in cases {
        let ran = Scripted::new(one_of_each()).run_with(settings, 60, &trigger).await;
        assert_eq!(gauges(&ran), [], "{trigger:?}");
        assert!(ran.metrics.get("Ec2Calls").is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_could_not_look_counts_no_slots() {
    let refused = Turn::Refuse("UnauthorizedOperation", "not allowed");
    let ec2 = Scripted::new(one_of_each()).during(Action::DescribeVolumes, 1..=9, refused);
    let ran = ec2.run(&sweep()).await;
    assert!(ran.failure.is_some());
    assert_eq!(gauges(&ran), []);
}

#[tokio::test(start_paused = true)]
async fn steps_are_counted_by_their_outcome_and_handovers_by_their_seconds() {
    let old = on_demand(1).is(InstanceState::ShuttingDown);
    let parts = [volume(1).on(1).into(), address(1).into(), old.into(), on_demand(2).into()];
    let refused = Turn::Refuse("Resource.AlreadyAssociated", "already associated");
    let ec2 = Scripted::new(world(parts).after(10, |world| world.end(1)));
    let ran =
        ec2.during(Action::AssociateAddress, 1..=1, refused).run(&state_change(1, "shutting-down")).await;
    let outcomes = ran.outcomes("web/main");
    assert_eq!(outcomes, ["attach-volume done", "associate-address refused", "associate-address done"]);
    assert_eq!((&ran.metrics["StepsDone"], &ran.metrics["StepsRefused"]), (&json!(2), &json!(1)));
    assert_eq!(ran.metrics.get("StepsFailed"), None, "what is zero is left out");
    assert_eq!(ran.metrics["HandoverSeconds"], ran.slot("web/main")["handover_seconds"]);
    assert!(!ran.acts().is_empty());
}

/// CloudWatch user guide, "Specification: Embedded metric format".
#[tokio::test(start_paused = true)]
async fn the_line_is_what_cloudwatch_takes() {
    let ran = Scripted::new(one_of_each()).run(&sweep()).await;
    let meta = &ran.metrics["_aws"];
    assert!(meta["Timestamp"].as_i64().unwrap() > 1_790_000_000_000, "milliseconds: {meta}");
    let directives = meta["CloudWatchMetrics"].as_array().unwrap();
    let [directive] = directives.as_slice() else { panic!("{meta}") };
    assert_eq!(directive["Namespace"], "Holdfast");
    assert_eq!(directive["Dimensions"], json!([["FunctionName"]]));
    assert_eq!(ran.metrics["FunctionName"], "holdfast-reconcile");
    let defined = directive["Metrics"].as_array().unwrap().iter().map(|metric| {
        assert_eq!(metric["Unit"], "Count");
        metric["Name"].as_str().unwrap()
    });
    let valued: BTreeSet<_> = values(&ran.metrics).into_iter().map(|(name, _)| name).collect();
    assert_eq!(defined.collect::<BTreeSet<_>>(), valued);
    // Log queries tell the report by this key.
    assert_eq!(ran.metrics.get("trigger"), None);
}

#[test]
fn throttles_are_told_when_there_were_any() {
    let report = Report { trigger: "reconcile", dry_run: false, fleets: Vec::new(), is_census: false };
    let now = planner::fixtures::at(planner::fixtures::NOW);
    let line = |throttled| -> Value {
        let calls = Calls { made: 3, throttled };
        serde_json::from_str(&metrics::line(&report, calls, "holdfast-reconcile", now).unwrap()).unwrap()
    };
    let text = metrics::line(&report, Calls::default(), "holdfast-reconcile", now).unwrap();
    assert!(!text.contains('\n'), "its end is for whoever writes it: {text:?}");
    assert_eq!(values(&line(0)), [("Ec2Calls", &json!(3))]);
    assert_eq!(values(&line(2)), [("Ec2Calls", &json!(3)), ("Ec2Throttles", &json!(2))]);
}
