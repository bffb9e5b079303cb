//! The view: an observation, and what follows from it for all slots before any of them is decided.

use crate::checks;
use crate::ids::SlotName;
use crate::observation::Observation;
use crate::occupancy::Occupancy;
use crate::slot::{self, Slot};
use crate::verdict::{self, Verdict};
use std::collections::BTreeSet;

/// What every decision depends on.
pub(crate) struct View<'a> {
    pub(crate) observation: &'a Observation,
    /// By name.
    pub(crate) slots: Vec<Slot<'a>>,
    pub(crate) occupancy: Occupancy<'a>,
    /// The slots that may be touched.
    open: BTreeSet<&'a SlotName>,
}

impl<'a> View<'a> {
    /// The view, and what it says of each slot, in the order of the slots.
    pub(crate) fn read(observation: &'a Observation) -> (Self, Vec<Verdict>) {
        let slots = slot::group(observation);
        let occupancy = Occupancy::read(&slots, observation);
        let mut view = Self { observation, slots, occupancy, open: BTreeSet::new() };
        let verdicts: Vec<Verdict> =
            view.slots.iter().map(|slot| verdict::of(slot, checks::blocking(slot, &view), &view)).collect();
        let open = view.slots.iter().zip(&verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::Open));
        view.open = open.map(|(slot, _)| slot.name).collect();
        (view, verdicts)
    }

    /// Whether the slot of that name may be touched, and so will make way where it must.
    pub(crate) fn is_open(&self, slot: &SlotName) -> bool {
        self.open.contains(slot)
    }
}
