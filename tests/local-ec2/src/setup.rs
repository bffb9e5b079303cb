//! How a cloud is to be: its region, its delays, and what it does to its callers.

use crate::bus::Weather;
use crate::faults::Shares;
use crate::time::{Time, epoch};
use crate::timing::Timing;
use planner::ids::Zone;
use planner::tags::Policy;
use std::collections::BTreeSet;

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// Holdfast's functions: their calls are judged, and meet the faults that were asked for.
    Holdfast,
    /// Everybody else.
    Other,
}

/// How a cloud is to be.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What everything that is drawn is drawn from.
    pub seed: u64,
    /// When its clock begins.
    pub start: Time,
    /// The region's name.
    pub region: String,
    /// The account's number.
    pub account: String,
    /// The region's zones.
    pub zones: Vec<Zone>,
    /// How long things take.
    pub timing: Timing,
    /// Whether EC2 throttles.
    pub throttling: Throttling,
    /// What befalls Holdfast's calls.
    pub faults: Shares,
    /// How events travel.
    pub weather: Weather,
    /// The documents of Systems Manager that drain.
    pub documents: BTreeSet<String>,
    /// Holdfast's policy for a slot whose tags name none, as far as it is known here: its calls are judged by it.
    pub default_policy: Option<Policy>,
    /// How EC2 answers `DisassociateAddress` of an association that was and is no more.
    pub stale_disassociation: StaleDisassociation,
}

/// Whether EC2 throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttling {
    /// With the sizes of EC2's buckets.
    On,
    /// With buckets so many times as large, filled so many times as fast: for a world whose waits are that much shorter
    /// than EC2's, and in which as much more happens at a time.
    Times(u16),
    /// Never.
    Off,
}

/// How EC2 answers `DisassociateAddress` of an association that was and is no more. The documentation calls the call
/// idempotent; what is seen is an error (hashicorp/terraform-provider-aws #3653).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaleDisassociation {
    /// `InvalidAssociationID.NotFound`, as seen.
    Refused,
    /// Success, as documented.
    Accepted,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            start: epoch(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            zones: ["us-east-1a", "us-east-1b", "us-east-1c"].map(Zone::new).into(),
            timing: Timing::default(),
            throttling: Throttling::On,
            faults: Shares::default(),
            weather: Weather::default(),
            default_policy: None,
            documents: BTreeSet::from(["Drain".to_owned()]),
            stale_disassociation: StaleDisassociation::Refused,
        }
    }
}
