//! Places: whether an instance has a private address for each Elastic IP of a slot.

use super::slots::Parts;
use local_ec2::Cloud;
use local_ec2::state::{Instance, Interface};
use std::net::Ipv4Addr;

const FLEET: &str = "holdfast:fleet";

/// What points at a private address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Nothing,
    /// An address of the slot, or one that is to come.
    Own,
    /// One of another slot of the fleet, which makes way where it may.
    OtherSlot,
    /// One that the fleet does not know. It is never displaced.
    Foreign,
}

/// Whether it has one for each of them, on its primary interface: the n-th goes to the n-th, or where one of the slot is there
/// already, to another that nothing points at.
pub(super) fn has_room(parts: &Parts<'_>, instance: &Instance, cloud: &Cloud) -> bool {
    let primary = |interface: &&Interface| interface.seat.as_ref().is_some_and(|seat| seat.index == 0);
    let Some(interface) = cloud.interfaces_of(&instance.id).find(primary) else { return false };
    let mut places: Vec<Use> =
        interface.addresses.iter().map(|private| use_of(*private, interface, parts, cloud)).collect();
    let spots = parts.pointed_at.iter().enumerate();
    let mut away = spots.filter(|(_, on)| on.as_ref() != Some(&instance.id));
    away.all(|(number, _)| take(&mut places, number))
}

fn use_of(private: Ipv4Addr, interface: &Interface, parts: &Parts<'_>, cloud: &Cloud) -> Use {
    let here = |own: &local_ec2::state::Association| own.interface == interface.id && own.private == private;
    let Some(there) = cloud.addresses().find(|address| address.association.as_ref().is_some_and(here)) else {
        return Use::Nothing;
    };
    let is_of_the_fleet = |own: &&local_ec2::state::Address| own.tags.get(FLEET) == there.tags.get(FLEET);
    if parts.addresses.iter().any(|own| own.allocation == there.allocation) {
        Use::Own
    } else if parts.addresses.first().is_some_and(is_of_the_fleet) {
        Use::OtherSlot
    } else {
        Use::Foreign
    }
}

/// Takes a place for the address of that number, if there is one.
fn take(places: &mut [Use], number: usize) -> bool {
    match places.get(number) {
        None | Some(Use::Foreign) => false,
        Some(Use::OtherSlot) => true,
        Some(Use::Nothing | Use::Own) => {
            let is_free = |number: usize| places.get(number) == Some(&Use::Nothing);
            let free = std::iter::once(number).chain(0..places.len()).find(|number| is_free(*number));
            let by_another = places.iter().find(|usage| matches!(usage, Use::OtherSlot | Use::Foreign));
            let is_expected = by_another == Some(&Use::OtherSlot);
            match free.and_then(|free| places.get_mut(free)) {
                Some(place) => {
                    *place = Use::Own;
                    true
                }
                None => is_expected,
            }
        }
    }
}
