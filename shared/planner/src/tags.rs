//! Tags, the whole configuration: their keys, and what their values mean.
//!
//! Reading a tag never fails. A value that means nothing is kept as [`Setting::Invalid`], so that the
//! plan can name it in a finding instead of guessing.

use crate::device::DeviceName;
use crate::ids::{FleetName, SlotName};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The tag that says which fleet a volume, an address or an instance belongs to.
pub const FLEET: &str = "holdfast:fleet";
/// The tag that names the slot of a volume or an address.
pub const SLOT: &str = "holdfast:slot";
/// The tag that asks for a device name.
pub const DEVICE: &str = "holdfast:device";
/// The tag that chooses the policy of a handover.
pub const HANDOVER: &str = "holdfast:handover";
/// The tag that has a slot or an instance left alone.
pub const PAUSED: &str = "holdfast:paused";
/// The tag that marks an instance which is about to go.
pub const DRAINING: &str = "holdfast:draining";
/// The tag that EC2 sets on the instances of a Spot Fleet.
pub const SPOT_FLEET: &str = "aws:ec2spot:fleet-request-id";
/// The tag that EC2 sets on the instances of an EC2 Fleet.
pub const EC2_FLEET: &str = "aws:ec2:fleet-id";
/// The tag that EC2 Auto Scaling sets on the instances of a group.
pub const AUTO_SCALING_GROUP: &str = "aws:autoscaling:groupName";

/// The tags of an instance that can name its fleet.
pub const FLEET_KEYS: [&str; 4] = [FLEET, SPOT_FLEET, EC2_FLEET, AUTO_SCALING_GROUP];

/// The slot of a resource without the tag `holdfast:slot`.
pub const DEFAULT_SLOT: &str = "main";

/// A resource's tags as EC2 lists them.
pub type Tags = BTreeMap<String, String>;

/// A tag's value, understood as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting<T> {
    /// No such tag, or an empty one.
    Absent,
    /// A value that means something.
    Value(T),
    /// A value that means nothing, as it stands.
    Invalid(String),
}

impl Setting<bool> {
    /// Whether it says yes, or says what means nothing and was meant to ask for something.
    pub(crate) fn may_be_true(&self) -> bool {
        matches!(self, Self::Value(true) | Self::Invalid(_))
    }
}

impl<T> Setting<T> {
    /// The value, when there is one that means something.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Invalid(_) => None,
        }
    }

    fn read(tags: &Tags, key: &str, parse: impl FnOnce(&str) -> Option<T>) -> Self {
        match tags.get(key).map(String::as_str) {
            None | Some("") => Self::Absent,
            Some(text) => parse(text).map_or_else(|| Self::Invalid(text.to_owned()), Self::Value),
        }
    }
}

/// When a slot leaves a holder that is draining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// When EC2 has released the volume.
    OnRelease,
    /// As soon as a drain document has unmounted it.
    Drain,
    /// As soon as a candidate runs, by terminating the holder.
    Terminate,
}

impl Policy {
    /// Every policy, in the order in which people read of them.
    pub const ALL: [Self; 3] = [Self::OnRelease, Self::Drain, Self::Terminate];

    /// The policy that a tag or a setting calls so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text)
    }

    /// What a tag or a setting calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnRelease => "on-release",
            Self::Drain => "drain",
            Self::Terminate => "terminate",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the tags of a volume or an address say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceTags {
    /// The fleet; empty where the tag is.
    pub fleet: FleetName,
    /// The slot.
    pub slot: SlotName,
    /// The device name asked for.
    pub device: Setting<DeviceName>,
    /// The policy asked for.
    pub handover: Setting<Policy>,
    /// Whether the slot is to be left alone.
    pub paused: Setting<bool>,
}

impl ResourceTags {
    /// Reads the tags of a volume or an address.
    pub fn read(tags: &Tags) -> Self {
        let slot = tags.get(SLOT).filter(|slot| !slot.is_empty());
        Self {
            fleet: FleetName::new(tags.get(FLEET).cloned().unwrap_or_default()),
            slot: SlotName::new(slot.cloned().unwrap_or_else(|| DEFAULT_SLOT.to_owned())),
            device: Setting::read(tags, DEVICE, |text| DeviceName::parse(text).ok()),
            handover: Setting::read(tags, HANDOVER, Policy::parse),
            paused: read_paused(tags),
        }
    }
}

/// What the tags of an instance say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceTags {
    /// Every fleet that the instance says it is of.
    pub fleets: BTreeSet<FleetName>,
    /// The Auto Scaling group that it is in.
    pub group: Option<FleetName>,
    /// The mark of an instance that is about to go.
    pub draining: Option<DrainingTag>,
    /// Whether the instance, and the slot that it holds, are to be left alone.
    pub paused: Setting<bool>,
}

impl InstanceTags {
    /// Reads the tags of an instance.
    pub fn read(tags: &Tags) -> Self {
        let fleets = FLEET_KEYS.iter().filter_map(|key| tags.get(*key)).filter(|name| !name.is_empty());
        let group = tags.get(AUTO_SCALING_GROUP).filter(|name| !name.is_empty());
        Self {
            fleets: fleets.map(FleetName::new).collect(),
            group: group.map(FleetName::new),
            draining: tags.get(DRAINING).map(|text| DrainingTag::read(text)),
            paused: read_paused(tags),
        }
    }
}

fn read_paused(tags: &Tags) -> Setting<bool> {
    Setting::read(tags, PAUSED, |text| match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    })
}

/// Why an instance was marked as draining.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DrainingReason {
    /// EC2 announced an interruption.
    SpotInterruption,
    /// EC2 recommends to replace the instance: it may go, and may not.
    RebalanceRecommendation,
    /// Its Auto Scaling group is about to terminate it, and keeps it waiting before.
    TerminateLifecycleAction,
    /// Whatever a person wrote.
    Operator(String),
}

impl DrainingReason {
    const SPOT_INTERRUPTION: &str = "spot-interruption-warning";
    const REBALANCE_RECOMMENDATION: &str = "rebalance-recommendation";
    const TERMINATE_LIFECYCLE_ACTION: &str = "terminate-lifecycle-action";
}

impl fmt::Display for DrainingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SpotInterruption => Self::SPOT_INTERRUPTION,
            Self::RebalanceRecommendation => Self::REBALANCE_RECOMMENDATION,
            Self::TerminateLifecycleAction => Self::TERMINATE_LIFECYCLE_ACTION,
            Self::Operator(reason) => reason,
        })
    }
}

/// The tag `holdfast:draining`: `<reason> <event time, RFC 3339>`, or whatever a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrainingTag {
    /// Why.
    pub reason: DrainingReason,
    /// The time of the event that told it. A mark without a time holds until it is removed.
    pub since: Option<DateTime<Utc>>,
}

impl DrainingTag {
    /// Reads the tag's value. Whatever it says, an instance that has the tag was meant to drain.
    pub fn read(text: &str) -> Self {
        let (reason, since) = match text.rsplit_once(' ') {
            Some((reason, time)) => match DateTime::parse_from_rfc3339(time) {
                Ok(time) => (reason, Some(time.to_utc())),
                Err(_) => (text, None),
            },
            None => (text, None),
        };
        let reason = match reason {
            DrainingReason::SPOT_INTERRUPTION => DrainingReason::SpotInterruption,
            DrainingReason::REBALANCE_RECOMMENDATION => DrainingReason::RebalanceRecommendation,
            DrainingReason::TERMINATE_LIFECYCLE_ACTION => DrainingReason::TerminateLifecycleAction,
            other => DrainingReason::Operator(other.to_owned()),
        };
        Self { reason, since }
    }

    /// Whether the mark was written before the instance was launched. The launch time changes at each start
    /// (EC2 API reference, `Instance.LaunchTime`), so such a mark tells of an earlier run.
    pub fn is_void(&self, launched: DateTime<Utc>) -> bool {
        self.since.is_some_and(|since| since < launched)
    }
}

impl fmt::Display for DrainingTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.since {
            Some(since) => write!(f, "{} {}", self.reason, since.to_rfc3339_opts(SecondsFormat::Secs, true)),
            None => write!(f, "{}", self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn time(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_resource_without_further_tags_is_of_the_slot_main() {
        let read = ResourceTags::read(&tags(&[(FLEET, "web"), (SLOT, "")]));
        assert_eq!(read.fleet.as_str(), "web");
        assert_eq!(read.slot.as_str(), "main");
        assert_eq!(
            (read.device, read.handover, read.paused),
            (Setting::Absent, Setting::Absent, Setting::Absent)
        );
    }

    #[test]
    fn what_means_nothing_is_kept_as_it_stands() {
        let read = ResourceTags::read(&tags(&[(DEVICE, "banana"), (HANDOVER, "Drain"), (PAUSED, "yes")]));
        assert_eq!(read.device, Setting::Invalid("banana".to_owned()));
        assert_eq!(read.handover, Setting::Invalid("Drain".to_owned()));
        assert_eq!(read.paused, Setting::Invalid("yes".to_owned()));
    }

    #[test]
    fn an_instance_is_of_every_fleet_that_its_tags_name() {
        for key in FLEET_KEYS {
            let read = InstanceTags::read(&tags(&[(key, "web")]));
            assert_eq!(read.fleets, BTreeSet::from([FleetName::new("web")]), "{key}");
        }
        let read =
            InstanceTags::read(&tags(&[(EC2_FLEET, "fleet-1"), (AUTO_SCALING_GROUP, "web"), (FLEET, "")]));
        assert_eq!(read.fleets.len(), 2);
        assert_eq!(read.group, Some(FleetName::new("web")));
    }

    #[test]
    fn a_policy_is_written_as_it_is_read() {
        for policy in Policy::ALL {
            assert_eq!(Policy::parse(&policy.to_string()), Some(policy));
        }
    }

    #[test]
    fn a_mark_is_read_as_it_is_written() {
        for text in [
            "spot-interruption-warning 2026-11-23T12:00:00Z",
            "rebalance-recommendation 2026-11-23T12:00:00Z",
            "terminate-lifecycle-action 2026-11-23T12:00:00Z",
            "kernel update",
            "moving to a larger type 2026-11-23T12:00:00Z",
            "",
        ] {
            assert_eq!(DrainingTag::read(text).to_string(), text);
        }
    }

    #[test]
    fn a_mark_of_an_earlier_run_is_void() {
        let launched = time("2026-11-23T12:00:00Z");
        assert!(DrainingTag::read("spot-interruption-warning 2026-11-23T11:59:59Z").is_void(launched));
        assert!(!DrainingTag::read("spot-interruption-warning 2026-11-23T12:00:00Z").is_void(launched));
        assert!(!DrainingTag::read("kernel update").is_void(launched));
    }
}
