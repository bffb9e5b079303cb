//! The main path: an instance runs, and the slot comes to it.

use crate::ran::{associate, attach};
use crate::scripted::{Scripted, hook};
use crate::world::world;
use crate::{by_hand, on_demand, running, state_change, sweep};
use planner::fixtures::{address, instance, volume, volume_id};
use planner::ids::FleetName;
use planner::observation::InstanceState;
use reconciler::ec2::Action;
use reconciler::settings::Settings;
use serde_json::json;

const VOLUMES: &str = "DescribeVolumes";
const ADDRESSES: &str = "DescribeAddresses";

#[tokio::test(start_paused = true)]
async fn the_first_write_follows_two_rounds_of_questions() {
    let ec2 =
        Scripted::new(world([volume(1).into(), volume(2).into(), address(1).into(), on_demand(1).into()]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(
        ran.rounds()[..4],
        [
            vec![VOLUMES, ADDRESSES, "DescribeInstances i-00000001"],
            vec!["DescribeInstances of web"],
            vec![attach(1, 1, 'f').as_str()],
            vec![attach(2, 1, 'g').as_str(), associate(1, 1).as_str()],
        ]
    );
    assert_eq!(ran.acts().len(), 3);
    let pause = ran.began(Action::DescribeVolumes, 2) - ran.began(Action::AttachVolume, 1);
    assert!((750..1300).contains(&pause.num_milliseconds()), "the next look comes after {pause}");
}

#[tokio::test(start_paused = true)]
async fn the_first_write_follows_three_rounds_where_spot_requests_need_the_ids() {
    let ec2 = Scripted::new(world([volume(1).into(), instance(1).into(), instance(2).into()]));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(
        ran.rounds()[..4],
        [
            vec![VOLUMES, ADDRESSES, "DescribeInstances i-00000002"],
            vec!["DescribeInstances of web"],
            vec!["DescribeSpotInstanceRequests i-00000001 i-00000002"],
            vec![attach(1, 1, 'f').as_str()],
        ]
    );
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn the_report_reads_as_the_contract_says() {
    let ec2 =
        Scripted::new(world([volume(1).into(), volume(2).into(), address(1).into(), on_demand(1).into()]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g'), associate(1, 1)]);
    assert_eq!(ran.failure, None);
    assert_eq!(
        ran.report,
        json!({"trigger": "instance-state-change", "dry_run": false,
            "fleets": [{"fleet": "web", "slots": [
                {"slot": "main", "state": "held", "holder": "i-00000001",
                 "zone": "a", "since": "2026-11-23T12:16:40.100Z",
                 "steps": [
                    {"step": "attach-volume", "volume": "vol-00000001", "instance": "i-00000001",
                     "device": "/dev/sdf", "outcome": "done"},
                    {"step": "attach-volume", "volume": "vol-00000002", "instance": "i-00000001",
                     "device": "/dev/sdg", "outcome": "done"},
                    {"step": "associate-address", "address": "eipalloc-00000001", "instance": "i-00000001",
                     "interface": "eni-00000001", "private": "10.0.1.1", "outcome": "done"}],
                 "findings": []}]}]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_event_writes_nothing() {
    let ec2 = Scripted::new(world([volume(1).into(), address(1).into(), on_demand(1).into()]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), associate(1, 1)]);
    for trigger in [running(1), state_change(1, "terminated"), sweep()] {
        let again = ec2.run(&trigger).await;
        assert_eq!(again.acts(), [""; 0]);
        again.assert_held("web/main", 1);
        assert_eq!(again.outcomes("web/main"), [""; 0]);
        assert_eq!(again.rounds().len(), 2, "it waits for nothing: {:?}", again.rounds());
    }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_holder_keeps_its_slot() {
    let ec2 = Scripted::new(world([
        volume(1).on(2).into(),
        address(1).on(2).into(),
        on_demand(1).into(),
        on_demand(2).into(),
    ]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [""; 0]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_or_unknown_instance_costs_three_questions_and_no_write() {
    let ec2 = Scripted::new(world([
        volume(1).into(),
        address(1).into(),
        on_demand(1).into(),
        on_demand(2).of_fleets(&[]).into(),
        on_demand(3).of_fleets(&["somebody else's", "web2", "we*"]).into(),
    ]));
    for n in [2, 3, 4] {
        for state in ["running", "shutting-down", "stopped", "terminated"] {
            let ran = ec2.run(&state_change(n, state)).await;
            assert_eq!(ran.acts(), [""; 0]);
            assert!(ran.questions() <= 3, "{:?}", ran.rounds());
            assert_eq!(ran.failure, None);
            let nothing = json!({"trigger": "instance-state-change", "dry_run": false, "fleets": []});
            assert_eq!(ran.report, nothing);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slots_of_a_fleet_are_brought_to_instances_of_their_own_side_by_side() {
    let ec2 = Scripted::new(world([
        volume(1).in_slot("a").into(),
        volume(2).in_slot("b").in_zone("b").into(),
        address(1).in_slot("c").into(),
        on_demand(1).into(),
        on_demand(2).in_zone("b").into(),
        on_demand(3).into(),
    ]));
    let ran = ec2.run(&running(3)).await;
    let acts = [attach(1, 1, 'f'), attach(2, 2, 'f'), associate(1, 3)];
    assert_eq!(ran.rounds()[2], acts);
    assert_eq!(ran.acts(), acts);
    for (slot, holder) in [("web/a", 1), ("web/b", 2), ("web/c", 3)] {
        ran.assert_held(slot, holder);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_touches_its_own_fleet_only_and_the_sweep_every_one() {
    let api = FleetName::new("api");
    let ec2 = Scripted::new(world([
        volume(1).into(),
        volume(2).but(|volume| volume.tags.fleet = api.clone()).into(),
        on_demand(1).into(),
        on_demand(2).of_fleets(&["api"]).into(),
    ]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    assert_eq!(ran.report["fleets"].as_array().unwrap().len(), 1);
    ec2.change(|world| world.end(1));
    ec2.change(|world| world.start(1));
    let ran = ec2.run(&by_hand(json!({"fleet": "api"}))).await;
    assert_eq!(ran.acts(), [attach(2, 2, 'f')]);
    assert_eq!(ran.report["fleets"].as_array().unwrap().len(), 1);
    ec2.change(|world| world.end(2));
    ec2.change(|world| world.start(2));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.rounds()[2], [attach(2, 2, 'f'), attach(1, 1, 'f')], "side by side, by name");
    assert_eq!(ran.acts().len(), 2);
    let names = ran.report["fleets"].as_array().unwrap().iter().map(|fleet| fleet["fleet"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["api", "web"]);
    ran.assert_held("web/main", 1);
    ran.assert_held("api/main", 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_done_for_a_slot_that_is_untagged_meanwhile_is_told() {
    let parts = [
        volume(1).in_slot("a").into(),
        volume(2).in_slot("b").into(),
        on_demand(1).into(),
        on_demand(2).into(),
    ];
    let untagged = hook(|world| world.volumes.retain(|volume| volume.id != volume_id(1)));
    let ec2 = Scripted::new(world(parts)).at(Action::DescribeVolumes, 2, untagged);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 2, 'f')]);
    assert_eq!(ran.outcomes("web/a"), ["attach-volume done"]);
    assert_eq!(ran.slot("web/a")["holder"], json!(null));
    ran.assert_held("web/b", 2);
}

#[tokio::test(start_paused = true)]
async fn two_functions_at_once_do_each_act_once() {
    let ec2 = Scripted::new(world([
        volume(1).into(),
        volume(2).into(),
        address(1).into(),
        on_demand(1).into(),
        on_demand(2).into(),
    ]));
    let (one, other) = (running(1), sweep());
    let (one, other) = tokio::join!(ec2.run(&one), ec2.run(&other));
    let longest = if one.calls.len() > other.calls.len() { &one } else { &other };
    let mut accepted = longest.accepted();
    accepted.sort_unstable();
    assert_eq!(accepted, [associate(1, 1), attach(1, 1, 'f'), attach(2, 1, 'g')]);
    for ran in [one, other] {
        ran.acts();
        ran.assert_held("web/main", 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_attachment_is_waited_for() {
    let mut slow = world([volume(1).into(), address(1).into(), on_demand(1).into()]);
    slow.pace = 60;
    let ran = Scripted::new(slow).run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), associate(1, 1)]);
    ran.assert_held("web/main", 1);
    assert!(ran.took.num_seconds() >= 60, "it is held once the volume is attached, not before");
}

#[tokio::test(start_paused = true)]
async fn an_ended_holder_without_tags_is_asked_for_once_in_each_look() {
    let ec2 = Scripted::new(world([
        volume(1).in_slot("a").on(1).into(),
        volume(2).in_slot("b").into(),
        on_demand(1).of_fleets(&[]).is(InstanceState::Terminated).into(),
        on_demand(2).into(),
    ]));
    let ran = ec2.run(&running(2)).await;
    let rounds = ran.rounds();
    assert_eq!(rounds[2], ["DescribeInstances i-00000001"], "{rounds:?}");
    assert_eq!(rounds[3], [attach(2, 2, 'f')], "{rounds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slot_whose_tags_name_no_policy_has_that_of_the_settings() {
    for (setting, findings) in [("on-release", vec![]), ("drain", vec!["no-drain-document"])] {
        let read = |name: &str| (name == "HOLDFAST_HANDOVER").then(|| setting.to_owned());
        let settings = Settings::read(read).unwrap();
        let ec2 = Scripted::new(world([
            volume(1).into(),
            volume(2).tagged(&[("holdfast:slot", "own"), ("holdfast:handover", "on-release")]).into(),
            on_demand(1).into(),
            on_demand(2).into(),
        ]));
        let ran = ec2.run_with(&settings, 60, &running(1)).await;
        assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 2, 'f')]);
        assert_eq!(ran.findings("web/main"), findings);
        assert_eq!(ran.findings("web/own"), [""; 0]);
    }
}
