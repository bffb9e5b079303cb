//! Where an address is, as far as it matters for what may be done with it.

use crate::ids::InstanceId;
use crate::observation::{Address, Association, Instance, InstanceState, Observation};
use std::net::Ipv4Addr;

/// Where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot<'a> {
    /// It points nowhere.
    Free,
    /// EC2 accepted so recently that it points at this instance, and at this private address of it, that its answers may
    /// not show it yet.
    Accepted(&'a Instance, Ipv4Addr),
    /// It points at an instance.
    On(&'a Instance, &'a Association),
    /// It points at an instance that EC2 does not list.
    Unlisted(&'a InstanceId),
    /// It points at what is no instance, such as the network interface of a NAT gateway.
    Elsewhere(&'a Association),
}

impl<'a> Spot<'a> {
    /// The instance, when one was seen.
    pub(crate) fn instance(self) -> Option<&'a Instance> {
        match self {
            Self::Accepted(instance, _) | Self::On(instance, _) => Some(instance),
            Self::Free | Self::Unlisted(_) | Self::Elsewhere(_) => None,
        }
    }

    /// The private address of the instance that it points at.
    pub(crate) fn private(self) -> Option<Ipv4Addr> {
        match self {
            Self::Accepted(_, private) => Some(private),
            Self::On(instance, association) => association.private.or_else(|| {
                let primary = instance.primary_interface()?.addresses.first()?;
                Some(primary.private)
            }),
            Self::Free | Self::Unlisted(_) | Self::Elsewhere(_) => None,
        }
    }
}

impl Address {
    /// Where EC2's answer shows it.
    pub(crate) fn shown<'a>(&'a self, observation: &'a Observation) -> Spot<'a> {
        let Some(association) = &self.association else {
            return Spot::Free;
        };
        match (observation.instance_of(association), &association.instance) {
            (Some(instance), _) => Spot::On(instance, association),
            (None, Some(id)) => Spot::Unlisted(id),
            (None, None) => Spot::Elsewhere(association),
        }
    }

    /// Where it is. That EC2 accepted a moment ago to bring it from one instance of the fleet to another counts for more
    /// than an answer that may be older.
    pub(crate) fn spot<'a>(&'a self, observation: &'a Observation) -> Spot<'a> {
        let shown = self.shown(observation);
        let associated = observation.memory.associated.get(&self.allocation);
        let Some((associated, accepted)) =
            associated.and_then(|known| Some((known, known.accepted.not_shown_yet(observation)?)))
        else {
            return shown;
        };
        // Nothing comes to one that has ended, which may have lost its tags.
        let is_foreign = |instance: &Instance| {
            !observation.is_member(instance) && instance.state != InstanceState::Terminated
        };
        match shown {
            Spot::On(instance, _) if instance.id == accepted.id || is_foreign(instance) => shown,
            Spot::Free | Spot::On(..) => Spot::Accepted(accepted, associated.private),
            Spot::Accepted(..) | Spot::Unlisted(_) | Spot::Elsewhere(_) => shown,
        }
    }
}
