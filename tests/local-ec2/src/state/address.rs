//! Elastic IPs, and the network interfaces that they point at.

use crate::tags::TagSet;
use crate::time::Time;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, Zone};
use std::net::Ipv4Addr;

/// An Elastic IP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Its id.
    pub allocation: AllocationId,
    /// The address itself.
    pub public: Ipv4Addr,
    /// Where it points.
    pub association: Option<Association>,
    /// Its tags.
    pub tags: TagSet,
}

/// Where an Elastic IP points: at one private address of one network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// Its id, new for each association.
    pub id: AssociationId,
    /// The interface.
    pub interface: InterfaceId,
    /// The private address on it.
    pub private: Ipv4Addr,
    /// Since when.
    pub since: Time,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its id.
    pub id: InterfaceId,
    /// Where it is.
    pub zone: Zone,
    /// Its private addresses, the primary one first.
    pub addresses: Vec<Ipv4Addr>,
    /// The public address that EC2 lends it, for as long as no Elastic IP points at its primary address.
    pub lent: Option<Ipv4Addr>,
    /// The instance that has it.
    pub seat: Option<InterfaceSeat>,
    /// Its tags.
    pub tags: TagSet,
}

/// How a network interface is attached to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceSeat {
    /// The instance.
    pub instance: InstanceId,
    /// The id of the attachment, `eni-attach-…`.
    pub attachment: String,
    /// 0 is the primary interface.
    pub index: u32,
    /// Whether it goes with the instance.
    pub delete_on_termination: bool,
}

impl Interface {
    /// The instance that has it.
    pub fn instance(&self) -> Option<&InstanceId> {
        self.seat.as_ref().map(|seat| &seat.instance)
    }
}
