//! The policy `drain`: a draining holder unmounts, is detached from, and the slot goes on while it still runs.

use crate::ran::{Ran, associate, attach, detach, disassociate, mark};
use crate::scripted::{Scripted, Turn, hook};
use crate::warning::FRESH;
use crate::world::{World, world};
use crate::{on_demand, state_change, sweep, warned};
use chrono::DateTime;
use planner::fixtures::{Part, VolumeBuilder, address, at, instance_id, volume, volume_id};
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::HANDOVER;
use reconciler::ec2::Action;
use reconciler::events::Trigger;
use reconciler::notifications::Kind;
use reconciler::settings::Settings;

fn drained(n: u8) -> VolumeBuilder {
    volume(n).tagged(&[(HANDOVER, "drain")])
}

fn second() -> Part {
    drained(2).at(1, 'g', AttachmentState::Attached).into()
}

/// The slot is on instance 1.
fn held(beside: impl Into<Part>) -> World {
    world([drained(1).on(1).into(), address(1).on(1).into(), on_demand(1).into(), beside.into()])
}

fn drain(instance: u8, volumes: &[u8]) -> String {
    let volumes = volumes.iter().map(|n| volume_id(*n).to_string());
    let words = ["SendCommand".to_owned(), instance_id(instance).to_string(), "Drain".to_owned()];
    words.into_iter().chain(volumes).collect::<Vec<_>>().join(" ")
}

/// One invocation of two minutes, in a deployment that has the document.
async fn run(ec2: &Scripted, trigger: &Trigger) -> Ran {
    run_for(ec2, 120, trigger).await
}

async fn run_for(ec2: &Scripted, seconds: i64, trigger: &Trigger) -> Ran {
    let read = |name: &str| (name == "HOLDFAST_DRAIN_DOCUMENT").then(|| "Drain".to_owned());
    ec2.run_with(&Settings::read(read).unwrap(), seconds, trigger).await
}

fn handed_over() -> Vec<String> {
    vec![mark(1, FRESH), drain(1, &[1]), detach(1, 1), attach(1, 2, 'f'), disassociate(1), associate(1, 2)]
}

#[tokio::test(start_paused = true)]
async fn a_warned_holder_is_drained_and_the_slot_handed_over_in_one_invocation() {
    let ec2 = Scripted::new(held(on_demand(2)));
    let ran = run(&ec2, &warned(1, FRESH)).await;
    let acts = ran.acts();
    // The mark is the warning's; a handover needs at most six writes, and 20 questions of EC2.
    assert_eq!(acts, handed_over());
    ran.assert_held("web/main", 2);
    assert!(ran.took.num_seconds() <= 15, "{}", ran.took);
    let describes = ran.questions() - ran.count(Action::ListCommands);
    let polling = ran.calls.iter().filter(|call| call.action == Action::DescribeVolumes).count() - 5;
    assert!(describes - 3 * polling <= 20, "{:?}", ran.rounds());
    ec2.assert_settled(&sweep()).await;
}

#[tokio::test(start_paused = true)]
async fn every_volume_of_the_slot_is_drained_by_one_command_before_any_is_detached() {
    let beside = world([
        drained(1).on(1).into(),
        second(),
        on_demand(1).into(),
        on_demand(2).into(),
        volume(3).in_slot("other").on(3).into(),
        on_demand(3).into(),
    ]);
    let ran = run(&Scripted::new(beside), &warned(1, FRESH)).await;
    let acts = [drain(1, &[1, 2]), detach(1, 1), detach(2, 1), attach(1, 2, 'f'), attach(2, 2, 'g')];
    assert_eq!(ran.acts()[1..], acts);
    ran.assert_held("web/main", 2);
    ran.assert_held("web/other", 3);
}

#[tokio::test(start_paused = true)]
async fn a_warning_waits_for_the_instance_that_the_fleet_launches() {
    let pending = on_demand(2).is(InstanceState::Pending);
    let launched = held(pending).after(40, |world| world.instance(2).state = InstanceState::Running);
    let ran = run(&Scripted::new(launched), &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), handed_over());
    assert!((ran.began(Action::SendCommand, 1) - at(1000)).num_seconds() >= 40);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_holder_is_drained_before_the_deadline_though_nobody_comes() {
    let ran = run_for(&Scripted::new(held(on_demand(2).in_zone("b"))), 115, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), drain(1, &[1])]);
    let since = DateTime::parse_from_rfc3339(FRESH).unwrap().to_utc();
    let began = (ran.began(Action::SendCommand, 1) - since).num_seconds();
    assert!((75..=80).contains(&began), "45 s before the end of the two minutes, and not after {began} s");
    assert_eq!(ran.state("web/main"), "waiting");
    assert_eq!(ran.findings("web/main"), ["holder-draining", "no-candidate", "drained"]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_for_whoever_comes_later_is_told_as_the_start_of_a_handover() {
    let holder = on_demand(1).but(|instance| instance.launched = at(0));
    let holder = holder.draining("spot-interruption-warning 2026-11-23T12:15:00Z");
    let ec2 = Scripted::new(world([drained(1).on(1).into(), holder.into()]));
    let ran = run(&ec2, &sweep()).await;
    assert_eq!(ran.acts(), [drain(1, &[1])]);
    let told: Vec<_> = ran.told.iter().map(|told| told.kind).collect();
    assert_eq!(told, [Kind::HandoverStarted, Kind::Waiting]);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_comes_after_the_drain_gets_the_volume() {
    let pending = on_demand(2).is(InstanceState::Pending);
    let launched = held(pending).after(95, |world| world.instance(2).state = InstanceState::Running);
    let ran = run(&Scripted::new(launched), &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), handed_over());
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_drained_volume_that_ec2_releases_is_attached_as_ever() {
    let pending = on_demand(2).is(InstanceState::Pending);
    let launched = held(pending)
        .after(90, |world| world.end(1))
        .after(95, |world| world.instance(2).state = InstanceState::Running);
    let ran = run(&Scripted::new(launched), &warned(1, FRESH)).await;
    assert_eq!(ran.acts()[1], drain(1, &[1]));
    let ec2 = Scripted::new(held(on_demand(2)).after(1, |world| world.end(1)));
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts()[..2], [mark(1, FRESH), drain(1, &[1])]);
    assert_eq!(ran.acts()[2..], [attach(1, 2, 'f'), associate(1, 2)]);
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_does_not_work_leaves_the_volume_to_the_release() {
    for (status, details) in
        [("Failed", "Failed"), ("TimedOut", "DeliveryTimedOut"), ("Cancelled", "Cancelled")]
    {
        let mut world = held(on_demand(2)).after(60, |world| world.end(1));
        world.manager.ends = (status, details);
        let ec2 = Scripted::new(world);
        let ran = run_for(&ec2, 30, &warned(1, FRESH)).await;
        assert_eq!(ran.acts(), [mark(1, FRESH), drain(1, &[1])], "{details}");
        assert_eq!(ran.findings("web/main"), ["holder-draining", "not-drained"]);
        let told = ran.slot("web/main")["findings"][1]["message"].as_str().unwrap();
        assert!(told.contains(details), "{told}");
        assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
        // Not again by the next one, which looks at the same record.
        assert_eq!(run(&ec2, &sweep()).await.acts(), [""; 0]);
        ec2.change(|world| world.end(1));
        let ran = run(&ec2, &state_change(1, "terminated")).await;
        assert_eq!(ran.acts(), [attach(1, 2, 'f'), associate(1, 2)]);
        ran.assert_held("web/main", 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_an_agent_or_an_unknown_document_is_told_and_not_asked_again() {
    let mut unknown = held(on_demand(2));
    unknown.manager.unknown.insert(instance_id(1));
    let ec2 = Scripted::new(unknown);
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH), drain(1, &[1])]);
    let told = ran.slot("web/main")["findings"][1]["message"].as_str().unwrap();
    assert!(told.contains("InvalidInstanceId"), "{told}");
    assert_eq!(ran.outcomes("web/main"), ["drain-volumes failed"]);
    assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
    for code in ["InvalidDocument", "AccessDeniedException", "InvalidParameters"] {
        let ec2 = Scripted::new(held(on_demand(2))).at(Action::SendCommand, 1, Turn::Refuse(code, ""));
        let ran = run(&ec2, &warned(1, FRESH)).await;
        assert_eq!(ran.acts(), [mark(1, FRESH), drain(1, &[1])]);
        assert_eq!(ran.findings("web/main"), ["holder-draining", "not-drained"]);
        assert_eq!((ran.state("web/main"), ran.failure.clone()), ("waiting", None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_may_not_be_read_leaves_the_volume() {
    let refused = Turn::Refuse("AccessDeniedException", "");
    let ec2 = Scripted::new(held(on_demand(2))).at(Action::ListCommands, 1, refused);
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.findings("web/main"), ["holder-draining", "not-drained"]);
    assert_eq!(ran.failure, None);
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again() {
    let throttled = || Turn::Refuse("ThrottlingException", "Rate exceeded");
    for (action, turn) in [
        (Action::SendCommand, throttled()),
        (Action::SendCommand, Turn::LoseCall),
        (Action::ListCommands, throttled()),
        (Action::ListCommands, Turn::LoseCall),
    ] {
        let ec2 = Scripted::new(held(on_demand(2))).at(action, 1, turn);
        let ran = run(&ec2, &warned(1, FRESH)).await;
        assert_eq!(ran.accepted(), handed_over(), "{action}");
        assert!(ran.acts().len() <= 7);
        ran.assert_held("web/main", 2);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drained_for_a_warning_that_could_not_be_written_down() {
    let refused = Turn::Refuse("UnauthorizedOperation", "");
    let ec2 = Scripted::new(held(on_demand(2))).during(Action::CreateTags, 1..=9, refused);
    assert_eq!(run_for(&ec2, 20, &warned(1, FRESH)).await.acts(), [mark(1, FRESH)]);
    // One whose answer was lost is seen by the next look.
    let ec2 = Scripted::new(held(on_demand(2))).at(Action::CreateTags, 1, Turn::LoseAnswer);
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(
        (ran.acts(), ran.state("web/main")),
        (handed_over().iter().map(String::as_str).collect(), "held")
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_command_is_made_good_by_the_record() {
    let ec2 = Scripted::new(held(on_demand(2))).at(Action::SendCommand, 1, Turn::LoseAnswer);
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), handed_over());
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_record_does_not_show_yet_is_not_sent_again() {
    let ec2 = Scripted::new(held(on_demand(2))).during(Action::ListCommands, 2..=4, Turn::Stale(5));
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), handed_over());
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn two_functions_at_once_detach_nothing_that_is_not_drained() {
    let ec2 = Scripted::new(held(on_demand(2).but(|i| i.spot = false)));
    ec2.change(|world| world.mark(&instance_id(1), "by hand").unwrap());
    let (one, other) = (sweep(), state_change(2, "running"));
    let (one, other) = tokio::join!(run(&ec2, &one), run(&ec2, &other));
    // Each has recorded the calls of both while it ran.
    let longest = if one.calls.len() > other.calls.len() { &one } else { &other };
    let mut accepted = longest.accepted();
    accepted.retain(|act| !act.starts_with("SendCommand"));
    accepted.sort_unstable();
    let mut expected = vec![detach(1, 1), attach(1, 2, 'f'), disassociate(1), associate(1, 2)];
    expected.sort_unstable();
    assert_eq!(accepted, expected);
    for ran in [one, other] {
        ran.acts();
        ran.assert_held("web/main", 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_ends_half_way_is_gone_on_with_from_the_record() {
    for seconds in 2..16 {
        let world = world([
            drained(1).on(1).into(),
            second(),
            address(1).on(1).into(),
            on_demand(1).draining("by hand").into(),
            on_demand(2).into(),
        ]);
        let ec2 = Scripted::new(world);
        let first = run_for(&ec2, seconds, &sweep()).await;
        let second = run(&ec2, &sweep()).await;
        second.assert_held("web/main", 2);
        let acts = [first.accepted(), second.accepted()].concat();
        let count = |act: &str| acts.iter().filter(|done| **done == act).count();
        for act in [detach(1, 1), detach(2, 1), attach(1, 2, 'f'), attach(2, 2, 'g'), associate(1, 2)] {
            assert_eq!(count(&act), 1, "{act} after {seconds} s: {acts:?}");
        }
        first.acts();
        second.acts();
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_restarts_within_the_minute_is_drained_again() {
    let draining = || on_demand(1).draining("by hand");
    let ec2 = Scripted::new(world([drained(1).on(1).into(), draining().into(), on_demand(2).into()]));
    let ran = run_for(&ec2, 4, &sweep()).await;
    assert_eq!(ran.acts(), [drain(1, &[1])]);
    ec2.change(|world| world.start(1));
    let ran = run(&ec2, &sweep()).await;
    assert_eq!(ran.acts()[0], drain(1, &[1]));
    ran.assert_held("web/main", 2);
}

#[tokio::test(start_paused = true)]
async fn a_silent_systems_manager_keeps_no_other_slot_waiting() {
    let draining = on_demand(1).draining("by hand");
    let ec2 = Scripted::new(world([
        drained(1).on(1).into(),
        draining.into(),
        on_demand(2).into(),
        volume(2).in_slot("other").into(),
        on_demand(3).into(),
    ]))
    .during(Action::ListCommands, 1..=usize::MAX, Turn::LoseCall);
    let ran = run_for(&ec2, 30, &sweep()).await;
    assert_eq!(ran.acts().len(), 1);
    assert_eq!(ran.state("web/other"), "held");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_reads_the_record_and_sends_nothing() {
    let draining = on_demand(1).draining("by hand");
    let ec2 = Scripted::new(world([drained(1).on(1).into(), draining.into(), on_demand(2).into()]));
    let pairs = [("HOLDFAST_DRAIN_DOCUMENT", "Drain"), ("HOLDFAST_DRY_RUN", "true")];
    let read = |name: &str| {
        let found = pairs.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let ran = ec2.run_with(&Settings::read(read).unwrap(), 60, &sweep()).await;
    assert_eq!(ran.acts(), [""; 0]);
    assert_eq!(ran.outcomes("web/main"), ["drain-volumes planned"]);
    assert_eq!(ran.count(Action::ListCommands), 1);
}

/// Systems Manager is asked of no slot that does not drain by it, and of none before it matters.
#[tokio::test(start_paused = true)]
async fn other_slots_cost_no_call_of_systems_manager() {
    let draining = || on_demand(1).draining("by hand");
    for (beside, holder, v) in [
        (on_demand(2), on_demand(1), drained(1)),
        (on_demand(2).in_zone("b"), draining(), drained(1)),
        (on_demand(2), draining(), volume(1)),
        (on_demand(2), on_demand(1).is(InstanceState::Stopping), drained(1)),
        (on_demand(2), on_demand(1).is(InstanceState::ShuttingDown), drained(1)),
        (on_demand(2), draining().paused(), drained(1)),
    ] {
        let ec2 = Scripted::new(world([v.on(1).into(), holder.into(), beside.into()]));
        let ran = run(&ec2, &sweep()).await;
        assert_eq!((ran.acts(), ran.count(Action::ListCommands)), (vec![], 0));
        assert_eq!(ran.rounds()[0].len() + ran.rounds()[1].len(), 3, "{:?}", ran.rounds());
    }
    let ec2 = Scripted::new(held(on_demand(2)));
    let ran = ec2.run(&warned(1, FRESH)).await;
    assert_eq!((ran.acts().len(), ran.count(Action::ListCommands)), (1, 0), "without a document");
    assert!(ran.findings("web/main").contains(&"no-drain-document"));
}

#[tokio::test(start_paused = true)]
async fn a_detach_by_somebody_else_is_not_waited_for() {
    let busy = hook(|world| world.volume(1).attachments[0].state = AttachmentState::Busy);
    let ec2 = Scripted::new(held(on_demand(2))).at(Action::DescribeVolumes, 1, busy);
    let ran = run(&ec2, &warned(1, FRESH)).await;
    assert_eq!(ran.acts(), [mark(1, FRESH)]);
    assert_eq!(ran.findings("web/main"), ["detaching"]);
}
