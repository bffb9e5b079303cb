//! How a warning is written down: once, whatever goes wrong beside it, and told in any case.

use crate::on_demand;
use crate::ran::{associate, disassociate, mark};
use crate::scripted::{Scripted, Turn, hook};
use crate::warned;
use crate::warning::{FRESH, address_only, held_by};
use crate::world::world;
use planner::fixtures::volume;
use planner::observation::InstanceState;
use planner::tags::HANDOVER;
use reconciler::ec2::Action;
use reconciler::invocation::Failure;

const THROTTLED: Turn = Turn::Refuse("RequestLimitExceeded", "Request limit exceeded.");
const FORBIDDEN: Turn = Turn::Refuse("UnauthorizedOperation", "You are not authorized.");

#[tokio::test(start_paused = true)]
async fn a_mark_that_ec2_refuses_because_the_instance_is_gone_is_harmless() {
    let gone = Turn::Refuse("InvalidInstanceID.NotFound", "The instance ID 'i-00000001' does not exist");
    let ran =
        Scripted::new(held_by(on_demand(1))).at(Action::CreateTags, 1, gone).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining refused"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_failed_in_passing_is_a_failure_that_a_retry_cures() {
    for turn in [THROTTLED, Turn::Refuse("ConcurrentTagAccess", "Somebody else is at it."), Turn::LoseCall] {
        let ec2 = Scripted::new(address_only()).at(Action::CreateTags, 1, turn);
        let ran = ec2.run(&warned(1, FRESH)).await;
        assert_eq!(ran.fleet_outcomes("web"), ["mark-draining failed"]);
        assert!(matches!(ran.failure, Some(Failure::Unmarked(_))), "{:?}", ran.failure);
        assert_eq!(
            ran.acts(),
            [mark(1, FRESH), disassociate(1), associate(1, 2)],
            "the slot is handed over all the same"
        );
        assert_eq!(ran.state("web/main"), "held");
        let again = ec2.run(&warned(1, FRESH)).await;
        assert_eq!(again.acts(), [mark(1, FRESH)]);
        again.assert_held("web/main", 2);
    }
}

/// What this invocation wrote counts only while EC2's answers may not show it yet.
#[tokio::test(start_paused = true)]
async fn a_mark_that_a_person_has_removed_does_not_count() {
    let starting = on_demand(2).is(InstanceState::Pending);
    let slot = volume(1).tagged(&[(HANDOVER, "terminate")]).on(1);
    let world = world([slot.into(), on_demand(1).into(), starting.into()]);
    let world = world.after(20, |world| world.instance(1).tags.draining = None);
    let ran = Scripted::new(world.after(25, |world| world.start(2))).run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    ran.assert_held("web/main", 1);
}

#[tokio::test(start_paused = true)]
async fn a_mark_whose_answer_is_lost_is_written_once() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::CreateTags, 1, Turn::LoseAnswer);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert!(matches!(ran.failure, Some(Failure::Unmarked(_))), "{:?}", ran.failure);
    let again = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(again.acts(), [""; 0]);
    assert_eq!(again.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_ec2_forbids_is_a_finding() {
    let ec2 = Scripted::new(address_only()).at(Action::CreateTags, 1, FORBIDDEN);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), disassociate(1), associate(1, 2)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining failed"]);
    assert_eq!(ran.fleet_findings("web"), ["refused"]);
    assert_eq!(
        ran.fleet("web")["findings"][0]["message"],
        "EC2 refused mark-draining of i-00000001; mend what it names, and the next sweep tries again: \
         UnauthorizedOperation: You are not authorized."
    );
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_warning_after_a_slow_first_look_is_written_all_the_same() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeAddresses, 1, Turn::Delay(5500));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_told_though_the_first_look_is_repeated() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, THROTTLED);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_told_though_the_first_look_fails_for_good() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, FORBIDDEN);
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert!(matches!(ran.failure, Some(Failure::Ec2(_))));
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_written_once_though_the_first_look_is_repeated_and_stale() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, THROTTLED).at(
        Action::DescribeInstances,
        3,
        Turn::Stale(5),
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_succeeds_at_the_second_try_is_no_failure() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::CreateTags, 1, THROTTLED).at(
        Action::DescribeInstances,
        2,
        THROTTLED,
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), mark(1, FRESH)]);
    assert_eq!(ran.accepted(), [mark(1, FRESH)]);
    assert_eq!(ran.failure, None);
}

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
async fn a_mark_is_told_though_the_repeated_first_look_finds_nothing_of_the_fleet() {
    let untagged = hook(|world| (world.volumes, world.addresses) = (Vec::new(), Vec::new()));
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::DescribeInstances, 2, THROTTLED).at(
        Action::DescribeVolumes,
        2,
        untagged,
    );
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.failure, None);
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining done"]);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_the_deadline_cut_off_is_told() {
    let ec2 = Scripted::new(held_by(on_demand(1))).at(Action::CreateTags, 1, Turn::Delay(2500));
    let ran = ec2.run_for(3, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.failure, Some(Failure::Unfinished(vec!["the first look".to_owned()])));
    assert_eq!(ran.fleet_outcomes("web"), ["mark-draining failed"]);
}
