//! Faults on demand.

use crate::stage::{Stage, attach, tags};
use local_ec2::actions::{CreateTags, DescribeVolumes, Operation, Request, TerminateInstances};
use local_ec2::{Fault, Listing, Principal, Setup, Shares, Timing};
use planner::observation::{AttachmentState, InstanceState};
use std::collections::BTreeMap;

/// What becomes of one call of Holdfast's that meets the fault.
fn meets<O: Operation>(
    stage: &mut Stage,
    fault: Fault,
    call: &O,
) -> Option<Result<O::Answer, local_ec2::ApiError>> {
    stage.cloud.set_fault_script(BTreeMap::from([(0, fault)]));
    let fate = stage.cloud.fate(call.name(), Principal::Holdfast);
    assert_eq!(fate.fault, Some(fault));
    stage.cloud.serve(&fate, call, Principal::Holdfast)
}

#[test]
fn a_refused_call_is_not_carried_out() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    for (fault, code, status) in [
        (Fault::Refused, "VolumeInUse", 400),
        (Fault::Denied, "UnauthorizedOperation", 403),
        (Fault::Throttled, "RequestLimitExceeded", 503),
        (Fault::Broken, "InternalError", 500),
    ] {
        let error = meets(&mut stage, fault, &attach(&volume, &id, "/dev/sdf")).unwrap().unwrap_err();
        assert_eq!((error.code, error.status), (code, status), "{fault}");
        assert!(stage.attachment(&volume).is_none());
    }
}

#[test]
fn a_lost_call_is_not_carried_out_and_a_lost_answer_is_of_one_that_was() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    for fault in [Fault::Reset, Fault::TimedOut, Fault::Crash] {
        assert!(meets(&mut stage, fault, &attach(&volume, &id, "/dev/sdf")).is_none());
        assert!(stage.attachment(&volume).is_none(), "{fault}");
    }
    for (fault, device) in [(Fault::Lost, "/dev/sdf"), (Fault::CrashAfter, "/dev/sdg")] {
        let volume = stage.volume();
        assert!(meets(&mut stage, fault, &attach(&volume, &id, device)).is_none());
        assert_eq!(stage.attachment(&volume).unwrap().state, AttachmentState::Attaching, "{fault}");
    }
}

#[test]
fn a_stale_answer_is_as_old_as_can_be() {
    let timing = Timing { stale_share: 0.0, ..Timing::default().with_lag(5) };
    let mut stage = Stage::with(Setup { timing, ..Setup::default() });
    let (id, volume) = (stage.instance(), stage.volume());
    stage.asks(&attach(&volume, &id, "/dev/sdf"));
    let call = DescribeVolumes(Listing::by("volume-id", volume.as_str()));
    let old = meets(&mut stage, Fault::Stale, &call).unwrap().unwrap();
    assert!(old.items[0].attachments.is_empty());
    assert_eq!(stage.asks(&call).items[0].attachments.len(), 1);
}

#[test]
fn an_answer_that_cannot_be_old_is_not_counted_as_stale() {
    let counted = |timing, action| {
        let mut stage = Stage::with(Setup { timing, ..Setup::default() });
        stage.cloud.set_fault_script(BTreeMap::from([(0, Fault::Stale)]));
        let fate = stage.cloud.fate(action, Principal::Holdfast);
        (fate.fault, stage.cloud.fault_counts().len())
    };
    let lagging = || Timing::default().with_lag(5);
    assert_eq!(counted(lagging(), "DescribeVolumes"), (Some(Fault::Stale), 1));
    assert_eq!(counted(lagging(), "ListCommands"), (Some(Fault::Stale), 1));
    assert_eq!(counted(lagging(), "AttachVolume"), (None, 0));
    assert_eq!(counted(Timing::default(), "DescribeVolumes"), (None, 0));
}

#[test]
fn an_end_is_refused_as_that_of_an_instance_which_is_gone() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let call = TerminateInstances { instance_ids: vec![id.to_string()] };
    let codes = [Fault::Refused, Fault::Denied]
        .map(|fault| meets(&mut stage, fault, &call).unwrap().unwrap_err().code);
    assert_eq!(codes, ["InvalidInstanceID.NotFound", "UnauthorizedOperation"]);
    assert_eq!(stage.cloud.instance(&id).unwrap().state, InstanceState::Running);
}

#[test]
fn faults_befall_holdfast_alone_as_often_as_asked_and_are_counted() {
    let mut stage = Stage::new();
    stage.cloud.set_faults("*:reset=0.5;DescribeVolumes:slow=0.25".parse::<Shares>().unwrap());
    for _ in 0..1000 {
        assert_eq!(stage.cloud.fate("DescribeVolumes", Principal::Other).fault, None);
        stage.cloud.fate("DescribeVolumes", Principal::Holdfast);
    }
    let counts = stage.cloud.fault_counts();
    assert!((420..580).contains(&counts[&("DescribeVolumes", Fault::Reset)]), "{counts:?}");
    assert!((190..310).contains(&counts[&("DescribeVolumes", Fault::Slow)]), "{counts:?}");
    assert_eq!((counts.len(), stage.cloud.calls()), (2, 1000));
}

#[test]
fn a_script_befalls_the_calls_that_it_numbers() {
    let mut stage = Stage::new();
    stage.cloud.set_fault_script(BTreeMap::from([(1, Fault::Lost), (3, Fault::Slow)]));
    let fates: Vec<_> = (0..5).map(|_| stage.cloud.fate("AttachVolume", Principal::Holdfast).fault).collect();
    assert_eq!(fates, [None, Some(Fault::Lost), None, Some(Fault::Slow), None]);
}

#[test]
fn a_dry_run_tells_who_may_not() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    let call = Request { action: attach(&volume, &id, "/dev/sdf").into(), dry_run: true };
    let error = stage.cloud.call(&call, Principal::Holdfast).unwrap_err();
    assert_eq!((error.code, error.status), ("DryRunOperation", 412));
    stage.cloud.set_faults("AttachVolume:denied=1".parse::<Shares>().unwrap());
    let fate = stage.cloud.fate(call.name(), Principal::Holdfast);
    let error = stage.cloud.serve(&fate, &call, Principal::Holdfast).unwrap().unwrap_err();
    assert_eq!((error.code, error.status), ("UnauthorizedOperation", 403));
}

#[test]
fn tags_that_are_refused_are_gone_or_raced_by_turns() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let call = CreateTags { resources: vec![id.to_string()], tags: tags(&[("holdfast:draining", "x")]) };
    stage.cloud.set_faults("CreateTags:refused=1".parse::<Shares>().unwrap());
    let codes: Vec<_> = (0..4)
        .map(|_| {
            let fate = stage.cloud.fate(call.name(), Principal::Holdfast);
            stage.cloud.serve(&fate, &call, Principal::Holdfast).unwrap().unwrap_err().code
        })
        .collect();
    let (gone, raced) = ("InvalidInstanceID.NotFound", "ConcurrentTagAccess");
    assert_eq!(codes, [gone, raced, gone, raced]);
    assert_eq!(stage.cloud.instance(&id).unwrap().tags.get("holdfast:draining"), None);
}
