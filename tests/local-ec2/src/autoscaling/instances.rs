//! `DescribeAutoScalingInstances` and `TerminateInstanceInAutoScalingGroup`.

use super::{Activity, Asked, invalid, missing, required};
use crate::actions::Operation;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::listing::{Page, Paging};
use crate::state::{LaunchTemplate, Member};
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::{InstanceId, Zone};

/// How many instances a call may name (Auto Scaling API reference, `DescribeAutoScalingInstances`).
const MOST_IDS: usize = 50;

/// `DescribeAutoScalingInstances`. Instances that are in no group are left out, named or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DescribeAutoScalingInstances {
    pub instance_ids: Vec<String>,
    pub max_records: Option<u32>,
    pub next_token: String,
}

/// `TerminateInstanceInAutoScalingGroup`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct TerminateInstanceInAutoScalingGroup {
    pub instance_id: String,
    pub should_decrement_desired_capacity: Option<bool>,
}

/// An instance as Auto Scaling describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The instance in its group.
    pub member: Member,
    /// Its type.
    pub instance_type: String,
    /// Where it is.
    pub zone: Zone,
    /// What it was launched from.
    pub template: Option<LaunchTemplate>,
}

impl Cloud {
    /// The instance in its group as it was then.
    pub(super) fn member_view(&self, id: &InstanceId, at: Time) -> Option<MemberView> {
        let member = self.members.as_of(id, at)?.clone();
        let instance = self.instances.get(id)?;
        let template = self.groups.get(&member.group).and_then(|group| self.templates.get(&group.template));
        Some(MemberView {
            instance_type: instance.instance_type.clone(),
            zone: instance.zone.clone(),
            template: template.cloned(),
            member,
        })
    }
}

impl Operation for DescribeAutoScalingInstances {
    type Answer = Page<MemberView>;

    fn name(&self) -> &'static str {
        "DescribeAutoScalingInstances"
    }

    fn kind(&self) -> CallKind {
        let is_broad = self.instance_ids.is_empty() && self.max_records.is_none();
        if is_broad { CallKind::BroadQuestion } else { CallKind::Question }
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<MemberView>, ApiError> {
        if self.instance_ids.len() > MOST_IDS {
            // hjacobs/kube-aws-autoscaler #40.
            return Err(invalid("The number of instance ids that may be passed in is limited to 50"));
        }
        let paging = Paging { action: self.name(), ids: "instanceIds", sizes: (50, 50) };
        let is_asked = |id: &InstanceId| {
            self.instance_ids.is_empty() || self.instance_ids.iter().any(|text| text == id.as_str())
        };
        let all: Vec<InstanceId> = cloud.members.ids().filter(|id| is_asked(id)).cloned().collect();
        let mut found = Vec::new();
        for id in all {
            let at = cloud.glance();
            found.extend(cloud.member_view(&id, at).map(|view| (id.to_string(), view)));
        }
        cloud.page(found, &Asked { paging, max_records: self.max_records, next_token: &self.next_token })
    }
}

impl Operation for TerminateInstanceInAutoScalingGroup {
    type Answer = Activity;

    fn name(&self) -> &'static str {
        "TerminateInstanceInAutoScalingGroup"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// An instance that ends already is answered like any other, and ends no sooner. Assumed.
    fn run(&self, cloud: &mut Cloud) -> Result<Activity, ApiError> {
        let text = required("instanceId", &self.instance_id)?;
        let decrement = self
            .should_decrement_desired_capacity
            .ok_or_else(|| missing("shouldDecrementDesiredCapacity"))?;
        let member = InstanceId::parse(text).ok().and_then(|id| cloud.members.get(&id)).cloned();
        let Some(Member { instance, group, .. }) = member else {
            // yaybu/touchdown #51.
            let message = format!("Instance Id not found - No managed instance found for instance ID {text}");
            return Err(invalid(message));
        };
        let is_new = cloud.members.get(&instance).is_some_and(|member| !member.is_ending());
        if is_new
            && decrement
            && let Some(sizes) = cloud.groups.get(&group).map(|group| group.sizes)
        {
            if sizes.desired <= sizes.min {
                // buildkite/elastic-ci-stack-for-aws #1261.
                return Err(invalid(format!(
                    "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate \
                     group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower \
                     group's min size.",
                    sizes.min
                )));
            }
            cloud.set_desired(&group, sizes.desired - 1);
        }
        cloud.begin_end(&instance);
        Ok(cloud.activity(&group, "Terminating EC2 instance", &instance))
    }
}
