//! Associations of Elastic IPs.

use crate::cloud::Cloud;
use crate::state::Association;
use planner::ids::{AllocationId, AssociationId, InterfaceId};
use std::net::Ipv4Addr;

impl Cloud {
    /// The Elastic IP that points at the private address.
    pub(crate) fn address_at(&self, interface: &InterfaceId, private: Ipv4Addr) -> Option<&AllocationId> {
        let here =
            |association: &Association| association.interface == *interface && association.private == private;
        let mut addresses = self.addresses.values();
        addresses.find(|address| address.association.as_ref().is_some_and(here)).map(|a| &a.allocation)
    }

    /// Points the address there. Whatever points there already is displaced, and stays allocated; the new association
    /// has a new id. An address that points there already stays as it is: the call is idempotent (EC2 API reference,
    /// `AssociateAddress`).
    pub(crate) fn associate(
        &mut self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Option<AssociationId> {
        match self.address_at(interface, private).cloned() {
            Some(there) if there == *address => {
                return self.addresses.get(address)?.association.as_ref().map(|a| a.id.clone());
            }
            Some(displaced) => self.dissociate(&displaced),
            None => {}
        }
        self.dissociate(address);
        let id = self.mint.association();
        let (id_of_it, interface, since) = (id.clone(), interface.clone(), self.now);
        let association = Association { id: id_of_it, interface, private, since };
        self.addresses.edit(address, self.now)?.association = Some(association);
        Some(id)
    }

    /// Ends the address's association.
    pub(crate) fn dissociate(&mut self, address: &AllocationId) {
        let ended = self.addresses.edit(address, self.now).and_then(|address| address.association.take());
        self.ended_associations.extend(ended.map(|association| association.id));
    }
}
