//! A stopped instance whose memory may hold what it had mounted keeps it.

use crate::on_demand;
use crate::ran::{attach, detach};
use crate::scripted::Scripted;
use crate::sweep;
use crate::world::{World, world};
use planner::fixtures::{InstanceBuilder, instance, instance_id, volume};
use planner::observation::InstanceState;
use reconciler::ec2::Action;

fn stopped_holder(holder: InstanceBuilder) -> World {
    world([volume(1).on(1).into(), holder.is(InstanceState::Stopped).into(), on_demand(2).into()])
}

/// Nothing is taken from the holder, and that is told.
async fn check_kept(world: World) {
    let ran = Scripted::new(world).run(&sweep()).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!((ran.state("web/main"), ran.findings("web/main")), ("waiting", vec!["hibernated"]));
}

#[tokio::test(start_paused = true)]
async fn a_spot_instance_that_ec2_hibernates_keeps_its_volume_whatever_it_is_configured_for() {
    let mut world = stopped_holder(instance(1));
    world.hibernating.insert(instance_id(1));
    check_kept(world).await;
}

#[tokio::test(start_paused = true)]
async fn a_spot_instance_whose_request_is_not_shown_keeps_it_too() {
    let mut world = stopped_holder(instance(1));
    world.without_request.insert(instance_id(1));
    check_kept(world).await;
}

#[tokio::test(start_paused = true)]
async fn any_other_spot_instance_that_is_stopped_lets_it_go() {
    let ran = Scripted::new(stopped_holder(instance(1))).run(&sweep()).await;
    assert_eq!(ran.acts(), [detach(1, 1), attach(1, 2, 'f')]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_for_the_request_of_an_instance_that_is_no_spot_instance() {
    let ran = Scripted::new(stopped_holder(on_demand(1))).run(&sweep()).await;
    assert_eq!(ran.acts(), [detach(1, 1), attach(1, 2, 'f')]);
    assert_eq!(ran.count(Action::DescribeSpotInstanceRequests), 0);
}
