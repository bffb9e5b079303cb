//! Spot Fleets and EC2 Fleets.

use crate::ids::{FleetId, TemplateId};
use crate::state::Interruption;
use crate::tags::TagSet;
use crate::time::Time;
use chrono::TimeDelta;
use planner::ids::{InstanceId, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// A Spot Fleet or an EC2 Fleet. Its members point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// Its id, which tells the two apart.
    pub id: FleetId,
    /// Whether it keeps its capacity.
    pub kind: FleetKind,
    /// How many instances it is to have.
    pub target: u32,
    /// From what, and where.
    pub launches: Vec<LaunchTarget>,
    /// Whether its instances are spot instances.
    pub spot: bool,
    /// What EC2 does to one whose capacity it needs.
    pub interruption: Interruption,
    /// What the fleet does about a rebalance recommendation.
    pub rebalance: Option<Rebalance>,
    /// Its state.
    pub state: FleetState,
    /// When it was asked for.
    pub created: Time,
    /// Its instances that count no more since they are at risk.
    pub at_risk: BTreeSet<InstanceId>,
    /// Which instance at risk each of these replaces.
    pub replaces: BTreeMap<InstanceId, InstanceId>,
    /// Its own tags.
    pub tags: TagSet,
}

/// The type of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetKind {
    /// It replaces what it loses.
    Maintain,
    /// It launches once, and then as capacity comes.
    Request,
    /// It launches at once or not at all, and tells of no events.
    Instant,
}

/// The state of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetState {
    /// Asked for.
    Submitted,
    /// At work.
    Active,
    /// Ended; its instances run on.
    CancelledRunning,
    /// Ended; its instances are being terminated.
    CancelledTerminating,
    /// Ended, and so are they.
    Cancelled,
}

/// What a fleet does about an instance at risk (EC2 user guide, "Capacity Rebalancing").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebalance {
    /// It launches another, and leaves the one at risk alone: both run.
    Launch,
    /// It launches another, and terminates the one at risk so long after the other runs.
    LaunchBeforeTerminate(TimeDelta),
}

/// One way in which a fleet may launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTarget {
    /// The launch template.
    pub template: TemplateId,
    /// The zone, where an override names one or a subnet of it.
    pub zone: Option<Zone>,
    /// The type, of an override or of the template.
    pub instance_type: String,
}

impl FleetState {
    /// Whether it launches.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Active)
    }

    /// What EC2 calls it: Spot Fleets are `cancelled`, EC2 Fleets are `deleted`.
    pub fn name(self, of: &FleetId) -> &'static str {
        match (self, of.is_spot_fleet()) {
            (Self::Submitted, _) => "submitted",
            (Self::Active, _) => "active",
            (Self::CancelledRunning, true) => "cancelled_running",
            (Self::CancelledRunning, false) => "deleted_running",
            (Self::CancelledTerminating, true) => "cancelled_terminating",
            (Self::CancelledTerminating, false) => "deleted_terminating",
            (Self::Cancelled, true) => "cancelled",
            (Self::Cancelled, false) => "deleted",
        }
    }
}

impl FleetKind {
    /// What EC2 calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Maintain => "maintain",
            Self::Request => "request",
            Self::Instant => "instant",
        }
    }

    /// The type of that name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Maintain, Self::Request, Self::Instant].into_iter().find(|kind| kind.as_str() == text)
    }
}
