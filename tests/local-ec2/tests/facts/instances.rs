//! Instances: their states, and what stays with them.

use crate::stage::{Stage, data};
use local_ec2::Setup;
use local_ec2::actions::{
    DescribeInstances, DeviceChange, ModifyInstanceAttribute, RebootInstances, StartInstances, StopInstances,
    TerminateInstances,
};
use local_ec2::state::{LaunchData, Market, Usage};
use local_ec2::{Listing, Timing};
use planner::ids::InstanceId;
use planner::observation::InstanceState;

fn start(id: &InstanceId) -> StartInstances {
    StartInstances { instance_ids: vec![id.to_string()] }
}

fn stop(id: &InstanceId) -> StopInstances {
    StopInstances { instance_ids: vec![id.to_string()], hibernate: false }
}

pub(crate) fn terminate(id: &InstanceId) -> TerminateInstances {
    TerminateInstances { instance_ids: vec![id.to_string()] }
}

/// A stopped instance.
fn stopped(stage: &mut Stage, data: LaunchData) -> InstanceId {
    let id = stage.runs(data);
    stage.asks(&stop(&id));
    stage.pass(60);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    id
}

#[test]
fn an_instance_is_pending_for_half_a_minute() {
    let mut stage = Stage::new();
    let id = stage.asks(&crate::stage::run(data(""))).pop().unwrap().instance.id;
    stage.pass(29);
    assert_eq!(stage.state(&id), InstanceState::Pending);
    stage.pass(12);
    assert_eq!(stage.state(&id), InstanceState::Running);
}

#[test]
fn stop_and_start_change_the_launch_time_and_keep_what_is_attached() {
    let mut stage = Stage::new();
    let (id, volume, address) = (stage.instance(), stage.volume(), stage.address());
    stage.mounts(&volume, &id, "/dev/sdf");
    let association = stage.associates(&address, &id);
    let launched = stage.shown(&id).instance.launched;
    let changed = stage.asks(&stop(&id)).pop().unwrap();
    assert_eq!((changed.previous, changed.current), (InstanceState::Running, InstanceState::Stopping));
    stage.pass(60);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
    assert_eq!(stage.shown_volume(&volume).state(), "in-use");
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Idle);
    stage.asks(&start(&id));
    assert_eq!(stage.state(&id), InstanceState::Pending);
    assert!(stage.shown(&id).instance.launched > launched);
    stage.pass(60);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Mounted);
    assert_eq!(stage.association(&address), Some(association));
    assert_eq!(stage.shown(&id).public(), stage.cloud.address(&address).map(|address| address.public));
}

#[test]
fn a_terminated_instance_is_listed_for_an_hour_and_loses_its_tags_before() {
    let mut stage = Stage::new();
    let id = stage.runs(crate::stage::tagged_data("", &[("Name", "web")]));
    stage.asks(&terminate(&id));
    assert_eq!(stage.state(&id), InstanceState::ShuttingDown);
    stage.pass(91);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
    assert_eq!(stage.cloud.instance(&id).unwrap().tags.get("Name"), Some("web"));
    stage.pass(3500);
    assert!(stage.shown(&id).instance.tags.all().len() <= 1);
    stage.pass(200);
    stage.refuses(&DescribeInstances(Listing::of([&id])), "InvalidInstanceID.NotFound", id.as_str());
}

#[test]
fn what_has_ended_cannot_be_started_stopped_or_rebooted() {
    let mut stage = Stage::new();
    let id = stage.instance();
    stage.asks(&terminate(&id));
    stage.pass(91);
    let ids = vec![id.to_string()];
    let code = "IncorrectInstanceState";
    stage.refuses(&start(&id), code, "is not in a state from which it can be started.");
    stage.refuses(&stop(&id), code, "is not in a state from which it can be stopped.");
    stage.refuses(&RebootInstances { instance_ids: ids }, code, "rebooted");
    let again = stage.asks(&terminate(&id)).pop().unwrap();
    assert_eq!((again.previous, again.current), (InstanceState::Terminated, InstanceState::Terminated));
}

#[test]
fn a_pending_instance_cannot_be_stopped_and_a_stopping_one_not_started() {
    let mut stage = Stage::new();
    let id = stage.asks(&crate::stage::run(data(""))).pop().unwrap().instance.id;
    stage.refuses(&stop(&id), "IncorrectInstanceState", "stopped");
    stage.pass(60);
    stage.asks(&stop(&id));
    stage.refuses(&start(&id), "IncorrectInstanceState", "started");
}

#[test]
fn a_stopped_instance_is_terminated_within_seconds() {
    let mut stage = Stage::new();
    let id = stopped(&mut stage, data(""));
    stage.asks(&terminate(&id));
    stage.pass(6);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
}

#[test]
fn termination_overtakes_a_start() {
    let mut stage = Stage::new();
    let id = stage.asks(&crate::stage::run(data(""))).pop().unwrap().instance.id;
    stage.asks(&terminate(&id));
    stage.pass(100);
    assert_eq!(stage.state(&id), InstanceState::Terminated);
}

#[test]
fn a_one_time_spot_instance_cannot_be_stopped() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(Market::default());
    stage.refuses(&stop(&id), "UnsupportedOperation", "associated with a one-time Spot Instance request");
    let persistent = stage.spot_instance(Market { persistent: true, ..Market::default() });
    stage.asks(&stop(&persistent));
}

#[test]
fn hibernation_needs_to_be_configured() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let call = StopInstances { instance_ids: vec![id.to_string()], hibernate: true };
    stage.refuses(&call, "UnsupportedHibernationConfiguration", id.as_str());
    let id = stage.runs(LaunchData { hibernation: Some(true), ..data("") });
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: true });
    stage.pass(90);
    assert!(stage.cloud.instance(&id).unwrap().hibernated);
    assert_eq!(stage.state(&id), InstanceState::Stopped);
}

#[test]
fn a_hibernated_instance_has_its_volumes_mounted_still() {
    let mut stage = Stage::new();
    let (id, volume) =
        (stage.runs(LaunchData { hibernation: Some(true), ..data("us-east-1a") }), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.asks(&StopInstances { instance_ids: vec![id.to_string()], hibernate: true });
    stage.pass(90);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Mounted);
}

#[test]
fn one_unknown_id_makes_the_whole_call_fail() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let unknown = ["i-00000000000000001", "i-00000000000000002"];
    let ids = [id.as_str(), unknown[0], unknown[1]].map(str::to_owned);
    let call = TerminateInstances { instance_ids: ids.to_vec() };
    let words = "The instance IDs 'i-00000000000000001, i-00000000000000002' do not exist";
    stage.refuses(&call, "InvalidInstanceID.NotFound", words);
    assert_eq!(stage.state(&id), InstanceState::Running);
    stage.refuses(&TerminateInstances::default(), "MissingParameter", "InstanceId");
}

#[test]
fn delete_on_termination_is_changed_by_device() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.attaches(&volume, &id, "/dev/sdf");
    assert!(!stage.shown_volume(&volume).attachments[0].delete_on_termination);
    let change = |device: &str| ModifyInstanceAttribute {
        instance_id: id.to_string(),
        block_device_mappings: vec![DeviceChange {
            device_name: device.to_owned(),
            delete_on_termination: true,
        }],
    };
    stage.refuses(
        &change("/dev/sdz"),
        "InvalidInstanceAttributeValue",
        "No device is currently mapped at /dev/sdz",
    );
    stage.asks(&change("/dev/xvdf"));
    assert!(stage.shown_volume(&volume).attachments[0].delete_on_termination);
}

#[test]
fn a_reboot_mounts_what_was_drained() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    stage.mounts(&volume, &id, "/dev/sdf");
    stage.cloud.drain(&volume).unwrap();
    stage.pass(60);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Drained);
    stage.asks(&RebootInstances { instance_ids: vec![id.to_string()] });
    stage.pass(30);
    assert_eq!(stage.attachment(&volume).unwrap().usage, Usage::Mounted);
    assert_eq!(stage.state(&id), InstanceState::Running);
}

#[test]
fn at_once_means_at_once() {
    let mut stage = Stage::with(Setup { timing: Timing::instant(), ..Setup::default() });
    let id = stage.asks(&crate::stage::run(data(""))).pop().unwrap().instance.id;
    stage.pass(0);
    assert_eq!(stage.state(&id), InstanceState::Running);
}
