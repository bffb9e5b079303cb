//! Calls whose answer never comes, and acts that EC2 accepts and takes back.

use crate::ran::attach;
use crate::refusals::cases;
use crate::scripted::{Scripted, Turn, hook};
use crate::world::world;
use crate::{on_demand, running};
use planner::fixtures::volume;
use planner::observation::VolumeState;
use reconciler::ec2::Action;

#[tokio::test(start_paused = true)]
async fn an_act_whose_answer_is_lost_is_done_once() {
    for case in cases() {
        let ec2 = Scripted::new(case.world).at(case.action, 1, Turn::LoseAnswer);
        let ran = ec2.run(&running(case.holder)).await;
        assert_eq!(ran.acts(), case.acts, "{}", case.action);
        assert_eq!(ran.accepted(), case.acts, "{}", case.action);
        assert_eq!(ran.outcomes("web/main")[0], format!("{} failed", case.step));
        ran.assert_held("web/main", case.holder);
        ec2.assert_settled(&running(case.holder)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_act_that_ec2_never_heard_of_is_tried_again() {
    for case in cases() {
        let ec2 = Scripted::new(case.world).at(case.action, 1, Turn::LoseCall);
        let ran = ec2.run(&running(case.holder)).await;
        assert_eq!(ran.acts().len(), case.acts.len() + 1, "{}", case.action);
        assert_eq!(ran.accepted(), case.acts, "{}", case.action);
        ran.assert_held("web/main", case.holder);
        ec2.assert_settled(&running(case.holder)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_volume_whose_answer_is_lost_is_attached_once() {
    let parts = [volume(1).into(), volume(2).into(), on_demand(1).into()];
    let ec2 = Scripted::new(world(parts)).at(Action::AttachVolume, 2, Turn::LoseAnswer);
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g')]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn an_attachment_that_was_taken_back_blocks_and_is_not_repeated() {
    for seconds in [1, 3, 10, 25] {
        let taken_back = hook(move |world| {
            world.soon(seconds, |world| {
                world.volume(1).attachments.clear();
                world.volume(1).state = VolumeState::Available;
            });
        });
        let parts =
            [volume(1).into(), volume(2).in_slot("other").into(), on_demand(1).into(), on_demand(2).into()];
        let mut slow = world(parts);
        slow.pace = 30;
        let ec2 = Scripted::new(slow).at(Action::AttachVolume, 1, taken_back);
        let ran = ec2.run(&running(1)).await;
        assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 2, 'f')]);
        assert_eq!((ran.state("web/main"), &ran.failure), ("blocked", &None), "{seconds}");
        assert_eq!(ran.findings("web/main"), ["taken-back"]);
        ran.assert_held("web/other", 2);
    }
}
