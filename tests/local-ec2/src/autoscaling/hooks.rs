//! `PutLifecycleHook`, `DeleteLifecycleHook`, `DescribeLifecycleHooks`.

use super::{invalid, missing, required};
use crate::actions::Operation;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::ids::GroupName;
use crate::state::{Hook, HookResult, Transition};
use crate::throttle::CallKind;
use chrono::TimeDelta;

/// How many hooks a group may have (Auto Scaling user guide, "Quotas").
const MOST_HOOKS: usize = 50;
/// How many names a call may have (Auto Scaling API reference, `DescribeLifecycleHooks`).
const MOST_NAMES: usize = 50;
/// For how long an instance waits unless the hook says otherwise, and for how long it can say (the same,
/// `PutLifecycleHook`).
const USUAL_TIMEOUT: i64 = 3600;
const TIMEOUTS: std::ops::RangeInclusive<i64> = 30..=7200;

/// A hook as a call spells it. What an update does not say stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct HookSpec {
    pub lifecycle_hook_name: String,
    pub lifecycle_transition: String,
    pub heartbeat_timeout: Option<i64>,
    pub default_result: String,
    pub notification_metadata: String,
}

/// `PutLifecycleHook`. What waits already waits as it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct PutLifecycleHook {
    pub auto_scaling_group_name: String,
    pub hook: HookSpec,
}

/// `DeleteLifecycleHook`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DeleteLifecycleHook {
    pub auto_scaling_group_name: String,
    pub lifecycle_hook_name: String,
}

/// `DescribeLifecycleHooks`. Names that the group does not have are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DescribeLifecycleHooks {
    pub auto_scaling_group_name: String,
    pub lifecycle_hook_names: Vec<String>,
}

impl HookSpec {
    /// The hook, and of an update what it was before.
    pub(super) fn read(&self, group: &GroupName, before: Option<&Hook>) -> Result<Hook, ApiError> {
        let name = required("lifecycleHookName", &self.lifecycle_hook_name)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_/".contains(&b);
        if name.len() > 255 || !name.bytes().all(allowed) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'lifecycleHookName' failed to satisfy constraint: Member \
                 must satisfy regular expression pattern: [A-Za-z0-9\\-_\\/]+"
            )));
        }
        let transition = match self.lifecycle_transition.as_str() {
            "" => before.map(|hook| hook.transition).ok_or_else(|| missing("lifecycleTransition"))?,
            text => Transition::parse(text)
                .ok_or_else(|| invalid(format!("Invalid lifecycle transition {text}.")))?,
        };
        let default_result = match self.default_result.as_str() {
            "" => before.map_or(HookResult::Abandon, |hook| hook.default_result),
            text => HookResult::parse(text)
                .ok_or_else(|| invalid(format!("Invalid lifecycle action result {text}.")))?,
        };
        let timeout = match self.heartbeat_timeout {
            None => before.map_or(TimeDelta::seconds(USUAL_TIMEOUT), |hook| hook.timeout),
            Some(seconds) if TIMEOUTS.contains(&seconds) => TimeDelta::seconds(seconds),
            Some(seconds) => {
                let message = format!("Heartbeat timeout {seconds} has to be between 30 and 7200 seconds.");
                return Err(invalid(message));
            }
        };
        let metadata = match self.notification_metadata.as_str() {
            "" => before.map(|hook| hook.metadata.clone()).unwrap_or_default(),
            text => text.to_owned(),
        };
        Ok(Hook {
            name: name.to_owned(),
            group: group.clone(),
            transition,
            timeout,
            default_result,
            metadata,
        })
    }
}

impl Operation for PutLifecycleHook {
    type Answer = ();

    fn name(&self) -> &'static str {
        "PutLifecycleHook"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let group = cloud.open_group(&self.auto_scaling_group_name)?;
        let before = group.hooks.get(&self.hook.lifecycle_hook_name);
        let hook = self.hook.read(&group.name, before)?;
        if before.is_none() && group.hooks.len() >= MOST_HOOKS {
            return Err(ApiError::refusal("LimitExceeded", "The group has 50 lifecycle hooks already."));
        }
        if let Some(group) = cloud.groups.edit(&group.name, cloud.now) {
            group.hooks.insert(hook.name.clone(), hook);
        }
        Ok(())
    }
}

impl Operation for DeleteLifecycleHook {
    type Answer = ();

    fn name(&self) -> &'static str {
        "DeleteLifecycleHook"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let hook = required("lifecycleHookName", &self.lifecycle_hook_name)?;
        let group = cloud.open_group(&self.auto_scaling_group_name)?;
        if !group.hooks.contains_key(hook) {
            // As alchemy-run/alchemy-effect quotes it of a second deletion.
            return Err(invalid(format!(
                "No Lifecycle Hook found with name {hook} for AutoScalingGroup {}",
                group.name
            )));
        }
        if let Some(group) = cloud.groups.edit(&group.name, cloud.now) {
            group.hooks.remove(hook);
        }
        cloud.complete_all_of(&group.name, hook);
        Ok(())
    }
}

impl Operation for DescribeLifecycleHooks {
    type Answer = Vec<Hook>;

    fn name(&self) -> &'static str {
        "DescribeLifecycleHooks"
    }

    fn kind(&self) -> CallKind {
        CallKind::Question
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// Of a group that is unknown it is refused, with words that say "not found" (hashicorp/terraform-provider-aws,
    /// `findLifecycleHooks`).
    fn run(&self, cloud: &mut Cloud) -> Result<Vec<Hook>, ApiError> {
        let names = &self.lifecycle_hook_names;
        if names.len() > MOST_NAMES {
            return Err(invalid("The number of lifecycle hook names exceeds the limit of 50."));
        }
        let at = cloud.glance();
        let now = cloud.find_group(&self.auto_scaling_group_name)?;
        let hooks = cloud.groups.as_of(&now.name, at).map(|group| group.hooks.clone()).unwrap_or_default();
        let asked = hooks.into_values().filter(|hook| names.is_empty() || names.contains(&hook.name));
        let (order, mut asked) = (cloud.order(), asked.collect::<Vec<_>>());
        asked.sort_by(|one, other| order.place(&one.name).cmp(&order.place(&other.name)));
        Ok(asked)
    }
}
