//! Candidates: which instances may take a slot, in which order, and why the others may not.

use crate::addresses::{self, Room};
use crate::drain;
use crate::observation::{Health, Instance, InstanceState};
use crate::plan::Step;
use crate::slot::{Seat, Slot};
use crate::view::View;

/// The instances that may take the slot, the preferred ones first: those that nothing recommends to replace, then
/// those with a private address for each of its addresses, then those that no other address would have to leave, then
/// by launch time and id.
pub(crate) fn candidates<'a>(slot: &Slot<'_>, view: &View<'a>) -> Vec<&'a Instance> {
    let instances = view.observation.instances.iter();
    let mut fitting: Vec<&Instance> =
        instances.filter(|instance| unfit(instance, slot, view).is_none()).collect();
    fitting.sort_by_key(|instance| {
        let recommended = instance.health() == Health::Recommended;
        let crowded = addresses::room(instance, slot, view) != Room::Enough;
        let yielding = view.occupancy.other_by_address(slot.name, &instance.id).is_some();
        (recommended, crowded, yielding, instance.launched, &instance.id)
    });
    fitting
}

/// Why there is no candidate, told by what each instance of the fleet lacks.
pub(crate) fn why_none(slot: &Slot<'_>, view: &View<'_>) -> String {
    /// As many instances as a reader takes in.
    const MOST_NAMED: usize = 5;
    let place = slot.zone().map_or_else(|| "any zone".to_owned(), ToString::to_string);
    let members = view.observation.instances.iter().filter(|instance| {
        view.observation.is_member(instance) && instance.state != InstanceState::Terminated
    });
    let mut reasons: Vec<String> = members
        .map(|instance| {
            let reason = unfit(instance, slot, view);
            format!("{} {}", instance.id, reason.unwrap_or_else(|| "is to take another slot".to_owned()))
        })
        .collect();
    reasons.sort();
    let more = reasons.len().saturating_sub(MOST_NAMED);
    reasons.truncate(MOST_NAMED);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    if reasons.is_empty() {
        return format!("the slot needs an instance in {place}, and the fleet has none anywhere");
    }
    format!("the slot needs a healthy instance in {place}; {}", reasons.join("; "))
}

/// Why the instance may take no slot, whichever.
pub(crate) fn unavailable(instance: &Instance, view: &View<'_>) -> Option<String> {
    let observation = view.observation;
    if !observation.is_member(instance) {
        return Some("is not of this fleet".to_owned());
    }
    match instance.health() {
        Health::Healthy | Health::Recommended => {}
        Health::Draining(reason) => return Some(format!("is draining ({reason})")),
        Health::NotRunning => return Some(format!("is {}", instance.state)),
    }
    if let Some(state) = instance.lifecycle.as_ref().filter(|state| !state.serves()) {
        return Some(format!("is {state} in its Auto Scaling group"));
    }
    if instance.is_paused() {
        return Some("is paused".to_owned());
    }
    let rivals = observation.rival_fleets(instance);
    (!rivals.is_empty()).then(|| "is claimed by several fleets".to_owned())
}

/// Why the instance may not take this slot.
fn unfit(instance: &Instance, slot: &Slot<'_>, view: &View<'_>) -> Option<String> {
    if let Some(reason) = unavailable(instance, view) {
        return Some(reason);
    }
    if let Some(zone) = slot.zone().filter(|zone| **zone != instance.zone) {
        return Some(format!("is in {}, not in {zone}", instance.zone));
    }
    if let Some(other) = view.occupancy.other_by_volume(slot.name, &instance.id) {
        return Some(format!("holds the slot {other}"));
    }
    // Addresses alone give way to volumes, unless their slot may not be touched.
    let other = view.occupancy.other_by_address(slot.name, &instance.id);
    if let Some(other) = other.filter(|other| slot.volumes.is_empty() || !view.is_open(other)) {
        return Some(format!("holds the slot {other}"));
    }
    if slot.volumes.is_empty()
        && let Room::Kept(other) = addresses::room(instance, slot, view)
    {
        return Some(format!("has an address of the slot {other}"));
    }
    let has_first = |on: &Instance| slot.first_volume().and_then(|first| first.settled_on()) == Some(&on.id);
    for volume in slot.other_volumes() {
        // Where the first volume is, the others will leave with it.
        if let Seat::Running(anchor) | Seat::Accepted(anchor) = volume.seat(view.observation)
            && anchor.id != instance.id
            && !has_first(anchor)
            && !drain::may_come_off(volume, anchor, instance, slot, view)
        {
            return Some(format!("is not {}, which has {}", anchor.id, volume.id));
        }
    }
    let first = slot.first_volume()?;
    let failure = view.observation.memory.failures.iter().find(|failure| {
        matches!(&failure.step, Step::AttachVolume { volume, instance: to, .. }
            if *volume == first.id && *to == instance.id)
    });
    failure.map(|failure| format!("was refused: {}", failure.reason))
}
