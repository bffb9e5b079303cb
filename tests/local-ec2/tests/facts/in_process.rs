//! The in-process face: latency, time-outs, retries, crashes, and the facts that it makes of answers.

use crate::stage::{Stage, ZONE, tagged_data};
use local_ec2::actions::AllocateAddress;
use local_ec2::{Fault, InProcess, Principal, Region, Setup, Span, Timing};
use planner::ids::{FleetName, InstanceId, VolumeId};
use planner::observation::{AttachmentState, Health, InstanceState};
use reconciler::clock::Clock;
use reconciler::ec2::{Cause, Ec2, Ec2Error, InstanceQuery, SpotRequest};
use std::collections::{BTreeMap, BTreeSet};

const WEB: &[(&str, &str)] = &[("holdfast:fleet", "web")];

/// A region with one member of the fleet `web` and one free volume of it.
fn region(timing: Timing) -> (Region, InstanceId, VolumeId) {
    let mut stage = Stage::with(Setup { timing, ..Setup::default() });
    let (id, volume) = (stage.runs(tagged_data(ZONE, WEB)), stage.volume_in(ZONE, WEB));
    (Region::new(stage.cloud), id, volume)
}

fn device() -> planner::device::DeviceName {
    planner::device::first_default()
}

fn code(error: Ec2Error) -> String {
    match error.cause {
        Cause::Answer { code, .. } => code,
        Cause::NoAnswer(reason) | Cause::Garbled(reason) => reason,
    }
}

fn script(region: &Region, faults: &[(u64, Fault)]) {
    region.cloud().set_fault_script(faults.iter().copied().collect());
}

async fn seconds<F: Future>(caller: &InProcess, call: F) -> (f64, F::Output) {
    let began = caller.now();
    let answer = call.await;
    ((caller.now() - began).as_seconds_f64(), answer)
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_its_latency_and_the_cloud_keeps_time() {
    let latency = Span::millis(100, 100);
    let (region, id, volume) = region(Timing { latency, ..Timing::default() });
    let caller = region.caller(Principal::Holdfast);
    let (time, answer) = seconds(&caller, caller.attach_volume(&volume, &id, &device())).await;
    assert_eq!((time, answer), (0.2, Ok(())));
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let seen = caller.volumes().await.unwrap();
    assert_eq!(seen[0].attachments[0].state, AttachmentState::Attached);
}

#[tokio::test(start_paused = true)]
async fn an_act_is_tried_once_and_ends_within_three_seconds() {
    let (region, id, volume) = region(Timing::default());
    let caller = region.caller(Principal::Holdfast);
    for (fault, words) in [
        (Fault::Throttled, "RequestLimitExceeded"),
        (Fault::Broken, "InternalError"),
        (Fault::Reset, "connection reset by peer"),
        (Fault::TimedOut, "timed out after 3 s"),
        (Fault::Refused, "VolumeInUse"),
        (Fault::Denied, "UnauthorizedOperation"),
    ] {
        script(&region, &[(0, fault)]);
        let (time, answer) = seconds(&caller, caller.attach_volume(&volume, &id, &device())).await;
        assert_eq!(code(answer.unwrap_err()), words);
        assert!(time <= 3.0, "{fault} took {time} s");
        assert_eq!(region.cloud().calls(), 1);
    }
    assert!(region.cloud().volume(&volume).unwrap().attachments.is_empty());
    script(&region, &[(0, Fault::Lost)]);
    let (time, answer) = seconds(&caller, caller.attach_volume(&volume, &id, &device())).await;
    assert_eq!((time, code(answer.unwrap_err())), (3.0, "timed out after 3 s".to_owned()));
    assert_eq!(region.cloud().volume(&volume).unwrap().attachments.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_asked_up_to_three_times() {
    let (region, _, volume) = region(Timing::default());
    let caller = region.caller(Principal::Holdfast);
    for fault in [Fault::Throttled, Fault::Broken, Fault::Reset, Fault::TimedOut, Fault::Lost] {
        script(&region, &[(0, fault), (1, fault)]);
        assert_eq!(caller.volumes().await.unwrap()[0].id, volume, "{fault}");
        script(&region, &[(0, fault), (1, fault), (2, fault)]);
        caller.volumes().await.unwrap_err();
        assert_eq!(region.cloud().calls(), 3);
    }
    script(&region, &[(0, Fault::Denied)]);
    assert_eq!(code(caller.volumes().await.unwrap_err()), "UnauthorizedOperation");
    assert_eq!(region.cloud().calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_act_that_is_given_up_never_lands() {
    let slow = Span::exactly(4);
    let (region, id, volume) = region(Timing { slow, ..Timing::default() });
    let caller = region.caller(Principal::Holdfast);
    script(&region, &[(0, Fault::Slow)]);
    let answer = caller.attach_volume(&volume, &id, &device()).await;
    assert_eq!(code(answer.unwrap_err()), "timed out after 3 s");
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert!(region.cloud().volume(&volume).unwrap().attachments.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_the_whole_invocation_before_or_after_the_call() {
    for (fault, attached) in [(Fault::Crash, 0), (Fault::CrashAfter, 1)] {
        let (region, id, volume) = region(Timing::default());
        let caller = region.caller(Principal::Holdfast);
        script(&region, &[(0, fault)]);
        let invocation = async {
            let _ = caller.attach_volume(&volume, &id, &device()).await;
            panic!("an invocation went on after its crash");
        };
        assert_eq!(caller.until_crash(invocation).await, None);
        assert_eq!(region.cloud().volume(&volume).unwrap().attachments.len(), attached);
        // Whatever else this invocation had under way is dead, too; others live.
        let dead = tokio::time::timeout(std::time::Duration::from_mins(1), caller.volumes()).await;
        assert!(dead.is_err());
        assert_eq!(region.caller(Principal::Holdfast).volumes().await.map(|volumes| volumes.len()), Ok(1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_without_a_crash_has_its_outcome() {
    let (region, ..) = region(Timing::default());
    let caller = region.caller(Principal::Holdfast);
    assert!(caller.until_crash(caller.volumes()).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn small_pages_bring_the_whole() {
    let mut stage = Stage::new();
    let made: BTreeSet<_> = (0..12).map(|_| stage.volume_in(ZONE, WEB)).collect();
    let region = Region::new(stage.cloud);
    let caller = region.caller(Principal::Holdfast).with_pages_of(5);
    let seen: BTreeSet<_> = caller.volumes().await.unwrap().into_iter().map(|volume| volume.id).collect();
    assert_eq!((seen, region.cloud().calls()), (made, 3));
}

#[tokio::test(start_paused = true)]
async fn instances_are_found_by_each_of_the_fleet_tags_and_by_exact_name() {
    let mut stage = Stage::new();
    let spot = "sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55";
    let mut launch = |key: &str, value: &str| {
        let service_tags = crate::stage::tags(&[(key, value)]);
        let data = crate::stage::data(ZONE);
        let zone = planner::ids::Zone::new(ZONE);
        stage.cloud.launch(&local_ec2::Launch { data, zone, service_tags, fleet: None })
    };
    let of_web = [launch("holdfast:fleet", "web*"), launch("aws:autoscaling:groupName", "web*")];
    let of_spot = [launch("aws:ec2spot:fleet-request-id", spot)];
    launch("holdfast:fleet", "website");
    let region = Region::new(stage.cloud);
    let caller = region.caller(Principal::Holdfast);
    for (name, expected) in [("web*", &of_web[..]), (spot, &of_spot[..]), ("web", &[])] {
        let names = BTreeSet::from([FleetName::new(name)]);
        let seen = caller.instances(InstanceQuery::Fleets(&names)).await.unwrap();
        let seen: BTreeSet<_> = seen.into_iter().map(|instance| instance.id).collect();
        assert_eq!(seen, expected.iter().cloned().collect(), "{name}");
    }
    let ids = BTreeSet::from([of_web[0].clone(), InstanceId::parse("i-00000000000000001").unwrap()]);
    let seen = caller.instances(InstanceQuery::Ids(&ids)).await.unwrap();
    assert_eq!(seen.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn facts_are_what_ec2_shows() {
    let mut stage = Stage::new();
    let data = local_ec2::state::LaunchData {
        market: Some(local_ec2::state::Market::default()),
        ..tagged_data(ZONE, WEB)
    };
    let (id, volume) = (stage.runs(data), stage.volume_in(ZONE, WEB));
    let address = stage.asks(&AllocateAddress { tags: crate::stage::tags(WEB) }).allocation;
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.associates(&address, &id);
    stage.cloud.interrupt(&id).unwrap();
    let region = Region::new(stage.cloud);
    let caller = region.caller(Principal::Holdfast);
    let ids = BTreeSet::from([id.clone()]);
    let [instance] = caller.instances(InstanceQuery::Ids(&ids)).await.unwrap().try_into().unwrap();
    assert_eq!((instance.state, instance.health()), (InstanceState::Running, Health::Healthy));
    assert!(instance.spot && instance.devices.len() == 2 && instance.doomed.is_none());
    assert_eq!(instance.launched.timestamp_subsec_nanos(), 0);
    let requests = caller.spot_requests(&ids).await.unwrap();
    let code = region.cloud().spot_request(&id).unwrap().code.as_str().to_owned();
    assert_eq!(requests, BTreeMap::from([(id.clone(), SpotRequest { code, hibernates: false })]));
    let [seen] = caller.addresses().await.unwrap().try_into().unwrap();
    let association = seen.association.unwrap();
    assert_eq!((association.instance, seen.allocation), (Some(id.clone()), address));
    let primary = instance.primary_interface().unwrap();
    assert_eq!(association.interface.as_ref(), Some(&primary.id));
    assert_eq!(primary.addresses[0].elastic, Some(seen.public));
    let [seen] = caller.volumes().await.unwrap().try_into().unwrap();
    assert_eq!((seen.attachments[0].instance.clone(), seen.tags.fleet.as_str()), (id, "web"));
}

#[tokio::test(start_paused = true)]
async fn every_act_is_made_with_its_precondition() {
    let mut stage = Stage::new();
    let market = Some(local_ec2::state::Market::default());
    let data = local_ec2::state::LaunchData { market, ..tagged_data(ZONE, WEB) };
    let (id, volume) = (stage.runs(data), stage.volume_in(ZONE, WEB));
    let address = stage.asks(&AllocateAddress { tags: crate::stage::tags(WEB) }).allocation;
    let shown = stage.shown(&id);
    stage.cloud.recommend(&id).unwrap();
    let region = Region::new(stage.cloud);
    let caller = region.caller(Principal::Holdfast);
    let interface = shown.interfaces[0].interface.id.clone();
    caller.associate_address(&address, &interface, shown.private().unwrap()).await.unwrap();
    let association = region.cloud().address(&address).unwrap().association.clone().unwrap();
    caller.disassociate_address(&association.id).await.unwrap();
    caller.mark_draining(&id, "kernel update").await.unwrap();
    assert_eq!(region.cloud().instance(&id).unwrap().tags.get("holdfast:draining"), Some("kernel update"));
    caller.attach_volume(&volume, &id, &device()).await.unwrap();
    assert!(region.cloud().judge().violations().is_empty());
    caller.detach_volume(&volume, &id).await.unwrap();
    assert_eq!(region.cloud().judge().violations().len(), 1);
}
