//! Mistakes sown on purpose are found: each by what it breaks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

use local_ec2::actions::{StartInstances, StopInstances};
use local_ec2::ssm::SendCommand;
use local_ec2::{Cloud, Region, Setup, Span, Throttling, Timing};
use planner::ids::{InstanceId, VolumeId, Zone};
use simulation::caller::Caller;
use simulation::matrix::{Matrix, Untold};
use simulation::mistake::Mistake;
use simulation::routing::Rules;
use simulation::scenarios::SCENARIOS;
use simulation::seed::{Run, on_paused_clock};
use simulation::trace::Trace;
use simulation::{deployment, quiet, stage};
use std::time::Duration;

/// Simulates seeds until one of them says this.
#[track_caller]
fn is_found(mistake: Mistake, words: &str) {
    let rules = Rules::read().unwrap();
    let found = (1..=400).any(|seed| {
        let run = Run { mistake: Some(mistake), ..Run::of(seed, 1) };
        // The rule of freshness matters to whoever stands still between a look and its act.
        let drowsiness = if mistake == Mistake::StandingClock { 0.2 } else { run.drowsiness };
        let outcome = Run { drowsiness, ..run }.simulate(&rules, &Trace::off());
        outcome.faults.iter().any(|fault| fault.contains(words))
    });
    assert!(found, "{mistake:?} passed unnoticed: nobody said `{words}`");
}

#[test]
fn without_freshness_a_volume_is_taken_from_a_holder_that_runs_again() {
    is_found(Mistake::StandingClock, "which was running and had not been drained");
}

#[test]
fn a_first_volume_that_moves_on_without_the_others_splits_the_slot() {
    is_found(Mistake::BlindToOthers, "of its slot was on");
}

/// Two functions see one free instance and two slots; one of them looked while the first slot was paused.
async fn race(mistake: Option<Mistake>) -> Vec<String> {
    let timing = Timing { latency: Span::millis(50, 50), ..Timing::default() };
    let mut cloud = Cloud::new(Setup { timing, throttling: Throttling::Off, ..Setup::default() });
    let zone = Zone::new("us-east-1a");
    stage::launch(&mut cloud, &stage::data(1, false, None), &zone, stage::tags(&[("holdfast:fleet", "web")]));
    for slot in ["one", "two"] {
        let tags = [("holdfast:fleet", "web"), ("holdfast:slot", slot), ("holdfast:paused", "true")];
        let tags = stage::tags(if slot == "one" { &tags } else { &tags[..2] });
        stage::volume(&mut cloud, &zone, tags).unwrap();
    }
    cloud.pass(120);
    let paused =
        cloud.volumes().find(|volume| volume.tags.get("holdfast:paused").is_some()).unwrap().id.clone();
    let region = Region::new(cloud);
    let call = Rules::read().unwrap().sweep().unwrap().remove(0);
    let [early, late] = [1, 2].map(|number| Caller::new(&region, number, &Trace::off(), mistake));
    let unpause_and_invoke = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        stage::unmark(&mut region.cloud(), paused.as_str(), "holdfast:paused").unwrap();
        deployment::invoke(&late, &call).await
    };
    tokio::join!(deployment::invoke(&early, &call), unpause_and_invoke);
    let attempts = region.cloud().call_counts().get("AttachVolume").copied();
    assert!(attempts >= Some(2), "{attempts:?}: there was no race");
    quiet::judged(&region.cloud())
}

#[test]
fn the_next_device_name_at_once_gives_an_instance_two_slots() {
    assert_eq!(on_paused_clock(race(None)).unwrap(), Vec::<String>::new());
    let found = on_paused_clock(race(Some(Mistake::NextName))).unwrap();
    assert!(found.iter().any(|fault| fault.contains("of another slot")), "{found:?}");
}

#[test]
fn a_detach_that_names_no_instance_is_found() {
    is_found(Mistake::DetachFromAnyone, "was to be detached from whoever has it");
}

#[test]
fn force_is_found() {
    is_found(Mistake::Force, "was to be forced off");
}

#[test]
fn a_detach_from_a_holder_that_is_still_stopping_is_found() {
    is_found(Mistake::HastyDetach, "which was stopping and had not been drained");
}

/// A sweep over a draining holder with two volumes mounted, a candidate beside it, and whatever happened before.
async fn drained(
    mistake: Option<Mistake>,
    earlier: impl Fn(&mut Cloud, &InstanceId, &[VolumeId]),
) -> Vec<String> {
    let zone = Zone::new("us-east-1a");
    let mut cloud = Cloud::new(Setup { throttling: Throttling::Off, ..Setup::default() });
    let tags = [("holdfast:fleet", "web"), ("holdfast:handover", "drain")];
    let mut launch =
        || stage::launch(&mut cloud, &stage::data(1, false, None), &zone, stage::tags(&tags[..1]));
    let (holder, _) = (launch(), launch());
    let mut volumes: Vec<_> =
        (0..2).map(|_| stage::volume(&mut cloud, &zone, stage::tags(&tags)).unwrap()).collect();
    volumes.sort();
    cloud.pass(60);
    for (volume, device) in volumes.iter().zip(["/dev/sdf", "/dev/sdg"]) {
        stage::attach(&mut cloud, volume, &holder, device).unwrap();
    }
    cloud.pass(60);
    stage::mark(&mut cloud, holder.as_str(), "holdfast:draining", "by hand").unwrap();
    earlier(&mut cloud, &holder, &volumes);
    let region = Region::new(cloud);
    let call = Rules::read().unwrap().sweep().unwrap().remove(0);
    let ended = deployment::invoke(&Caller::new(&region, 1, &Trace::off(), mistake), &call).await;
    assert!(!ended.has_failed(), "{ended:?}");
    assert!(region.cloud().call_counts().contains_key("DetachVolume"), "nothing was detached");
    quiet::judged(&region.cloud())
}

/// Somebody drains a volume by hand.
fn drain(cloud: &mut Cloud, holder: &InstanceId, volume: &VolumeId) {
    let parameters = [("volumes".to_owned(), vec![volume.to_string()])].into();
    let (document_name, instance_ids) = (deployment::DOCUMENT.to_owned(), vec![holder.to_string()]);
    let call = SendCommand { document_name, instance_ids, parameters, timeout_seconds: None };
    stage::ask(cloud, &call).unwrap();
    cloud.pass(20);
}

fn nothing(_: &mut Cloud, _: &InstanceId, _: &[VolumeId]) {}

fn one_alone(cloud: &mut Cloud, holder: &InstanceId, volumes: &[VolumeId]) {
    drain(cloud, holder, &volumes[0]);
}

/// Both were drained, and the holder was started again since.
fn restarted(cloud: &mut Cloud, holder: &InstanceId, volumes: &[VolumeId]) {
    for volume in volumes {
        drain(cloud, holder, volume);
    }
    let instance_ids = vec![holder.to_string()];
    let stop = StopInstances { instance_ids: instance_ids.clone(), hibernate: false };
    stage::ask(cloud, &stop).unwrap();
    cloud.pass(60);
    stage::ask(cloud, &StartInstances { instance_ids }).unwrap();
    cloud.pass(120);
}

#[test]
fn a_volume_leaves_a_holder_that_runs_by_a_proof_of_its_own() {
    let words = "which was running and had not been drained";
    let is_found = |mistake, earlier: fn(&mut Cloud, &InstanceId, &[VolumeId])| {
        assert_eq!(on_paused_clock(drained(None, earlier)).unwrap(), Vec::<String>::new(), "{mistake:?}");
        let found = on_paused_clock(drained(Some(mistake), earlier)).unwrap();
        assert!(found.iter().any(|fault| fault.contains(words)), "{mistake:?} passed unnoticed: {found:?}");
    };
    is_found(Mistake::NoProof, nothing);
    is_found(Mistake::ForeignProof, one_alone);
    is_found(Mistake::OldProof, restarted);
}

#[test]
fn a_volume_that_nobody_has_drained_is_found() {
    is_found(Mistake::NoProof, "which was running and had not been drained");
}

#[test]
fn a_holder_that_is_ended_by_no_policy_is_found() {
    is_found(Mistake::TerminateAnyway, "and holds no slot of the policy `terminate`");
}

#[test]
fn a_holder_that_is_drained_by_no_policy_is_found() {
    is_found(Mistake::DrainAnyway, "and has no such volume by the policy `drain`");
}

#[test]
fn what_is_paused_and_not_left_alone_is_found() {
    is_found(Mistake::IgnorePause, "was not left alone, which is paused");
}

#[test]
fn a_mark_of_another_instance_than_the_one_that_goes_is_found() {
    is_found(Mistake::MarkAnother, "was marked as draining, and nothing has ever told that it goes");
}

#[test]
fn an_address_that_is_taken_is_found() {
    is_found(Mistake::TakeAddress, "was to be taken from whoever has it");
}

#[test]
fn an_address_that_displaces_another_in_a_quiet_world_is_found() {
    is_found(Mistake::FirstPlace, "displaced");
}

#[test]
fn a_holder_that_is_ended_with_a_disk_of_somebody_elses_is_found() {
    is_found(Mistake::BlindToForeign, "which is not Holdfast's");
}

#[test]
fn an_address_that_displaces_one_of_somebody_elses_is_found() {
    is_found(Mistake::BlindToForeign, "is not tagged for Holdfast");
}

#[test]
fn a_slot_that_is_never_complete_is_found() {
    is_found(Mistake::ClaimAssociation, "could hold it");
}

#[test]
fn an_instance_that_nobody_lets_go_is_found() {
    is_found(Mistake::NeverComplete, "and still waits");
}

#[test]
fn an_instance_that_is_let_go_before_its_slot_is_there_is_found() {
    is_found(Mistake::HastyComplete, "is on its way to it");
}

#[test]
fn the_matrix_finds_what_a_story_with_hooks_does_wrong() {
    let rules = Rules::read().unwrap();
    let wrong = |name: &str, mistake| {
        let scenario = SCENARIOS.into_iter().find(|own| own.name == name).unwrap();
        match Matrix::new(scenario, &rules, Some(mistake)) {
            Err(Untold::Wrong(_, wrong)) => wrong,
            told => panic!("{name}: {mistake:?} passed unnoticed: {told:?}"),
        }
    };
    let drained = "terminate hook, drained";
    assert!(wrong("launch hook", Mistake::NeverComplete).contains("and still waits"));
    assert!(wrong(drained, Mistake::HastyComplete).contains("is to come off it"));
}

#[test]
fn the_matrix_finds_what_a_story_does_wrong() {
    let rules = Rules::read().unwrap();
    for mistake in [Mistake::ClaimAssociation, Mistake::FirstPlace] {
        let told = Matrix::new(SCENARIOS[6], &rules, Some(mistake));
        assert!(matches!(told, Err(Untold::Wrong(..))), "{mistake:?} passed unnoticed");
    }
}

#[test]
fn the_matrix_finds_what_a_story_does_against_its_policy() {
    let rules = Rules::read().unwrap();
    for (name, mistake, words) in [
        ("interruption warning", Mistake::TerminateAnyway, "holds no slot of the policy `terminate`"),
        ("recommendation, drained", Mistake::TerminateAnyway, "holds no slot of the policy `terminate`"),
        ("recommendation, terminate", Mistake::DrainAnyway, "has no such volume by the policy `drain`"),
    ] {
        let scenario = SCENARIOS.into_iter().find(|own| own.name == name).unwrap();
        let told = Matrix::new(scenario, &rules, Some(mistake));
        let is_found = matches!(&told, Err(Untold::Wrong(_, wrong)) if wrong.contains(words));
        assert!(is_found, "{name}: {mistake:?} passed unnoticed: {told:?}");
    }
}
