//! EC2 Auto Scaling: how far a group has an instance, and the hooks at which it keeps instances waiting.
//!
//! Facts only. Which of those instances may go on is decided in `hooks`.

use crate::ids::FleetName;
use serde::Serialize;
use std::fmt;

/// What stands in the place of a state that is not known.
const UNKNOWN: &str = "unknown";

/// The state that an instance has in its group, as EC2 Auto Scaling writes it (EC2 Auto Scaling user guide, "Amazon EC2
/// Auto Scaling instance lifecycle"). None of it shows in the instance's own state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LifecycleState(String);

impl LifecycleState {
    /// The state, taken as it is.
    pub fn new(state: impl Into<String>) -> Self {
        Self(state.into())
    }

    /// That of an instance of which EC2 Auto Scaling does not tell.
    pub fn unknown() -> Self {
        Self::new(UNKNOWN)
    }

    /// Whether EC2 Auto Scaling did not tell.
    pub fn is_unknown(&self) -> bool {
        self.0 == UNKNOWN
    }

    /// Whether the group means the instance to serve, now or soon. One in standby or in a warm pool is not, nor is one in a
    /// state that Holdfast does not know.
    pub fn serves(&self) -> bool {
        self.0 == "InService" || self.is_of("Pending")
    }

    /// Whether the group is about to terminate the instance.
    pub fn is_terminating(&self) -> bool {
        self.is_of("Terminating")
    }

    /// Whether the group has given up terminating the instance and keeps it for a person, as a policy for its lifecycle asks
    /// (EC2 Auto Scaling user guide, "Control instance retention with instance lifecycle policies").
    pub fn is_retained(&self) -> bool {
        self.0 == "Terminating:Retained"
    }

    /// At which hooks the instance waits, if at any.
    pub fn waits_at(&self) -> Option<Transition> {
        // One of a warm pool waits at the same hooks.
        let state = self.0.strip_prefix("Warmed:").unwrap_or(&self.0);
        match state {
            "Pending:Wait" => Some(Transition::Launching),
            "Terminating:Wait" => Some(Transition::Terminating),
            _ => None,
        }
    }

    fn is_of(&self, state: &str) -> bool {
        self.0.strip_prefix(state).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

impl fmt::Display for LifecycleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A transition at which a group can keep instances waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transition {
    /// Into service.
    Launching,
    /// Towards the instance's end.
    Terminating,
}

/// A lifecycle hook of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LifecycleHook {
    /// The group.
    pub group: FleetName,
    /// The hook's name, unique within the group.
    pub name: String,
    /// Where it keeps instances waiting.
    pub transition: Transition,
}

/// How a lifecycle action ends (EC2 Auto Scaling API reference, `CompleteLifecycleAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum ActionResult {
    /// The instance goes on.
    Continue,
    /// The group terminates the instance, and launches another one.
    Abandon,
}

impl ActionResult {
    /// As EC2 Auto Scaling writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_results_are_written_as_ec2_auto_scaling_writes_them() {
        assert_eq!(LifecycleState::new("Warmed:Pending:Wait").to_string(), "Warmed:Pending:Wait");
        assert_eq!(
            [ActionResult::Continue, ActionResult::Abandon].map(ActionResult::as_str),
            ["CONTINUE", "ABANDON"]
        );
    }

    /// Every value that the API reference has for `AutoScalingInstanceDetails.LifecycleState`, and some that it has not.
    #[test]
    fn each_state_is_understood() {
        use Transition::{Launching, Terminating};
        for (state, serves, is_terminating, waits_at) in [
            ("Pending", true, false, None),
            ("Pending:Wait", true, false, Some(Launching)),
            ("Pending:Proceed", true, false, None),
            ("Quarantined", false, false, None),
            ("InService", true, false, None),
            ("Terminating", false, true, None),
            ("Terminating:Wait", false, true, Some(Terminating)),
            ("Terminating:Proceed", false, true, None),
            ("Terminating:Retained", false, true, None),
            ("Terminated", false, false, None),
            ("Detaching", false, false, None),
            ("Detached", false, false, None),
            ("EnteringStandby", false, false, None),
            ("Standby", false, false, None),
            ("Warmed:Pending", false, false, None),
            ("Warmed:Pending:Wait", false, false, Some(Launching)),
            ("Warmed:Pending:Proceed", false, false, None),
            ("Warmed:Terminating", false, false, None),
            ("Warmed:Terminating:Wait", false, false, Some(Terminating)),
            ("Warmed:Terminated", false, false, None),
            ("Warmed:Stopped", false, false, None),
            ("Warmed:Running", false, false, None),
            ("Warmed:Hibernated", false, false, None),
            ("PendingSurprise", false, false, None),
            ("", false, false, None),
        ] {
            let read = LifecycleState::new(state);
            let found = (read.serves(), read.is_terminating(), read.waits_at());
            assert_eq!(found, (serves, is_terminating, waits_at), "{state}");
        }
    }
}
