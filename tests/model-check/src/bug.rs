//! Mistakes that the check must find, each a change of the plan, of what the planner is told, or of the loop.

use crate::kind::Kind;
use crate::view;
use planner::command::{CommandStatus, Record};
use planner::ids::VolumeId;
use std::collections::BTreeSet;

/// A mistake to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// `DetachVolume` names no instance.
    DetachNamesNoInstance,
    /// A step is carried out however old its look is.
    NoFreshness,
    /// First volumes ask for device names of their own.
    NoCommonDevice,
    /// A volume is detached from an instance that is merely about to go.
    DetachFromDraining,
    /// A volume is detached from an instance that starts.
    DetachFromStarting,
    /// A volume has an id that is none of the model's. A mistake of whoever tells the planner of the world.
    StrangeVolume,
    /// The second volume does not wait until EC2 has accepted the first.
    SecondVolumeAhead,
    /// The addresses do not wait until EC2 has accepted the first volume.
    AddressAhead,
    /// A holder is ended though nobody can take over.
    EndWithoutCandidate,
    /// A holder is ended though it has a volume of somebody else.
    EndWithForeign,
    /// A holder is ended though a volume goes with it.
    EndWithVolume,
    /// A holder is ended that nobody said would go.
    EndHealthy,
    /// The next device name is tried without waiting for who has the first.
    NextDeviceAtOnce,
    /// A pause is not seen.
    PauseUnseen,
    /// A command that failed is taken for a proof.
    ProofFromFailure,
    /// A command that has not ended is taken for a proof.
    ProofFromRunning,
    /// A command is taken for a proof whatever came after it: a start of the instance, another attachment.
    ProofFromBefore,
    /// A command is taken for a proof of every volume, whichever it names.
    ProofOfAnother,
    /// What is to be drained is detached.
    DetachUndrained,
    /// A holder is drained though nobody can take over and there is time.
    DrainWithoutCandidate,
    /// A holder is drained that nobody said would go.
    DrainHealthy,
    /// No mistake of Holdfast's, but an assumption less: EC2's answers may show an instance that was started again as
    /// running, and a volume still there that was taken from it before it ran.
    NoSettledStart,
    /// The same: a drained volume may be attached elsewhere while somebody still acts on a look that saw it where it was.
    QuickDrain,
    /// Calls of this kind are never made, nor what waits for them.
    Never(Kind),
    /// Nothing is done for any slot but the first.
    FirstSlotAlone,
    /// Of all that is planned one call is made in each look.
    OneCallALook,
    /// The address is taken off a slot that has all it needs.
    RedoesTheAddress,
    /// The same, by an invocation that has done nothing yet.
    BeginsWithTheAddress,
    /// A volume is taken off a slot that has all it needs, by an invocation that has done nothing yet.
    BeginsWithTheVolume,
    /// Every address is pointed at the first place of the instance.
    FirstPlaceAlone,
}

/// Changes what the planner is told.
pub(crate) fn mislead(seen: &mut planner::observation::Observation, bug: Option<Bug>) {
    use planner::tags::Setting;
    match bug {
        Some(Bug::EndWithForeign) => seen.instances.iter_mut().for_each(|instance| instance.devices.clear()),
        Some(Bug::EndWithVolume) => {
            let attachments = seen.volumes.iter_mut().flat_map(|volume| &mut volume.attachments);
            attachments.for_each(|attachment| attachment.delete_on_termination = false);
        }
        Some(Bug::StrangeVolume) => {
            if let Ok(strange) = VolumeId::parse("vol-ffffffff") {
                seen.volumes.iter_mut().for_each(|volume| volume.id = strange.clone());
            }
        }
        Some(Bug::PauseUnseen) => {
            seen.volumes.iter_mut().for_each(|volume| volume.tags.paused = Setting::Absent);
            seen.instances.iter_mut().for_each(|instance| instance.tags.paused = Setting::Absent);
        }
        Some(_) | None => {}
    }
}

/// Changes what Systems Manager tells.
pub(crate) fn misquote(record: &mut Record, named: &BTreeSet<VolumeId>, bug: Option<Bug>) {
    let Record::Commands(commands) = record else { return };
    for command in commands {
        match (bug, &command.status) {
            (Some(Bug::ProofFromFailure), CommandStatus::Failed(_))
            | (Some(Bug::ProofFromRunning), CommandStatus::InProgress) => {
                command.status = CommandStatus::Success;
            }
            (Some(Bug::ProofFromBefore), _) => command.requested = view::time(view::NOW),
            (Some(Bug::ProofOfAnother), _) => command.volumes.clone_from(named),
            (Some(_) | None, _) => {}
        }
    }
}
