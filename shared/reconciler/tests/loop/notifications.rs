//! Which changes are told, and that the samples in `events/notifications/` are what is sent.

use crate::ran::Ran;
use crate::scripted::{Scripted, Turn};
use crate::world::{World, world};
use crate::{on_demand, running, state_change, sweep, warned};
use planner::fixtures::{address, at, volume};
use planner::observation::{AttachmentState, InstanceState};
use reconciler::ec2::Action;
use reconciler::notifications::{Kind, SOURCE};
use reconciler::settings::Settings;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn kinds(ran: &Ran) -> Vec<&'static str> {
    ran.told.iter().map(|told| told.kind.detail_type()).collect()
}

/// Instance 1 has the slot and runs.
fn held() -> World {
    let old = on_demand(1).but(|instance| instance.launched = at(0));
    world([volume(1).on(1).into(), address(1).on(1).into(), old.into()])
}

/// EC2 interrupts instance 1, which it warned of two minutes ago, and instance 2 runs.
fn interrupted() -> World {
    let old = on_demand(1).is(InstanceState::ShuttingDown).but(|instance| instance.launched = at(0));
    let old = old.draining("spot-interruption-warning 2026-11-23T12:14:40Z");
    let parts = [volume(1).on(1).into(), address(1).on(1).into(), old.into(), on_demand(2).into()];
    world(parts).after(10, |world| world.end(1))
}

/// EC2 refuses the attachment for good.
fn refused() -> Scripted {
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).into()]));
    let words = "You are not authorized to perform this operation.";
    ec2.during(Action::AttachVolume, 1..=1, Turn::Refuse("UnauthorizedOperation", words))
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_has_moved_is_told_as_held_with_both_holders() {
    let ran = Scripted::new(interrupted()).run(&state_change(1, "shutting-down")).await;
    assert_eq!(kinds(&ran), ["Slot Held"]);
    let detail = &ran.told[0].detail;
    assert_eq!((&detail["previous_holder"], &detail["holder"]), (&"i-00000001".into(), &"i-00000002".into()));
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_warning_of_the_holder_starts_the_handover_and_one_of_another_instance_does_not() {
    let ran = Scripted::new(held()).run(&warned(1, "2026-11-23T12:16:30Z")).await;
    assert_eq!(kinds(&ran), ["Slot Handover Started", "Slot Waiting"]);
    assert!(!ran.acts().is_empty());

    let mut spare = held();
    spare.instances.push(on_demand(2).build());
    let ran = Scripted::new(spare).run(&warned(2, "2026-11-23T12:16:30Z")).await;
    assert_eq!(kinds(&ran), [""; 0]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_ec2_refuses_starts_no_handover() {
    let words = "You are not authorized to perform this operation.";
    let ec2 =
        Scripted::new(held()).during(Action::CreateTags, 1..=1, Turn::Refuse("UnauthorizedOperation", words));
    let ran = ec2.run(&warned(1, "2026-11-23T12:16:30Z")).await;
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining failed"]);
    assert_eq!(kinds(&ran), ["Slot Waiting"]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_comes_to_wait_while_another_is_worked_on_is_told() {
    // While the slot `other` is attached, the holder of `main` ends.
    let other = volume(2).in_slot("other");
    let parts = [volume(1).on(1).into(), on_demand(1).into(), other.into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts).after(1, |world| world.end(1))).run(&sweep()).await;
    ran.assert_held("web/other", 2);
    assert_eq!(ran.state("web/main"), "waiting");
    assert_eq!(kinds(&ran), ["Slot Waiting", "Slot Held"]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slot_taken_from_a_stopped_holder_has_started_and_is_held() {
    let stopped = on_demand(1).is(InstanceState::Stopped);
    let ec2 = Scripted::new(world([volume(1).on(1).into(), stopped.into(), on_demand(2).into()]));
    let ran = ec2.run(&state_change(1, "stopped")).await;
    assert_eq!(kinds(&ran), ["Slot Handover Started", "Slot Held"]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_holder_without_a_successor_is_told_by_its_event_and_not_by_every_sweep() {
    let ending = on_demand(1).is(InstanceState::ShuttingDown);
    let ec2 = Scripted::new(world([volume(1).on(1).into(), ending.into()]));
    assert_eq!(kinds(&ec2.run(&state_change(1, "shutting-down")).await), ["Slot Waiting"]);
    for _ in 0..3 {
        assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_as_it_is_is_not_told() {
    for trigger in [running(1), sweep()] {
        assert_eq!(kinds(&Scripted::new(held()).run(&trigger).await), [""; 0]);
    }
    let blocked = volume(1).but(|volume| volume.multi_attach = true);
    let ec2 = Scripted::new(world([blocked.into(), on_demand(1).into()]));
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_tag_changed_is_told_by_the_next_sweep_once() {
    let ec2 = Scripted::new(held());
    let tag = |value: &str| {
        let paused = planner::tags::Setting::Value(value == "true");
        ec2.change(move |world| world.volume(1).tags.paused = paused);
    };
    let blocks = |is_so| ec2.change(move |world| world.volume(1).multi_attach = is_so);
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0], "nobody knows how it was before");
    blocks(true);
    assert_eq!(kinds(&ec2.run(&sweep()).await), ["Slot Blocked"]);
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
    blocks(false);
    assert_eq!(kinds(&ec2.run(&sweep()).await), ["Slot Held"]);
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
    tag("true");
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0], "whoever has paused it knows");
    tag("false");
    assert_eq!(kinds(&ec2.run(&sweep()).await), ["Slot Held"]);
    ec2.change(|world| world.instance(1).tags.draining = Some(planner::tags::DrainingTag::read("by hand")));
    assert_eq!(kinds(&ec2.run(&sweep()).await), ["Slot Waiting"]);
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
    ec2.change(|world| world.instance(1).tags.draining = None);
    assert_eq!(kinds(&ec2.run(&sweep()).await), ["Slot Held"]);
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_another_invocation_has_moved_between_two_sweeps_is_not_told_again() {
    let ec2 = Scripted::new(held());
    ec2.change(|world| world.instance(1).tags.draining = Some(planner::tags::DrainingTag::read("by hand")));
    ec2.run(&sweep()).await;
    ec2.change(|world| {
        *world = self::world([volume(1).on(2).into(), address(1).on(2).into(), on_demand(2).into()]);
    });
    assert_eq!(kinds(&ec2.run(&sweep()).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_becomes_blocked_is_told() {
    let ran = refused().run(&running(1)).await;
    assert_eq!(kinds(&ran), ["Slot Blocked"]);
    assert!(ran.findings("web/main").contains(&"refused"), "{:#}", ran.report);
    assert_eq!(ran.told[0].detail["findings"], ran.slot("web/main")["findings"]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_well_again_where_it_was_is_told() {
    // While the slot `other` is attached, the holder of `main` comes to run.
    let starting = on_demand(1).is(InstanceState::Pending);
    let other = volume(2).in_slot("other");
    let parts = [volume(1).on(1).into(), starting.into(), other.into(), on_demand(2).into()];
    let ran = Scripted::new(world(parts).after(1, |world| world.start(1))).run(&sweep()).await;
    ran.assert_held("web/main", 1);
    ran.assert_held("web/other", 2);
    assert_eq!(kinds(&ran), ["Slot Held", "Slot Held"]);
    assert_eq!(ran.told[0].detail["slot"], "main");
    assert_eq!(ran.told[0].detail["previous_holder"], Value::Null, "it is the same");
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_the_deadline_leaves_on_its_way_has_started() {
    let mut slow = world([volume(1).into(), on_demand(1).into()]);
    slow.pace = 1000;
    let ran = Scripted::new(slow).run_for(20, &running(1)).await;
    assert_eq!(ran.state("web/main"), "moving");
    assert_eq!(kinds(&ran), ["Slot Handover Started"]);
    assert!(!ran.acts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handover_that_the_deadline_cuts_off_has_started_once_and_one_of_another_invocation_not_here() {
    let stopped = on_demand(1).is(InstanceState::Stopped);
    let mut slow = world([volume(1).on(1).into(), stopped.into(), on_demand(2).into()]);
    slow.pace = 1000;
    let ran = Scripted::new(slow).run_for(20, &state_change(1, "stopped")).await;
    assert_eq!((ran.state("web/main"), kinds(&ran)), ("moving", vec!["Slot Handover Started"]));
    assert!(!ran.acts().is_empty());

    let attaching = volume(1).at(1, 'f', AttachmentState::Attaching);
    let ran = Scripted::new(world([attaching.into(), on_demand(1).into()])).run_for(20, &running(1)).await;
    assert_eq!((ran.state("web/main"), kinds(&ran)), ("moving", vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_another_invocation_moves_is_left_to_it_to_tell() {
    // The volume goes to instance 2 while this invocation waits for its release.
    let ec2 = Scripted::new(interrupted().after(10, |world| world.steal(1, 2, 'f')).after(11, |world| {
        world
            .associate(
                &planner::fixtures::allocation_id(1),
                &planner::fixtures::interface_id(2),
                planner::fixtures::private(2, 1),
            )
            .unwrap();
    }));
    let ran = ec2.run(&state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [""; 0]);
    ran.assert_held("web/main", 2);
    assert_eq!(kinds(&ran), [""; 0]);

    // The attachment that another one asked for completes.
    let attaching = volume(1).at(1, 'f', AttachmentState::Attaching);
    let ec2 = Scripted::new(world([attaching.into(), on_demand(1).into()]).after(2, |world| {
        world.volume(1).attachments[0].state = AttachmentState::Attached;
    }));
    let ran = ec2.run(&sweep()).await;
    ran.assert_held("web/main", 1);
    assert_eq!(kinds(&ran), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_nothing() {
    let dry = Settings::read(|name| (name == "HOLDFAST_DRY_RUN").then(|| "true".to_owned())).unwrap();
    let ran = Scripted::new(held()).run_with(&dry, 60, &warned(1, "2026-11-23T12:16:30Z")).await;
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining planned"]);
    assert_eq!(kinds(&ran), [""; 0]);
}

/// The sample of that name, with the ids and the zone that the fixtures have.
fn sample(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/notifications");
    let text = std::fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
    let text = text.replace("0123456789abcdef0", "00000001").replace("0fedcba9876543210", "00000002");
    serde_json::from_str(&text.replace("us-east-1a", "a")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_samples_are_what_is_sent() {
    let warned = Scripted::new(held()).run(&warned(1, "2026-11-23T12:16:40Z")).await;
    let moved = Scripted::new(interrupted()).run(&state_change(1, "shutting-down")).await;
    let blocked = refused().run(&running(1)).await;
    let mut sampled = BTreeSet::new();
    for ran in [&warned, &moved, &blocked] {
        assert!(!ran.acts().is_empty());
        for told in &ran.told {
            let name = told.kind.detail_type().to_lowercase().replace(' ', "-");
            let mut sample = sample(&name);
            assert_eq!(sample["source"], SOURCE, "{name}");
            assert_eq!(sample["detail-type"], told.kind.detail_type(), "{name}");
            // How long the invocation waited is not the sample's to know.
            for key in ["since", "handover_seconds"] {
                let (sampled, told) = (sample["detail"].get_mut(key), told.detail.get(key));
                if let (Some(sampled), Some(told)) = (sampled, told) {
                    assert_eq!(sampled.is_number(), told.is_number(), "{name}: {key}");
                    *sampled = told.clone();
                }
            }
            assert_eq!(sample["detail"], told.detail, "{name}: {:#}", told.detail);
            sampled.insert(told.kind.detail_type());
        }
    }
    assert_eq!(sampled, Kind::ALL.map(Kind::detail_type).into());
}
