//! Spot requests and their status codes (EC2 user guide, "Get the status of a Spot Instance request").

use crate::ids::SpotRequestId;
use crate::tags::TagSet;
use crate::time::Time;
use planner::ids::{InstanceId, Zone};

/// A spot instance request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotRequest {
    /// Its id.
    pub id: SpotRequestId,
    /// Its state.
    pub state: SpotState,
    /// Its status.
    pub code: SpotCode,
    /// Since when.
    pub updated: Time,
    /// When it was made.
    pub created: Time,
    /// The instance that fulfils it, or did.
    pub instance: InstanceId,
    /// What EC2 does to the instance when it needs the capacity.
    pub interruption: Interruption,
    /// Whether it is opened again after an interruption.
    pub persistent: bool,
    /// Where its instance is.
    pub zone: Zone,
    /// Its tags.
    pub tags: TagSet,
}

/// The state of a spot request. Requests are made and fulfilled in one here, so none is ever `open`, and no call
/// withdraws one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpotState {
    /// Fulfilled.
    Active,
    /// Its instance is stopped.
    Disabled,
    /// Done.
    Closed,
}

/// What EC2 does to a spot instance whose capacity it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interruption {
    /// It is terminated.
    #[default]
    Terminate,
    /// It is stopped, and started again when there is capacity.
    Stop,
    /// The same, with its memory written. That begins at once, without two minutes of notice.
    Hibernate,
}

/// The status of a spot request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is EC2's own code")]
pub enum SpotCode {
    Fulfilled,
    MarkedForStop,
    MarkedForTermination,
    InstanceTerminatedNoCapacity,
    InstanceTerminatedByPrice,
    InstanceTerminatedByUser,
    InstanceTerminatedByService,
    InstanceStoppedNoCapacity,
    InstanceStoppedByPrice,
    InstanceStoppedByUser,
}

impl Interruption {
    /// What EC2 calls it, in requests and in the interruption warning.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
        }
    }

    /// The behaviour of that name; an empty one is `terminate`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let named = |behavior: &Self| behavior.as_str() == text;
        if text.is_empty() {
            Some(Self::Terminate)
        } else {
            [Self::Terminate, Self::Stop, Self::Hibernate].into_iter().find(named)
        }
    }
}

impl SpotState {
    /// What EC2 calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
        }
    }
}

impl SpotCode {
    /// What the request says of an instance that EC2 has taken back.
    pub(crate) const TERMINATED: [Self; 2] =
        [Self::InstanceTerminatedNoCapacity, Self::InstanceTerminatedByPrice];
    /// What the request says of an instance that EC2 has stopped.
    pub(crate) const STOPPED: [Self; 2] = [Self::InstanceStoppedNoCapacity, Self::InstanceStoppedByPrice];

    /// What the request may say once EC2 has announced that. The documentation has three of an instance that is to be
    /// terminated: it is marked, or the request says at once why it was terminated (EC2 user guide, "Get the status of a
    /// Spot Instance request").
    pub(crate) fn announcing(interruption: Interruption) -> &'static [Self] {
        match interruption {
            Interruption::Terminate => &[
                Self::MarkedForTermination,
                Self::InstanceTerminatedNoCapacity,
                Self::InstanceTerminatedByPrice,
            ],
            Interruption::Stop | Interruption::Hibernate => &[Self::MarkedForStop],
        }
    }

    /// Whether it says that EC2 is about to take the instance back, or has.
    pub(crate) fn is_of_an_interruption(self) -> bool {
        match self {
            Self::MarkedForStop
            | Self::MarkedForTermination
            | Self::InstanceTerminatedNoCapacity
            | Self::InstanceTerminatedByPrice
            | Self::InstanceStoppedNoCapacity
            | Self::InstanceStoppedByPrice => true,
            Self::Fulfilled
            | Self::InstanceTerminatedByUser
            | Self::InstanceTerminatedByService
            | Self::InstanceStoppedByUser => false,
        }
    }

    /// What EC2 calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fulfilled => "fulfilled",
            Self::MarkedForStop => "marked-for-stop",
            Self::MarkedForTermination => "marked-for-termination",
            Self::InstanceTerminatedByPrice => "instance-terminated-by-price",
            Self::InstanceStoppedByPrice => "instance-stopped-by-price",
            Self::InstanceTerminatedNoCapacity => "instance-terminated-no-capacity",
            Self::InstanceTerminatedByUser => "instance-terminated-by-user",
            Self::InstanceTerminatedByService => "instance-terminated-by-service",
            Self::InstanceStoppedNoCapacity => "instance-stopped-no-capacity",
            Self::InstanceStoppedByUser => "instance-stopped-by-user",
        }
    }
}
