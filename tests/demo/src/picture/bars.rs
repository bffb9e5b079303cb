//! What a recording is in bars: from when until when somebody was what, or had what. Pure.

use crate::recording::Recording;
use crate::scene::{Member, Name, Reason, Scene};
use planner::observation::{AttachmentState, InstanceState};
use std::collections::BTreeSet;
use std::time::Duration;

/// A stretch of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) from: Duration,
    pub(super) until: Duration,
    pub(super) mark: Mark,
}

/// How a stretch looks and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Whose it is, which tells its colour.
    pub(super) name: Name,
    pub(super) look: Look,
    pub(super) label: String,
}

/// What the look of a bar means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It is as it should be.
    Full,
    /// It runs, and is about to go.
    Hatched,
    /// It is on its way: neither here nor there.
    Pale,
}

/// Every instance that was ever seen.
pub(super) fn names(recording: &Recording) -> BTreeSet<Name> {
    recording.scenes.iter().flat_map(|(_, scene)| scene.instances.keys().copied()).collect()
}

/// The life of an instance.
pub(super) fn of_instance(recording: &Recording, name: Name) -> Vec<Bar> {
    bars(recording, |scene| {
        let member = scene.instances.get(&name)?;
        let look = look_of(*member)?;
        let label = match look {
            Look::Hatched if member.draining == Some(Reason::Recommendation) => "recommended".to_owned(),
            Look::Hatched => "draining".to_owned(),
            Look::Full | Look::Pale => member.state.to_string(),
        };
        Some(Mark { name, look, label })
    })
}

fn look_of(member: Member) -> Option<Look> {
    match member.state {
        InstanceState::Running if member.draining.is_some() => Some(Look::Hatched),
        InstanceState::Running => Some(Look::Full),
        InstanceState::Pending | InstanceState::Stopping | InstanceState::ShuttingDown => Some(Look::Pale),
        InstanceState::Stopped | InstanceState::Terminated => None,
    }
}

/// Who has the volume.
pub(super) fn of_volume(recording: &Recording) -> Vec<Bar> {
    bars(recording, |scene| {
        let seat = scene.volume?;
        let name = seat.instance;
        let look = if scene.has_volume() == Some(name) { Look::Full } else { Look::Pale };
        let label = match seat.state {
            AttachmentState::Attached if seat.drained => "drain".to_owned(),
            AttachmentState::Attached => name.to_string(),
            AttachmentState::Attaching => format!("to {name}"),
            AttachmentState::Detaching | AttachmentState::Busy => format!("off {name}"),
        };
        Some(Mark { name, look, label })
    })
}

/// Who has the address.
pub(super) fn of_address(recording: &Recording) -> Vec<Bar> {
    bars(recording, |scene| {
        let name = scene.address?;
        let look = if scene.has_address() == Some(name) { Look::Full } else { Look::Pale };
        Some(Mark { name, look, label: name.to_string() })
    })
}

/// Stretches of scenes that give the same mark.
fn bars(recording: &Recording, mark: impl Fn(&Scene) -> Option<Mark>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (from, until, scene) in recording.spans() {
        let Some(mark) = mark(scene) else { continue };
        match bars.last_mut() {
            Some(last) if last.until == from && last.mark == mark => last.until = until,
            Some(_) | None => bars.push(Bar { from, until, mark }),
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{A, B, replacement, s};

    fn told(bars: &[Bar]) -> Vec<(f64, f64, &str, Look)> {
        let told = bars.iter();
        told.map(|bar| {
            (bar.from.as_secs_f64(), bar.until.as_secs_f64(), bar.mark.label.as_str(), bar.mark.look)
        })
        .collect()
    }

    #[test]
    fn an_instance_is_drawn_until_its_end() {
        let recording = replacement();
        assert_eq!(
            told(&of_instance(&recording, A)),
            [(0.0, 10.0, "running", Look::Full), (10.0, 32.0, "shutting-down", Look::Pale)]
        );
        assert_eq!(
            told(&of_instance(&recording, B)),
            [(15.0, 45.0, "pending", Look::Pale), (45.0, 60.0, "running", Look::Full)]
        );
        assert_eq!(names(&recording), BTreeSet::from([A, B]));
    }

    #[test]
    fn a_volume_at_an_instance_that_does_not_run_is_pale() {
        assert_eq!(
            told(&of_volume(&replacement())),
            [
                (1.0, 4.0, "to A", Look::Pale),
                (4.0, 10.0, "A", Look::Full),
                (10.0, 30.0, "A", Look::Pale),
                (46.0, 49.0, "to B", Look::Pale),
                (49.0, 60.0, "B", Look::Full),
            ]
        );
        assert_eq!(
            told(&of_address(&replacement())),
            [(1.5, 10.0, "A", Look::Full), (10.0, 32.0, "A", Look::Pale), (46.5, 60.0, "B", Look::Full)]
        );
    }

    #[test]
    fn a_draining_instance_is_hatched() {
        let mut recording = Recording::begin("mark");
        recording.see(s(0.0), Scene::default().with(A, InstanceState::Running));
        let marked = |reason| Scene::default().with(A, InstanceState::Running).draining(A, reason);
        recording.see(s(4.0), marked(Reason::Recommendation));
        recording.see(s(8.0), marked(Reason::Warning));
        recording.see(s(9.0), marked(Reason::Warning));
        assert_eq!(
            told(&of_instance(&recording, A))[1..],
            [(4.0, 8.0, "recommended", Look::Hatched), (8.0, 9.0, "draining", Look::Hatched)]
        );
    }
}
