//! `EnterStandby`, `ExitStandby`, `DetachInstances`. No hook applies to any of them (Auto Scaling user guide, "Amazon EC2
//! Auto Scaling lifecycle hooks", "Lifecycle hook availability").

use super::{Activity, ActivityStatus, invalid, missing};
use crate::actions::Operation;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::state::{Group, Lifecycle, Member};

/// How many instances a call may name (Auto Scaling API reference, each of these actions).
const MOST_IDS: usize = 20;

/// `EnterStandby`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct EnterStandby {
    pub auto_scaling_group_name: String,
    pub instance_ids: Vec<String>,
    pub should_decrement_desired_capacity: Option<bool>,
}

/// `ExitStandby`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct ExitStandby {
    pub auto_scaling_group_name: String,
    pub instance_ids: Vec<String>,
}

/// `DetachInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DetachInstances {
    pub auto_scaling_group_name: String,
    pub instance_ids: Vec<String>,
    pub should_decrement_desired_capacity: Option<bool>,
}

/// How instances are taken out of service.
struct Removal {
    /// From which states.
    from: &'static [Lifecycle],
    /// To which.
    to: Lifecycle,
    /// In words, as in "To place into standby 1 instance".
    act: &'static str,
    /// In words, as in "Moving EC2 instance to Standby: i-…".
    doing: &'static str,
}

const TO_STANDBY: Removal = Removal {
    from: &[Lifecycle::InService],
    to: Lifecycle::EnteringStandby,
    act: "place into standby",
    doing: "Moving EC2 instance to Standby",
};

const OUT: Removal = Removal {
    from: &[Lifecycle::InService, Lifecycle::Standby],
    to: Lifecycle::Detaching,
    act: "detach",
    doing: "Detaching EC2 instance",
};

/// What `ExitStandby` does, in words.
const BACK: &str = "bring into service";

/// The words are those of `EnterStandby` and of `DetachInstances` (keikoproj/upgrade-manager #324,
/// `reproio/ecs_deploy` #47).
fn check(members: &[Member], from: &[Lifecycle]) -> Result<(), ApiError> {
    let other = members.iter().find(|member| !from.contains(&member.lifecycle));
    other.map_or(Ok(()), |member| {
        let names: Vec<_> = from.iter().map(|state| state.as_str()).collect();
        Err(invalid(format!("The instance {} is not in {}.", member.instance, names.join(" or "))))
    })
}

/// The words are those of `DetachInstances` (`reproio/ecs_deploy` #39).
fn check_count(ids: &[String], act: &str) -> Result<(), ApiError> {
    if ids.len() > MOST_IDS {
        return Err(invalid(format!(
            "List exceeds the maximum number of instances to {act}. Please retry your request with fewer instances."
        )));
    }
    Ok(())
}

/// As `EnterStandby` is quoted in notes of its use.
fn out_of_bounds(group: &Group, act: &str, count: usize) -> ApiError {
    invalid(format!(
        "AutoScalingGroup {} has min-size={}, max-size={}, and desired-size={}. To {act} {count} instance{}, please update \
         the AutoScalingGroup sizes appropriately.",
        group.name,
        group.sizes.min,
        group.sizes.max,
        group.sizes.desired,
        if count == 1 { "" } else { "s" },
    ))
}

impl Cloud {
    fn take_out(
        &mut self,
        group: &str,
        ids: &[String],
        decrement: Option<bool>,
        how: &Removal,
    ) -> Result<Vec<Activity>, ApiError> {
        let decrement = decrement.ok_or_else(|| missing("shouldDecrementDesiredCapacity"))?;
        check_count(ids, how.act)?;
        let group = self.open_group(group)?;
        let members = self.named_members(&group.name, ids)?;
        check(&members, how.from)?;
        let fewer = members.iter().filter(|member| member.lifecycle == Lifecycle::InService).count();
        if decrement {
            let desired = group.sizes.desired.checked_sub(u32::try_from(fewer).unwrap_or(u32::MAX));
            let desired = desired.filter(|desired| *desired >= group.sizes.min);
            let desired = desired.ok_or_else(|| out_of_bounds(&group, how.act, members.len()))?;
            self.set_desired(&group.name, desired);
        }
        let mut activities = Vec::new();
        for member in members {
            self.pass_through(&member.instance, how.to);
            activities.push(self.activity(&group.name, how.doing, &member.instance));
        }
        self.expect_group_look(&group.name);
        Ok(activities)
    }
}

impl Operation for EnterStandby {
    type Answer = Vec<Activity>;

    fn name(&self) -> &'static str {
        "EnterStandby"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<Activity>, ApiError> {
        let (group, ids) = (&self.auto_scaling_group_name, &self.instance_ids);
        cloud.take_out(group, ids, self.should_decrement_desired_capacity, &TO_STANDBY)
    }
}

impl Operation for DetachInstances {
    type Answer = Vec<Activity>;

    fn name(&self) -> &'static str {
        "DetachInstances"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<Activity>, ApiError> {
        let (group, ids) = (&self.auto_scaling_group_name, &self.instance_ids);
        cloud.take_out(group, ids, self.should_decrement_desired_capacity, &OUT)
    }
}

impl Operation for ExitStandby {
    type Answer = Vec<Activity>;

    fn name(&self) -> &'static str {
        "ExitStandby"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// The desired capacity grows by the instances (Auto Scaling user guide, "Temporarily remove instances from your Auto
    /// Scaling group").
    fn run(&self, cloud: &mut Cloud) -> Result<Vec<Activity>, ApiError> {
        check_count(&self.instance_ids, BACK)?;
        let group = cloud.open_group(&self.auto_scaling_group_name)?;
        let members = cloud.named_members(&group.name, &self.instance_ids)?;
        check(&members, &[Lifecycle::Standby])?;
        let desired = group.sizes.desired.saturating_add(u32::try_from(members.len()).unwrap_or(u32::MAX));
        if desired > group.sizes.max {
            return Err(out_of_bounds(&group, BACK, members.len()));
        }
        let mut activities = Vec::new();
        for member in members {
            cloud.pass_through(&member.instance, Lifecycle::Pending);
            let doing = "Moving EC2 instance out of Standby";
            let activity = cloud.activity(&group.name, doing, &member.instance);
            activities.push(Activity { status: ActivityStatus::PreInService, ..activity });
        }
        cloud.set_desired(&group.name, desired);
        Ok(activities)
    }
}
