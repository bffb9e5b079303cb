//! Tags and inputs that a person must mend: each is named with the fix, and EC2 is only asked.

use crate::ran::attach;
use crate::scripted::Scripted;
use crate::world::{World, world};
use crate::{by_hand, on_demand, running, sweep};
use planner::device::DeviceName;
use planner::fixtures::{Part, VolumeBuilder, address, volume};
use planner::ids::FleetName;
use planner::observation::InstanceState;
use reconciler::ec2::Action;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_fleet_that_nothing_is_tagged_with_is_told_by_hand() {
    for fleet in ["wbe", "web*", "Web", "web "] {
        let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()]));
        let ran = ec2.run(&by_hand(json!({"fleet": fleet}))).await;
        assert_eq!(ran.acts(), [""; 0]);
        assert_eq!(ran.failure, None);
        assert_eq!(
            ran.report,
            json!({"trigger": "reconcile", "dry_run": false, "fleets": [{"fleet": fleet, "slots": [], "findings": [
                {"finding": "unmanaged-fleet", "tag": "holdfast:fleet",
                 "message": format!("no volume and no Elastic IP is tagged holdfast:fleet={fleet}: check the name, or tag them")}]}]})
        );
        assert_eq!(ran.count(Action::DescribeInstances), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_two_managed_fleets_claim_is_a_candidate_of_neither() {
    let api = FleetName::new("api");
    let ec2 = Scripted::new(world([
        volume(1).into(),
        volume(2).but(|volume| volume.tags.fleet = api.clone()).into(),
        on_demand(1).of_fleets(&["web", "api"]).into(),
    ]));
    for trigger in [running(1), sweep()] {
        let ran = ec2.run(&trigger).await;
        assert_eq!(ran.acts(), [""; 0]);
        assert_eq!(ran.failure, None);
        for fleet in ["web", "api"] {
            assert_eq!(ran.fleet_findings(fleet), ["several-fleets"]);
            let message = ran.fleet(fleet)["findings"][0]["message"].as_str().unwrap();
            assert!(message.starts_with("i-00000001 is claimed by the managed fleets api, web"), "{message}");
            assert_eq!(ran.state(&format!("{fleet}/main")), "waiting");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_named_by_a_wildcard_is_blocked_and_never_asked_for() {
    for name in ["*", "?", "**", " "] {
        let wildcard = |volume: VolumeBuilder| volume.but(|volume| volume.tags.fleet = FleetName::new(name));
        let ec2 = Scripted::new(world([
            wildcard(volume(1)).into(),
            address(1).but(|address| address.tags.fleet = FleetName::new(name)).into(),
            on_demand(1).of_fleets(&[name]).into(),
            on_demand(2).into(),
        ]));
        for trigger in [sweep(), running(1), running(2)] {
            let ran = ec2.run(&trigger).await;
            assert_eq!(ran.acts(), [""; 0], "{name}");
            assert_eq!(ran.failure, None);
            let asked = ran.calls.iter().find(|call| call.text.contains(" of "));
            assert!(asked.is_none(), "{asked:?}");
            if let [fleet] = ran.report["fleets"].as_array().unwrap().as_slice() {
                assert_eq!(fleet["slots"][0]["state"], "blocked");
                assert_eq!(ran.findings(&format!("{name}/main")), ["unusable-fleet-name"]);
            } else {
                assert_eq!(trigger, running(2), "only the other instance has nothing to do with it");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_named_by_a_wildcard_does_not_keep_another_from_being_held() {
    let ec2 = Scripted::new(world([
        volume(1).but(|volume| volume.tags.fleet = FleetName::new("*")).into(),
        volume(2).into(),
        on_demand(1).into(),
    ]));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.acts(), [crate::ran::attach(2, 1, 'f')]);
    ran.assert_held("web/main", 1);
    assert_eq!(ran.state("*/main"), "blocked");
    let asked = ran.calls.iter().filter(|call| call.text.contains(" of "));
    assert!(asked.into_iter().all(|call| call.text == "DescribeInstances of web"));
}

/// A world that is wrong, and the finding that says so with its tag.
fn wrong() -> Vec<(World, &'static str, Option<&'static str>)> {
    let two =
        |one: VolumeBuilder, other: VolumeBuilder| world([one.into(), other.into(), on_demand(1).into()]);
    let one = |part: Part| world([part, on_demand(1).into()]);
    let foreign = || on_demand(3).of_fleets(&[]);
    let handover = |value| volume(1).tagged(&[("holdfast:handover", value)]);
    let device = |n, name| volume(n).tagged(&[("holdfast:device", name)]);
    let fleet = Some("holdfast:fleet");
    vec![
        (one(handover("on-reboot").into()), "unknown-policy", Some("holdfast:handover")),
        (
            two(handover("drain"), volume(2).tagged(&[("holdfast:handover", "on-release")])),
            "policies-disagree",
            Some("holdfast:handover"),
        ),
        (one(device(1, "banana").into()), "invalid-device", Some("holdfast:device")),
        (two(device(1, "/dev/sdk"), device(2, "/dev/xvdk")), "same-device", Some("holdfast:device")),
        (two(volume(1), volume(2).in_zone("b")), "several-zones", Some("holdfast:slot")),
        (
            one(volume(1).tagged(&[("holdfast:paused", "maybe")]).into()),
            "invalid-paused",
            Some("holdfast:paused"),
        ),
        (one(volume(1).but(|volume| volume.multi_attach = true).into()), "multi-attach", fleet),
        (
            world([volume(1).on(3).into(), on_demand(1).into(), foreign().into()]),
            "volume-outside-fleet",
            fleet,
        ),
        (
            world([volume(1).into(), address(1).on(3).into(), on_demand(1).into(), foreign().into()]),
            "address-outside-fleet",
            fleet,
        ),
        (
            world([
                volume(1).on(1).into(),
                on_demand(1).but(|i| i.root_device = Some(DeviceName::reported("/dev/xvdf"))).into(),
                on_demand(2).into(),
            ]),
            "root-device",
            fleet,
        ),
        (
            world([volume(1).on(1).into(), volume(2).on(2).into(), on_demand(1).into(), on_demand(2).into()]),
            "several-instances",
            None,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_a_person_must_mend_is_blocked_by_a_finding_and_left_alone() {
    for (world, code, tag) in wrong() {
        let ec2 = Scripted::new(world);
        for trigger in [running(1), sweep()] {
            let ran = ec2.run(&trigger).await;
            assert_eq!(ran.acts(), [""; 0], "{code}");
            assert_eq!(ran.failure, None, "{code}");
            let slots = ran.fleet("web")["slots"].as_array().unwrap();
            for slot in slots {
                assert_eq!(slot["state"], "blocked", "{code}: {slot:#}");
                let mut findings = slot["findings"].as_array().unwrap().iter();
                let finding = findings.find(|finding| finding["finding"] == code).unwrap();
                assert_eq!(finding.get("tag").and_then(|tag| tag.as_str()), tag, "{slot:#}");
                let (resource, message) =
                    (finding["resource"].as_str(), finding["message"].as_str().unwrap());
                assert!(message.contains(resource.unwrap()), "{message}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_paused_is_left_alone_and_says_so() {
    let paused = [("holdfast:paused", "true")];
    for world in [
        world([volume(1).tagged(&paused).into(), address(1).into(), on_demand(1).into()]),
        world([volume(1).into(), address(1).tagged(&paused).into(), on_demand(1).into()]),
        world([
            volume(1).on(1).into(),
            on_demand(1).is(InstanceState::Stopped).paused().into(),
            on_demand(2).into(),
        ]),
    ] {
        let ran = Scripted::new(world).run(&sweep()).await;
        assert_eq!(ran.acts(), [""; 0]);
        assert_eq!((ran.state("web/main"), &ran.failure), ("paused", &None));
    }
    let no_candidate = world([volume(1).into(), on_demand(1).paused().into()]);
    let ran = Scripted::new(no_candidate).run(&running(1)).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!((ran.state("web/main"), ran.findings("web/main")), ("waiting", vec!["no-candidate"]));
}

#[tokio::test(start_paused = true)]
async fn an_address_on_another_fleet_s_instance_is_told_by_the_instance_though_ec2_names_its_interface_only()
{
    let api = FleetName::new("api");
    let nameless = address(1).on(3).but(|address| address.association.as_mut().unwrap().instance = None);
    let ec2 = Scripted::new(world([
        nameless.into(),
        volume(3).but(|volume| volume.tags.fleet = api.clone()).on(3).into(),
        on_demand(1).into(),
        on_demand(3).of_fleets(&["api"]).into(),
    ]));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.findings("web/main"), ["address-outside-fleet"]);
    let message = ran.slot("web/main")["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("i-00000003"), "{message}");
    ran.assert_held("api/main", 3);
}

#[tokio::test(start_paused = true)]
async fn a_holder_outside_the_fleet_is_told_after_every_look() {
    let ec2 = Scripted::new(world([
        volume(1).in_slot("a").on(3).into(),
        volume(2).in_slot("b").into(),
        on_demand(2).into(),
        on_demand(3).of_fleets(&[]).into(),
    ]));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.acts(), [crate::ran::attach(2, 2, 'f')]);
    assert!(ran.count(Action::DescribeVolumes) > 1);
    assert_eq!((ran.state("web/a"), ran.findings("web/a")), ("blocked", vec!["volume-outside-fleet"]));
    ran.assert_held("web/b", 2);
}

#[tokio::test(start_paused = true)]
async fn a_first_volume_that_asks_for_another_name_is_left_alone_and_no_other_slot_waits_for_it() {
    let odd = volume(1).tagged(&[("holdfast:slot", "a"), ("holdfast:device", "/dev/sdk")]);
    let ec2 = Scripted::new(world([
        odd.into(),
        volume(2).in_slot("b").into(),
        volume(3).in_slot("c").into(),
        volume(4).in_slot("d").into(),
        on_demand(1).into(),
    ]));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.acts(), [attach(2, 1, 'f')]);
    assert_eq!((ran.state("web/a"), ran.state("web/b")), ("blocked", "held"));
    let finding = &ran.fleet("web")["slots"][0]["findings"][0];
    assert_eq!(
        (&finding["finding"], &finding["tag"]),
        (&"first-devices-disagree".into(), &"holdfast:device".into())
    );
}
