//! Readiness: how soon a slot can use an instance that it is given.

use crate::command::Progress;
use crate::drain;
use crate::handover;
use crate::matching::Rank;
use crate::observation::{Instance, InstanceState, Volume};
use crate::plan::Step;
use crate::slot::{Seat, Slot};
use crate::view::View;

/// How soon the slot can use an instance. None: it needs none, or something that no instance can change holds it up.
/// A slot that is held up reserves nothing, so that it never makes another slot wait.
pub(crate) fn rank(slot: &Slot<'_>, view: &View<'_>) -> Option<Rank> {
    let Some(first) = slot.first_volume() else {
        let is_anywhere = view.occupancy.home_of(slot.name).is_some_and(|home| match home.state {
            InstanceState::Pending | InstanceState::Running => true,
            InstanceState::Stopping
            | InstanceState::Stopped
            | InstanceState::ShuttingDown
            | InstanceState::Terminated => false,
        });
        return Some(if is_anywhere { Rank::Addresses } else { Rank::Homeless });
    };
    match first.seat(view.observation) {
        Seat::Accepted(_) => return None,
        Seat::Running(holder) => {
            return handover::rank(slot, holder, view);
        }
        Seat::Free
        | Seat::Creating
        | Seat::Unclear
        | Seat::Starting(_)
        | Seat::Stopping(_)
        | Seat::Stopped(_)
        | Seat::Hibernated(_)
        | Seat::Ending(_)
        | Seat::Unlisted(_)
        | Seat::Detaching(_) => {}
    }
    // The slowest of its volumes decides.
    let mut rank = Rank::Ready;
    for volume in &slot.volumes {
        rank = rank.max(rank_of(volume, slot, view)?);
    }
    Some(rank)
}

/// How soon the volume can come along. None: something that no instance can change keeps it.
pub(crate) fn rank_of(volume: &Volume, slot: &Slot<'_>, view: &View<'_>) -> Option<Rank> {
    let observation = view.observation;
    match volume.seat(observation) {
        // One that is on an instance which runs says which instance the slot can use.
        Seat::Free | Seat::Accepted(_) | Seat::Running(_) => Some(Rank::Ready),
        Seat::Stopped(holder) => {
            let detach = Step::DetachVolume { volume: volume.id.clone(), instance: holder.id.clone() };
            observation.memory.failure_of(&detach).is_none().then_some(Rank::Ready)
        }
        Seat::Unclear | Seat::Ending(_) | Seat::Unlisted(_) => Some(Rank::Releasing),
        Seat::Detaching(instance) => {
            let Some(instance) = observation.instance(instance) else { return Some(Rank::Releasing) };
            match instance.state {
                // It has let go already.
                InstanceState::Running
                    if matches!(
                        drain::of_detaching(volume, instance, slot, view),
                        Some(Progress::Proven | Progress::Drained)
                    ) =>
                {
                    Some(Rank::Releasing)
                }
                // EC2 waits until the instance lets go, which it may never do.
                InstanceState::Pending | InstanceState::Running | InstanceState::Stopping => None,
                InstanceState::Stopped | InstanceState::ShuttingDown | InstanceState::Terminated => {
                    Some(Rank::Releasing)
                }
            }
        }
        Seat::Creating | Seat::Starting(_) | Seat::Stopping(_) | Seat::Hibernated(_) => None,
    }
}

/// A volume of the slot that is not on its holder and could not come along, so that a slot that left would be left without.
pub(crate) fn straggler<'a>(slot: &Slot<'a>, holder: &Instance, view: &View<'_>) -> Option<&'a Volume> {
    let mut elsewhere = slot.other_volumes().filter(|volume| volume.settled_on() != Some(&holder.id));
    elsewhere.find(|volume| rank_of(volume, slot, view).is_none())
}
