//! The policy `terminate`: a draining holder is ended once somebody can take over.

use crate::ran::{associate, attach, mark};
use crate::scripted::{Scripted, Turn};
use crate::warning::FRESH;
use crate::world::{World, world};
use crate::{on_demand, state_change, sweep, warned};
use planner::fixtures::{Part, VolumeBuilder, address, instance_id, volume};
use planner::observation::InstanceState;
use planner::tags::HANDOVER;
use reconciler::ec2::Action;

fn terminating(n: u8) -> VolumeBuilder {
    volume(n).tagged(&[(HANDOVER, "terminate")])
}

/// The slot is on instance 1.
fn held(beside: impl Into<Part>) -> World {
    world([terminating(1).on(1).into(), address(1).on(1).into(), on_demand(1).into(), beside.into()])
}

fn terminate(instance: u8) -> String {
    format!("TerminateInstances {}", instance_id(instance))
}

#[tokio::test(start_paused = true)]
async fn a_warned_holder_is_ended_and_the_slot_handed_over_in_one_invocation() {
    let ec2 = Scripted::new(held(on_demand(2)).after(20, |world| world.end(1)));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), terminate(1), attach(1, 2, 'f'), associate(1, 2)]);
    assert_eq!(ran.failure, None);
    ran.assert_held("web/main", 2);
    ec2.assert_settled(&sweep()).await;
}

#[tokio::test(start_paused = true)]
async fn a_warning_waits_for_the_instance_that_the_fleet_launches() {
    let pending = on_demand(2).is(InstanceState::Pending);
    let launched = held(pending)
        .after(40, |world| world.instance(2).state = InstanceState::Running)
        .after(70, |world| world.end(1));
    let ran = Scripted::new(launched).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), terminate(1), attach(1, 2, 'f'), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_ended_while_nobody_can_take_over() {
    let ran = Scripted::new(held(on_demand(2).in_zone("b"))).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    // Not an error: whoever comes later is an event of its own.
    assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
}

#[tokio::test(start_paused = true)]
async fn other_functions_do_not_wait_for_a_candidate() {
    let draining = || on_demand(1).draining("by hand");
    for trigger in [sweep(), state_change(1, "running")] {
        let ec2 = Scripted::new(world([terminating(1).on(1).into(), draining().into()]));
        let ran = ec2.run(&trigger).await;
        assert_eq!((ran.acts(), ran.failure.clone()), (vec![], None));
        assert!(ran.rounds().len() <= 3, "{:?}", ran.rounds());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_ends_a_holder_that_the_warning_was_lost_for() {
    let draining = on_demand(1).draining("by hand");
    let ec2 = Scripted::new(world([terminating(1).on(1).into(), draining.into(), on_demand(2).into()]));
    let ran = ec2.run(&sweep()).await;
    assert_eq!(ran.acts(), [terminate(1)]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_termination_that_ec2_forbids_is_told_and_not_repeated() {
    let forbidden = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");
    let ec2 = Scripted::new(held(on_demand(2))).at(Action::TerminateInstances, 1, forbidden);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), terminate(1)]);
    assert!(ran.findings("web/main").contains(&"refused"), "{:?}", ran.findings("web/main"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_termination_is_made_good_by_the_next_look() {
    let world = held(on_demand(2)).after(20, |world| world.end(1));
    let ec2 = Scripted::new(world).at(Action::TerminateInstances, 1, Turn::LoseAnswer);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), terminate(1), attach(1, 2, 'f'), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}
