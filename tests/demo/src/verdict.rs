//! Whether a story went as promised. Pure. Asked of what EC2 said, never of what a function reported.

use crate::lines::seconds;
use crate::recording::Recording;
use crate::scene::{Name, Reason, Scene};
use crate::service;
use planner::observation::{AttachmentState, InstanceState};
use std::time::Duration;

/// What a story has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// The slot follows the instance that the fleet launches in the place of one that died.
    Replacement,
    /// The same, of an instance that EC2 recommended to replace and warned of: it is marked, and the other instance
    /// is launched, while it still runs.
    Interruption,
}

/// What there is to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How EC2 says that it is, now that the story is over.
    pub end: Scene,
    /// Since when nothing was to move any more.
    pub quiet_since: Duration,
    /// The mutating calls that the functions have made since then.
    pub writes: Vec<String>,
    /// What the local EC2 accuses the functions of.
    pub violations: Vec<String>,
}

/// How a story went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// No instance ever had it all.
    #[error("no instance ever had both the volume and the address")]
    NeverServed,
    /// The volume is elsewhere.
    #[error("EC2 says that the volume is {found}; it should be attached to an instance that runs")]
    Volume {
        /// Where it is.
        found: String,
    },
    /// The address is elsewhere.
    #[error("EC2 says that the address points {found}; it should point to the instance that has the volume")]
    Address {
        /// Where it points.
        found: String,
    },
    /// The slot has not moved.
    #[error("{0} has the volume and the address, as in the beginning; its replacement should")]
    NotMoved(Name),
    /// Whoever has the slot is about to go.
    #[error("{0} has the volume and the address, but is marked as draining")]
    Draining(Name),
    /// Something moved.
    #[error("the volume or the address moved although nothing had happened")]
    Restless,
    /// A function wrote.
    #[error("events that say nothing new led to {}", .0.join(", "))]
    Writes(Vec<String>),
    /// The local EC2 judged.
    #[error("the local EC2 accuses the functions: {0}")]
    Violation(String),
    /// The warning was not written down in time.
    #[error("{0} was not marked as draining for the warning while it ran")]
    NotMarked(Name),
    /// There was no replacement in time.
    #[error("no other instance was launched while {0} ran")]
    NotLaunched(Name),
}

/// Everything that went wrong; nothing, when all went as promised.
pub fn judge(promise: Promise, recording: &Recording, evidence: &Evidence) -> Vec<Wrong> {
    let first = recording.scenes.iter().find_map(|(_, scene)| scene.serves());
    let mut wrongs = end(&evidence.end, first);
    match (first, promise) {
        (None, _) => wrongs.insert(0, Wrong::NeverServed),
        (Some(_), Promise::Replacement) => {}
        (Some(first), Promise::Interruption) => wrongs.extend(foresight(recording, first)),
    }
    if moved(recording, &evidence.end, evidence.quiet_since) {
        wrongs.push(Wrong::Restless);
    }
    if !evidence.writes.is_empty() {
        wrongs.push(Wrong::Writes(evidence.writes.clone()));
    }
    wrongs.extend(evidence.violations.iter().cloned().map(Wrong::Violation));
    wrongs
}

/// The volume and the address are on one healthy instance, and not on the one that had them first.
fn end(scene: &Scene, first: Option<Name>) -> Vec<Wrong> {
    let holder = scene.has_volume();
    let mut wrongs = Vec::new();
    if holder.is_none() {
        wrongs.push(Wrong::Volume { found: scene.volume_in_words() });
    }
    if scene.has_address().is_none() || scene.address != scene.volume.map(|seat| seat.instance) {
        let found = scene.address.map_or("nowhere".to_owned(), |name| format!("to {name}"));
        wrongs.push(Wrong::Address { found });
    }
    if let Some(holder) = holder.filter(|_| wrongs.is_empty()) {
        if first == Some(holder) {
            wrongs.push(Wrong::NotMoved(holder));
        }
        if scene.instances.get(&holder).is_some_and(|member| member.draining.is_some()) {
            wrongs.push(Wrong::Draining(holder));
        }
    }
    wrongs
}

/// While the first instance ran it was marked, and the next one launched.
fn foresight(recording: &Recording, first: Name) -> Vec<Wrong> {
    let while_it_ran = || recording.scenes.iter().map(|(_, scene)| scene).filter(|scene| scene.runs(first));
    let is_marked = |scene: &Scene| {
        scene.instances.get(&first).is_some_and(|instance| instance.draining == Some(Reason::Warning))
    };
    let is_live = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
    let has_other =
        |scene: &Scene| scene.instances.iter().any(|(name, member)| *name != first && is_live(member.state));
    let mut wrongs = Vec::new();
    if !while_it_ran().any(is_marked) {
        wrongs.push(Wrong::NotMarked(first));
    }
    if !while_it_ran().any(has_other) {
        wrongs.push(Wrong::NotLaunched(first));
    }
    wrongs
}

/// Whether the volume or the address moved after that.
fn moved(recording: &Recording, end: &Scene, quiet_since: Duration) -> bool {
    let quiet = recording.at(quiet_since);
    let later = recording.scenes.iter().filter(|(at, _)| *at > quiet_since).map(|(_, scene)| scene);
    later.chain([end]).any(|scene| (scene.volume, scene.address) != (quiet.volume, quiet.address))
}

impl Scene {
    /// Who has what, in words.
    pub fn in_words(&self) -> String {
        let address = self.address.map_or("nowhere".to_owned(), |name| format!("to {name}"));
        format!("the volume was {} and the address pointed {address}", self.volume_in_words())
    }

    fn volume_in_words(&self) -> String {
        let Some(seat) = self.volume else { return "free".to_owned() };
        let name = seat.instance;
        let state = match self.instances.get(&name) {
            Some(member) => member.state.to_string(),
            None => "unknown".to_owned(),
        };
        match seat.state {
            AttachmentState::Attached => format!("attached to {name}, which is {state}"),
            AttachmentState::Attaching => format!("being attached to {name}, which is {state}"),
            AttachmentState::Detaching | AttachmentState::Busy => {
                format!("being detached from {name}, which is {state}")
            }
        }
    }
}

/// The summary of a story that went as promised, each a line.
pub fn summary(recording: &Recording) -> Vec<String> {
    let time = |gaps: &[service::Gap]| seconds(service::total(gaps));
    let gaps = service::gaps(recording, Scene::serves);
    let mut lines = Vec::new();
    if let Some(holder) = recording.now().serves() {
        lines.push(format!("{}: {holder} has the volume and the address, says EC2.", recording.title));
    }
    lines.push(format!(
        "{:>6} s without service ({} s without the volume, {} s without the address), of them",
        time(&gaps),
        time(&service::gaps(recording, Scene::has_volume)),
        time(&service::gaps(recording, Scene::has_address)),
    ));
    for gap in &gaps {
        let (Some(shares), Some((_, to))) = (service::shares(recording, gap), gap.regained) else { continue };
        for (share, what) in [
            (shares.ec2, format!("until EC2 had released the volume and had {to} running")),
            (shares.holdfast, format!("until Holdfast had EC2 attach the volume to {to}")),
            (shares.attaching, "until that was done".to_owned()),
        ] {
            lines.push(format!("{:>6} s {what}", seconds(share)));
        }
    }
    lines.push(DEFINITION.to_owned());
    lines
}

/// What the time without service is.
const DEFINITION: &str = "\
Without service: from when the instance that had both no longer ran, until the
next one ran and had both. Mounting the volume comes on top; EC2 does not tell.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{A, B, replacement, s};

    fn evidence(recording: &Recording) -> Evidence {
        let (writes, violations) = (Vec::new(), Vec::new());
        Evidence { end: recording.now(), quiet_since: s(49.0), writes, violations }
    }

    #[track_caller]
    fn check(recording: &Recording, change: impl FnOnce(&mut Evidence), expected: &[&str]) {
        let mut evidence = evidence(recording);
        change(&mut evidence);
        let wrongs = judge(Promise::Replacement, recording, &evidence);
        assert_eq!(wrongs.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    /// The replacement, foreseen: A is marked and B is there before A ends.
    fn foreseen(marked: Option<Reason>, launched: bool) -> Recording {
        let mut recording = replacement();
        for (at, scene) in &mut recording.scenes {
            if *at >= s(4.0) && *at < s(10.0) {
                let mut seen = scene.clone();
                seen = marked.map_or(seen.clone(), |reason| seen.draining(A, reason));
                seen = if launched { seen.with(B, InstanceState::Pending) } else { seen };
                *scene = seen;
            }
        }
        recording
    }

    #[test]
    fn a_replacement_that_went_well_is_nothing_wrong() {
        check(&replacement(), |_| {}, &[]);
    }

    #[test]
    fn a_volume_that_is_free_in_the_end_is_wrong() {
        check(
            &replacement(),
            |evidence| evidence.end.volume = None,
            &[
                "EC2 says that the volume is free; it should be attached to an instance that runs",
                "EC2 says that the address points to B; it should point to the instance that has the volume",
                "the volume or the address moved although nothing had happened",
            ],
        );
    }

    #[test]
    fn a_volume_that_is_still_being_attached_is_wrong() {
        let mut recording = replacement();
        recording.scenes.truncate(11);
        check(
            &recording,
            |_| {},
            &[
                "EC2 says that the volume is being attached to B, which is running; it should be attached to an \
                 instance that runs",
            ],
        );
    }

    #[test]
    fn an_address_that_stayed_behind_is_wrong() {
        let mut recording = replacement();
        for (_, scene) in &mut recording.scenes {
            scene.address = scene.address.filter(|name| *name == A);
        }
        check(
            &recording,
            |_| {},
            &[
                "EC2 says that the address points nowhere; it should point to the instance that has the volume",
            ],
        );
    }

    #[test]
    fn a_holder_that_has_stopped_is_wrong() {
        check(
            &replacement(),
            |evidence| evidence.end = evidence.end.clone().with(B, InstanceState::Stopped),
            &[
                "EC2 says that the volume is attached to B, which is stopped; it should be attached to an instance \
                 that runs",
                "EC2 says that the address points to B; it should point to the instance that has the volume",
            ],
        );
    }

    #[test]
    fn a_slot_that_did_not_move_is_wrong() {
        let mut recording = replacement();
        recording.scenes.truncate(4);
        check(
            &recording,
            |_| {},
            &["A has the volume and the address, as in the beginning; its replacement should"],
        );
    }

    #[test]
    fn a_holder_that_is_about_to_go_is_wrong() {
        check(
            &replacement(),
            |evidence| evidence.end = evidence.end.clone().draining(B, Reason::Other),
            &["B has the volume and the address, but is marked as draining"],
        );
    }

    #[test]
    fn a_story_without_a_beginning_is_wrong() {
        let mut recording = replacement();
        recording.scenes.truncate(3);
        let wrongs = judge(Promise::Replacement, &recording, &evidence(&recording));
        assert_eq!(wrongs.first(), Some(&Wrong::NeverServed));
    }

    #[test]
    fn a_slot_that_moved_for_nothing_and_came_back_is_wrong() {
        let mut recording = replacement();
        let before = recording.now();
        recording.see(s(61.0), Scene { address: None, ..before.clone() });
        recording.see(s(62.0), before);
        check(&recording, |_| {}, &["the volume or the address moved although nothing had happened"]);
    }

    #[test]
    fn writes_and_accusations_are_wrong() {
        check(
            &replacement(),
            |evidence| {
                evidence.writes = vec!["AttachVolume".to_owned(), "CreateTags".to_owned()];
                evidence.violations = vec!["DetachVolume: forced".to_owned()];
            },
            &[
                "events that say nothing new led to AttachVolume, CreateTags",
                "the local EC2 accuses the functions: DetachVolume: forced",
            ],
        );
    }

    #[test]
    fn an_interruption_has_to_be_foreseen() {
        for (marked, launched, expected) in [
            (Some(Reason::Warning), true, vec![]),
            (Some(Reason::Recommendation), true, vec![Wrong::NotMarked(A)]),
            (None, true, vec![Wrong::NotMarked(A)]),
            (Some(Reason::Warning), false, vec![Wrong::NotLaunched(A)]),
        ] {
            let recording = foreseen(marked, launched);
            assert_eq!(judge(Promise::Interruption, &recording, &evidence(&recording)), expected);
        }
    }

    #[test]
    fn the_summary_is_of_the_recording() {
        assert_eq!(
            summary(&replacement()),
            [
                "replacement: B has the volume and the address, says EC2.",
                "  39.0 s without service (39.0 s without the volume, 36.5 s without the address), of them",
                "  35.0 s until EC2 had released the volume and had B running",
                "   1.0 s until Holdfast had EC2 attach the volume to B",
                "   3.0 s until that was done",
                DEFINITION,
            ]
        );
    }
}
