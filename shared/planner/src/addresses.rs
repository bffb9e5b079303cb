//! Addresses: how the Elastic IPs of a slot get to the instance that has it.
//!
//! The n-th address goes to the n-th private address of the primary network interface. One that is on the instance
//! already stays where it is, and none is ever displaced.

use crate::draft::Draft;
use crate::finding::Finding;
use crate::ids::{InstanceId, SlotName};
use crate::observation::{Address, Instance, Interface};
use crate::places::{Place, Places};
use crate::plan::Step;
use crate::slot::Slot;
use crate::spot::Spot;
use crate::view::View;
use std::collections::BTreeMap;

/// Plans the steps that bring the slot's addresses to the instance, and tells what stands in their way.
pub(crate) fn bring_to(target: &Instance, slot: &Slot<'_>, view: &View<'_>, draft: &mut Draft) {
    let mut places = Places::read(target, slot, view.observation);
    for (index, address) in slot.addresses.iter().enumerate() {
        let allocation = || address.allocation.clone();
        let away = match address.spot(view.observation) {
            Spot::On(instance, _) if instance.id == target.id => continue,
            Spot::Accepted(..) => {
                draft.await_transition();
                continue;
            }
            Spot::Unlisted(instance) => {
                let (address, instance) = (allocation(), instance.clone());
                draft.findings.push(Finding::AddressHolderUnknown { address, instance });
                continue;
            }
            Spot::On(instance, _) if instance.is_paused() => {
                let (address, instance) = (allocation(), instance.id.clone());
                draft.findings.push(Finding::AddressOnPaused { address, instance });
                continue;
            }
            Spot::On(_, association) | Spot::Elsewhere(association) => {
                Some(Step::DisassociateAddress { address: allocation(), association: association.id.clone() })
            }
            Spot::Free => None,
        };
        match (places.take(index), target.primary_interface()) {
            (Place::Free(private), Some(Interface { id, .. })) => {
                let (instance, interface) = (target.id.clone(), id.clone());
                let there = Step::AssociateAddress { address: allocation(), instance, interface, private };
                draft.follow.push(away.into_iter().chain([there]).collect());
            }
            (Place::Taken { by: Some(other), .. }, _) if makes_way(other, target, view) => {
                draft.await_transition();
            }
            (Place::Taken { private, elastic, .. }, _) => {
                let (address, instance) = (allocation(), target.id.clone());
                draft.findings.push(Finding::PrivateAddressTaken { address, instance, private, elastic });
            }
            (Place::Free(_) | Place::None, _) => {
                let (addresses, places) = (slot.addresses.len(), places.count());
                let instance = target.id.clone();
                draft.tell_once(Finding::TooFewPrivateAddresses { instance, addresses, places });
            }
        }
    }
}

/// Whether an address of another slot, on an instance that is not that slot's, will be let go by itself.
fn makes_way(address: &Address, target: &Instance, view: &View<'_>) -> bool {
    let slot = &address.tags.slot;
    let failed = |association: &crate::observation::Association| {
        let (address, association) = (address.allocation.clone(), association.id.clone());
        let step = Step::DisassociateAddress { address, association };
        view.observation.memory.failure_of(&step).is_some()
    };
    view.is_open(slot)
        && !view.occupancy.has_volume_on(slot, &target.id)
        && !address.association.as_ref().is_some_and(failed)
}

/// Plans to free the slot's addresses from instances that other slots have, or are to have, but for the one where the
/// slot is to be. Without this two slots whose addresses a race has crossed would wait for each other for ever.
pub(crate) fn let_go(
    target: Option<&Instance>,
    slot: &Slot<'_>,
    view: &View<'_>,
    expected: &BTreeMap<&InstanceId, &SlotName>,
    draft: &mut Draft,
) {
    for address in &slot.addresses {
        let Spot::On(instance, association) = address.spot(view.observation) else {
            continue;
        };
        let is_right = target.is_some_and(|target| target.id == instance.id)
            || view.occupancy.is_on(slot.name, &instance.id);
        let is_of_another = view.occupancy.other(slot.name, &instance.id).is_some()
            || expected.get(&instance.id).is_some_and(|other| *other != slot.name);
        let allocation = address.allocation.as_str();
        let is_planned = draft.follow.iter().flatten().any(|step| step.resource() == allocation);
        if is_of_another && !is_right && !is_planned && !instance.is_paused() {
            let (address, association) = (address.allocation.clone(), association.id.clone());
            draft.follow.push(vec![Step::DisassociateAddress { address, association }]);
        }
    }
}

/// Whether an instance has room for the addresses of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Room {
    /// A private address for each of them, though another slot may have to make way first.
    Enough,
    /// Too few private addresses, or an address that nobody tagged on one of them.
    TooLittle,
    /// An address of this slot is in the place of one of them, and will not make way.
    Kept(SlotName),
}

/// Whether the instance has room for the slot's addresses, as things are now.
pub(crate) fn room(target: &Instance, slot: &Slot<'_>, view: &View<'_>) -> Room {
    let mut places = Places::read(target, slot, view.observation);
    let mut room = Room::Enough;
    for (index, address) in slot.addresses.iter().enumerate() {
        if address.spot(view.observation).instance().is_some_and(|on| on.id == target.id) {
            continue;
        }
        match places.take(index) {
            Place::Taken { by: Some(other), .. } if !makes_way(other, target, view) => {
                return Room::Kept(other.tags.slot.clone());
            }
            Place::Free(_) | Place::Taken { by: Some(_), .. } => {}
            Place::Taken { by: None, .. } | Place::None => room = Room::TooLittle,
        }
    }
    room
}
