//! What one invocation remembers from its earlier looks, so that a plan need not repeat what failed.
//!
//! It is lost with the invocation, and every plan is safe without it.

use crate::device::DeviceName;
use crate::ids::{InstanceId, SlotName, VolumeId};
use crate::plan::Step;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// For how long EC2's answers may be older than its acts, in seconds: the assumption that the freshness of a
/// look rests on, too.
pub const STALE_SECONDS: i64 = 5;

/// What an invocation did before it looked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Attachments that EC2 accepted, and when.
    pub accepted: BTreeMap<VolumeId, Accepted>,
    /// Device names that EC2 said were taken, and when.
    pub refused_devices: BTreeMap<(InstanceId, DeviceName), DateTime<Utc>>,
    /// Steps that EC2 refused for good.
    pub failures: Vec<Failure>,
}

/// An attachment that EC2 accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// To which instance.
    pub instance: InstanceId,
    /// When the answer came.
    pub at: DateTime<Utc>,
}

/// A step that EC2 refused, and would refuse again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose step it was.
    pub slot: SlotName,
    /// The step.
    pub step: Step,
    /// What EC2 said.
    pub reason: String,
}
