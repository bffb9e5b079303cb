//! The instances of Auto Scaling groups, as Auto Scaling has them: EC2 knows nothing of this.

use crate::ids::GroupName;
use crate::state::{HookResult, Transition};
use crate::time::Time;
use chrono::TimeDelta;
use planner::ids::InstanceId;

/// An instance in its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The instance.
    pub instance: InstanceId,
    /// Its group.
    pub group: GroupName,
    /// How far it is.
    pub lifecycle: Lifecycle,
    /// Whether the group has not found it ended or stopped.
    pub healthy: bool,
    /// Whether EC2 recommends to replace it, and its group does so.
    pub at_risk: bool,
    /// What it waits for: of several hooks, until each is completed.
    pub actions: Vec<LifecycleAction>,
    /// Counts its changes of state, so that what was due in an earlier one is void.
    pub turn: u32,
}

impl Member {
    /// Whether it counts towards the capacity of its group: it is in service, or about to be.
    pub fn counts(&self) -> bool {
        let counts = match self.lifecycle {
            Lifecycle::Pending
            | Lifecycle::PendingWait
            | Lifecycle::PendingProceed
            | Lifecycle::InService => true,
            Lifecycle::Terminating
            | Lifecycle::TerminatingWait
            | Lifecycle::TerminatingProceed
            | Lifecycle::EnteringStandby
            | Lifecycle::Standby
            | Lifecycle::Detaching => false,
        };
        counts && !self.at_risk
    }

    /// Whether its group is ending it.
    pub fn is_ending(&self) -> bool {
        matches!(
            self.lifecycle,
            Lifecycle::Terminating | Lifecycle::TerminatingWait | Lifecycle::TerminatingProceed
        )
    }
}

/// The state of an instance in its group (Auto Scaling user guide, "Amazon EC2 Auto Scaling instance lifecycle").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is Auto Scaling's own name")]
pub enum Lifecycle {
    Pending,
    PendingWait,
    PendingProceed,
    InService,
    Terminating,
    TerminatingWait,
    TerminatingProceed,
    EnteringStandby,
    Standby,
    Detaching,
}

impl Lifecycle {
    /// What Auto Scaling calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::PendingProceed => "Pending:Proceed",
            Self::InService => "InService",
            Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
            Self::EnteringStandby => "EnteringStandby",
            Self::Standby => "Standby",
            Self::Detaching => "Detaching",
        }
    }
}

/// What a hook has an instance wait for. It is as the hook was when the wait began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleAction {
    /// What names it, a UUID.
    pub token: String,
    /// The hook's name.
    pub hook: String,
    /// The hook's transition.
    pub transition: Transition,
    /// For how long it is waited for after a heartbeat.
    pub timeout: TimeDelta,
    /// Until when it is waited for.
    pub deadline: Time,
    /// Until when, whatever heartbeats there are.
    pub limit: Time,
    /// What becomes of it then.
    pub default_result: HookResult,
}
