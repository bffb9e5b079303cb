//! Answers that tell of the past: EC2's reads lag behind its acts by seconds.

use crate::ran::{associate, attach, detach, disassociate};
use crate::scripted::{Scripted, Turn};
use crate::world::world;
use crate::{on_demand, running};
use planner::fixtures::{address, volume};
use planner::observation::InstanceState;
use reconciler::ec2::Action;

#[tokio::test(start_paused = true)]
async fn an_accepted_attachment_that_does_not_show_yet_is_not_repeated() {
    let parts = [volume(1).into(), volume(2).into(), on_demand(1).into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).during(Action::DescribeVolumes, 2..=4, Turn::Stale(4));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g')]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn an_attachment_whose_answer_was_lost_and_that_does_not_show_yet_is_accepted_once() {
    let parts = [volume(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::AttachVolume, 1, Turn::LoseAnswer).during(
        Action::DescribeVolumes,
        2..=3,
        Turn::Stale(5),
    );
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.accepted(), [attach(1, 1, 'f')]);
    assert!(ran.acts().len() > 1, "the stale look leads to an act that EC2 refuses");
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_no_longer_runs_is_refused_by_ec2() {
    let parts = [volume(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).during(Action::DescribeInstances, 1..=3, Turn::Stale(10));
    ec2.change(|world| world.shut_down(1));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.accepted(), [attach(1, 2, 'f')]);
    assert!(ran.acts().iter().all(|act| [attach(1, 1, 'f'), attach(1, 2, 'f')].contains(&(*act).to_owned())));
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_detach_that_does_not_show_yet_is_done_once() {
    let stopped = on_demand(1).is(InstanceState::Stopped);
    let parts = [volume(1).on(1).into(), stopped.into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).during(Action::DescribeVolumes, 2..=3, Turn::Stale(4));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.accepted(), [detach(1, 1), attach(1, 2, 'f')]);
    assert!(ran.acts().len() >= 2);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn an_ended_association_that_still_shows_is_ended_once() {
    let parts = [volume(1).on(2).into(), address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::AssociateAddress, 1, Turn::LoseCall).during(
        Action::DescribeAddresses,
        2..=3,
        Turn::Stale(5),
    );
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.accepted(), [disassociate(1), associate(1, 2)]);
    assert!(ran.acts().len() > 3);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_association_that_does_not_show_yet_is_not_repeated() {
    let parts = [volume(1).on(1).into(), address(1).into(), on_demand(1).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::DescribeAddresses, 2, Turn::Stale(2));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [associate(1, 1)], "each repetition may be charged");
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn a_moved_address_that_still_shows_where_it_was_is_left_alone() {
    let parts = [volume(1).on(2).into(), address(1).on(1).into(), on_demand(1).into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts)).during(Action::DescribeAddresses, 2..=3, Turn::Stale(4));
    let ran = ec2.run(&running(2)).await;
    assert_eq!(ran.acts(), [disassociate(1), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_listed_by_its_fleet_yet_is_a_candidate() {
    let ec2 = Scripted::new(world([volume(1).into()])).at(Action::DescribeInstances, 2, Turn::Stale(5));
    ec2.change(|world| world.instances.push(on_demand(1).build()));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    ran.assert_held("web/main", 1);
}
