//! Auto Scaling groups: how they keep their capacity. What becomes of one instance is told in `members`.

use super::launches::Launch;
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::ids::GroupName;
use crate::state::{Group, Lifecycle, Member};
use planner::ids::{InstanceId, Zone};
use planner::tags::{self, Tags};

impl Cloud {
    /// The instances of a group.
    pub(crate) fn members_in<'c>(&'c self, group: &'c GroupName) -> impl Iterator<Item = &'c Member> {
        self.members.values().filter(move |member| member.group == *group)
    }

    /// Has a group look after its capacity in a while.
    pub(crate) fn expect_group_look(&mut self, group: &GroupName) {
        self.after(self.setup.timing.group, Due::GroupLook(group.clone()));
    }

    /// Launches what a group lacks, and ends what it has too many.
    pub(crate) fn look_after_group(&mut self, name: &GroupName) {
        let Some(group) = self.groups.get(name).filter(|group| !group.deleting).cloned() else { return };
        self.end_those_at_risk(&group);
        let desired = usize::try_from(group.sizes.desired).unwrap_or(usize::MAX);
        let has = self.members_in(name).filter(|member| member.counts()).count();
        for _ in has..desired {
            if self.launch_into(&group).is_none() {
                self.after(self.setup.timing.fleet_retry, Due::GroupLook(name.clone()));
                return;
            }
        }
        for _ in desired..has {
            if let Some(excess) = self.next_to_go(name) {
                self.begin_end(&excess);
            }
        }
    }

    /// Launches an instance where the group has fewest and there is capacity.
    fn launch_into(&mut self, group: &Group) -> Option<InstanceId> {
        let zone = self.zone_for_group(group)?;
        let template = self.templates.get(&group.template)?;
        let propagated = group.tags.iter().filter(|tag| tag.propagate_at_launch);
        let mut service_tags: Tags = propagated.map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        service_tags.extend([
            (tags::AUTO_SCALING_GROUP.to_owned(), group.name.to_string()),
            ("aws:ec2launchtemplate:id".to_owned(), template.id.to_string()),
            ("aws:ec2launchtemplate:version".to_owned(), "1".to_owned()),
        ]);
        let launch = Launch { data: template.data.clone(), zone, service_tags, fleet: None };
        let reservation = self.mint.reservation();
        let id = self.begin(&launch, reservation);
        let member = Member {
            instance: id.clone(),
            group: group.name.clone(),
            lifecycle: Lifecycle::Pending,
            healthy: true,
            at_risk: false,
            actions: Vec::new(),
            turn: 0,
        };
        self.members.insert(id.clone(), member, self.now);
        if self.chance.happens(self.setup.timing.early_hooks_share) {
            self.after(self.setup.timing.group_step, Due::EarlyWait(id.clone(), 0));
        }
        Some(id)
    }

    /// How many instances of the group that count are in the zone.
    fn crowd(&self, group: &GroupName, zone: &Zone) -> usize {
        let here = |member: &&Member| {
            member.counts() && self.instances.get(&member.instance).is_some_and(|own| own.zone == *zone)
        };
        self.members_in(group).filter(here).count()
    }

    fn zone_for_group(&mut self, group: &Group) -> Option<Zone> {
        let fed: Vec<&Zone> = group.zones.iter().filter(|zone| !self.starved_zones.contains(*zone)).collect();
        let fewest = fed.iter().map(|zone| self.crowd(&group.name, zone)).min()?;
        let best: Vec<Zone> =
            fed.into_iter().filter(|zone| self.crowd(&group.name, zone) == fewest).cloned().collect();
        self.chance.pick(&best).cloned()
    }

    /// The instance that a scale-in ends next: the oldest of the zone that has most. The default termination policy
    /// chooses the zone like this; of an only launch template, it says nothing of age but "closest to the next billing
    /// hour" (Auto Scaling user guide, "Default termination policy").
    fn next_to_go(&self, group: &GroupName) -> Option<InstanceId> {
        let counting = self.members_in(group).filter(|member| member.counts());
        let instances = counting.filter_map(|member| self.instances.get(&member.instance));
        let rank = |zone| std::cmp::Reverse(self.crowd(group, zone));
        instances.min_by_key(|own| (rank(&own.zone), own.launched, &own.id)).map(|own| own.id.clone())
    }

    /// Ends the instances that EC2 recommends to replace, once enough others are in service (Auto Scaling user guide,
    /// "Capacity Rebalancing").
    fn end_those_at_risk(&mut self, group: &Group) {
        let in_service = |member: &&Member| member.counts() && member.lifecycle == Lifecycle::InService;
        let replaced = self.members_in(&group.name).filter(in_service).count();
        if replaced < usize::try_from(group.sizes.desired).unwrap_or(usize::MAX) {
            return;
        }
        let at_risk = |member: &&Member| member.at_risk && member.lifecycle == Lifecycle::InService;
        let old: Vec<_> =
            self.members_in(&group.name).filter(at_risk).map(|member| member.instance.clone()).collect();
        for id in old {
            self.begin_end(&id);
        }
    }

    /// What a group that rebalances does about a recommendation: the instance counts no more, and runs until another is
    /// in service.
    pub(crate) fn put_member_at_risk(&mut self, id: &InstanceId) {
        let Some(member) = self.members.get(id).filter(|own| own.lifecycle == Lifecycle::InService) else {
            return;
        };
        let name = member.group.clone();
        if self.groups.get(&name).is_some_and(|group| group.rebalances) {
            if let Some(member) = self.members.edit(id, self.now) {
                member.at_risk = true;
            }
            self.expect_group_look(&name);
        }
    }

    /// A group that is deleted is gone with its last instance.
    pub(crate) fn forget_group_when_empty(&mut self, name: &GroupName) {
        let is_over = self.groups.get(name).is_some_and(|group| group.deleting);
        if is_over && self.members_in(name).next().is_none() {
            self.groups.remove(name, self.now);
        }
    }
}
