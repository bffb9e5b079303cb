//! Addresses: how the Elastic IPs of a slot get to the instance that has it.
//!
//! The n-th address goes to the n-th private address of the primary network interface. One that is on the instance
//! already stays where it is, and none is ever displaced.

use crate::candidates::Occupancy;
use crate::draft::Draft;
use crate::finding::Finding;
use crate::observation::{Address, Instance, Interface, Observation};
use crate::plan::Step;
use crate::slot::Slot;
use std::net::Ipv4Addr;

/// Plans the steps that bring the slot's addresses to the instance, and tells what stands in their way.
pub(crate) fn bring_to(
    target: &Instance,
    slot: &Slot<'_>,
    occupancy: &Occupancy<'_>,
    observation: &Observation,
    draft: &mut Draft,
) {
    let interface = target.primary_interface();
    let mut places = Places::read(target, interface, slot, observation);
    for (index, address) in slot.addresses.iter().enumerate() {
        if is_on(address, target, observation) {
            continue;
        }
        if is_being_accepted(address, target, observation) {
            draft.await_transition();
            continue;
        }
        let away = address.association.as_ref().map(|association| Step::DisassociateAddress {
            address: address.allocation.clone(),
            association: association.id.clone(),
        });
        match (places.take(index), interface) {
            (Place::Free(private), Some(interface)) => {
                let there = Step::AssociateAddress {
                    address: address.allocation.clone(),
                    instance: target.id.clone(),
                    interface: interface.id.clone(),
                    private,
                };
                draft.follow.push(away.into_iter().chain([there]).collect());
            }
            (Place::Taken { private, elastic }, _) => {
                draft.findings.push(Finding::PrivateAddressTaken {
                    address: address.allocation.clone(),
                    instance: target.id.clone(),
                    private,
                    elastic,
                });
                draft.follow.extend(let_go_from(address, slot, occupancy, observation));
            }
            (Place::Free(_) | Place::None, _) => {
                let (addresses, places) = (slot.addresses.len(), places.count());
                let instance = target.id.clone();
                draft.tell_once(Finding::TooFewPrivateAddresses { instance, addresses, places });
            }
        }
    }
}

/// Whether EC2 accepted the association so recently that its answers may not show it yet. Each repetition may be
/// charged (EC2 API reference, `AssociateAddress`).
fn is_being_accepted(address: &Address, target: &Instance, observation: &Observation) -> bool {
    let accepted = observation.memory.associated.get(&address.allocation);
    accepted.is_some_and(|accepted| accepted.instance == target.id && accepted.may_not_show_yet(observation))
}

/// The steps that free addresses from instances that other slots have. Without them two slots whose addresses a
/// race has crossed would wait for each other for ever.
pub(crate) fn let_go(
    holder: Option<&Instance>,
    slot: &Slot<'_>,
    occupancy: &Occupancy<'_>,
    observation: &Observation,
) -> Vec<Vec<Step>> {
    let away = slot
        .addresses
        .iter()
        .filter(|address| holder.is_none_or(|holder| !is_on(address, holder, observation)));
    away.filter_map(|address| let_go_from(address, slot, occupancy, observation)).collect()
}

fn let_go_from(
    address: &Address,
    slot: &Slot<'_>,
    occupancy: &Occupancy<'_>,
    observation: &Observation,
) -> Option<Vec<Step>> {
    let association = address.association.as_ref()?;
    let instance = observation.instance_of(association)?;
    let other = occupancy.holder_of(&instance.id)?;
    (other != slot.name).then(|| {
        let (address, association) = (address.allocation.clone(), association.id.clone());
        vec![Step::DisassociateAddress { address, association }]
    })
}

/// Whether the address points at the instance.
pub(crate) fn is_on(address: &Address, instance: &Instance, observation: &Observation) -> bool {
    let association = address.association.as_ref();
    association
        .and_then(|association| observation.instance_of(association))
        .is_some_and(|on| on.id == instance.id)
}

/// The private addresses of an instance's primary network interface, and what is on each.
struct Places {
    places: Vec<(Ipv4Addr, Use)>,
}

enum Use {
    Free,
    /// By an address of the same slot, or one that is to come there.
    Own,
    Other(Ipv4Addr),
}

/// Where an address may go.
enum Place {
    Free(Ipv4Addr),
    Taken { private: Ipv4Addr, elastic: Ipv4Addr },
    None,
}

impl Places {
    fn read(
        target: &Instance,
        interface: Option<&Interface>,
        slot: &Slot<'_>,
        observation: &Observation,
    ) -> Self {
        let privates = interface.map(|interface| interface.addresses.as_slice()).unwrap_or_default();
        let primary = privates.first().map(|place| place.private);
        let places = privates.iter().map(|place| {
            // Of addresses that are tagged with the fleet, DescribeAddresses tells the truth.
            let here = observation.addresses.iter().find(|address| {
                let association = address.association.as_ref();
                is_on(address, target, observation)
                    && association.is_some_and(|a| a.private.or(primary) == Some(place.private))
            });
            let known =
                |elastic: &Ipv4Addr| observation.addresses.iter().any(|address| address.public == *elastic);
            let usage = match (here, place.elastic.filter(|elastic| !known(elastic))) {
                (Some(address), _) if address.tags.slot == *slot.name => Use::Own,
                (Some(address), _) => Use::Other(address.public),
                (None, Some(foreign)) => Use::Other(foreign),
                (None, None) => Use::Free,
            };
            (place.private, usage)
        });
        Self { places: places.collect() }
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    /// The place for the address of that index: the one of the same index, or where an address of the slot is there
    /// already, the next that is free.
    fn take(&mut self, index: usize) -> Place {
        match self.places.get_mut(index) {
            None => return Place::None,
            Some((private, Use::Other(elastic))) => {
                return Place::Taken { private: *private, elastic: *elastic };
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
            None => Place::None,
        }
    }
}
