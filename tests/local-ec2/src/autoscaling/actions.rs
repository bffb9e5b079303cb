//! `CompleteLifecycleAction` and `RecordLifecycleActionHeartbeat`.

use super::{invalid, missing, no_action, required};
use crate::actions::Operation;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::judge::Offence;
use crate::state::{HookResult, LifecycleAction, Member};
use planner::ids::InstanceId;

/// `CompleteLifecycleAction`. The token names one action; of an instance, it is that of the hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct CompleteLifecycleAction {
    pub auto_scaling_group_name: String,
    pub lifecycle_hook_name: String,
    pub instance_id: String,
    pub lifecycle_action_token: String,
    pub lifecycle_action_result: String,
}

/// `RecordLifecycleActionHeartbeat`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct RecordLifecycleActionHeartbeat {
    pub auto_scaling_group_name: String,
    pub lifecycle_hook_name: String,
    pub instance_id: String,
    pub lifecycle_action_token: String,
}

/// What both say of the action.
struct Named<'c> {
    group: &'c str,
    hook: &'c str,
    instance: &'c str,
    token: &'c str,
}

impl Cloud {
    /// The action that waits. A group without the hook is answered like one whose hook nobody waits for
    /// (department-of-veterans-affairs/va.gov-cms #1719: "the first instance that come up in the ASG come up before the
    /// hook exists"). Truth decides, however old the caller's look is.
    fn waiting_action(&self, named: &Named<'_>) -> Result<(InstanceId, String), ApiError> {
        let hook = required("lifecycleHookName", named.hook)?;
        let group = self.find_group(named.group)?;
        let unknown = || match (named.token, named.instance) {
            ("", "") => missing("instanceId"),
            ("", instance) => no_action("instance ID", instance),
            (token, _) => no_action("token", token),
        };
        let is_it = |member: &Member, action: &LifecycleAction| {
            action.hook == hook
                && (named.token.is_empty() || action.token == named.token)
                && (named.instance.is_empty() || member.instance.as_str() == named.instance)
        };
        if named.token.is_empty() && named.instance.is_empty() {
            return Err(unknown());
        }
        let found = self.members_in(&group.name).find_map(|member| {
            let action = member.actions.iter().find(|action| is_it(member, action))?;
            Some((member.instance.clone(), action.token.clone()))
        });
        found.ok_or_else(unknown)
    }
}

impl Operation for CompleteLifecycleAction {
    type Answer = ();

    fn name(&self) -> &'static str {
        "CompleteLifecycleAction"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// It ends a wait that has an end anyway.
    fn charges(&self, _: &Cloud) -> Vec<Offence> {
        Vec::new()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let result = required("lifecycleActionResult", &self.lifecycle_action_result)?;
        let result = HookResult::parse(result)
            .ok_or_else(|| invalid(format!("Invalid lifecycle action result {result}.")))?;
        let (instance, token) = cloud.waiting_action(&Named {
            group: &self.auto_scaling_group_name,
            hook: &self.lifecycle_hook_name,
            instance: &self.instance_id,
            token: &self.lifecycle_action_token,
        })?;
        match result {
            HookResult::Continue => cloud.action_counts.continued += 1,
            HookResult::Abandon => cloud.action_counts.abandoned += 1,
        }
        cloud.complete(&instance, &token, result);
        Ok(())
    }
}

impl Operation for RecordLifecycleActionHeartbeat {
    type Answer = ();

    fn name(&self) -> &'static str {
        "RecordLifecycleActionHeartbeat"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// It delays a wait that has an end anyway.
    fn charges(&self, _: &Cloud) -> Vec<Offence> {
        Vec::new()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let (instance, token) = cloud.waiting_action(&Named {
            group: &self.auto_scaling_group_name,
            hook: &self.lifecycle_hook_name,
            instance: &self.instance_id,
            token: &self.lifecycle_action_token,
        })?;
        cloud.put_off(&instance, &token);
        Ok(())
    }
}
