//! An instance.

use crate::ids::{FleetId, ReservationId, SpotRequestId};
use crate::tags::TagSet;
use crate::time::Time;
use planner::ids::{InstanceId, Zone};
use planner::observation::InstanceState;

/// An EC2 instance. Its volumes, interfaces and addresses point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The launch that it is of.
    pub reservation: ReservationId,
    /// Its state.
    pub state: InstanceState,
    /// Where it is.
    pub zone: Zone,
    /// Its image.
    pub image: String,
    /// Its type.
    pub instance_type: String,
    /// Its key pair.
    pub key_name: String,
    /// When it was last started (EC2 API reference, `Instance.LaunchTime`).
    pub launched: Time,
    /// When it last ceased to be `stopped`.
    pub stopped_until: Option<Time>,
    /// The spot request that it fulfils.
    pub spot: Option<SpotRequestId>,
    /// The fleet that launched it.
    pub fleet: Option<FleetId>,
    /// Whether it is configured for hibernation.
    pub hibernation: bool,
    /// Whether it is, or is being, stopped with its memory written.
    pub hibernated: bool,
    /// The name of its root device.
    pub root_device: String,
    /// Why it is in its state, when that is somebody's doing.
    pub reason: Option<StateReason>,
    /// Counts its changes of state, so that what was due in an earlier one is void.
    pub turn: u32,
    /// Its tags.
    pub tags: TagSet,
}

/// Why an instance changed its state (EC2 API reference, `StateReason`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateReason {
    /// Such as `Server.SpotInstanceTermination`.
    pub code: &'static str,
    /// In words.
    pub message: &'static str,
}

impl StateReason {
    /// Somebody asked for it.
    pub const USER_SHUTDOWN: Self = Self {
        code: "Client.UserInitiatedShutdown",
        message: "Client.UserInitiatedShutdown: User initiated shutdown",
    };
    /// EC2 took a spot instance back.
    pub const SPOT_TERMINATION: Self = Self {
        code: "Server.SpotInstanceTermination",
        message: "Server.SpotInstanceTermination: Spot instance termination",
    };
    /// EC2 stopped a spot instance.
    pub const SPOT_SHUTDOWN: Self = Self {
        code: "Server.SpotInstanceShutdown",
        message: "Server.SpotInstanceShutdown: Spot instance shutdown",
    };
}

impl Instance {
    /// Whether it has ended, or is about to.
    pub fn is_ending(&self) -> bool {
        matches!(self.state, InstanceState::ShuttingDown | InstanceState::Terminated)
    }
}
