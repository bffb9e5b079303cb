//! AWS Systems Manager, as far as a drain needs it: `SendCommand`, `ListCommands`, and the agents that run the document.
//!
//! The documents of [`crate::Setup::documents`] unmount the volumes that their parameter `volumes` names, and fail where
//! one of them is not attached. Words are ours; codes are those of the Systems Manager API reference.

mod agent;
mod list;
mod send;

pub use list::{CommandFilter, ListCommands};
pub use send::SendCommand;

use crate::error::ApiError;
use crate::time::Time;
use planner::ids::InstanceId;
use std::collections::BTreeMap;

/// The names of all actions.
pub const NAMES: [&str; 2] = ["ListCommands", "SendCommand"];

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its id, a UUID.
    pub id: String,
    /// The document, as it was named.
    pub document: String,
    /// The instances that it was sent to.
    pub instances: Vec<InstanceId>,
    /// The parameters of the document.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// When it was asked for.
    pub requested: Time,
    /// How far it is.
    pub status: Status,
    /// Counts the changes of state of the instance, as it was when the command was sent.
    pub turn: u32,
}

/// How far a command is (Systems Manager user guide, "Understanding command statuses").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Systems Manager's own name")]
pub enum Status {
    Pending,
    InProgress,
    Success,
    Failed,
    DeliveryTimedOut,
    ExecutionTimedOut,
}

impl Status {
    /// `Status` and `StatusDetails`.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Pending => ("Pending", "Pending"),
            Self::InProgress => ("InProgress", "InProgress"),
            Self::Success => ("Success", "Success"),
            Self::Failed => ("Failed", "Failed"),
            Self::DeliveryTimedOut => ("TimedOut", "DeliveryTimedOut"),
            Self::ExecutionTimedOut => ("TimedOut", "ExecutionTimedOut"),
        }
    }
}

/// Whether the action is one of Systems Manager's.
pub(crate) fn has(action: &str) -> bool {
    NAMES.contains(&action)
}

/// Systems Manager throttles with HTTP 400.
pub(crate) fn throttled() -> ApiError {
    ApiError::refusal("ThrottlingException", "Rate exceeded")
}

pub(crate) fn broken() -> ApiError {
    ApiError::server("InternalServerError", "An error occurred on the server side.", 500)
}

pub(crate) fn denied() -> ApiError {
    ApiError::refusal("AccessDeniedException", "User is not authorized to perform this action")
}

pub(crate) fn invalid_instance(instance: &str) -> ApiError {
    let message = format!("Instances [[{instance}]] not in a valid state for account 123456789012");
    ApiError::refusal("InvalidInstanceId", message)
}
