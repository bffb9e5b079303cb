//! The freshness rule: no act by a look that began more than 5 seconds ago, or after now.

use crate::ran::Ran;
use crate::ran::{associate, attach, detach};
use crate::scripted::{Scripted, Turn, hook};
use crate::warning::FRESH;
use crate::world::{World, world};
use crate::{on_demand, running, state_change, warned};
use chrono::TimeDelta;
use planner::fixtures::{address, volume};
use planner::observation::InstanceState;
use reconciler::ec2::Action;

fn free() -> World {
    world([volume(1).into(), volume(2).into(), address(1).into(), on_demand(1).into()])
}

/// How many looks had begun when the first act did.
fn looks_before_the_first_act(ran: &Ran) -> usize {
    let questions = ran.calls.iter().take_while(|call| !call.is_act());
    questions.filter(|call| call.action == Action::DescribeVolumes).count()
}

#[tokio::test(start_paused = true)]
async fn a_look_that_took_more_than_five_seconds_leads_to_another_look() {
    for question in [Action::DescribeVolumes, Action::DescribeAddresses, Action::DescribeInstances] {
        let ec2 = Scripted::new(free()).at(question, 1, Turn::Delay(5000));
        let ran = ec2.run(&running(1)).await;
        assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g'), associate(1, 1)]);
        assert_eq!(looks_before_the_first_act(&ran), 2, "{question}");
        ran.assert_held("web/main", 1);
        let second = ran.began(Action::DescribeVolumes, 2) - ran.began(Action::DescribeVolumes, 1);
        assert!(second < TimeDelta::seconds(6), "there is no pause before it: {second}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_of_less_than_five_seconds_is_acted_on() {
    let ec2 = Scripted::new(free()).at(Action::DescribeVolumes, 1, Turn::Delay(4800));
    let ran = ec2.run(&running(1)).await;
    assert_eq!(ran.acts().len(), 3);
    assert_eq!(looks_before_the_first_act(&ran), 1);
}

#[tokio::test(start_paused = true)]
async fn every_step_of_a_round_asks_for_a_fresh_look() {
    let ec2 = Scripted::new(free()).at(Action::DescribeVolumes, 1, Turn::Delay(2500)).at(
        Action::AttachVolume,
        1,
        Turn::Delay(2900),
    );
    let ran = ec2.run(&running(1)).await;
    let acts = [attach(1, 1, 'f'), attach(2, 1, 'g'), associate(1, 1)];
    assert_eq!(ran.acts(), acts);
    let rounds = ran.rounds();
    assert_eq!(rounds[2], [acts[0].as_str()]);
    assert!(rounds[3][0].starts_with("Describe"), "the others follow a look of their own: {rounds:?}");
    ran.assert_held("web/main", 1);
    let told = ["attach-volume done", "attach-volume done", "associate-address done"];
    assert_eq!(ran.outcomes("web/main"), told, "what was not tried is not told");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_starts_again_during_a_slow_look_keeps_its_volume() {
    let stopped = on_demand(1).is(InstanceState::Stopped);
    let parts = [volume(1).on(1).into(), stopped.into(), on_demand(2).into()];
    let ec2 = Scripted::new(world(parts).after(1, |world| world.start(1))).at(
        Action::DescribeInstances,
        2,
        Turn::Delay(6500),
    );
    let ran = ec2.run(&state_change(1, "stopped")).await;
    assert_eq!(ran.acts(), [""; 0]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_during_the_look_leads_to_another_look() {
    for seconds in [-3600, -3, 6, 3600] {
        for (world, acts) in [
            (free(), vec![attach(1, 1, 'f'), attach(2, 1, 'g'), associate(1, 1)]),
            (
                world([
                    volume(1).on(1).into(),
                    on_demand(1).is(InstanceState::Stopped).into(),
                    on_demand(2).into(),
                ]),
                vec![detach(1, 1), attach(1, 2, 'f')],
            ),
        ] {
            let step = hook(move |world| world.clock_error = seconds);
            let ec2 = Scripted::new(world).at(Action::DescribeInstances, 2, step);
            let ran = ec2.run(&running(1)).await;
            assert_eq!(ran.acts(), acts, "{seconds}");
            assert_eq!(looks_before_the_first_act(&ran), 2, "{seconds}");
            assert_eq!(ran.failure, None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn looks_are_apart_though_the_clock_is_set_back_during_each() {
    for trigger in [running(1), warned(1, FRESH)] {
        let back = hook(|world| world.clock_error -= 1);
        let ec2 = Scripted::new(free()).during(Action::DescribeAddresses, 1..=usize::MAX, back);
        let ran = ec2.run_for(60, &trigger).await;
        assert_eq!(ran.acts(), [""; 0]);
        let looks = ran.count(Action::DescribeVolumes);
        assert!((13..25).contains(&looks), "{looks} looks in a minute: the pauses grow to 4 s");
    }
}
