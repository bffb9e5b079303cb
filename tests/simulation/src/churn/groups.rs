//! What people do to an Auto Scaling group, at random.

use super::{Churn, told};
use crate::groups;
use local_ec2::state::{Lifecycle, Member};
use local_ec2::{Cloud, GroupName};
use planner::ids::InstanceId;

/// What can happen to a group.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Scale,
    End,
    StandBy,
    ComeBack,
    Detach,
    DeleteHook,
    PutHook,
}

/// Everything that can happen to one, and how likely it is.
pub(super) const DEEDS: [(Deed, usize); 7] = [
    (Deed::Scale, 3),
    (Deed::End, 4),
    (Deed::StandBy, 2),
    (Deed::ComeBack, 3),
    (Deed::Detach, 1),
    (Deed::DeleteHook, 1),
    (Deed::PutHook, 2),
];

impl Churn {
    pub(super) fn group(&mut self, deed: Deed, cloud: &mut Cloud) -> Option<String> {
        let of_groups = self.fleets.iter().filter(|fleet| fleet.hooks.is_some()).cloned();
        let fleet = self.random.choice(of_groups.collect::<Vec<_>>())?;
        let group = fleet.name.as_str();
        match deed {
            Deed::Scale => {
                let size = self.random.usize(0..=3);
                Some(told(&format!("{group} to {size}"), groups::scale(cloud, group, size)))
            }
            Deed::End => {
                let id = self.member(group, cloud, |_| true)?;
                Some(told(id.as_str(), groups::end(cloud, &id)))
            }
            Deed::StandBy => {
                let id = self.member(group, cloud, |own| own.lifecycle == Lifecycle::InService)?;
                Some(told(id.as_str(), groups::stand_by(cloud, group, &id)))
            }
            Deed::ComeBack => {
                let id = self.member(group, cloud, |own| own.lifecycle == Lifecycle::Standby)?;
                Some(told(id.as_str(), groups::come_back(cloud, group, &id)))
            }
            Deed::Detach => {
                let id = self.member(group, cloud, |own| own.lifecycle == Lifecycle::InService)?;
                Some(told(id.as_str(), groups::detach(cloud, group, &id)))
            }
            Deed::DeleteHook => {
                let hook = self.random.choice(fleet.hooks.as_deref()?)?.lifecycle_hook_name.clone();
                Some(told(&format!("{hook} of {group}"), groups::delete_hook(cloud, group, &hook)))
            }
            Deed::PutHook => {
                let hook = self.random.choice(fleet.hooks.as_deref()?)?;
                let subject = format!("{} of {group}", hook.lifecycle_hook_name);
                Some(told(&subject, groups::put_hook(cloud, group, hook)))
            }
        }
    }

    fn member(&mut self, group: &str, cloud: &Cloud, fits: impl Fn(&Member) -> bool) -> Option<InstanceId> {
        let name = GroupName::parse(group)?;
        let fitting = cloud.group_members(&name).filter(|member| fits(member));
        self.random.choice(fitting.map(|member| member.instance.clone()).collect::<Vec<_>>())
    }
}
