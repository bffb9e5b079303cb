//! How long EC2 takes. Published figures where there are any; what is assumed says so.

use crate::time::Span;
use chrono::TimeDelta;

/// The delays of a cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// From `attaching` to `attached`: "mostly 1–4 s" (aws-ebs-csi-driver, `pkg/cloud/cloud.go`).
    pub attach: Span,
    /// From `detaching` to free, once the instance has let go (the same source).
    pub detach: Span,
    /// From `creating` to `available`: median 1.5 s, 99 % within 4 s (the same source).
    pub create_volume: Span,
    /// From `deleting` to gone. Assumed.
    pub delete_volume: Span,
    /// Until an instance that runs has mounted what is attached to it. Assumed.
    pub mount: Span,
    /// From `attaching` to free again, when the KMS key cannot be used. Assumed.
    pub take_back: Span,
    /// The share of attachments that stay `attaching` for ever (kubernetes/kubernetes #31891). None unless asked for.
    pub stuck_share: f64,
    /// From `pending` to `running`: spot instances "quite often ~30–40 seconds" (hashicorp/terraform #12459).
    pub pending: Span,
    /// From `stopping` to `stopped`. Assumed.
    pub stop: Span,
    /// The same, when the memory has to be written first. Assumed.
    pub hibernate: Span,
    /// From `shutting-down` to `terminated`, of an instance that ran. Assumed.
    pub shutdown: Span,
    /// The same, of an instance that was stopped. Assumed.
    pub shutdown_stopped: Span,
    /// When a volume is released, from the moment at which its instance is terminated: before it or after it.
    pub release: Span,
    /// For how long a terminated instance is listed: "approximately one hour" (EC2 user guide, "Terminate your
    /// instance").
    pub forget: Span,
    /// When a terminated instance loses its tags, from its end. Assumed; that it happens is known.
    pub lose_tags: Span,
    /// From the interruption warning to the interruption: two minutes (EC2 user guide, "Spot Instance interruption
    /// notices"). Hibernation begins at once.
    pub notice: Span,
    /// Until a fleet sees that its capacity is short, and launches. Assumed.
    pub fleet: Span,
    /// Until a fleet that found no capacity tries again. Assumed.
    pub fleet_retry: Span,
    /// Until an Auto Scaling group launches what it lacks, and ends what it has too many. Assumed.
    pub group: Span,
    /// Until an Auto Scaling group has found an instance ended or stopped. Assumed: Auto Scaling does not say how often it
    /// looks.
    pub group_health: Span,
    /// From one state of an instance in its Auto Scaling group to the next, where nothing is waited for. Assumed.
    pub group_step: Span,
    /// The share of launches in an Auto Scaling group whose hooks have the instance wait before it runs. None unless asked
    /// for: AWS does not say that it runs by then.
    pub early_hooks_share: f64,
    /// Until the agent of an instance has taken a command up. Assumed.
    pub command_delivery: Span,
    /// From there to the command's end. Assumed: a service takes seconds to stop, and a disk less to be flushed.
    pub command: Span,
    /// The share of commands that fail: something holds the disk. None unless asked for.
    pub command_fails: f64,
    /// The share of commands that never reach their instance. None unless asked for.
    pub command_lost: f64,
    /// The share of instances without an agent. None unless asked for.
    pub agentless_share: f64,
    /// The oldest that an answer of a Describe call may be. Zero: none is stale.
    pub max_lag: TimeDelta,
    /// The share of resources that such an answer shows as they were.
    pub stale_share: f64,
    /// On the way to EC2, and again on the way back.
    pub latency: Span,
    /// What the fault `slow` adds on the way to EC2. The upper end lies past the time-out of Holdfast's calls.
    pub slow: Span,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            attach: Span::seconds(1, 4),
            detach: Span::seconds(1, 4),
            create_volume: Span::seconds(1, 4),
            delete_volume: Span::seconds(1, 3),
            mount: Span::seconds(5, 20),
            take_back: Span::seconds(2, 10),
            stuck_share: 0.0,
            pending: Span::seconds(30, 40),
            stop: Span::seconds(10, 60),
            hibernate: Span::seconds(20, 90),
            shutdown: Span::seconds(20, 90),
            shutdown_stopped: Span::seconds(1, 5),
            release: Span::seconds(-5, 3),
            forget: Span::exactly(3600),
            lose_tags: Span::seconds(60, 3600),
            notice: Span::exactly(120),
            fleet: Span::seconds(5, 30),
            fleet_retry: Span::seconds(60, 120),
            group: Span::seconds(5, 30),
            group_health: Span::seconds(10, 60),
            group_step: Span::millis(500, 3000),
            early_hooks_share: 0.0,
            command_delivery: Span::millis(500, 2500),
            command: Span::seconds(1, 10),
            command_fails: 0.0,
            command_lost: 0.0,
            agentless_share: 0.0,
            max_lag: TimeDelta::zero(),
            stale_share: 0.3,
            latency: Span::millis(20, 150),
            slow: Span::millis(500, 4500),
        }
    }
}

impl Timing {
    /// A cloud in which everything happens at once, except what is two minutes or an hour by definition.
    pub fn instant() -> Self {
        Self {
            attach: Span::NONE,
            detach: Span::NONE,
            create_volume: Span::NONE,
            delete_volume: Span::NONE,
            mount: Span::NONE,
            take_back: Span::NONE,
            pending: Span::NONE,
            stop: Span::NONE,
            hibernate: Span::NONE,
            shutdown: Span::NONE,
            shutdown_stopped: Span::NONE,
            release: Span::NONE,
            fleet: Span::NONE,
            group: Span::NONE,
            group_health: Span::NONE,
            group_step: Span::NONE,
            command_delivery: Span::NONE,
            command: Span::NONE,
            latency: Span::NONE,
            ..Self::default()
        }
    }

    /// The same, with answers that may be so many seconds old.
    #[must_use]
    pub fn with_lag(self, seconds: i64) -> Self {
        Self { max_lag: TimeDelta::seconds(seconds), ..self }
    }
}
