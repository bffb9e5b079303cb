//! Questions that fail: a look that may succeed in a moment is repeated, one that cannot ends the invocation.

use crate::ran::{associate, attach};
use crate::scripted::{Scripted, Turn};
use crate::world::{World, world};
use crate::{on_demand, running, sweep};
use planner::fixtures::{address, instance, volume};
use planner::ids::FleetName;
use reconciler::ec2::Action;
use reconciler::invocation::Failure;
use serde_json::json;

const QUESTIONS: [Action; 4] = [
    Action::DescribeVolumes,
    Action::DescribeAddresses,
    Action::DescribeInstances,
    Action::DescribeSpotInstanceRequests,
];
const THROTTLED: Turn = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
const FORBIDDEN: Turn = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");

fn free() -> World {
    world([volume(1).into(), address(1).into(), instance(1).into()])
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_in_passing_is_repeated() {
    let done = [attach(1, 1, 'f'), associate(1, 1)];
    for question in QUESTIONS {
        // Calls of the first look, of the one after it, and of two looks in a row.
        for calls in [1..=1, 2..=2, 3..=3, 1..=2, 2..=3, 3..=4] {
            for turn in [THROTTLED, Turn::Refuse("InternalError", ""), Turn::LoseCall, Turn::LoseAnswer] {
                let ec2 = Scripted::new(free()).during(question, calls.clone(), turn);
                let ran = ec2.run(&running(1)).await;
                assert_eq!(ran.acts(), done, "{question} {calls:?}");
                ran.assert_held("web/main", 1);
                assert_eq!(ran.outcomes("web/main"), ["attach-volume done", "associate-address done"]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_are_apart() {
    let ec2 = Scripted::new(free()).during(Action::DescribeVolumes, 1..=usize::MAX, THROTTLED);
    let ran = ec2.run_for(60, &running(1)).await;
    let looks = ran.count(Action::DescribeVolumes);
    assert!((13..25).contains(&looks), "{looks} looks in a minute: the pauses grow to 4 s");
    let why = ran.failure.as_ref().unwrap().to_string();
    let told = "EC2 could not be looked at: DescribeVolumes: RequestLimitExceeded: Request limit exceeded.";
    assert_eq!(why, told);
    assert_eq!(ran.report["fleets"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_first_look_that_cannot_succeed_is_a_failure() {
    for question in QUESTIONS {
        for turn in [FORBIDDEN, Turn::Garble] {
            let ec2 = Scripted::new(free()).at(question, 1, turn);
            let ran = ec2.run(&running(1)).await;
            let Some(Failure::Ec2(error)) = &ran.failure else {
                panic!("{question}: {:?}", ran.failure);
            };
            assert_eq!(error.action, question);
            assert_eq!(ran.count(question), 1, "it is not repeated");
            // Of a fleet that could not be looked at, nothing is told but its name.
            let known = [json!([]), json!([{"fleet": "web", "slots": []}])];
            assert!(known.contains(&ran.report["fleets"]), "{}", ran.report);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_look_that_cannot_succeed_is_a_failure_with_the_report() {
    for question in [Action::DescribeVolumes, Action::DescribeAddresses, Action::DescribeSpotInstanceRequests]
    {
        let ec2 = Scripted::new(free()).at(question, 2, FORBIDDEN);
        let ran = ec2.run(&running(1)).await;
        assert_eq!(ran.acts(), [attach(1, 1, 'f'), associate(1, 1)]);
        let failure = ran.failure.as_ref().unwrap();
        assert_eq!(
            failure.to_string(),
            format!("EC2 could not be looked at: {question}: UnauthorizedOperation: You are not authorized.")
        );
        assert_eq!(ran.state("web/main"), "moving");
        assert_eq!(ran.outcomes("web/main"), ["attach-volume done", "associate-address done"]);
    }
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_in_passing_until_the_deadline_are_a_failure_with_the_report() {
    let ec2 = Scripted::new(free()).during(Action::DescribeVolumes, 2..=usize::MAX, THROTTLED);
    let ran = ec2.run_for(30, &running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), associate(1, 1)]);
    assert!(matches!(&ran.failure, Some(Failure::Ec2(error)) if error.action == Action::DescribeVolumes));
    let looks = ran.count(Action::DescribeVolumes);
    assert!((6..16).contains(&looks), "{looks} looks in half a minute: the pauses grow to 4 s");
    assert_eq!(ran.outcomes("web/main"), ["attach-volume done", "associate-address done"]);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_cannot_be_looked_at_leaves_the_others_to_be_held() {
    let ec2 = Scripted::new(world([
        volume(1).but(|volume| volume.tags.fleet = FleetName::new("api")).into(),
        volume(2).into(),
        on_demand(1).of_fleets(&["api"]).into(),
        on_demand(2).into(),
    ]));
    // The sweep asks once for the instances of both; then each fleet looks for itself.
    let ran = ec2.at(Action::DescribeInstances, 2, FORBIDDEN).run(&sweep()).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 2, 'f')]);
    assert!(matches!(ran.failure, Some(Failure::Ec2(_))), "{:?}", ran.failure);
    let mut states = [ran.state("api/main"), ran.state("web/main")];
    states.sort_unstable();
    assert_eq!(states, ["held", "moving"]);
}
