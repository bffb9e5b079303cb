//! The verdict: whether a slot may be touched at all.

use crate::finding::Finding;
use crate::slot::Slot;
use crate::tags::Setting;
use crate::view::View;

/// Whether a slot may be touched, and what forbids it.
pub(crate) enum Verdict {
    Open,
    Paused(Vec<Finding>),
    Blocked(Vec<Finding>),
}

/// The verdict on a slot that has these findings against it. A pause comes first: whoever asked for it is at work.
pub(crate) fn of(slot: &Slot<'_>, blocking: Vec<Finding>, view: &View<'_>) -> Verdict {
    let attachments = slot.volumes.iter().flat_map(|volume| &volume.attachments);
    let on = attachments.filter_map(|attachment| view.observation.instance(&attachment.instance));
    let mut holders = on.chain(view.occupancy.home_of(slot.name));
    let is_holder_paused = holders.any(|holder| holder.tags.paused == Setting::Value(true));
    if slot.is_paused() || is_holder_paused {
        Verdict::Paused(blocking)
    } else if blocking.is_empty() {
        Verdict::Open
    } else {
        Verdict::Blocked(blocking)
    }
}
