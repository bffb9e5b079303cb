//! Spot instances: interruption as EC2 does it.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, data};
use local_ec2::actions::{StartInstances, StopInstances};
use local_ec2::state::{Interruption, LaunchData, Market, SpotCode, SpotState, StateReason};
use planner::ids::InstanceId;
use planner::observation::InstanceState;

fn code(stage: &Stage, id: &InstanceId) -> (SpotState, SpotCode) {
    let request = stage.cloud.spot_request(id).unwrap();
    (request.state, request.code)
}

fn market(interruption: Interruption) -> Market {
    Market { persistent: interruption != Interruption::Terminate, interruption }
}

#[test]
fn the_request_says_terminated_two_minutes_before_the_instance_ends() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(market(Interruption::Terminate));
    stage.cloud.interrupt(&id).unwrap();
    assert_eq!(code(&stage, &id), (SpotState::Active, SpotCode::InstanceTerminatedNoCapacity));
    stage.pass(119);
    assert_eq!(stage.state(&id), InstanceState::Running);
    stage.pass(1);
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    assert_eq!(stage.cloud.instance(&id).unwrap().reason, Some(StateReason::SPOT_TERMINATION));
    stage.pass(90);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    assert_eq!(code(&stage, &id), (SpotState::Closed, SpotCode::InstanceTerminatedNoCapacity));
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
    assert_eq!(code(&stage, &id), (SpotState::Disabled, SpotCode::InstanceStoppedNoCapacity));
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
    assert_eq!(code(&stage, &id), (SpotState::Disabled, SpotCode::InstanceStoppedNoCapacity));
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
    stage.asks(&terminate(&id));
    stage.pass(300);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    assert_eq!(code(&stage, &id), (SpotState::Closed, SpotCode::InstanceTerminatedNoCapacity));
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

#[test]
fn what_is_no_spot_instance_is_not_interrupted() {
    let mut stage = Stage::new();
    let id = stage.instance();
    assert!(stage.cloud.interrupt(&id).unwrap_err().to_string().contains(id.as_str()));
    assert!(stage.cloud.recommend(&id).is_err());
    assert!(stage.cloud.resume(&id).is_err());
}
