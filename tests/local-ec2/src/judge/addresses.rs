//! Charges of addresses: what a call that moves one would be guilty of if EC2 carried it out now.

use super::Offence;
use crate::actions::{AssociateAddress, DisassociateAddress};
use crate::cloud::Cloud;
use crate::state::{Address, InterfaceSeat};
use planner::ids::{AllocationId, InterfaceId};
use std::net::Ipv4Addr;

pub(crate) fn of_associate(call: &AssociateAddress, cloud: &Cloud) -> Vec<Offence> {
    let mut offences = Vec::new();
    if call.allow_reassociation != Some(false) {
        offences.push(Offence::TakeAddress { address: call.allocation_id.clone() });
    }
    let address = AllocationId::parse(&call.allocation_id).ok();
    let Some(address) = address.and_then(|id| cloud.addresses.get(&id)) else { return offences };
    let seat = interface_of(call, cloud);
    let instance = seat.as_ref().and_then(|(_, seat)| cloud.instances.get(&seat.instance));
    offences.extend(cloud.strangers(address.allocation.as_str(), &address.tags, instance));
    offences.extend(cloud.pause_ignored(address.allocation.as_str(), &address.tags, instance));
    offences.extend(seat.iter().flat_map(|(interface, _)| displaced_by(call, address, interface, cloud)));
    offences
}

fn interface_of(call: &AssociateAddress, cloud: &Cloud) -> Option<(InterfaceId, InterfaceSeat)> {
    let named = |interface: &&crate::state::Interface| {
        interface.id.as_str() == call.network_interface_id
            || interface
                .seat
                .as_ref()
                .is_some_and(|s| s.index == 0 && s.instance.as_str() == call.instance_id)
    };
    let interface = cloud.interfaces.values().find(named)?;
    Some((interface.id.clone(), interface.seat.clone()?))
}

/// The address that has the private address already, which EC2 would displace. Where a race may have brought it there that is
/// bad in a quiet world only; one of no fleet that has long been there is nobody's to displace.
fn displaced_by(
    call: &AssociateAddress,
    address: &Address,
    interface: &InterfaceId,
    cloud: &Cloud,
) -> Vec<Offence> {
    let primary = cloud.interfaces.get(interface).and_then(|interface| interface.addresses.first().copied());
    let private = call.private_ip_address.parse::<Ipv4Addr>().ok().or(primary);
    let there = private.and_then(|private| cloud.address_at(interface, private));
    let there = there.filter(|there| **there != address.allocation).and_then(|id| cloud.addresses.get(id));
    let Some(there) = there else { return Vec::new() };
    let displaced = there.allocation.clone();
    let is_old = there.association.as_ref().is_some_and(|own| own.since <= cloud.grace());
    let foreign = (is_old && cloud.fleets_of(&there.tags).is_empty())
        .then(|| Offence::ForeignResource { resource: displaced.to_string() });
    let address = address.allocation.clone();
    std::iter::once(Offence::Displaced { address, displaced }).chain(foreign).collect()
}

pub(crate) fn of_disassociate(call: &DisassociateAddress, cloud: &Cloud) -> Vec<Offence> {
    if call.association_id.is_empty() {
        return vec![Offence::DisassociateAnything { address: call.public_ip.clone() }];
    }
    let named = |address: &&Address| {
        address.association.as_ref().is_some_and(|own| own.id.as_str() == call.association_id)
    };
    let Some(address) = cloud.addresses.values().find(named) else { return Vec::new() };
    let (id, tags) = (address.allocation.as_str(), &address.tags);
    let on = cloud.holder_of(&address.allocation).and_then(|on| cloud.instances.get(on));
    cloud.strangers(id, tags, None).into_iter().chain(cloud.pause_ignored(id, tags, on)).collect()
}
