//! The time without service, and what it was spent on. Pure.
//!
//! An instance serves while it runs, has the volume attached and has the address. What it does then, such as mounting
//! the volume and starting the service, takes its own time and is not counted: EC2 does not tell of it.

use crate::recording::Recording;
use crate::scene::{Name, Scene};
use std::time::Duration;

/// A time in which nobody had what was asked for, after somebody had it for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When the last one ceased to have it.
    pub from: Duration,
    /// Who had it until then.
    pub lost_by: Name,
    /// When the next one had it, and who. None: nobody, until the recording ended.
    pub regained: Option<(Duration, Name)>,
    /// When the recording ended.
    end: Duration,
}

impl Gap {
    /// How long it took, or has taken so far.
    pub fn length(&self) -> Duration {
        self.until().saturating_sub(self.from)
    }

    /// When it ended, or the recording.
    pub fn until(&self) -> Duration {
        self.regained.map_or(self.end, |(at, _)| at)
    }
}

/// What the time without service was spent on, in this order. The three add up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Until EC2 had both released the volume and another instance running.
    pub ec2: Duration,
    /// From then until EC2 had accepted the attachment: Holdfast's own part.
    pub holdfast: Duration,
    /// From then until the volume was attached and the address there.
    pub attaching: Duration,
}

/// The times in which nobody had what `who_has` asks for.
pub fn gaps(recording: &Recording, who_has: impl Fn(&Scene) -> Option<Name>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut holder = None;
    for (from, _, scene) in recording.spans() {
        let now = who_has(scene);
        match (holder, now, gaps.last_mut()) {
            (Some(lost_by), None, _) => {
                gaps.push(Gap { from, lost_by, regained: None, end: recording.end });
            }
            (None, Some(name), Some(gap)) => gap.regained = Some((from, name)),
            (None, _, _) | (Some(_), Some(_), _) => {}
        }
        holder = now;
    }
    gaps
}

/// How long all of them took together.
pub fn total(gaps: &[Gap]) -> Duration {
    gaps.iter().map(Gap::length).sum()
}

/// What a gap in the service was spent on. None: it has not ended, or ended with the instance that it began with.
pub fn shares(recording: &Recording, gap: &Gap) -> Option<Shares> {
    let (back, to) = gap.regained.filter(|(_, to)| *to != gap.lost_by)?;
    let first = |is_so: &dyn Fn(&Scene) -> bool| {
        let mut spans = recording.spans().filter(|(from, _, _)| *from >= gap.from);
        spans.find(|(_, _, scene)| is_so(scene)).map(|(from, _, _)| from)
    };
    let released = first(&|scene| scene.volume.is_none_or(|seat| seat.instance != gap.lost_by))?;
    let ready = released.max(first(&|scene| scene.runs(to))?);
    let accepted = first(&|scene| scene.volume.is_some_and(|seat| seat.instance == to))?;
    Some(Shares {
        ec2: ready.checked_sub(gap.from)?,
        holdfast: accepted.checked_sub(ready)?,
        attaching: back.checked_sub(accepted)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{A, B, replacement, s};
    use planner::observation::{AttachmentState, InstanceState};

    #[test]
    fn the_gap_is_from_the_last_service_to_the_next() {
        let recording = replacement();
        let [gap] = gaps(&recording, Scene::serves)[..] else { panic!("one gap") };
        assert_eq!((gap.from, gap.lost_by, gap.regained), (s(10.0), A, Some((s(49.0), B))));
        assert_eq!(gap.length(), s(39.0));
    }

    #[test]
    fn the_address_is_back_before_the_volume() {
        let recording = replacement();
        assert_eq!(total(&gaps(&recording, Scene::has_address)), s(36.5));
        assert_eq!(total(&gaps(&recording, Scene::has_volume)), s(39.0));
    }

    #[test]
    fn a_gap_that_does_not_end_is_as_long_as_the_recording() {
        let mut recording = replacement();
        let down = recording.now().with(B, InstanceState::Stopping);
        recording.see(s(70.0), down.clone());
        recording.see(s(90.0), down);
        let gaps = gaps(&recording, Scene::serves);
        assert_eq!((gaps.len(), total(&gaps)), (2, s(39.0 + 20.0)));
        assert_eq!(shares(&recording, &gaps[1]), None);
    }

    #[test]
    fn without_a_first_holder_there_is_no_gap() {
        let mut recording = Recording::begin("nothing");
        recording.see(s(0.0), Scene::default().with(A, InstanceState::Running));
        recording.see(s(9.0), Scene::default().with(A, InstanceState::Running));
        assert_eq!(gaps(&recording, Scene::serves), []);
    }

    #[test]
    fn the_shares_add_up_to_the_gap() {
        let recording = replacement();
        let gap = gaps(&recording, Scene::serves)[0];
        let Shares { ec2, holdfast, attaching } = shares(&recording, &gap).unwrap();
        assert_eq!((ec2, holdfast, attaching), (s(35.0), s(1.0), s(3.0)));
        assert_eq!(ec2 + holdfast + attaching, gap.length());
    }

    #[test]
    fn what_comes_back_to_the_same_instance_was_no_handover() {
        let mut recording = Recording::begin("back again");
        let a = || Scene::default().with(A, InstanceState::Running).address(A);
        for (at, scene) in [
            (0.0, a().volume(A, AttachmentState::Attached)),
            (5.0, a()),
            (6.0, a().volume(A, AttachmentState::Attaching)),
            (7.0, a().volume(A, AttachmentState::Attached)),
        ] {
            recording.see(s(at), scene);
        }
        let gap = gaps(&recording, Scene::serves)[0];
        assert_eq!((gap.length(), shares(&recording, &gap)), (s(2.0), None));
    }

    #[test]
    fn with_a_replacement_at_hand_ec2_has_only_to_release_the_volume() {
        let mut recording = Recording::begin("interruption");
        let both = |a| Scene::default().with(A, a).with(B, InstanceState::Running);
        for (at, scene) in [
            (0.0, both(InstanceState::Running)),
            (1.0, both(InstanceState::Running).volume(A, AttachmentState::Attached).address(A)),
            (5.0, both(InstanceState::ShuttingDown).volume(A, AttachmentState::Attached).address(A)),
            (25.0, both(InstanceState::ShuttingDown).address(A)),
            (26.5, both(InstanceState::ShuttingDown).volume(B, AttachmentState::Attaching).address(A)),
            (27.0, both(InstanceState::ShuttingDown).volume(B, AttachmentState::Attaching).address(B)),
            (30.0, both(InstanceState::Terminated).volume(B, AttachmentState::Attached).address(B)),
        ] {
            recording.see(s(at), scene);
        }
        let gap = gaps(&recording, Scene::serves)[0];
        let spent = Shares { ec2: s(20.0), holdfast: s(1.5), attaching: s(3.5) };
        assert_eq!((gap.length(), shares(&recording, &gap)), (s(25.0), Some(spent)));
    }
}
