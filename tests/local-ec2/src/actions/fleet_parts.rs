//! What Spot Fleets and EC2 Fleets have in common in calls and answers.

use super::run::check;
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::ids::{FleetId, SpotRequestId};
use crate::life::Cause;
use crate::state::{Fleet, FleetState, LaunchData, LaunchTarget, LaunchTemplate, Rebalance};
use crate::time::Time;
use chrono::TimeDelta;
use planner::ids::InstanceId;
use planner::observation::InstanceState;
use planner::tags::Tags;

/// How much capacity a fleet may have.
const MOST_CAPACITY: u32 = 10_000;

/// Which launch template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct TemplateSpec {
    pub launch_template_id: String,
    pub launch_template_name: String,
    pub version: String,
}

/// From which template a fleet launches, and what else may be instead of what that says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct LaunchTemplateConfig {
    pub template: TemplateSpec,
    pub overrides: Vec<Override>,
}

/// What a fleet launches instead of what its template says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct Override {
    pub instance_type: String,
    pub subnet_id: String,
    pub availability_zone: String,
}

/// What a fleet is to do about rebalance recommendations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct RebalanceSpec {
    pub replacement_strategy: String,
    pub termination_delay: Option<i64>,
}

/// A fleet as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetView {
    /// The fleet.
    pub fleet: Fleet,
    /// How many of its instances run, or are about to.
    pub fulfilled: usize,
    /// How far it is.
    pub activity: &'static str,
}

/// An instance of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveInstance {
    /// The instance.
    pub instance: InstanceId,
    /// Its type.
    pub instance_type: String,
    /// Its spot request.
    pub request: Option<SpotRequestId>,
}

/// What became of the fleets that were to be cancelled or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FleetsEnded {
    /// Those that were.
    pub successful: Vec<FleetEnd>,
    /// Those that were not.
    pub unsuccessful: Vec<FleetEndError>,
}

/// A fleet that was cancelled or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetEnd {
    /// The fleet.
    pub fleet: FleetId,
    /// Its state before.
    pub previous: &'static str,
    /// Its state now.
    pub current: &'static str,
}

/// A fleet that was not cancelled or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetEndError {
    /// The id that was given.
    pub fleet: String,
    /// Such as `fleetRequestIdDoesNotExist`.
    pub code: &'static str,
    /// In words.
    pub message: String,
}

/// How the two kinds of fleets tell of an id that is none.
pub(super) struct EndSpelling {
    /// The code of a call that fails for a malformed id, and that of one among several.
    pub(super) malformed: (&'static str, &'static str),
    pub(super) unknown: &'static str,
}

impl View for FleetView {
    const FILTERS: &'static [&'static str] = &[
        "activity-status",
        "excess-capacity-termination-policy",
        "fleet-state",
        "replace-unhealthy-instances",
        "type",
    ];
    const TAGGED: bool = false;

    fn values(&self, filter: &str) -> Vec<String> {
        vec![match filter {
            "activity-status" => self.activity.to_owned(),
            "fleet-state" => self.fleet.state.name(&self.fleet.id).to_owned(),
            "type" => self.fleet.kind.as_str().to_owned(),
            _ => return Vec::new(),
        }]
    }

    fn tags(&self) -> Option<&Tags> {
        None
    }
}

impl View for ActiveInstance {
    const FILTERS: &'static [&'static str] = &["instance-type"];
    const TAGGED: bool = false;

    fn values(&self, filter: &str) -> Vec<String> {
        if filter == "instance-type" { vec![self.instance_type.clone()] } else { Vec::new() }
    }

    fn tags(&self) -> Option<&Tags> {
        None
    }
}

impl Cloud {
    pub(super) fn fleet_view(&self, id: &FleetId, at: Time) -> Option<FleetView> {
        let fleet = self.fleets.as_of(id, at)?.clone();
        let fulfilled = self.live(id).count();
        let target = usize::try_from(fleet.target).unwrap_or(usize::MAX);
        let activity = match fleet.state {
            FleetState::CancelledTerminating => "pending_termination",
            FleetState::Submitted | FleetState::Active if fulfilled < target => "pending_fulfillment",
            FleetState::Submitted
            | FleetState::Active
            | FleetState::CancelledRunning
            | FleetState::Cancelled => "fulfilled",
        };
        Some(FleetView { fleet, fulfilled, activity })
    }

    /// The instances of a fleet that run, or are about to.
    pub(super) fn active_instance(
        &self,
        fleet: &FleetId,
        id: &InstanceId,
        at: Time,
    ) -> Option<ActiveInstance> {
        let instance = self.instances.as_of(id, at)?;
        let active = matches!(instance.state, InstanceState::Pending | InstanceState::Running);
        (active && instance.fleet.as_ref() == Some(fleet)).then(|| ActiveInstance {
            instance: id.clone(),
            instance_type: instance.instance_type.clone(),
            request: instance.spot.clone(),
        })
    }

    /// Refuses a capacity beyond what a fleet may have (EC2 user guide, "Fleet quotas").
    pub(super) fn check_target(target: u32) -> Result<(), ApiError> {
        if target > MOST_CAPACITY {
            let message = format!("The target capacity {target} exceeds the limit of {MOST_CAPACITY}.");
            return Err(ApiError::refusal("InvalidSpotFleetRequestConfig", message));
        }
        Ok(())
    }

    /// The ways in which a fleet may launch.
    pub(super) fn launch_targets(
        &self,
        configs: &[LaunchTemplateConfig],
    ) -> Result<Vec<LaunchTarget>, ApiError> {
        let mut targets = Vec::new();
        for config in configs {
            let LaunchTemplate { id, data, .. } = self.template(&config.template)?;
            let own = self.zone_named(&data.availability_zone, &data.subnet_id)?;
            let plain = [Override::default()];
            let overrides = if config.overrides.is_empty() { &plain[..] } else { &config.overrides };
            for over in overrides {
                let zone = self.zone_named(&over.availability_zone, &over.subnet_id)?.or_else(|| own.clone());
                let instance_type = Some(over.instance_type.clone()).filter(|named| !named.is_empty());
                let instance_type = instance_type.unwrap_or_else(|| data.instance_type.clone());
                check(&LaunchData { instance_type: instance_type.clone(), ..data.clone() })?;
                targets.push(LaunchTarget { template: id.clone(), zone, instance_type });
            }
        }
        if targets.is_empty() { Err(ApiError::missing("LaunchTemplateConfigs")) } else { Ok(targets) }
    }

    /// Ends those of the fleets that there are.
    pub(super) fn end_fleets(
        &mut self,
        ids: &[String],
        terminate: bool,
        find: impl Fn(&Self, &str) -> Result<Fleet, ApiError>,
        spelling: &EndSpelling,
    ) -> FleetsEnded {
        let mut ended = FleetsEnded::default();
        for text in ids {
            match find(self, text) {
                Ok(Fleet { id: fleet, state, .. }) => {
                    if state.is_open() {
                        self.end_fleet(&fleet, terminate);
                    }
                    let current = self.fleets.get(&fleet).map_or(state, |fleet| fleet.state);
                    let (previous, current) = (state.name(&fleet), current.name(&fleet));
                    ended.successful.push(FleetEnd { fleet, previous, current });
                }
                Err(ApiError { code, message, .. }) => {
                    let (whole, single) = spelling.malformed;
                    let code = if code == whole { single } else { spelling.unknown };
                    ended.unsuccessful.push(FleetEndError { fleet: text.clone(), code, message });
                }
            }
        }
        ended
    }

    /// Ends a fleet, and its instances when that is asked.
    fn end_fleet(&mut self, id: &FleetId, terminate: bool) {
        let members: Vec<InstanceId> =
            self.members(id).filter(|member| !member.is_ending()).map(|member| member.id.clone()).collect();
        let state = match (terminate, members.is_empty()) {
            (true, false) => FleetState::CancelledTerminating,
            (_, true) => FleetState::Cancelled,
            (false, false) => FleetState::CancelledRunning,
        };
        self.set_fleet_state(id, state);
        for member in members.iter().filter(|_| terminate) {
            self.terminate(member, Cause::Service);
        }
    }

    /// Terminates the fleet's latest instances until it has no more than its target.
    pub(super) fn shed(&mut self, id: &FleetId) {
        let Some(fleet) = self.fleets.get(id) else { return };
        let target = usize::try_from(fleet.target).unwrap_or(usize::MAX);
        let mut members: Vec<_> = self.live(id).map(|member| (member.launched, member.id.clone())).collect();
        let excess = members.len().saturating_sub(target);
        members.sort();
        for (_, member) in members.iter().rev().take(excess) {
            self.terminate(member, Cause::Service);
        }
    }
}

/// What the fleet does about an instance at risk. The delay is from 120 to 7,200 seconds (EC2 API reference,
/// `SpotCapacityRebalance`).
pub(super) fn rebalance(spec: &RebalanceSpec) -> Result<Rebalance, ApiError> {
    match (spec.replacement_strategy.as_str(), spec.termination_delay) {
        ("launch", None) => Ok(Rebalance::Launch),
        ("launch-before-terminate", Some(delay)) if (120..=7200).contains(&delay) => {
            Ok(Rebalance::LaunchBeforeTerminate(TimeDelta::seconds(delay)))
        }
        ("launch-before-terminate", _) => {
            Err(ApiError::value("TerminationDelay must be between 120 and 7200 seconds."))
        }
        ("launch", Some(_)) => {
            Err(ApiError::combination("TerminationDelay is only for the strategy launch-before-terminate."))
        }
        (other, _) => Err(ApiError::value(format!("'{other}' is no replacement strategy."))),
    }
}
