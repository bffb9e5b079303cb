//! Where addresses go, and what they leave alone.

use crate::config;
use crate::facts::{find, is_draining, planned, pointed_at};
use crate::safety::{any_or_draining, attaching, seen_and_planned};
use planner::observation::InstanceState;
use planner::plan::Step;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #![proptest_config(config())]

    /// An association is ended by its own id, and never on the instance that has the slot.
    #[test]
    fn address_leaves_by_the_association_that_was_seen(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        for (planned, slot) in planned(seen, &plan) {
            for step in planned.steps() {
                let Step::DisassociateAddress { address, association } = step else { continue };
                let own = slot.addresses.iter().find(|own| own.allocation == *address).expect("its own");
                prop_assert_eq!(own.association.as_ref().map(|on| &on.id), Some(association));
                let (on, holder) = (pointed_at(seen, own), slot.holder());
                prop_assert!(holder.is_none() || on.map(|on| &on.id) != holder.map(|holder| &holder.id));
            }
        }
    }

    /// The addresses follow the first volume: to the instance that has it, or is to have it in this round. "An address that
    /// is already there is never displaced", by DescribeAddresses, by what DescribeInstances says of
    /// addresses that nobody tagged, and by this plan.
    #[test]
    fn address_follows_the_first_volume_and_displaces_none(world in any_or_draining()) {
        let (seen, plan) = seen_and_planned(&world);
        let mut taken = BTreeSet::new();
        for (planned, slot) in planned(seen, &plan) {
            for chain in &planned.follow {
                let Some(Step::AssociateAddress { address, instance, interface, private }) = chain.last()
                else {
                    continue;
                };
                let own = slot.addresses.iter().find(|own| own.allocation == *address).expect("its own");
                prop_assert_eq!(own.association.is_some(), chain.len() == 2);
                let target = find(seen, instance).expect("an instance that was seen");
                prop_assert!(target.state == InstanceState::Running && !is_draining(target));
                if let Some(first) = slot.first() {
                    let mut led = attaching(planned).filter(|(volume, ..)| *volume == first.id.as_str());
                    let holder = slot.holder().map(|holder| &holder.id);
                    prop_assert!(led.any(|(_, to, _)| to == instance) || holder == Some(instance));
                }
                prop_assert_ne!(pointed_at(seen, own).map(|on| &on.id), Some(instance));
                let primary = target.interfaces.iter().find(|own| own.primary).expect("it has one");
                prop_assert_eq!(&primary.id, interface);
                let place =
                    primary.addresses.iter().find(|place| place.private == *private).expect("a place");
                let known =
                    place.elastic.filter(|elastic| seen.addresses.iter().all(|a| a.public != *elastic));
                prop_assert_eq!(known, None);
                let there = |other: &planner::observation::Address| {
                    other
                        .association
                        .as_ref()
                        .is_some_and(|on| on.private.unwrap_or(primary.addresses[0].private) == *private)
                        && pointed_at(seen, other).is_some_and(|on| on.id == *instance)
                };
                prop_assert!(!seen.addresses.iter().any(there));
                prop_assert!(taken.insert(*private));
            }
        }
    }
}
