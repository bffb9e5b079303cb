//! How the local EC2 of a run is: how long things take, what befalls calls, and how events travel.

use chrono::TimeDelta;
use local_ec2::{Setup, Span, Throttling, Timing};
use planner::tags::Policy;
use reconciler::clock::{Clock, WallClock};
use serde_json::{Value, json};
use std::time::Duration;

/// How many times shorter the waits of a run are than EC2's.
pub const HASTE: u16 = 10;

/// How many times larger the token buckets are than EC2's, as so much more happens at a time: some calls run dry of them.
const BUCKETS: u16 = 3;

/// Between two sweeps: the schedule's minute.
pub const MINUTE: Duration = Duration::from_secs(6);

/// How far back the cloud's clock begins, so that it shows the machine's time once the world stands.
pub const HEAD_START: u32 = 120;

/// What befalls calls: more than a fifth of them, of every action. A question that is refused ends an invocation, so
/// that is rarer than an act that is.
pub const FAULTS: &str = "\
    *:refused=0.005,denied=0.005,throttled=0.035,5xx=0.035,reset=0.035,slow=0.04,lost=0.01,timeout=0.01,stale=0.035,\
    crash=0.01,crash-after=0.015;\
    AttachVolume:refused=0.03,denied=0.02;DetachVolume:refused=0.03,denied=0.02;\
    AssociateAddress:refused=0.03,denied=0.02;DisassociateAddress:refused=0.03,denied=0.02;\
    CreateTags:refused=0.03,denied=0.02;TerminateInstances:refused=0.03,denied=0.02;\
    SendCommand:refused=0.03,denied=0.02;CompleteLifecycleAction:refused=0.03,denied=0.02;\
    RecordLifecycleActionHeartbeat:refused=0.03,denied=0.02";

/// The least share of calls that has to have met a fault.
pub const LEAST_FAULTY: f64 = 0.2;

/// How events travel during the storm, for the command `weather`.
pub fn weather() -> Value {
    json!({"lost": 0.1, "doubled": 0.2, "late": 0.15, "travel": [100, 2500], "lateness": [1000, 20_000]})
}

/// The local EC2 of a run.
pub fn of(seed: u64) -> Setup {
    Setup {
        seed,
        start: WallClock.now() - TimeDelta::seconds(i64::from(HEAD_START)),
        timing: timing(),
        throttling: Throttling::Times(BUCKETS),
        default_policy: Some(Policy::OnRelease),
        ..Setup::default()
    }
}

/// The delays. Those of calls and attachments are EC2's; the others are a tenth, or what invariant 8 needs.
fn timing() -> Timing {
    Timing {
        // After `stopped`, longer than an act may land (5 s and 3 s) by a stale answer (1 s).
        pending: Span::seconds(10, 12),
        mount: Span::seconds(1, 4),
        stop: Span::seconds(1, 6),
        shutdown: Span::seconds(2, 9),
        shutdown_stopped: Span::seconds(0, 1),
        release: Span::seconds(-1, 2),
        forget: Span::exactly(360),
        lose_tags: Span::seconds(6, 360),
        notice: Span::exactly(12),
        fleet: Span::millis(500, 3000),
        fleet_retry: Span::seconds(6, 12),
        group: Span::millis(500, 3000),
        group_health: Span::seconds(1, 6),
        group_step: Span::millis(50, 300),
        early_hooks_share: 0.3,
        command: Span::millis(500, 4000),
        command_fails: 0.1,
        command_lost: 0.05,
        agentless_share: 0.1,
        max_lag: TimeDelta::seconds(1),
        ..Timing::default()
    }
}
