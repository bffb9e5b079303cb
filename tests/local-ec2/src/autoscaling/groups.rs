//! `CreateAutoScalingGroup`, `UpdateAutoScalingGroup`, `DeleteAutoScalingGroup`, `DescribeAutoScalingGroups`.

use super::{Asked, HookSpec, MemberView, invalid, missing, required};
use crate::actions::{Operation, TemplateSpec, check};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::ids::{GroupName, TemplateId};
use crate::listing::{Page, Paging};
use crate::state::{Group, GroupTag, Hook, LaunchTemplate, Sizes};
use crate::tags::check_keys;
use crate::throttle::CallKind;
use planner::ids::{InstanceId, Zone};
use std::collections::BTreeMap;

/// How many groups a call may name, unless it asks for a larger page (Auto Scaling API reference,
/// `DescribeAutoScalingGroups`).
const MOST_NAMES: u32 = 50;

/// `CreateAutoScalingGroup`, from a launch template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct CreateAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub launch_template: TemplateSpec,
    pub min_size: Option<u32>,
    pub max_size: Option<u32>,
    /// `min_size` when it is not named.
    pub desired_capacity: Option<u32>,
    pub availability_zones: Vec<String>,
    /// Subnets, with commas between them.
    pub vpc_zone_identifier: String,
    pub lifecycle_hook_specification_list: Vec<HookSpec>,
    pub tags: Vec<GroupTag>,
    pub capacity_rebalance: bool,
}

/// `UpdateAutoScalingGroup`, of sizes, launch template and rebalancing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct UpdateAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub launch_template: Option<TemplateSpec>,
    pub min_size: Option<u32>,
    pub max_size: Option<u32>,
    pub desired_capacity: Option<u32>,
    pub capacity_rebalance: Option<bool>,
}

/// `DeleteAutoScalingGroup`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DeleteAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub force_delete: bool,
}

/// `DescribeAutoScalingGroups`. Names that are unknown are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is Auto Scaling's own parameter")]
pub struct DescribeAutoScalingGroups {
    pub auto_scaling_group_names: Vec<String>,
    pub max_records: Option<u32>,
    pub next_token: String,
}

/// A group as Auto Scaling describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// Its ARN.
    pub arn: String,
    /// What it launches.
    pub template: Option<LaunchTemplate>,
    /// Its instances.
    pub members: Vec<MemberView>,
}

impl Cloud {
    /// The launch template, once it has all that a launch needs. EC2's refusal comes as one of Auto Scaling's: "You must
    /// use a valid fully-formed launch template. …" (ryanmurakami/hbfl #58).
    fn template_for_group(&self, spec: &TemplateSpec) -> Result<TemplateId, ApiError> {
        if *spec == TemplateSpec::default() {
            return Err(invalid(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
                 MixedInstancesPolicy parameter.",
            ));
        }
        let found = self.template(spec).and_then(|template| check(&template.data).map(|()| template.id));
        found.map_err(|error| {
            invalid(format!("You must use a valid fully-formed launch template. {}", error.message))
        })
    }
}

impl CreateAutoScalingGroup {
    fn sizes(&self) -> Result<Sizes, ApiError> {
        let min = self.min_size.ok_or_else(|| missing("minSize"))?;
        let max = self.max_size.ok_or_else(|| missing("maxSize"))?;
        Sizes { min, max, desired: self.desired_capacity.unwrap_or(min) }.checked()
    }

    /// The zones, by name or by subnet, and the subnets.
    fn places(&self, cloud: &Cloud) -> Result<(Vec<Zone>, Vec<String>), ApiError> {
        let subnets = self.vpc_zone_identifier.split(',').map(str::trim).filter(|subnet| !subnet.is_empty());
        let subnets: Vec<String> = subnets.map(str::to_owned).collect();
        let by_subnet = subnets.iter().map(|subnet| cloud.zone_of_subnet(subnet));
        let by_name = self.availability_zones.iter().map(|zone| cloud.zone(zone));
        let zones: Result<Vec<Zone>, ApiError> =
            if subnets.is_empty() { by_name.collect() } else { by_subnet.collect() };
        let mut zones = zones.map_err(|error| invalid(error.message))?;
        zones.sort();
        zones.dedup();
        if zones.is_empty() {
            // chef/chef-provisioning-aws #135.
            return Err(invalid("At least one Availability Zone or VPC Subnet is required."));
        }
        Ok((zones, subnets))
    }

    /// Of one key that is given twice, the last counts (hashicorp/terraform #2270: "the last of the tags specified was
    /// added").
    fn tags(&self) -> Vec<GroupTag> {
        let by_key: BTreeMap<&str, &GroupTag> = self.tags.iter().map(|tag| (tag.key.as_str(), tag)).collect();
        by_key.into_values().cloned().collect()
    }

    fn hooks(&self, group: &GroupName) -> Result<BTreeMap<String, Hook>, ApiError> {
        let read = |spec: &HookSpec| spec.read(group, None).map(|hook| (hook.name.clone(), hook));
        self.lifecycle_hook_specification_list.iter().map(read).collect()
    }
}

impl Operation for CreateAutoScalingGroup {
    type Answer = ();

    fn name(&self) -> &'static str {
        "CreateAutoScalingGroup"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let text = required("autoScalingGroupName", &self.auto_scaling_group_name)?;
        let name = GroupName::parse(text)
            .ok_or_else(|| invalid(format!("Group name '{text}' has characters that are not allowed.")))?;
        let sizes = self.sizes()?;
        let (zones, subnets) = self.places(cloud)?;
        let template = cloud.template_for_group(&self.launch_template)?;
        let hooks = self.hooks(&name)?;
        check_keys(self.tags.iter().map(|tag| &tag.key)).map_err(|error| invalid(error.message))?;
        if cloud.groups.get(&name).is_some() {
            // fog/fog, its `create_auto_scaling_group`.
            let message = format!(
                "AutoScalingGroup by this name already exists - A group with the name {name} already exists"
            );
            return Err(ApiError::refusal("AlreadyExists", message));
        }
        let group = Group {
            name: name.clone(),
            uuid: cloud.mint.uuid(),
            template,
            sizes,
            zones,
            subnets,
            tags: self.tags(),
            hooks,
            rebalances: self.capacity_rebalance,
            created: cloud.now,
            deleting: false,
        };
        cloud.groups.insert(name.clone(), group, cloud.now);
        cloud.expect_group_look(&name);
        Ok(())
    }
}

impl Operation for UpdateAutoScalingGroup {
    type Answer = ();

    fn name(&self) -> &'static str {
        "UpdateAutoScalingGroup"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// A desired capacity that is not named goes along with bounds that leave it no room (Auto Scaling API reference,
    /// `UpdateAutoScalingGroup`).
    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let group = cloud.open_group(&self.auto_scaling_group_name)?;
        let min = self.min_size.unwrap_or(group.sizes.min);
        let max = self.max_size.unwrap_or(group.sizes.max);
        let desired = self.desired_capacity.unwrap_or(group.sizes.desired.max(min).min(max));
        let sizes = Sizes { min, max, desired }.checked()?;
        let template = self.launch_template.as_ref().map(|spec| cloud.template_for_group(spec));
        let template = template.transpose()?.unwrap_or(group.template);
        if let Some(group) = cloud.groups.edit(&group.name, cloud.now) {
            group.sizes = sizes;
            group.template = template;
            group.rebalances = self.capacity_rebalance.unwrap_or(group.rebalances);
        }
        cloud.expect_group_look(&group.name);
        Ok(())
    }
}

impl Operation for DeleteAutoScalingGroup {
    type Answer = ();

    fn name(&self) -> &'static str {
        "DeleteAutoScalingGroup"
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    /// With force, instances end without their hooks (Auto Scaling user guide, "Amazon EC2 Auto Scaling lifecycle hooks",
    /// "Lifecycle hook availability").
    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let name = cloud.find_group(&self.auto_scaling_group_name)?.name;
        let members: Vec<InstanceId> =
            cloud.members_in(&name).map(|member| member.instance.clone()).collect();
        if !self.force_delete && !members.is_empty() {
            // ansible/ansible #8503.
            let message = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance \
                           request(s) still in the group.";
            return Err(ApiError::refusal("ResourceInUse", message));
        }
        if let Some(group) = cloud.groups.edit(&name, cloud.now) {
            group.deleting = true;
        }
        for member in members {
            cloud.let_end(&member);
        }
        cloud.forget_group_when_empty(&name);
        Ok(())
    }
}

impl Operation for DescribeAutoScalingGroups {
    type Answer = Page<GroupView>;

    fn name(&self) -> &'static str {
        "DescribeAutoScalingGroups"
    }

    fn kind(&self) -> CallKind {
        let is_broad = self.auto_scaling_group_names.is_empty() && self.max_records.is_none();
        if is_broad { CallKind::BroadQuestion } else { CallKind::Question }
    }

    fn throttled(&self) -> ApiError {
        super::throttled()
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<GroupView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "autoScalingGroupNames", sizes: (50, 100) };
        let names = &self.auto_scaling_group_names;
        let most = self.max_records.unwrap_or(MOST_NAMES).max(MOST_NAMES);
        if names.len() > usize::try_from(most).unwrap_or(usize::MAX) {
            // kubernetes/kops #4832.
            let message = format!("The number of group names that may be passed in is limited to {most}");
            return Err(invalid(message));
        }
        let is_asked = |name: &&GroupName| names.is_empty() || names.iter().any(|text| text == name.as_str());
        let all: Vec<GroupName> = cloud.groups.ids().filter(is_asked).cloned().collect();
        let order = cloud.order();
        let mut ids: Vec<InstanceId> = cloud.members.ids().cloned().collect();
        ids.sort_by(|one, other| order.place(one.as_str()).cmp(&order.place(other.as_str())));
        let mut found = Vec::new();
        for name in all {
            let at = cloud.glance();
            let Some(group) = cloud.groups.as_of(&name, at).cloned() else { continue };
            let members = ids.iter().filter_map(|id| cloud.member_view(id, at));
            let members = members.filter(|view| view.member.group == name).collect();
            let template = cloud.templates.get(&group.template).cloned();
            let arn = group.arn(&cloud.setup.region, &cloud.setup.account);
            found.push((name.to_string(), GroupView { group, arn, template, members }));
        }
        cloud.page(found, &Asked { paging, max_records: self.max_records, next_token: &self.next_token })
    }
}
