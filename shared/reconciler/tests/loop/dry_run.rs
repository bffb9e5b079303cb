//! Dry runs: what would be done is told, and EC2 is asked only.

use crate::ran::Ran;
use crate::ran::disassociate;
use crate::scripted::Scripted;
use crate::world::{World, world};
use crate::{by_hand, on_demand, running, warned};
use planner::fixtures::{address, volume};
use planner::observation::InstanceState;
use reconciler::settings::Settings;
use serde_json::json;

fn dry() -> Settings {
    Settings::read(|name| (name == "HOLDFAST_DRY_RUN").then(|| "true".to_owned())).unwrap()
}

fn free() -> World {
    world([volume(1).into(), volume(2).into(), address(1).into(), on_demand(1).into()])
}

fn assert_planned(ran: &Ran) {
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, None);
    assert_eq!(ran.report["dry_run"], true);
    assert_eq!(ran.rounds().len(), 2, "one look is enough: {:?}", ran.rounds());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_by_the_settings_or_by_hand_tells_its_steps_and_takes_none() {
    let input = json!({"fleet": "web", "dry_run": true});
    for (settings, trigger) in [
        (dry(), running(1)),
        (dry(), by_hand(json!({}))),
        (Settings::read(|_| None).unwrap(), by_hand(input)),
    ] {
        let ran = Scripted::new(free()).run_with(&settings, 60, &trigger).await;
        assert_planned(&ran);
        assert_eq!(
            ran.report["fleets"],
            json!([{"fleet": "web", "slots": [
                {"slot": "main", "state": "moving", "holder": null, "zone": "a",
                 "steps": [
                    {"step": "attach-volume", "volume": "vol-00000001", "instance": "i-00000001",
                     "device": "/dev/sdf", "outcome": "planned"},
                    {"step": "attach-volume", "volume": "vol-00000002", "instance": "i-00000001",
                     "device": "/dev/sdg", "outcome": "planned"},
                    {"step": "associate-address", "address": "eipalloc-00000001", "instance": "i-00000001",
                     "interface": "eni-00000001", "private": "10.0.1.1", "outcome": "planned"}],
                 "findings": []}]}])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_cannot_make_a_dry_deployment_wet() {
    let ran = Scripted::new(free()).run_with(&dry(), 60, &by_hand(json!({"dry_run": false}))).await;
    assert_planned(&ran);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_detaches_nothing_and_waits_for_nothing() {
    for state in [InstanceState::Stopped, InstanceState::ShuttingDown] {
        let ec2 = Scripted::new(world([
            volume(1).on(1).into(),
            on_demand(1).is(state).into(),
            on_demand(2).into(),
        ]));
        let ran = ec2.run_with(&dry(), 60, &running(2)).await;
        assert_planned(&ran);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_of_a_warning_plans_the_mark_and_what_follows_from_it() {
    let ec2 = Scripted::new(world([address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()]));
    let ran = ec2.run_with(&dry(), 60, &warned(1, "2026-11-23T12:16:30Z")).await;
    assert_planned(&ran);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining planned"]);
    assert_eq!(ran.outcomes("web/main"), ["disassociate-address planned", "associate-address planned"]);
    let association = ran.slot("web/main")["steps"][0]["association"].as_str().unwrap();
    assert_eq!(format!("DisassociateAddress {association}"), disassociate(1));
}
