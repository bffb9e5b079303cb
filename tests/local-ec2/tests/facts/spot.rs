//! Spot instances: interruption as EC2 does it.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, data, tagged_data};
use local_ec2::actions::{StartInstances, StopInstances};
use local_ec2::state::{Attachment, Interruption, LaunchData, Market, SpotCode, SpotState, StateReason};
use local_ec2::{Principal, Region, Setup};
use planner::ids::InstanceId;
use planner::observation::InstanceState;
use reconciler::clock::Clock;
use reconciler::settings::Settings;
use std::collections::BTreeSet;

fn code(stage: &Stage, id: &InstanceId) -> (SpotState, SpotCode) {
    let request = stage.cloud.spot_request(id).unwrap();
    (request.state, request.code)
}

/// Whether EC2 says this of an instance that it has taken back.
fn is_taken(code: SpotCode) -> bool {
    matches!(code, SpotCode::InstanceTerminatedNoCapacity | SpotCode::InstanceTerminatedByPrice)
}

/// Whether EC2 says this of an instance that it has stopped.
fn is_stopped(code: SpotCode) -> bool {
    matches!(code, SpotCode::InstanceStoppedNoCapacity | SpotCode::InstanceStoppedByPrice)
}

fn market(interruption: Interruption) -> Market {
    Market { persistent: interruption != Interruption::Terminate, interruption }
}

#[test]
fn the_request_says_so_two_minutes_before_the_instance_ends() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(market(Interruption::Terminate));
    stage.cloud.interrupt(&id).unwrap();
    let (now, announced) = code(&stage, &id);
    assert!(now == SpotState::Active && (is_taken(announced) || announced == SpotCode::MarkedForTermination));
    stage.pass(119);
    assert_eq!(stage.state(&id), InstanceState::Running);
    stage.pass(1);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    assert_eq!(stage.cloud.instance(&id).unwrap().reason, Some(StateReason::SPOT_TERMINATION));
    stage.pass(90);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    let (now, code) = code(&stage, &id);
    assert!(now == SpotState::Closed && is_taken(code), "{code:?}");
}

#[test]
fn the_behaviour_stop_stops_after_two_minutes_and_ec2_starts_it_again() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.spot_instance(market(Interruption::Stop)), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    let launched = stage.cloud.instance(&id).unwrap().launched;
    stage.cloud.interrupt(&id).unwrap();
    assert_eq!(code(&stage, &id), (SpotState::Active, SpotCode::MarkedForStop));
    stage.pass(119);
    assert_eq!(stage.state(&id), InstanceState::Running);
    stage.pass(61);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    let (now, said) = code(&stage, &id);
    assert!(now == SpotState::Disabled && is_stopped(said), "{said:?}");
    assert_eq!(stage.attachment(&volume).unwrap().instance, id);
    let start = StartInstances { instance_ids: vec![id.to_string()] };
    stage.refuses(&start, "IncorrectSpotRequestState", id.as_str());
    stage.cloud.resume(&id).unwrap();
    stage.pass(60);
    assert_eq!(stage.state(&id), InstanceState::Running);
    assert_eq!(code(&stage, &id), (SpotState::Active, SpotCode::Fulfilled));
    assert!(stage.cloud.instance(&id).unwrap().launched > launched);
}

#[test]
fn hibernation_begins_at_once() {
    let mut stage = Stage::new();
    let data =
        LaunchData { hibernation: Some(true), market: Some(market(Interruption::Hibernate)), ..data(ZONE) };
    let id = stage.runs(data);
    stage.cloud.interrupt(&id).unwrap();
    assert_eq!(stage.state(&id), InstanceState::Stopping);
    stage.pass(90);
    assert!(stage.cloud.instance(&id).unwrap().hibernated);
    let (now, code) = code(&stage, &id);
    assert!(now == SpotState::Disabled && is_stopped(code), "{code:?}");
}

#[test]
fn a_user_may_be_faster_than_the_interruption() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(market(Interruption::Terminate));
    stage.asks(&terminate(&id));
    assert_eq!(code(&stage, &id), (SpotState::Closed, SpotCode::InstanceTerminatedByUser));
    assert!(stage.cloud.interrupt(&id).is_err());
    let id = stage.spot_instance(market(Interruption::Terminate));
    stage.cloud.interrupt(&id).unwrap();
    assert!(stage.cloud.interrupt(&id).unwrap_err().to_string().contains("interrupted already"));
    let (_, announced) = code(&stage, &id);
    stage.asks(&terminate(&id));
    stage.pass(300);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    // A mark has become what happened; what was said to have happened stays so.
    let end = if is_taken(announced) { announced } else { SpotCode::InstanceTerminatedByUser };
    assert_eq!(code(&stage, &id), (SpotState::Closed, end));
}

#[test]
fn a_stop_by_its_owner_gives_the_capacity_back() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(Market { persistent: true, interruption: Interruption::Terminate });
    stage.cloud.interrupt(&id).unwrap();
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: false });
    stage.pass(300);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    assert_eq!(code(&stage, &id), (SpotState::Disabled, SpotCode::InstanceStoppedByUser));
}

/// What Holdfast makes of a free volume and the only instance of its fleet.
async fn reconciled(stage: Stage) -> Vec<Attachment> {
    let volume = stage.cloud.volumes().find(|volume| volume.tags.get("holdfast:fleet").is_some());
    let volume = volume.unwrap().id.clone();
    let region = Region::new(stage.cloud);
    let caller = region.caller(Principal::Holdfast);
    let trigger = reconciler::events::reconcile::parse(serde_json::json!({"fleet": "web"})).unwrap();
    let settings = Settings::read(|_| None).unwrap();
    let deadline = caller.now() + chrono::TimeDelta::seconds(30);
    reconciler::invocation::run(&caller, &caller.clock(), &settings, &trigger, deadline).await;
    let cloud = region.cloud();
    assert_eq!(cloud.judge().violations(), []);
    cloud.volume(&volume).unwrap().attachments.clone()
}

#[tokio::test(start_paused = true)]
async fn each_code_of_an_interruption_occurs_with_its_event_and_keeps_holdfast_away() {
    let mut seen = BTreeSet::new();
    for seed in 0..30 {
        for behavior in [Interruption::Terminate, Interruption::Stop] {
            let web = &[("holdfast:fleet", "web")];
            let mut stage = Stage::with(Setup { seed, ..Setup::default() });
            let id = stage.runs(LaunchData { market: Some(market(behavior)), ..tagged_data(ZONE, web) });
            stage.volume_in(ZONE, web);
            let healthy = Stage { cloud: stage.cloud.clone() };
            stage.cloud.interrupt(&id).unwrap();
            let doomed = Stage { cloud: stage.cloud.clone() };
            seen.insert((behavior.as_str(), code(&stage, &id).1.as_str()));
            stage.pass(2);
            let events = stage.cloud.take_events();
            let warning = events.iter().find(|event| event["detail"]["instance-action"].is_string());
            assert_eq!(warning.unwrap()["detail"]["instance-action"], behavior.as_str());
            stage.pass(300);
            seen.insert((behavior.as_str(), code(&stage, &id).1.as_str()));
            assert_eq!(reconciled(doomed).await, []);
            assert_eq!(reconciled(healthy).await.len(), 1);
        }
    }
    let expected = [
        ("stop", "instance-stopped-by-price"),
        ("stop", "instance-stopped-no-capacity"),
        ("stop", "marked-for-stop"),
        ("terminate", "instance-terminated-by-price"),
        ("terminate", "instance-terminated-no-capacity"),
        ("terminate", "marked-for-termination"),
    ];
    assert_eq!(Vec::from_iter(seen), expected);
}

#[test]
fn what_is_no_spot_instance_is_not_interrupted() {
    let mut stage = Stage::new();
    let id = stage.instance();
    assert!(stage.cloud.interrupt(&id).unwrap_err().to_string().contains(id.as_str()));
    assert!(stage.cloud.recommend(&id).is_err());
    assert!(stage.cloud.resume(&id).is_err());
}
