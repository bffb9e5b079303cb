//! What the contract or an invariant says and the reconciler does not do yet: every test here fails.
//!
//! Once one passes it belongs to the module of its subject.

use crate::ran::{attach, mark};
use crate::scripted::{Scripted, Turn};
use crate::warning::{FRESH, held_by};
use crate::world::world;
use crate::{on_demand, running, warned};
use planner::fixtures::volume;
use reconciler::ec2::Action;
use reconciler::invocation::Failure;

const THROTTLED: Turn = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
const FORBIDDEN: Turn = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");

#[tokio::test(start_paused = true)]
async fn a_mark_that_failed_is_tried_again_though_the_next_look_is_slow() {
    let ec2 = Scripted::new(held_by(on_demand(1)))
        .at(Action::CreateTags, 1, THROTTLED)
        .at(Action::DescribeInstances, 2, THROTTLED)
        .at(Action::DescribeVolumes, 2, Turn::Delay(5500));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), mark(1, FRESH)], "{:?} {:#}", ran.failure, ran.report);
    assert_eq!(ran.failure, None);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_told_though_the_repeated_first_look_fails_for_good() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, THROTTLED).at(
        Action::DescribeVolumes,
        2,
        FORBIDDEN,
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert!(matches!(ran.failure, Some(Failure::Ec2(_))));
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_the_deadline_cut_off_in_its_first_round_is_moving() {
    let ec2 = Scripted::new(world([volume(1).into(), volume(2).into(), on_demand(1).into()])).at(
        Action::AttachVolume,
        2,
        Turn::Delay(2500),
    );
    let ran = ec2.run_for(3, &running(1)).await;
    assert_eq!(ran.acts(), [attach(1, 1, 'f'), attach(2, 1, 'g')]);
    assert_eq!(ran.state("web/main"), "moving", "it waits for nothing: no finding says so");
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["web/main".to_owned()])));
}
