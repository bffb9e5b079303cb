//! Auto Scaling groups and their lifecycle hooks.

use crate::ids::{GroupName, TemplateId};
use crate::time::Time;
use chrono::TimeDelta;
use planner::ids::Zone;
use std::collections::BTreeMap;

/// The longest that an instance may wait for a hook, whatever heartbeats it has (Auto Scaling API reference,
/// `LifecycleHook`, `GlobalTimeout`).
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(48);

/// An Auto Scaling group. Its members point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, which is its id.
    pub name: GroupName,
    /// What its ARN has besides its name, a UUID.
    pub uuid: String,
    /// What it launches.
    pub template: TemplateId,
    /// How many instances it is to have: at least, at most, and now.
    pub sizes: Sizes,
    /// Where it launches.
    pub zones: Vec<Zone>,
    /// The subnets that were named for that, if it was by subnets.
    pub subnets: Vec<String>,
    /// Its tags.
    pub tags: Vec<GroupTag>,
    /// Its hooks by name.
    pub hooks: BTreeMap<String, Hook>,
    /// Whether it replaces an instance that EC2 recommends to replace.
    pub rebalances: bool,
    /// When it was made.
    pub created: Time,
    /// Whether it is being deleted.
    pub deleting: bool,
}

impl Group {
    /// Its ARN.
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:autoscaling:{region}:{account}:{}", self.resource())
    }

    /// Its ARN without the beginning.
    pub(crate) fn resource(&self) -> String {
        format!("autoScalingGroup:{}:autoScalingGroupName/{}", self.uuid, self.name)
    }
}

/// How many instances a group is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct Sizes {
    pub min: u32,
    pub max: u32,
    pub desired: u32,
}

/// A tag of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether the instances that the group launches have it, too.
    pub propagate_at_launch: bool,
}

/// A lifecycle hook: it has an instance wait for whoever completes the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// The group that it is of.
    pub group: GroupName,
    /// When it applies.
    pub transition: Transition,
    /// For how long an instance waits, from the beginning or from the last heartbeat.
    pub timeout: TimeDelta,
    /// What becomes of an action that nobody completes.
    pub default_result: HookResult,
    /// What its events say besides.
    pub metadata: String,
}

impl Hook {
    /// For how long an instance waits at most: 48 hours, or a hundred times the timeout.
    pub fn global_timeout(&self) -> TimeDelta {
        LONGEST_WAIT.min(self.timeout * 100)
    }
}

/// Which change of an instance's state a hook is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// It is to enter service.
    Launching,
    /// It is to end.
    Terminating,
}

impl Transition {
    /// What Auto Scaling calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Launching => "autoscaling:EC2_INSTANCE_LAUNCHING",
            Self::Terminating => "autoscaling:EC2_INSTANCE_TERMINATING",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Launching, Self::Terminating].into_iter().find(|own| own.as_str() == text)
    }
}

/// How an action of a hook ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookResult {
    /// The instance goes on.
    Continue,
    /// One that was to enter service is terminated; one that was to end does so without the other hooks.
    Abandon,
}

impl HookResult {
    /// What Auto Scaling calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Abandon => "ABANDON",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Continue, Self::Abandon].into_iter().find(|own| own.as_str() == text)
    }
}
