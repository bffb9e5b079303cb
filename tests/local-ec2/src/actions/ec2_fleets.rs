//! EC2 Fleets: `CreateFleet`, `DeleteFleets`, `DescribeFleets`, `DescribeFleetInstances`.

use super::fleet_parts::{EndSpelling, rebalance};
use super::{
    ActiveInstance, FleetView, FleetsEnded, LaunchTemplateConfig, Operation, RebalanceSpec, question,
};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::Filter;
use crate::ids::FleetId;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::{ec2_fleet_id, no_ec2_fleets, no_instances};
use crate::state::{Fleet, FleetKind, FleetState, Interruption};
use crate::tags::TagSet;
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::InstanceId;
use planner::tags::Tags;
use std::collections::{BTreeMap, BTreeSet};

/// `CreateFleet`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CreateFleet {
    pub total_target_capacity: u32,
    /// `on-demand` when empty.
    pub default_target_capacity_type: String,
    pub launch_template_configs: Vec<LaunchTemplateConfig>,
    /// `maintain` when empty.
    pub fleet_type: String,
    pub instance_interruption_behavior: String,
    pub capacity_rebalance: Option<RebalanceSpec>,
    pub tags: Tags,
    pub client_token: String,
}

/// `DeleteFleets`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DeleteFleets {
    pub fleet_ids: Vec<String>,
    pub terminate_instances: bool,
}

/// `DescribeFleets`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeFleets(pub Listing);

/// `DescribeFleetInstances`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DescribeFleetInstances {
    pub fleet_id: String,
    pub filters: Vec<Filter>,
    pub max_results: Option<u32>,
    pub next_token: String,
}

/// A fleet that was made, and the instances of one that is `instant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetCreated {
    /// The fleet.
    pub fleet: FleetId,
    /// Its instances, where it launches at once.
    pub instances: Vec<InstanceId>,
}

impl Operation for CreateFleet {
    type Answer = FleetCreated;

    fn name(&self) -> &'static str {
        "CreateFleet"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<FleetCreated, ApiError> {
        let kind = if self.fleet_type.is_empty() {
            Some(FleetKind::Maintain)
        } else {
            FleetKind::parse(&self.fleet_type)
        };
        let kind =
            kind.ok_or_else(|| ApiError::value(format!("'{}' is no type of a fleet.", self.fleet_type)))?;
        Cloud::check_target(self.total_target_capacity)?;
        let launches = cloud.launch_targets(&self.launch_template_configs)?;
        let rebalance = self.capacity_rebalance.as_ref().map(rebalance).transpose()?;
        let (spot, interruption) = self.market()?;
        TagSet::default().check(&self.tags)?;
        if let Some(made) = cloud.made_before(self, &self.client_token)? {
            return Ok(FleetCreated { fleet: ec2_fleet_id(&made)?, instances: Vec::new() });
        }
        let id = cloud.mint.ec2_fleet();
        let mut tags = TagSet::default();
        tags.set(&self.tags, cloud.now);
        let fleet = Fleet {
            id: id.clone(),
            kind,
            target: self.total_target_capacity,
            launches,
            spot,
            interruption,
            rebalance,
            state: FleetState::Submitted,
            created: cloud.now,
            at_risk: BTreeSet::new(),
            replaces: BTreeMap::new(),
            tags,
        };
        cloud.remember(self, &self.client_token, id.as_str());
        let instances = cloud.begin_ec2_fleet(fleet);
        Ok(FleetCreated { fleet: id, instances })
    }
}

impl CreateFleet {
    /// Whether its instances are spot instances, and what EC2 does to one whose capacity it needs.
    fn market(&self) -> Result<(bool, Interruption), ApiError> {
        let behavior = &self.instance_interruption_behavior;
        let interruption = Interruption::parse(behavior)
            .ok_or_else(|| ApiError::value(format!("'{behavior}' is no interruption behavior.")))?;
        match self.default_target_capacity_type.as_str() {
            "spot" => Ok((true, interruption)),
            "" | "on-demand" => Ok((false, interruption)),
            other => Err(ApiError::value(format!("'{other}' is no type of capacity."))),
        }
    }
}

impl Cloud {
    /// Takes a new fleet on. One that is `instant` launches at once, and never again.
    fn begin_ec2_fleet(&mut self, fleet: Fleet) -> Vec<InstanceId> {
        if fleet.kind != FleetKind::Instant {
            self.begin_fleet(fleet);
            return Vec::new();
        }
        let (id, target) = (fleet.id.clone(), fleet.target);
        self.fleets.insert(id.clone(), Fleet { state: FleetState::Active, ..fleet }, self.now);
        (0..target).filter_map(|_| self.launch_member(&id)).collect()
    }

    fn ec2_fleet(&self, text: &str) -> Result<&Fleet, ApiError> {
        let id = ec2_fleet_id(text)?;
        self.fleets.get(&id).ok_or_else(|| no_ec2_fleets(&[id.to_string()]))
    }
}

impl Operation for DeleteFleets {
    type Answer = FleetsEnded;

    fn name(&self) -> &'static str {
        "DeleteFleets"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<FleetsEnded, ApiError> {
        if self.fleet_ids.is_empty() {
            return Err(ApiError::missing("FleetId"));
        }
        let spelling = EndSpelling {
            malformed: ("InvalidFleetId.Malformed", "fleetIdMalformed"),
            unknown: "fleetIdDoesNotExist",
        };
        let find = |cloud: &Cloud, text: &str| cloud.ec2_fleet(text).cloned();
        Ok(cloud.end_fleets(&self.fleet_ids, self.terminate_instances, find, &spelling))
    }
}

impl Operation for DescribeFleets {
    type Answer = Page<FleetView>;

    fn name(&self) -> &'static str {
        "DescribeFleets"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<FleetView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "fleetIds", sizes: (1, 1000) };
        let asked = self.0.ids.iter().map(|id| ec2_fleet_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &FleetId, at: Time| cloud.fleet_view(id, at);
        let all = cloud.fleets.ids().filter(|id| !id.is_spot_fleet()).cloned().collect();
        cloud.list(&self.0, &paging, Subject { all, asked, view, unknown: no_ec2_fleets })
    }
}

impl Operation for DescribeFleetInstances {
    type Answer = Page<ActiveInstance>;

    fn name(&self) -> &'static str {
        "DescribeFleetInstances"
    }

    fn kind(&self) -> CallKind {
        CallKind::Question
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<ActiveInstance>, ApiError> {
        let fleet = cloud.ec2_fleet(&self.fleet_id)?.id.clone();
        let paging = Paging { action: self.name(), ids: "fleetId", sizes: (1, 1000) };
        let (filters, max_results) = (self.filters.clone(), self.max_results);
        let listing = Listing { ids: Vec::new(), filters, max_results, next_token: self.next_token.clone() };
        let view = &|cloud: &Cloud, id: &InstanceId, at: Time| cloud.active_instance(&fleet, id, at);
        let all = cloud.instances.ids().cloned().collect();
        cloud.list(&listing, &paging, Subject { all, asked: Vec::new(), view, unknown: no_instances })
    }
}
