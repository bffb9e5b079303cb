//! Systems Manager: commands that unmount, and whatever keeps them from it.

use crate::instances::terminate;
use crate::stage::{Stage, ZONE, detach, tagged_data, tags};
use local_ec2::actions::{CreateTags, Operation, RebootInstances};
use local_ec2::ssm::{Command, CommandFilter, ListCommands, SendCommand, Status};
use local_ec2::state::Usage;
use local_ec2::{Offence, Principal, Setup, Timing};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::AttachmentState;
use std::collections::BTreeMap;

fn send(instance: &InstanceId, volumes: &[&VolumeId]) -> SendCommand {
    let named: Vec<&str> = volumes.iter().map(|volume| volume.as_str()).collect();
    SendCommand {
        document_name: "Drain".to_owned(),
        instance_ids: vec![instance.to_string()],
        parameters: BTreeMap::from([("volumes".to_owned(), vec![named.join(" ")])]),
        timeout_seconds: Some(30),
    }
}

fn list(instance: &InstanceId) -> ListCommands {
    ListCommands { instance_id: instance.to_string(), ..ListCommands::default() }
}

/// The commands of the instance, the latest first.
fn listed(stage: &mut Stage, instance: &InstanceId) -> Vec<Command> {
    let mut found = stage.asks(&list(instance)).items;
    found.sort_by_key(|command| std::cmp::Reverse(command.requested));
    found
}

fn status(stage: &mut Stage, instance: &InstanceId) -> Option<Status> {
    listed(stage, instance).first().map(|command| command.status)
}

/// An instance of the fleet `web` with two volumes mounted, and a stage of that timing.
fn with(timing: Timing) -> (Stage, InstanceId, [VolumeId; 2]) {
    let mut stage = Stage::with(Setup { timing, ..Setup::default() });
    let id = stage.runs(tagged_data(ZONE, &[("holdfast:fleet", "web")]));
    let volumes = ["/dev/sdf", "/dev/sdg"].map(|device| {
        let volume = stage.volume_in(ZONE, &[("holdfast:fleet", "web")]);
        stage.mounts(&volume, &id, device);
        volume
    });
    (stage, id, volumes)
}

fn plain() -> (Stage, InstanceId, [VolumeId; 2]) {
    with(Timing::default())
}

fn usage(stage: &Stage, volume: &VolumeId) -> Usage {
    stage.attachment(volume).unwrap().usage
}

#[test]
fn a_command_unmounts_the_volumes_that_it_names() {
    let (mut stage, id, [one, other]) = plain();
    let sent = stage.asks(&send(&id, &[&one]));
    assert_eq!(listed(&mut stage, &id), [], "it has not reached the instance");
    stage.pass(20);
    let done = Command { status: Status::Success, ..sent };
    assert_eq!(listed(&mut stage, &id), [done]);
    assert_eq!((usage(&stage, &one), usage(&stage, &other)), (Usage::Drained, Usage::Mounted));
    stage.asks(&send(&id, &[&one, &other]));
    stage.pass(20);
    assert_eq!(usage(&stage, &other), Usage::Drained, "and one that is unmounted already is no error");
    stage.asks(&detach(&one, &id));
    assert_eq!(stage.attachment(&one).unwrap().state, AttachmentState::Detaching);
}

#[test]
fn a_command_for_a_volume_that_is_not_there_fails() {
    let (mut stage, id, [one, _]) = plain();
    let elsewhere = stage.volume();
    stage.asks(&send(&id, &[&one, &elsewhere]));
    stage.pass(20);
    assert_eq!(status(&mut stage, &id), Some(Status::Failed));
    assert_eq!(usage(&stage, &one), Usage::Mounted);
}

#[test]
fn a_command_that_the_agent_does_not_take_up_or_end_times_out() {
    let (mut stage, id, [one, _]) = with(Timing { command_lost: 1.0, ..Timing::default() });
    stage.asks(&send(&id, &[&one]));
    stage.pass(29);
    assert_eq!(status(&mut stage, &id), None);
    stage.pass(1);
    assert_eq!(status(&mut stage, &id), Some(Status::DeliveryTimedOut));

    let (mut stage, id, [one, _]) = plain();
    stage.asks(&send(&id, &[&one]));
    stage.asks(&terminate(&id));
    stage.pass(31);
    assert_eq!(status(&mut stage, &id), Some(Status::DeliveryTimedOut));
}

#[test]
fn a_reboot_breaks_a_command_off() {
    let command = local_ec2::Span::seconds(9, 9);
    let (mut stage, id, [one, _]) = with(Timing { command, ..Timing::default() });
    stage.asks(&send(&id, &[&one]));
    stage.pass(5);
    assert_eq!(status(&mut stage, &id), Some(Status::InProgress));
    stage.asks(&RebootInstances { instance_ids: vec![id.to_string()] });
    stage.pass(60);
    assert_eq!(status(&mut stage, &id), Some(Status::Failed));
    assert_eq!(usage(&stage, &one), Usage::Mounted);
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let (mut stage, id, [one, _]) = plain();
    let good = send(&id, &[&one]);
    let with = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), vec![value.to_owned()])]);
    for (call, code) in [
        (SendCommand { document_name: "Other".to_owned(), ..good.clone() }, "InvalidDocument"),
        (SendCommand { document_name: String::new(), ..good.clone() }, "ValidationException"),
        (
            SendCommand { instance_ids: vec!["i-0123456789abcdef0".to_owned()], ..good.clone() },
            "InvalidInstanceId",
        ),
        (SendCommand { parameters: with("volumes", "vol-1; reboot"), ..good.clone() }, "InvalidParameters"),
        (SendCommand { parameters: with("disks", one.as_str()), ..good.clone() }, "InvalidParameters"),
        (SendCommand { timeout_seconds: Some(29), ..good.clone() }, "ValidationException"),
    ] {
        stage.refuses(&call, code, "");
    }
    stage.asks(&terminate(&id));
    stage.refuses(&good, "InvalidInstanceId", "not in a valid state");
    let (mut stage, id, [one, _]) = with_agents(0.0);
    stage.refuses(&send(&id, &[&one]), "InvalidInstanceId", "");
    stage.refuses(&send(&id, &[&one]), "InvalidInstanceId", "");
}

fn with_agents(share: f64) -> (Stage, InstanceId, [VolumeId; 2]) {
    with(Timing { agentless_share: 1.0 - share, ..Timing::default() })
}

#[test]
fn commands_are_listed_by_instance_and_time_and_in_pages() {
    let (mut stage, id, [one, _]) = plain();
    let other = stage.instance();
    for _ in 0..3 {
        stage.asks(&send(&id, &[&one]));
        stage.pass(20);
    }
    assert_eq!(listed(&mut stage, &other), []);
    let all = listed(&mut stage, &id);
    assert_eq!(all.len(), 3);
    let page = stage.asks(&ListCommands { max_results: Some(2), ..list(&id) });
    let next_token = page.next_token.unwrap();
    let rest = stage.asks(&ListCommands { next_token, ..list(&id) }).items;
    assert_eq!((page.items.len(), rest.len()), (2, 1));
    let mut together = [page.items, rest].concat();
    together.sort_by_key(|command| std::cmp::Reverse(command.requested));
    assert_eq!(together, all);
    let value = all[0].requested.to_rfc3339();
    let filters = vec![CommandFilter { key: "InvokedAfter".to_owned(), value }];
    assert_eq!(stage.asks(&ListCommands { filters, ..list(&id) }).items, all[..1]);
    let filters = vec![CommandFilter { key: "Colour".to_owned(), value: String::new() }];
    stage.refuses(&ListCommands { filters, ..list(&id) }, "InvalidFilterKey", "");
}

/// What Holdfast's call is found guilty of.
fn offences<O: Operation>(stage: &mut Stage, call: &O) -> Vec<Offence> {
    let before = stage.cloud.judge().violations().len();
    let _ = stage.cloud.perform(call, Principal::Holdfast);
    stage.cloud.judge().violations()[before..].iter().map(|violation| violation.offence.clone()).collect()
}

#[test]
fn a_drain_of_a_holder_that_stays_or_of_a_volume_of_others_is_found() {
    let (mut stage, id, [one, _]) = plain();
    let healthy = Offence::DrainedInHealth { instance: id.clone() };
    assert_eq!(offences(&mut stage, &send(&id, &[&one])), [healthy]);
    let mark = CreateTags { resources: vec![id.to_string()], tags: tags(&[("holdfast:draining", "x")]) };
    stage.asks(&mark);
    assert_eq!(offences(&mut stage, &send(&id, &[&one])), []);
    let foreign = stage.volume();
    stage.attaches(&foreign, &id, "/dev/sdh");
    let expected = Offence::ForeignResource { resource: foreign.to_string() };
    assert_eq!(offences(&mut stage, &send(&id, &[&foreign])), [expected]);
}

#[test]
fn a_detach_before_the_command_has_succeeded_is_found() {
    for (seconds, found) in [(0, 1), (20, 0)] {
        let (mut stage, id, [one, _]) = plain();
        stage.asks(&send(&id, &[&one]));
        stage.pass(seconds);
        assert_eq!(offences(&mut stage, &detach(&one, &id)).len(), found, "{seconds} s after");
    }
    // One that failed, and one that was drained of another volume.
    let (mut stage, id, [one, _]) = with(Timing { command_fails: 1.0, ..Timing::default() });
    stage.asks(&send(&id, &[&one]));
    stage.pass(20);
    assert_eq!(offences(&mut stage, &detach(&one, &id)).len(), 1);
    let (mut stage, id, [one, other]) = plain();
    stage.asks(&send(&id, &[&one]));
    stage.pass(20);
    assert_eq!(offences(&mut stage, &detach(&other, &id)).len(), 1);
}

#[test]
fn a_detach_that_meets_the_end_of_a_drained_holder_is_innocent() {
    let (mut stage, id, [one, _]) = plain();
    stage.asks(&send(&id, &[&one]));
    stage.pass(20);
    stage.asks(&terminate(&id));
    assert_eq!(offences(&mut stage, &detach(&one, &id)), []);
}
