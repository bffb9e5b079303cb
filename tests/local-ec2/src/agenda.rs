//! What is to come, by time. Whatever is due says enough of its subject to be void when that has changed.

use crate::ids::{FleetId, GroupName};
use crate::time::Time;
use planner::ids::{InstanceId, VolumeId};
use std::collections::BTreeMap;

/// Something that will happen by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    /// The instance is `running`, if it is still in this turn.
    Running(InstanceId, u32),
    /// The instance is `stopped`, if it is still in this turn.
    Stopped(InstanceId, u32),
    /// The instance is `terminated`, if it is still in this turn.
    Terminated(InstanceId, u32),
    /// The two minutes of a spot instance are over, if its request still says so.
    Interrupted(InstanceId),
    /// A terminated instance loses its tags.
    TagsLost(InstanceId),
    /// A terminated instance is listed no more.
    Forgotten(InstanceId),
    /// The volume is there.
    Created(VolumeId),
    /// The volume is gone.
    Deleted(VolumeId),
    /// The attachment is complete.
    Attached(VolumeId, u64),
    /// The attachment was accepted, and is taken back.
    TakenBack(VolumeId, u64),
    /// The instance has mounted the volume.
    Mounted(VolumeId, u64),
    /// The detachment is complete.
    Detached(VolumeId, u64),
    /// The attachment ends with its instance.
    Released(VolumeId, u64),
    /// The fleet looks after its capacity.
    FleetLook(FleetId),
    /// The agent of the instance takes the command up, if it is still there.
    CommandTaken(String),
    /// The command has ended.
    CommandEnded(String),
    /// The command has not reached its instance in time.
    CommandUndelivered(String),
    /// The command has run for too long.
    CommandOverdue(String),
    /// The fleet terminates an instance that it has replaced.
    Retired(FleetId, InstanceId),
    /// The Auto Scaling group looks after its capacity.
    GroupLook(GroupName),
    /// The Auto Scaling group looks whether its instance has ended or stopped.
    HealthLook(InstanceId),
    /// The instance goes on in its Auto Scaling group, if it is still in this turn there.
    MemberStep(InstanceId, u32),
    /// The instance waits for the hooks of its launch, if it is still in this turn, though it does not run yet.
    EarlyWait(InstanceId, u32),
    /// Nobody has completed the action in time, unless a heartbeat has put that off.
    ActionOverdue(InstanceId, String),
}

/// What is to come. Of what is due at one time, the first that was added comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agenda {
    due: BTreeMap<(Time, u64), Due>,
    count: u64,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: Time, due: Due) {
        self.count += 1;
        self.due.insert((at, self.count), due);
    }

    /// The next that is due by then.
    pub(crate) fn take(&mut self, by: Time) -> Option<(Time, Due)> {
        let next = self.due.first_entry().filter(|entry| entry.key().0 <= by)?;
        let ((at, _), due) = next.remove_entry();
        Some((at, due))
    }

    /// When the next is due.
    pub(crate) fn next(&self) -> Option<Time> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}
