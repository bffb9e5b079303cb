//! Auto Scaling, as far as lifecycle hooks need it: groups, their instances, their hooks, and the actions of these.
//!
//! Codes are those of the Auto Scaling API reference; almost every refusal is a `ValidationError`. Words are as quoted in
//! public bug reports, which the comments name; where none is named, they are ours.

mod actions;
mod groups;
mod hooks;
mod instances;
mod sizes;
mod standby;

pub use actions::{CompleteLifecycleAction, RecordLifecycleActionHeartbeat};
pub use groups::{
    CreateAutoScalingGroup, DeleteAutoScalingGroup, DescribeAutoScalingGroups, GroupView,
    UpdateAutoScalingGroup,
};
pub use hooks::{DeleteLifecycleHook, DescribeLifecycleHooks, HookSpec, PutLifecycleHook};
pub use instances::{DescribeAutoScalingInstances, MemberView, TerminateInstanceInAutoScalingGroup};
pub use standby::{DetachInstances, EnterStandby, ExitStandby};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::ids::GroupName;
use crate::listing::{self, Page, Paging};
use crate::state::{Group, Member};
use crate::time::Time;
use planner::ids::InstanceId;

/// The names of all actions.
pub const NAMES: [&str; 14] = [
    "CompleteLifecycleAction",
    "CreateAutoScalingGroup",
    "DeleteAutoScalingGroup",
    "DeleteLifecycleHook",
    "DescribeAutoScalingGroups",
    "DescribeAutoScalingInstances",
    "DescribeLifecycleHooks",
    "DetachInstances",
    "EnterStandby",
    "ExitStandby",
    "PutLifecycleHook",
    "RecordLifecycleActionHeartbeat",
    "TerminateInstanceInAutoScalingGroup",
    "UpdateAutoScalingGroup",
];

/// What Auto Scaling does in a group, as the answer to a call tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id, a UUID.
    pub id: String,
    /// The group.
    pub group: GroupName,
    /// Such as `Terminating EC2 instance: i-…`.
    pub description: String,
    /// How far it is.
    pub status: ActivityStatus,
    /// When it began.
    pub started: Time,
}

/// How far an activity is when the call that began it is answered (AWS CLI reference, examples of `enter-standby`,
/// `exit-standby`, `detach-instances` and `terminate-instance-in-auto-scaling-group`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Auto Scaling's own name")]
pub enum ActivityStatus {
    InProgress,
    /// The instance is to go into service.
    PreInService,
}

impl ActivityStatus {
    /// What Auto Scaling calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::PreInService => "PreInService",
        }
    }
}

/// Whether the action is one of Auto Scaling's.
pub(crate) fn has(action: &str) -> bool {
    NAMES.contains(&action)
}

/// Auto Scaling throttles with HTTP 400 (kubernetes/autoscaler #252: "Throttling: Rate exceeded").
pub(crate) fn throttled() -> ApiError {
    ApiError::refusal("Throttling", "Rate exceeded")
}

/// Auto Scaling API reference, "Common Errors".
pub(crate) fn broken() -> ApiError {
    ApiError::server("InternalFailure", "The request processing has failed because of an unknown error.", 500)
}

pub(crate) fn denied() -> ApiError {
    let message = "User is not authorized to perform this action";
    ApiError { status: 403, ..ApiError::refusal("AccessDenied", message) }
}

pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::refusal("ValidationError", message)
}

/// A parameter that has to be there, and is not: the words are those of AWS's services in general.
pub(crate) fn missing(parameter: &str) -> ApiError {
    invalid(format!(
        "1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: Member must not be null"
    ))
}

fn required<'t>(parameter: &str, text: &'t str) -> Result<&'t str, ApiError> {
    if text.is_empty() { Err(missing(parameter)) } else { Ok(text) }
}

/// Nobody waits: spacelift-io/terraform-aws-spacelift-workerpool-on-ec2 #197 of a token, convox/rack #2432 of an instance.
pub(crate) fn no_action(kind: &str, name: &str) -> ApiError {
    invalid(format!("No active Lifecycle Action found with {kind} {name}"))
}

/// aws/aws-sdk-go #1151.
fn no_group() -> ApiError {
    invalid("AutoScalingGroup name not found - null")
}

/// `reproio/ecs_deploy` #56.
fn not_part_of(instance: &str, group: &GroupName) -> ApiError {
    invalid(format!("The instance {instance} is not part of Auto Scaling group {group}."))
}

impl Cloud {
    /// The group of that name. One that is being deleted is there, and takes no changes.
    fn find_group(&self, text: &str) -> Result<Group, ApiError> {
        let name = GroupName::parse(required("autoScalingGroupName", text)?);
        name.and_then(|name| self.groups.get(&name)).cloned().ok_or_else(no_group)
    }

    /// The same, to be changed.
    fn open_group(&self, text: &str) -> Result<Group, ApiError> {
        let group = self.find_group(text)?;
        if group.deleting {
            // kubernetes/kops #844, yaybu/touchdown #134.
            return Err(invalid("The AutoScaling group may not be modified while it is pending delete"));
        }
        Ok(group)
    }

    /// Those of the instances, all of which have to be of the group.
    fn named_members(&self, group: &GroupName, ids: &[String]) -> Result<Vec<Member>, ApiError> {
        let find = |text: &String| {
            let member = InstanceId::parse(text).ok().and_then(|id| self.members.get(&id));
            member.filter(|member| member.group == *group).cloned().ok_or_else(|| not_part_of(text, group))
        };
        if ids.is_empty() { Err(missing("instanceIds")) } else { ids.iter().map(find).collect() }
    }

    fn activity(&mut self, group: &GroupName, doing: &str, id: &InstanceId) -> Activity {
        Activity {
            id: self.mint.uuid(),
            group: group.clone(),
            description: format!("{doing}: {id}"),
            status: ActivityStatus::InProgress,
            started: self.now,
        }
    }

    /// Says how many instances a group is to have from now on, once the bounds allow it.
    fn set_desired(&mut self, group: &GroupName, desired: u32) {
        if let Some(group) = self.groups.edit(group, self.now) {
            group.sizes.desired = desired;
        }
        self.expect_group_look(group);
    }
}

/// What is asked for of a listing, by name and in pages.
struct Asked<'a> {
    paging: Paging,
    max_records: Option<u32>,
    next_token: &'a str,
}

impl Cloud {
    /// The page that is asked for.
    fn page<T>(&mut self, items: Vec<(String, T)>, asked: &Asked<'_>) -> Result<Page<T>, ApiError> {
        let (default, most) = asked.paging.sizes;
        let size = asked.max_records.unwrap_or(default);
        let beyond = match size {
            0 => Some(("greater", 1)),
            size => (size > most).then_some(("less", most)),
        };
        if let Some((than, limit)) = beyond {
            return Err(invalid(format!(
                "1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint: Member must \
                 have value {than} than or equal to {limit}"
            )));
        }
        let start = self.turn_to(&asked.paging, asked.next_token)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(listing::page(items, size, &asked.paging, &start))
    }
}
