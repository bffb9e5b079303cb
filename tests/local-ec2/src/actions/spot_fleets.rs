//! Spot Fleets: `RequestSpotFleet`, `ModifySpotFleetRequest`, `CancelSpotFleetRequests`, `DescribeSpotFleetRequests`,
//! `DescribeSpotFleetInstances`.

use super::fleet_parts::{EndSpelling, rebalance};
use super::{
    ActiveInstance, FleetView, FleetsEnded, LaunchTemplateConfig, Operation, RebalanceSpec, question,
};
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::ids::FleetId;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::{no_instances, no_spot_fleets, spot_fleet_id};
use crate::state::{Fleet, FleetKind, FleetState, Interruption};
use crate::tags::TagSet;
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::InstanceId;
use planner::tags::Tags;
use std::collections::{BTreeMap, BTreeSet};

/// `RequestSpotFleet`, with launch templates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct RequestSpotFleet {
    pub target_capacity: u32,
    pub launch_template_configs: Vec<LaunchTemplateConfig>,
    /// `maintain` when empty.
    pub fleet_type: String,
    pub instance_interruption_behavior: String,
    pub capacity_rebalance: Option<RebalanceSpec>,
    pub tags: Tags,
    pub client_token: String,
}

/// `ModifySpotFleetRequest`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct ModifySpotFleetRequest {
    pub spot_fleet_request_id: String,
    pub target_capacity: u32,
    /// `Default` when empty, or `NoTermination`.
    pub excess_capacity_termination_policy: String,
}

/// `CancelSpotFleetRequests`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CancelSpotFleetRequests {
    pub spot_fleet_request_ids: Vec<String>,
    pub terminate_instances: bool,
}

/// `DescribeSpotFleetRequests`. It takes no filters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeSpotFleetRequests(pub Listing);

/// `DescribeSpotFleetInstances`. Its one id is the fleet's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DescribeSpotFleetInstances {
    pub spot_fleet_request_id: String,
    pub max_results: Option<u32>,
    pub next_token: String,
}

impl Operation for RequestSpotFleet {
    type Answer = FleetId;

    fn name(&self) -> &'static str {
        "RequestSpotFleet"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<FleetId, ApiError> {
        let bad = |message: String| ApiError::refusal("InvalidSpotFleetRequestConfig", message);
        let kind = if self.fleet_type.is_empty() {
            Some(FleetKind::Maintain)
        } else {
            FleetKind::parse(&self.fleet_type)
        };
        let kind = kind.filter(|kind| *kind != FleetKind::Instant);
        let kind = kind.ok_or_else(|| bad(format!("'{}' is no type of a Spot Fleet.", self.fleet_type)))?;
        let behavior = &self.instance_interruption_behavior;
        let interruption = Interruption::parse(behavior)
            .ok_or_else(|| bad(format!("'{behavior}' is no interruption behavior.")))?;
        Cloud::check_target(self.target_capacity)?;
        let launches = cloud.launch_targets(&self.launch_template_configs)?;
        let rebalance = self.capacity_rebalance.as_ref().map(rebalance).transpose()?;
        TagSet::default().check(&self.tags)?;
        if let Some(made) = cloud.made_before(self, &self.client_token)? {
            return spot_fleet_id(&made);
        }
        let id = cloud.mint.spot_fleet();
        let mut tags = TagSet::default();
        tags.set(&self.tags, cloud.now);
        cloud.begin_fleet(Fleet {
            id: id.clone(),
            kind,
            target: self.target_capacity,
            launches,
            spot: true,
            interruption,
            rebalance,
            state: FleetState::Submitted,
            created: cloud.now,
            at_risk: BTreeSet::new(),
            replaces: BTreeMap::new(),
            tags,
        });
        cloud.remember(self, &self.client_token, id.as_str());
        Ok(id)
    }
}

impl Cloud {
    /// Takes a new fleet on. It looks after its capacity soon.
    pub(super) fn begin_fleet(&mut self, fleet: Fleet) {
        let id = fleet.id.clone();
        self.fleets.insert(id.clone(), fleet, self.now);
        self.set_fleet_state(&id, FleetState::Submitted);
        self.after(self.setup.timing.fleet, Due::FleetLook(id));
    }

    fn spot_fleet(&self, text: &str) -> Result<&Fleet, ApiError> {
        let id = spot_fleet_id(text)?;
        self.fleets.get(&id).ok_or_else(|| no_spot_fleets(&[id.to_string()]))
    }
}

impl Operation for ModifySpotFleetRequest {
    type Answer = ();

    fn name(&self) -> &'static str {
        "ModifySpotFleetRequest"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let policy = &self.excess_capacity_termination_policy;
        if !["", "Default", "default", "NoTermination", "noTermination"].contains(&policy.as_str()) {
            return Err(ApiError::value(format!("'{policy}' is no termination policy.")));
        }
        Cloud::check_target(self.target_capacity)?;
        let fleet = cloud.spot_fleet(&self.spot_fleet_request_id)?;
        if fleet.state != FleetState::Active {
            let message = format!("Spot fleet request {} is not in a modifiable state.", fleet.id);
            return Err(ApiError::refusal("FleetNotInModifiableState", message));
        }
        let id = fleet.id.clone();
        if let Some(fleet) = cloud.fleets.edit(&id, cloud.now) {
            fleet.target = self.target_capacity;
        }
        if !policy.eq_ignore_ascii_case("NoTermination") {
            cloud.shed(&id);
        }
        cloud.after(cloud.setup.timing.fleet, Due::FleetLook(id));
        Ok(())
    }
}

impl Operation for CancelSpotFleetRequests {
    type Answer = FleetsEnded;

    fn name(&self) -> &'static str {
        "CancelSpotFleetRequests"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<FleetsEnded, ApiError> {
        if self.spot_fleet_request_ids.is_empty() {
            return Err(ApiError::missing("SpotFleetRequestId"));
        }
        let spelling = EndSpelling {
            malformed: ("InvalidSpotFleetRequestId.Malformed", "fleetRequestIdMalformed"),
            unknown: "fleetRequestIdDoesNotExist",
        };
        let find = |cloud: &Cloud, text: &str| cloud.spot_fleet(text).cloned();
        Ok(cloud.end_fleets(&self.spot_fleet_request_ids, self.terminate_instances, find, &spelling))
    }
}

impl Operation for DescribeSpotFleetRequests {
    type Answer = Page<FleetView>;

    fn name(&self) -> &'static str {
        "DescribeSpotFleetRequests"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<FleetView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "spotFleetRequestIds", sizes: (1, 1000) };
        let asked = self.0.ids.iter().map(|id| spot_fleet_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &FleetId, at: Time| cloud.fleet_view(id, at);
        let all = cloud.fleets.ids().filter(|id| id.is_spot_fleet()).cloned().collect();
        cloud.list(&self.0, &paging, Subject { all, asked, view, unknown: no_spot_fleets })
    }
}

impl Operation for DescribeSpotFleetInstances {
    type Answer = Page<ActiveInstance>;

    fn name(&self) -> &'static str {
        "DescribeSpotFleetInstances"
    }

    fn kind(&self) -> CallKind {
        CallKind::Question
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<ActiveInstance>, ApiError> {
        let fleet = cloud.spot_fleet(&self.spot_fleet_request_id)?.id.clone();
        let paging = Paging { action: self.name(), ids: "spotFleetRequestId", sizes: (1, 1000) };
        let (max_results, next_token) = (self.max_results, self.next_token.clone());
        let listing = Listing { max_results, next_token, ..Listing::default() };
        let view = &|cloud: &Cloud, id: &InstanceId, at: Time| cloud.active_instance(&fleet, id, at);
        let all = cloud.instances.ids().cloned().collect();
        cloud.list(&listing, &paging, Subject { all, asked: Vec::new(), view, unknown: no_instances })
    }
}
