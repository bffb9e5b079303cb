//! What the interruptions are drawn from: published figures of EC2 where there are any, and assumptions, each told as one.

use crate::deployment;
use chrono::TimeDelta;
use local_ec2::{Setup, Span, Timing, Weather};
use planner::ids::Zone;

/// Of four fleets with capacity rebalancing, one gets EC2's recommendation together with the warning. "It is possible that
/// the signal arrives along with the two-minute notice" (EC2 user guide, "EC2 instance rebalance recommendations");
/// how often is assumed.
const AT_ONCE: u8 = 1;
const OF: u8 = 4;
/// From a recommendation that comes ahead to the warning: "generally 10-20 min" (Karpenter, design of interruption handling).
const LEAD: Span = Span::seconds(600, 1200);
/// The same, of one that comes together with it. Assumed.
const NO_LEAD: Span = Span::seconds(0, 5);
/// When a fleet without capacity rebalancing launches the replacement, from the warning. Assumed: any moment of the two
/// minutes that leaves it launched before they are over.
const LAUNCH: Span = Span::seconds(5, 110);
/// From an event to the first call of the function that it wakes: EventBridge's way, and a cold start with its first
/// connection, which takes a good second at worst ("Rust Lambda cold start", measured by others). Assumed.
const TRAVEL: Span = Span::millis(200, 2000);
/// What a late event is late by, and how many are late, lost and doubled. Assumed: EventBridge delivers at best effort.
const LATENESS: Span = Span::seconds(5, 30);
const LATE: f64 = 0.05;
const LOST: f64 = 0.01;
const DOUBLED: f64 = 0.01;
/// How old, in seconds, an answer of EC2 may be. Assumed.
const LAG: i64 = 1;
/// How long before the first notice the last sweep was, up to a minute: any moment is as likely.
const MINUTE: Span = Span::millis(0, 60_000);

/// What is drawn for one interruption before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// From the first sweep to the first notice of EC2.
    pub quiet: TimeDelta,
    /// Who launches the replacement.
    pub replacement: Replacement,
}

/// Who launches the replacement, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The fleet does when EC2 recommends to replace the instance, so long before the warning.
    Rebalanced(TimeDelta),
    /// The fleet does so long after the warning.
    After(TimeDelta),
}

/// Draws an interruption.
pub fn draw(seed: u64) -> Draw {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x4A4D);
    let mut of = |span: Span| span.draw(&mut random);
    let (quiet, lead, no_lead, launch) = (of(MINUTE), of(LEAD), of(NO_LEAD), of(LAUNCH));
    let replacement = if random.bool() {
        let at_once = random.u8(0..OF) < AT_ONCE;
        Replacement::Rebalanced(if at_once { no_lead } else { lead })
    } else {
        Replacement::After(launch)
    };
    Draw { quiet, replacement }
}

/// The cloud of an interruption, in which so many drains fail, from 0 to 1.
pub fn setup(seed: u64, command_fails: f64) -> Setup {
    let weather = Weather { lost: LOST, doubled: DOUBLED, late: LATE, travel: TRAVEL, lateness: LATENESS };
    let timing = Timing { command_fails, ..Timing::default().with_lag(LAG) };
    let (zones, default_policy) = (vec![Zone::new("us-east-1a")], Some(deployment::settings().handover));
    Setup { seed, zones, timing, weather, default_policy, ..Setup::default() }
}

/// All of it in words, a line for each.
pub fn told() -> Vec<String> {
    let Timing {
        attach, detach, pending, shutdown, release, fleet, command_delivery, command, latency, ..
    } = Timing::default();
    vec![
        format!(
            "published: attach {attach}, detach {detach} once the instance lets go, pending {pending}, notice 120 s"
        ),
        format!("published: of the fleets with capacity rebalancing, those warned ahead have {LEAD} of it"),
        format!(
            "assumed: half of the fleets rebalance; {AT_ONCE} of {OF} of these get both notices within {NO_LEAD}"
        ),
        format!(
            "assumed: rebalancing launches {fleet} after the recommendation; other fleets {LAUNCH} after the warning"
        ),
        format!("assumed: shutting down {shutdown}; EC2 releases the volume {release} from the end of that"),
        format!(
            "assumed: Systems Manager takes {command_delivery} to hand over a command, the drain document {command}"
        ),
        format!(
            "assumed: an event and a cold start {TRAVEL}; of events {LATE} late by {LATENESS}, {LOST} lost, {DOUBLED} doubled"
        ),
        format!("assumed: {latency} for each way of a call; answers up to {LAG} s old; a sweep each minute"),
        "every delay is drawn evenly from its range".to_owned(),
    ]
}
