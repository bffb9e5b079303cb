//! The judge about health: who may be marked as draining, and who may be ended.

use crate::groups::{end, group, started};
use crate::instances::terminate;
use crate::judge::{draining, holder, mark, member, offences, slot, start, stop};
use crate::stage::{Stage, ZONE, tagged_data};
use local_ec2::Offence;
use local_ec2::actions::DeleteTags;
use local_ec2::state::{Interruption, LaunchData, Market};
use planner::ids::InstanceId;

const WEB: &[(&str, &str)] = &[("holdfast:fleet", "web")];

#[test]
fn a_termination_of_an_instance_that_need_not_go_is_found() {
    let mut stage = Stage::new();
    let [(healthy, _), (marked, _), (spared, _)] =
        ["one", "two", "three"].map(|name| holder(&mut stage, name));
    let expected = Offence::TerminatedInHealth { instance: healthy.clone() };
    assert_eq!(offences(&mut stage, &terminate(&healthy)), [expected]);
    stage.asks(&draining(&marked));
    assert_eq!(offences(&mut stage, &terminate(&marked)), []);
    stage.asks(&draining(&spared));
    let tags = vec![("holdfast:draining".to_owned(), None)];
    stage.asks(&DeleteTags { resources: vec![spared.to_string()], tags });
    stage.pass(9);
    let expected = Offence::TerminatedInHealth { instance: spared.clone() };
    assert_eq!(offences(&mut stage, &terminate(&spared)), [expected]);
}

#[test]
fn a_mark_of_an_instance_that_nothing_was_told_of_is_found() {
    let mut stage = Stage::new();
    let (healthy, told) = (member(&mut stage), spot_member(&mut stage));
    let expected = Offence::MarkedInHealth { instance: healthy.clone() };
    assert_eq!(offences(&mut stage, &draining(&healthy)), [expected]);
    stage.cloud.recommend(&told).unwrap();
    assert_eq!(offences(&mut stage, &draining(&told)), []);
    // An event may come after the instance was started again.
    let interrupted = spot_member(&mut stage);
    stage.cloud.interrupt(&interrupted).unwrap();
    stage.pass(300);
    assert_eq!(offences(&mut stage, &draining(&interrupted)), []);

    let call = group(&mut stage, 1);
    let [ending] = started(&mut stage, &call).try_into().unwrap();
    stage.asks(&end(&ending, false));
    assert_eq!(offences(&mut stage, &draining(&ending)), []);
}

fn spot_member(stage: &mut Stage) -> InstanceId {
    stage.runs(LaunchData { market: Some(Market::default()), ..tagged_data(ZONE, WEB) })
}

#[test]
fn a_mark_or_a_recommendation_of_an_earlier_run_is_no_reason_to_end_an_instance() {
    let stopped = |stage: &mut Stage, id: &InstanceId| {
        stop(stage, id);
        stage.asks(&start(id));
        stage.pass(60);
    };
    for (mark, is_guilty) in
        [("x 2026-11-23T12:00:00Z", true), ("x", false), ("x 2026-11-23T22:00:00Z", false)]
    {
        let mut stage = Stage::new();
        let (id, _) = holder(&mut stage, "main");
        mark_as(&mut stage, &id, mark);
        stopped(&mut stage, &id);
        assert_eq!(offences(&mut stage, &terminate(&id)).len(), usize::from(is_guilty), "{mark}");
    }
    let mut stage = Stage::new();
    let market = Market { interruption: Interruption::Stop, persistent: true };
    let id = stage.runs(LaunchData { market: Some(market), ..tagged_data(ZONE, WEB) });
    let volume = slot(&mut stage, "main");
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.cloud.recommend(&id).unwrap();
    stopped(&mut stage, &id);
    let expected = Offence::TerminatedInHealth { instance: id.clone() };
    assert_eq!(offences(&mut stage, &terminate(&id)), [expected]);
}

fn mark_as(stage: &mut Stage, id: &InstanceId, value: &str) {
    mark(stage, id, "holdfast:draining", value);
}

#[test]
fn a_termination_of_an_instance_with_a_volume_of_others_is_found() {
    let mut stage = Stage::new();
    let (id, _) = holder(&mut stage, "main");
    let foreign = stage.volume();
    stage.attaches(&foreign, &id, "/dev/sdz");
    stage.asks(&draining(&id));
    stage.pass(60);
    let expected = Offence::TerminatedWithForeign { instance: id.clone(), volume: foreign };
    assert_eq!(offences(&mut stage, &terminate(&id)), [expected]);
}

#[test]
fn an_instance_that_its_group_is_ending_may_be_ended() {
    let mut stage = Stage::new();
    let call = group(&mut stage, 1);
    let [id] = started(&mut stage, &call).try_into().unwrap();
    let volume = stage.volume_in(ZONE, &[("holdfast:fleet", "web")]);
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.asks(&end(&id, false));
    assert_eq!(offences(&mut stage, &terminate(&id)), []);
}
