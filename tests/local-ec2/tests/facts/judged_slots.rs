//! The judge of what becomes of slots: what is ended or drained against their policy, and what is moved although they are
//! paused.

use crate::instances::terminate;
use crate::judge::{careful, draining, holder, managed_address, mark, member, offences, slot, stop};
use crate::stage::{Stage, attach, detach};
use local_ec2::actions::{DeleteTags, DisassociateAddress};
use local_ec2::ssm::SendCommand;
use local_ec2::{Offence, Setup};
use planner::ids::{AllocationId, InstanceId, VolumeId};
use planner::tags::Policy;

/// What the termination of a draining holder is found guilty of, after what happened to its slot.
fn terminated(default: Option<Policy>, happen: impl Fn(&mut Stage, &InstanceId, &VolumeId)) -> Vec<Offence> {
    let mut stage = Stage::with(Setup { default_policy: default, ..Setup::default() });
    let (id, volume) = holder(&mut stage, "main");
    stage.asks(&draining(&id));
    stage.pass(60);
    happen(&mut stage, &id, &volume);
    offences(&mut stage, &terminate(&id))
}

fn is_against_policy(offences: &[Offence]) -> bool {
    matches!(offences, [Offence::TerminatedAgainstPolicy { .. }])
}

fn handover(stage: &mut Stage, resource: &impl ToString, policy: &str) {
    mark(stage, resource, "holdfast:handover", policy);
}

#[test]
fn a_termination_by_the_policy_of_the_slot_is_innocent_and_by_no_policy_is_found() {
    let nothing = |_: &mut Stage, _: &InstanceId, _: &VolumeId| {};
    for (default, guilty) in [
        (None, false),
        (Some(Policy::Terminate), false),
        (Some(Policy::OnRelease), true),
        (Some(Policy::Drain), true),
    ] {
        assert_eq!(is_against_policy(&terminated(default, nothing)), guilty, "{default:?}");
    }
    for (policy, guilty) in [("terminate", false), ("drain", true), ("on-release", true), ("banana", true)] {
        let found = terminated(None, |stage, _, volume| {
            handover(stage, volume, policy);
            stage.pass(9);
        });
        assert_eq!(is_against_policy(&found), guilty, "{policy}");
    }
}

#[test]
fn the_policy_of_a_slot_is_said_by_any_of_its_parts_and_by_all_alike() {
    let on_the_address = |policy: &'static str, own: &'static str| {
        terminated(Some(Policy::OnRelease), move |stage, _, volume| {
            let address = managed_address(stage);
            handover(stage, &address, policy);
            handover(stage, volume, own);
            stage.pass(9);
        })
    };
    assert_eq!(on_the_address("terminate", ""), []);
    assert!(is_against_policy(&on_the_address("terminate", "on-release")));
}

#[test]
fn a_termination_may_rest_on_what_was_a_moment_ago() {
    for (seconds, guilty) in [(0, false), (7, false), (9, true)] {
        let retagged = terminated(Some(Policy::Terminate), |stage, _, volume| {
            handover(stage, volume, "on-release");
            stage.pass(seconds);
        });
        assert_eq!(is_against_policy(&retagged), guilty, "{seconds} s after");
        let gone = terminated(Some(Policy::Terminate), |stage, id, volume| {
            stage.cloud.drain(volume).unwrap();
            stage.asks(&detach(volume, id));
            while stage.attachment(volume).is_some() {
                stage.pass(1);
            }
            stage.pass(seconds);
        });
        assert_eq!(is_against_policy(&gone), guilty, "{seconds} s after");
    }
}

#[test]
fn a_termination_of_an_instance_that_does_not_hold_the_slot_is_found() {
    let mut stage = Stage::new();
    let stranger = stage.instance();
    stage.asks(&draining(&stranger));
    let found = offences(&mut stage, &terminate(&stranger));
    assert!(found.contains(&Offence::ForeignResource { resource: stranger.to_string() }), "{found:?}");
    assert!(found.contains(&Offence::TerminatedAgainstPolicy { instance: stranger.clone() }), "{found:?}");
    // Again: it has ended, so whatever it had may be gone.
    assert_eq!(offences(&mut stage, &terminate(&stranger)).len(), 1);
    let mut pair = [slot(&mut stage, "main"), slot(&mut stage, "main")];
    pair.sort();
    for (volume, guilty) in pair.iter().zip([false, true]) {
        handover(&mut stage, volume, "terminate");
        let id = member(&mut stage);
        stage.attaches(volume, &id, "/dev/sdf");
        stage.asks(&draining(&id));
        stage.pass(60);
        assert_eq!(is_against_policy(&offences(&mut stage, &terminate(&id))), guilty);
    }
}

fn drain(id: &InstanceId, volume: &VolumeId) -> SendCommand {
    SendCommand {
        document_name: "Drain".to_owned(),
        instance_ids: vec![id.to_string()],
        parameters: [("volumes".to_owned(), vec![volume.to_string()])].into(),
        timeout_seconds: None,
    }
}

#[test]
fn a_drain_by_another_policy_or_of_what_is_elsewhere_is_found() {
    for (policy, guilty) in [("drain", false), ("", false), ("terminate", true), ("on-release", true)] {
        let mut stage = Stage::new();
        let (id, volume) = holder(&mut stage, "main");
        stage.asks(&draining(&id));
        handover(&mut stage, &volume, policy);
        assert_eq!(offences(&mut stage, &drain(&id, &volume)), [], "{policy}: a moment ago");
        stage.pass(9);
        let found = offences(&mut stage, &drain(&id, &volume));
        let expected = Offence::DrainedAgainstPolicy { instance: id.clone(), volume: volume.clone() };
        assert_eq!(found, if guilty { vec![expected] } else { vec![] }, "{policy}");
    }
    let mut stage = Stage::new();
    let (id, (_, elsewhere)) = (member(&mut stage), holder(&mut stage, "main"));
    stage.asks(&draining(&id));
    let expected = Offence::DrainedAgainstPolicy { instance: id.clone(), volume: elsewhere.clone() };
    assert_eq!(offences(&mut stage, &drain(&id, &elsewhere)), [expected]);
}

/// A slot of a volume and an address on its holder, and another instance of the fleet.
struct Paused {
    stage: Stage,
    holder: InstanceId,
    other: InstanceId,
    volume: VolumeId,
    address: AllocationId,
}

impl Paused {
    fn new() -> Self {
        let mut stage = Stage::new();
        let ((holder, volume), address) = (holder(&mut stage, "main"), managed_address(&mut stage));
        let other = member(&mut stage);
        stage.associates(&address, &holder);
        Self { stage, holder, other, volume, address }
    }

    fn pause(&mut self, resource: &str, seconds: i64) {
        mark(&mut self.stage, &resource, "holdfast:paused", "true");
        self.stage.pass(seconds);
    }

    /// The resources that were not left alone by one call of each kind.
    fn ignored(&mut self) -> Vec<Vec<String>> {
        let stage = &mut self.stage;
        let association_id = stage.association(&self.address).unwrap().to_string();
        let disassociate = DisassociateAddress { association_id, public_ip: String::new() };
        let associate = careful(stage, &self.address, &self.other);
        stage.asks(&draining(&self.holder));
        let mut found = vec![offences(stage, &drain(&self.holder, &self.volume))];
        found.push(offences(stage, &disassociate));
        found.push(offences(stage, &associate));
        stop(stage, &self.holder);
        found.push(offences(stage, &detach(&self.volume, &self.holder)));
        stage.pass(5);
        found.push(offences(stage, &attach(&self.volume, &self.other, "/dev/sdf")));
        stage.pass(5);
        found.push(offences(stage, &terminate(&self.holder)));
        let name =
            |offence| if let Offence::PauseIgnored { resource } = offence { Some(resource) } else { None };
        let names = |offences: Vec<Offence>| offences.into_iter().filter_map(name).collect();
        found.into_iter().map(names).collect()
    }
}

#[test]
fn what_is_not_paused_may_be_moved() {
    assert_eq!(Paused::new().ignored().concat(), Vec::<String>::new());
    let mut world = Paused::new();
    mark(&mut world.stage, &world.volume, "holdfast:paused", "false");
    let stranger = slot(&mut world.stage, "other");
    world.pause(stranger.as_str(), 30);
    assert_eq!(world.ignored().concat(), Vec::<String>::new());
}

#[test]
fn whatever_is_moved_of_a_paused_slot_is_found() {
    for address in [false, true] {
        let mut world = Paused::new();
        let paused = if address { world.address.to_string() } else { world.volume.to_string() };
        world.pause(&paused, 30);
        let (volume, own) = (vec![world.volume.to_string()], vec![world.address.to_string()]);
        let on_holder = vec![world.holder.to_string()];
        // When the holder is terminated, the volume is gone from it.
        let expected = [on_holder, own.clone(), own, volume.clone(), volume, vec![]];
        assert_eq!(world.ignored(), expected, "{paused}");
    }
}

#[test]
fn whatever_is_moved_from_a_paused_holder_or_to_a_paused_instance_is_found() {
    let mut world = Paused::new();
    let holder = world.holder.to_string();
    world.pause(&holder, 30);
    let found = world.ignored();
    let (volume, address) = (world.volume.to_string(), world.address.to_string());
    assert_eq!(found[..4], [vec![holder.clone()], vec![address.clone()], vec![address], vec![volume]]);
    assert_eq!(found[5], [holder]);
    let mut world = Paused::new();
    let other = world.other.to_string();
    world.pause(&other, 30);
    assert_eq!(world.ignored(), [vec![], vec![], vec![other.clone()], vec![], vec![other], vec![]]);
}

#[test]
fn a_pause_of_a_moment_ago_need_not_be_known() {
    for (seconds, found) in [(0, 0), (8, 0), (9, 1)] {
        let mut world = Paused::new();
        let volume = world.volume.clone();
        stop(&mut world.stage, &world.holder);
        world.pause(volume.as_str(), seconds);
        let call = detach(&volume, &world.holder);
        assert_eq!(offences(&mut world.stage, &call).len(), found, "{seconds} s after");
    }
    // A part of a slot may follow another one to an instance that was paused in between.
    for (seconds, found) in [(16, 0), (17, 1)] {
        let mut world = Paused::new();
        let (other, late) = (world.other.clone(), slot(&mut world.stage, "late"));
        world.pause(other.as_str(), seconds);
        assert_eq!(
            offences(&mut world.stage, &attach(&late, &other, "/dev/sdf")).len(),
            found,
            "{seconds} s after"
        );
    }
}

#[test]
fn a_pause_that_is_over_binds_nobody() {
    let mut world = Paused::new();
    let volume = world.volume.to_string();
    world.pause(&volume, 30);
    let tags = vec![("holdfast:paused".to_owned(), None)];
    world.stage.asks(&DeleteTags { resources: vec![volume], tags });
    assert_eq!(world.ignored().concat(), Vec::<String>::new());
}
