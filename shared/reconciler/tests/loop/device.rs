//! Device names that are taken: the next one is tried once it is known that no other slot has the instance.

use crate::ran::attach;
use crate::scripted::{Scripted, Turn, hook};
use crate::world::world;
use crate::{on_demand, running};
use chrono::TimeDelta;
use planner::fixtures::volume;
use reconciler::ec2::Action;

const TAKEN: Turn = Turn::Refuse(
    "InvalidParameterValue",
    "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use",
);

#[tokio::test(start_paused = true)]
async fn the_next_name_is_tried_once_the_owner_is_seen_to_be_no_slot_s() {
    let ec2 = Scripted::new(world([volume(1).into(), on_demand(1).using('f', 99).into()]));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(1, 1, 'g')]);
    assert_eq!(ran.outcomes("web/main"), ["attach-volume refused", "attach-volume done"]);
    ran.assert_held("web/main", 1);
    let delay = ran.began(Action::AttachVolume, 2) - ran.began(Action::AttachVolume, 1);
    assert!(delay < TimeDelta::seconds(2), "{delay}");
}

#[tokio::test(start_paused = true)]
async fn the_next_name_is_tried_after_five_seconds_when_no_owner_is_seen() {
    let ec2 =
        Scripted::new(world([volume(1).into(), on_demand(1).into()])).at(Action::AttachVolume, 1, TAKEN);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(1, 1, 'g')]);
    assert_eq!(ran.outcomes("web/main"), ["attach-volume refused", "attach-volume done"]);
    ran.assert_held("web/main", 1);
    let delay = ran.began(Action::AttachVolume, 2) - ran.began(Action::AttachVolume, 1);
    assert!(delay > TimeDelta::seconds(5), "{delay}");
    assert!(delay < TimeDelta::seconds(12), "{delay}");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_another_slot_has_won_is_left_to_it() {
    let slots = || [volume(1).in_slot("a").into(), volume(2).in_slot("b").into()];
    let [a, b] = slots();
    let lost = hook(|world| world.steal(2, 1, 'f'));
    let ec2 = Scripted::new(world([a, b, on_demand(1).into()])).at(Action::AttachVolume, 1, lost.clone());
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    assert_eq!((ran.state("web/a"), ran.findings("web/a")), ("waiting", vec!["no-candidate"]));
    ran.assert_held("web/b", 1);

    let [a, b] = slots();
    let two = Scripted::new(world([a, b, on_demand(1).into(), on_demand(2).into()]));
    let two = two.at(Action::AttachVolume, 1, lost);
    let ran = two.run(&running(1)).await;
    assert_eq!(ran.accepted(), [attach(1, 2, 'f')]);
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 2, 'f'), attach(1, 2, 'f')]);
    ran.assert_held("web/a", 2);
    ran.assert_held("web/b", 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_only_the_owner_s_slot_hides_is_not_passed_over() {
    // The other slot has the instance, and EC2's answers do not show it for 4 seconds.
    let slots = [volume(1).in_slot("a").into(), volume(2).in_slot("b").into(), on_demand(1).into()];
    let ec2 = Scripted::new(world(slots))
        .at(Action::AttachVolume, 1, hook(|world| world.steal(2, 1, 'f')))
        .during(Action::DescribeVolumes, 2..=3, Turn::Stale(4))
        .during(Action::DescribeInstances, 3..=4, Turn::Stale(4));
    let ran = ec2.run(&running(1)).await;
    let tried = ran.acts().into_iter().filter(|act| *act != attach(2, 1, 'f')).collect::<Vec<_>>();
    assert_eq!(tried, [attach(1, 1, 'f')]);
    assert_eq!(ran.state("web/a"), "waiting");
    ran.assert_held("web/b", 1);
}

#[tokio::test(start_paused = true)]
async fn another_volume_takes_the_next_name_at_once() {
    let parts = [volume(1).into(), volume(2).into(), on_demand(1).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::AttachVolume, 2, TAKEN);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g'), attach(2, 1, 'h')]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_none_to_ec2_blocks_and_is_not_repeated() {
    let refused = Turn::Refuse("InvalidParameterValue", "Value (/dev/sdf) for parameter device is invalid.");
    let ec2 =
        Scripted::new(world([volume(1).into(), on_demand(1).into()])).at(Action::AttachVolume, 1, refused);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f')]);
    assert_eq!((ran.state("web/main"), &ran.failure), ("blocked", &None));
    assert!(ran.findings("web/main").contains(&"refused"));
}
