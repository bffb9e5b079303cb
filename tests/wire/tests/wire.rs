//! The real binaries over HTTP against the strict local EC2, in a short storm, and proof that a run can fail.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and tells its seed"
)]

mod liar;

use liar::Liar;
use local_ec2::{Setup, Span, Speed, Timing};
use serde_json::json;
use stage::{Answer, Function, LocalEc2, events};
use std::time::Duration;
use wire::storm::Run;
use wire::{World, goal, verdict};

#[tokio::test]
async fn a_storm_breaks_no_promise_and_leaves_every_slot_held() {
    let run = Run::short(fastrand::u64(..1_000_000));
    println!("seed {}: `make wire INVOCATIONS={} SEED={}`", run.seed, run.invocations, run.seed);
    let figures = run.play().await.unwrap();
    println!("{figures}");
    assert_eq!(verdict::of(&figures, run.invocations), Vec::<String>::new());
}

/// A world of two fleets whose slots are held, on a clock that only commands move far.
async fn held(ec2: &LocalEc2) -> World {
    let world = World::draw(ec2, 2, &mut fastrand::Rng::with_seed(1)).await.unwrap();
    for slot in &world.slots {
        let launch =
            json!({"zone": slot.zone.unwrap_or("us-east-1a"), "tags": {"holdfast:fleet": slot.fleet}});
        ec2.control().command("launch", &launch).await.unwrap();
    }
    ec2.control().command("pass", &json!({"seconds": 60})).await.unwrap();
    match sweep(&ec2.environment(), Duration::from_secs(55)).await {
        Answer::Report(_) => {}
        Answer::Error { kind, message } => panic!("{kind}: {message}"),
    }
    ec2.control().command("pass", &json!({"seconds": 60})).await.unwrap();
    world
}

/// Sweeps once, with a process of its own.
async fn sweep(environment: &[(&str, String)], timeout: Duration) -> Answer {
    let settings: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let function = Function::start("reconcile", timeout, &settings).await.unwrap();
    function.invoke(events::reconcile().unwrap().to_string().as_bytes()).await.unwrap()
}

fn setup() -> Setup {
    let timing = Timing { attach: Span::millis(100, 200), latency: Span::NONE, ..Timing::default() };
    Setup { timing, ..Setup::default() }
}

#[tokio::test]
async fn a_slot_that_is_not_held_is_told() {
    let ec2 = LocalEc2::start(setup(), Speed::REAL).unwrap();
    let world = held(&ec2).await;
    assert_eq!(goal::not_held(&world).await.unwrap(), Vec::<String>::new());
    let slot = world.slots.iter().find(|slot| !slot.volumes.is_empty()).unwrap();
    ec2.ec2().call("DetachVolume", &[("VolumeId", &slot.volumes[0])]).await.unwrap();
    let faults = goal::not_held(&world).await.unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(&format!("{}/{}: ", slot.fleet, slot.name)), "{faults:?}");
}

/// The whole chain: the function does what would be right in the world that it is shown, and the judge sees what it
/// does to the real one.
#[tokio::test]
async fn a_function_that_is_told_that_healthy_holders_are_stopped_is_found_guilty() {
    let ec2 = LocalEc2::start(setup(), Speed::REAL).unwrap();
    let world = held(&ec2).await;
    assert!(ec2.control().violations().await.unwrap().is_empty());
    for slot in &world.slots {
        let launch =
            json!({"zone": slot.zone.unwrap_or("us-east-1a"), "tags": {"holdfast:fleet": slot.fleet}});
        ec2.control().command("launch", &launch).await.unwrap();
    }
    let holders = world.holders().await.unwrap();
    ec2.control().command("pass", &json!({"seconds": 60})).await.unwrap();
    let liar = Liar::start(ec2.address(), holders).await;
    let environment = ec2.environment().into_iter().map(|(name, value)| match name {
        "AWS_ENDPOINT_URL_EC2" => (name, liar.url()),
        _ => (name, value),
    });
    let environment: Vec<_> = environment.collect();
    // What it answers does not matter: the lie has it move volumes to and fro until its time is over.
    sweep(&environment, Duration::from_secs(6)).await;
    let violations = ec2.control().violations().await.unwrap();
    let offences: Vec<_> = violations.iter().filter_map(|violation| violation["offence"].as_str()).collect();
    assert!(
        offences.iter().any(|offence| offence.ends_with("which was running and had not been drained of it")),
        "{violations:?}"
    );
}
