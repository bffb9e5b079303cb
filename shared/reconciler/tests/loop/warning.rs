//! Warnings: which are written down, and what follows from them.

use crate::ran::{Ran, associate, attach, disassociate, mark};
use crate::scripted::{Scripted, Turn};
use crate::world::{World, world};
use crate::{on_demand, running, state_change, sweep, warned};
use planner::fixtures::{InstanceBuilder, address, at, instance, instance_id, volume};
use planner::ids::FleetName;
use planner::observation::InstanceState;
use reconciler::ec2::Action;
use serde_json::json;

/// Ten seconds before the fixtures' now.
pub(crate) const FRESH: &str = "2026-11-23T12:16:30Z";

/// The slot is on this instance, number 1, and nowhere else to go.
pub(crate) fn held_by(holder: InstanceBuilder) -> World {
    world([volume(1).on(1).into(), address(1).on(1).into(), holder.into()])
}

/// A slot of an address alone, which moves as soon as its holder drains.
pub(crate) fn address_only() -> World {
    world([address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()])
}

async fn assert_not_written(world: World, time: &str, why: &str) -> Ran {
    let ran = Scripted::new(world).run(&warned(1, time)).await;
    assert_eq!(ran.acts(), [""; 0], "{why}");
    assert_eq!(ran.failure, None, "{why}");
    ran
}

#[tokio::test(start_paused = true)]
async fn a_fresh_warning_is_written_down_after_one_round_of_questions() {
    let ec2 = Scripted::new(held_by(on_demand(1)));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(
        ran.rounds(),
        [
            vec!["DescribeVolumes", "DescribeAddresses", "DescribeInstances i-00000001"],
            vec![mark(1, FRESH).as_str()],
            vec!["DescribeInstances of web"],
        ]
    );
    assert_eq!(ran.failure, None);
    assert_eq!(ran.report["trigger"], "spot-interruption-warning");
    assert_eq!(
        ran.fleet("web")["steps"],
        json!([{"step": "mark-draining", "instance": "i-00000001",
            "value": "spot-interruption-warning 2026-11-23T12:16:30Z", "outcome": "done"}])
    );
    assert_eq!(ran.state("web/main"), "waiting");
    assert_eq!(ran.findings("web/main"), ["holder-draining", "no-candidate"]);
    let again = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(again.acts(), [""; 0], "a repeated warning writes nothing");
    assert_eq!(again.state("web/main"), "waiting");
}

#[tokio::test(start_paused = true)]
async fn a_warning_is_written_for_three_minutes() {
    for time in ["2026-11-23T12:13:41Z", "2026-11-23T12:16:40Z"] {
        let ran = Scripted::new(held_by(on_demand(1))).run(&warned(1, time)).await;
        assert_eq!(ran.acts(), [mark(1, time)]);
    }
    for time in
        ["2026-11-23T12:13:39Z", "2026-11-23T12:20:00Z", "2026-11-23T11:16:40Z", "2025-11-23T12:16:40Z"]
    {
        let ran = assert_not_written(held_by(on_demand(1)), time, time).await;
        ran.assert_held("web/main", 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_warning_of_an_earlier_run_is_not_written() {
    let started_since = on_demand(1).but(|instance| instance.launched = at(995));
    let ran = assert_not_written(held_by(started_since), FRESH, "launched at 12:16:35").await;
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_wrote_is_not_overwritten() {
    for value in ["kernel update", "true", "", "moving house 2026-11-23T12:10:00Z"] {
        let ran = assert_not_written(held_by(on_demand(1).draining(value)), FRESH, value).await;
        assert_eq!(ran.findings("web/main"), ["holder-draining", "no-candidate"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_recommendation_and_a_mark_of_an_earlier_run_are_overwritten() {
    let void = on_demand(1).draining("spot-interruption-warning 2026-11-23T11:00:00Z");
    for holder in [on_demand(1).recommended(), void] {
        let ec2 = Scripted::new(held_by(holder)).at(Action::DescribeInstances, 2, Turn::Stale(60));
        let ran = ec2.run(&warned(1, FRESH)).await;
        assert_eq!(ran.acts(), [mark(1, FRESH)]);
        assert_eq!(
            ran.findings("web/main"),
            ["holder-draining", "no-candidate"],
            "though it does not show yet"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_warning_of_an_instance_that_ends_or_is_foreign_or_unknown_is_not_written() {
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
        let parts = [volume(1).into(), on_demand(1).is(state).into()];
        assert_not_written(world(parts), FRESH, "it has no use").await;
    }
    for others in
        [vec![], vec![on_demand(1).of_fleets(&[])], vec![on_demand(1).of_fleets(&["somebody else's"])]]
    {
        let mut world = world([volume(1).into(), on_demand(2).into()]);
        world.instances.extend(others.into_iter().map(InstanceBuilder::build));
        let ran = assert_not_written(world, FRESH, "it is of no managed fleet").await;
        assert_eq!(ran.report["fleets"], json!([]));
        assert!(ran.questions() <= 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_does_not_show_yet_is_believed() {
    let ec2 =
        Scripted::new(address_only()).during(Action::DescribeInstances, 1..=usize::MAX, Turn::Stale(60));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), disassociate(1), associate(1, 2)]);
    ran.assert_held("web/main", 2);

    let again = Scripted::new(address_only())
        .during(Action::DescribeInstances, 1..=usize::MAX, Turn::Stale(60))
        .at(Action::AssociateAddress, 1, Turn::LoseCall);
    let ran = again.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), disassociate(1), associate(1, 2), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_lost_warning_costs_nothing() {
    let mut world = world([address(1).on(1).into(), instance(1).into(), instance(2).into()]);
    world.codes.insert(instance_id(1), "marked-for-termination".to_owned());
    world.codes.insert(instance_id(2), "fulfilled".to_owned());
    let ran = Scripted::new(world).run(&sweep()).await;
    assert_eq!(ran.acts(), [disassociate(1), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn from_the_warning_to_the_replacement_each_event_does_its_part() {
    let ec2 = Scripted::new(held_by(on_demand(1)));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    ec2.change(|world| world.instances.push(on_demand(2).build()));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.acts(), [""; 0], "the volume stays until EC2 releases it");
    assert_eq!((ran.state("web/main"), &ran.failure), ("waiting", &None));
    ec2.change(|world| {
        world.shut_down(1);
        world.soon(25, |world| world.end(1));
    });
    let ran = ec2.run(&state_change(1, "shutting-down")).await;
    assert_eq!(ran.acts(), [attach(1, 2, 'f'), associate(1, 2)]);
    ran.assert_held("web/main", 2);
    for late in [warned(1, FRESH), state_change(1, "running"), state_change(1, "terminated"), running(2)] {
        ec2.assert_settled(&late).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_instance_with_a_fleet_s_volume_is_not_marked() {
    let foreign = on_demand(1).of_fleets(&[]);
    let ran = Scripted::new(held_by(foreign)).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_warning_of_an_instance_whose_fleet_is_a_wildcard_is_not_written() {
    let wildcard = FleetName::new("*");
    let ec2 = Scripted::new(world([
        volume(1).but(|volume| volume.tags.fleet = wildcard.clone()).into(),
        on_demand(1).of_fleets(&["*"]).into(),
    ]));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [""; 0]);
}
