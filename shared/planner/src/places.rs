//! Places: the private addresses of an instance's primary network interface, and what is on each.

use crate::observation::{Address, Instance, Observation};
use crate::slot::Slot;
use crate::spot::Spot;
use std::net::Ipv4Addr;

/// The private addresses of an instance's primary network interface.
pub(crate) struct Places<'a> {
    places: Vec<(Ipv4Addr, Use<'a>)>,
}

enum Use<'a> {
    Free,
    /// By an address of the same slot, or one that is to come there.
    Own,
    /// By another Elastic IP, and whose that is when it is tagged with the fleet.
    Other(Ipv4Addr, Option<&'a Address>),
}

/// Where an address may go.
pub(crate) enum Place<'a> {
    Free(Ipv4Addr),
    Taken { private: Ipv4Addr, elastic: Ipv4Addr, by: Option<&'a Address> },
    None,
}

impl<'a> Places<'a> {
    pub(crate) fn read(target: &Instance, slot: &Slot<'_>, observation: &'a Observation) -> Self {
        let interface = target.primary_interface();
        let privates = interface.map(|interface| interface.addresses.as_slice()).unwrap_or_default();
        let places = privates.iter().map(|place| {
            // Of addresses that are tagged with the fleet, DescribeAddresses tells the truth. One that EC2 accepted
            // elsewhere a moment ago may still be where it is shown.
            let is_here = |spot: Spot<'_>| {
                spot.instance().is_some_and(|on| on.id == target.id) && spot.private() == Some(place.private)
            };
            let here = observation
                .addresses
                .iter()
                .find(|address| is_here(address.spot(observation)) || is_here(address.shown(observation)));
            let known =
                |elastic: &Ipv4Addr| observation.addresses.iter().any(|address| address.public == *elastic);
            let usage = match (here, place.elastic.filter(|elastic| !known(elastic))) {
                (Some(address), _) if address.tags.slot == *slot.name => Use::Own,
                (Some(address), _) => Use::Other(address.public, Some(address)),
                (None, Some(foreign)) => Use::Other(foreign, None),
                (None, None) => Use::Free,
            };
            (place.private, usage)
        });
        Self { places: places.collect() }
    }

    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// The place for the address of that index: the one of the same index, or where an address of the slot is there
    /// already, the next that is free.
    pub(crate) fn take(&mut self, index: usize) -> Place<'a> {
        match self.places.get_mut(index) {
            None => return Place::None,
            Some((private, Use::Other(elastic, by))) => {
                return Place::Taken { private: *private, elastic: *elastic, by: *by };
            }
            Some((private, usage @ Use::Free)) => {
                *usage = Use::Own;
                return Place::Free(*private);
            }
            Some((_, Use::Own)) => {}
        }
        match self.places.iter_mut().find(|(_, usage)| matches!(usage, Use::Free)) {
            Some((private, usage)) => {
                *usage = Use::Own;
                Place::Free(*private)
            }
            None => self.taken(),
        }
    }

    /// The first place that somebody else has.
    fn taken(&self) -> Place<'a> {
        let taken = self.places.iter().find_map(|(private, usage)| match usage {
            Use::Other(elastic, by) => Some(Place::Taken { private: *private, elastic: *elastic, by: *by }),
            Use::Free | Use::Own => None,
        });
        taken.unwrap_or(Place::None)
    }
}
