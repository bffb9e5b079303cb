//! What was recorded of a story: how EC2 stood when, what was told, and which invocations there were. Pure: the lines,
//! the picture and the summary are all made from this.

use crate::scene::{Scene, changes};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When, from the beginning of the story.
    pub at: Duration,
    /// Who it is about.
    pub source: Source,
    /// What happened.
    pub text: String,
}

/// Who a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// EC2, as it answered.
    Ec2,
    /// What wakes a function, or would: an event, or the schedule.
    Event,
    /// A function's answer.
    Function,
    /// What was done to the world from outside: what the demo does in the place of people and of EC2.
    Outside,
}

/// One invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The function.
    pub function: String,
    /// What woke it, such as `A is running`.
    pub cause: String,
    /// What it answered, in short.
    pub answer: String,
    /// When it was invoked.
    pub from: Duration,
    /// When it had answered.
    pub until: Option<Duration>,
}

/// A story, as far as it has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// What it is called.
    pub title: String,
    /// Who does what comes from outside.
    pub outside: String,
    /// How EC2 stood, and since when. Each differs from the one before.
    pub scenes: Vec<(Duration, Scene)>,
    /// What was told, in order.
    pub notes: Vec<Note>,
    /// In the order of their beginnings.
    pub invocations: Vec<Invocation>,
    /// Until when it was recorded.
    pub end: Duration,
}

impl Recording {
    /// A story that begins now.
    pub fn begin(title: &str) -> Self {
        let (scenes, notes, invocations) = (Vec::new(), Vec::new(), Vec::new());
        let (title, outside) = (title.to_owned(), "the demo".to_owned());
        Self { title, outside, scenes, notes, invocations, end: Duration::ZERO }
    }

    /// How EC2 stands. What has changed is told.
    pub fn see(&mut self, at: Duration, scene: Scene) {
        self.end = at;
        let before = self.now();
        if self.scenes.is_empty() || before != scene {
            let told = changes(&before, &scene);
            self.notes.extend(told.into_iter().map(|text| Note { at, source: Source::Ec2, text }));
            self.scenes.push((at, scene));
        }
    }

    /// A function is invoked. Answers with the number of the invocation.
    pub fn invoke(&mut self, at: Duration, function: &str, cause: &str) -> usize {
        self.tell(at, Source::Event, format!("{cause} → {function}"));
        let (function, cause) = (function.to_owned(), cause.to_owned());
        self.invocations.push(Invocation { function, cause, answer: String::new(), from: at, until: None });
        self.invocations.len() - 1
    }

    /// The invocation of that number has answered.
    pub fn answer(&mut self, at: Duration, number: usize, answer: &str) {
        let Some(invocation) = self.invocations.get_mut(number) else { return };
        (invocation.until, invocation.answer) = (Some(at), answer.to_owned());
        let text = format!("{}: {answer}", invocation.function);
        self.tell(at, Source::Function, text);
    }

    /// Tells something.
    pub fn tell(&mut self, at: Duration, source: Source, text: impl Into<String>) {
        self.notes.push(Note { at, source, text: text.into() });
    }

    /// How EC2 stood when it was last seen.
    pub fn now(&self) -> Scene {
        self.scenes.last().map(|(_, scene)| scene.clone()).unwrap_or_default()
    }

    /// How EC2 stood then.
    pub fn at(&self, time: Duration) -> Scene {
        let seen = self.scenes.iter().rev().find(|(since, _)| *since <= time);
        seen.map(|(_, scene)| scene.clone()).unwrap_or_default()
    }

    /// Every scene with the time at which it ended; the last one ends with the recording.
    pub fn spans(&self) -> impl Iterator<Item = (Duration, Duration, &Scene)> {
        let ends = self.scenes.iter().skip(1).map(|(since, _)| *since).chain([self.end]);
        self.scenes.iter().zip(ends).map(|((since, scene), end)| (*since, end, scene))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scene::{Member, Name, Reason, Seat};
    use planner::observation::{AttachmentState, InstanceState};

    pub(crate) const A: Name = Name::of(0);
    pub(crate) const B: Name = Name::of(1);

    pub(crate) fn s(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Builds a scene as a sentence.
    impl Scene {
        pub(crate) fn with(mut self, name: Name, state: InstanceState) -> Self {
            self.instances.insert(name, Member { state, draining: None });
            self
        }

        pub(crate) fn draining(mut self, name: Name, reason: Reason) -> Self {
            self.instances.get_mut(&name).unwrap().draining = Some(reason);
            self
        }

        pub(crate) fn volume(mut self, instance: Name, state: AttachmentState) -> Self {
            self.volume = Some(Seat { instance, state, drained: false });
            self
        }

        pub(crate) fn address(mut self, name: Name) -> Self {
            self.address = Some(name);
            self
        }
    }

    /// A replacement: A serves from 4 s, ends from 10 s; B runs at 45 s and serves from 49 s.
    pub(crate) fn replacement() -> Recording {
        use AttachmentState::{Attached, Attaching};
        use InstanceState::{Pending, Running, ShuttingDown, Terminated};
        let a = || Scene::default().with(A, Running);
        let ending = || Scene::default().with(A, ShuttingDown).address(A);
        let ended = || Scene::default().with(A, Terminated);
        let mut recording = Recording::begin("replacement");
        for (at, scene) in [
            (0.0, a()),
            (1.0, a().volume(A, Attaching)),
            (1.5, a().volume(A, Attaching).address(A)),
            (4.0, a().volume(A, Attached).address(A)),
            (10.0, ending().volume(A, Attached)),
            (15.0, ending().volume(A, Attached).with(B, Pending)),
            (30.0, ending().with(B, Pending)),
            (32.0, ended().with(B, Pending)),
            (45.0, ended().with(B, Running)),
            (46.0, ended().with(B, Running).volume(B, Attaching)),
            (46.5, ended().with(B, Running).volume(B, Attaching).address(B)),
            (49.0, ended().with(B, Running).volume(B, Attached).address(B)),
            (60.0, ended().with(B, Running).volume(B, Attached).address(B)),
        ] {
            recording.see(s(at), scene);
        }
        recording
    }

    #[test]
    fn an_invocation_is_told_when_it_begins_and_when_it_ends() {
        let mut recording = Recording::begin("one invocation");
        let number = recording.invoke(s(1.0), "reconcile", "a minute has passed");
        assert_eq!(recording.invocations[number].until, None);
        recording.answer(s(2.0), number, "nothing to do → held");
        assert_eq!(recording.invocations[number].until, Some(s(2.0)));
        let told: Vec<_> = recording.notes.iter().map(|note| (note.source, note.text.as_str())).collect();
        assert_eq!(
            told,
            [
                (Source::Event, "a minute has passed → reconcile"),
                (Source::Function, "reconcile: nothing to do → held"),
            ]
        );
    }

    #[test]
    fn what_changes_is_told_once() {
        let recording = replacement();
        let told: Vec<_> = recording.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(
            told,
            [
                "A is running",
                "the volume is being attached to A",
                "the address points to A",
                "the volume is attached to A",
                "A is shutting-down",
                "B is pending",
                "the volume is free",
                "A is terminated",
                "the address points nowhere",
                "B is running",
                "the volume is being attached to B",
                "the address points to B",
                "the volume is attached to B",
            ]
        );
        assert_eq!(recording.scenes.len(), 12);
        assert_eq!(recording.end, s(60.0));
    }

    #[test]
    fn a_mark_is_told_for_each_reason() {
        let mut recording = replacement();
        for (at, value) in [
            (61.0, "rebalance-recommendation 2026-11-23T12:00:00Z"),
            (62.0, "spot-interruption-warning 2026-11-23T12:00:00Z"),
            (63.0, "kernel update"),
        ] {
            let marked = recording.now().draining(B, Reason::read(value));
            recording.see(s(at), marked.clone());
            recording.see(s(at + 0.5), marked);
        }
        let told: Vec<_> = recording.notes.iter().skip(13).map(|note| note.text.as_str()).collect();
        assert_eq!(
            told,
            [
                "B is marked as draining, for EC2's recommendation",
                "B is marked as draining, for EC2's warning",
                "B is marked as draining, for a reason of somebody's",
            ]
        );
    }

    #[test]
    fn only_one_that_runs_and_has_both_serves() {
        let recording = replacement();
        let serves = |at| recording.at(s(at)).serves();
        assert_eq!(
            [3.9, 4.0, 9.9, 10.0, 48.9, 49.0].map(serves),
            [None, Some(A), Some(A), None, None, Some(B)]
        );
    }

    #[test]
    fn nobody_serves_while_the_volume_and_the_address_are_apart() {
        let both = Scene::default().with(A, InstanceState::Running).with(B, InstanceState::Running);
        let apart = both.volume(A, AttachmentState::Attached).address(B);
        assert_eq!((apart.has_volume(), apart.has_address(), apart.serves()), (Some(A), Some(B), None));
    }

    #[test]
    fn the_last_scene_ends_with_the_recording() {
        let recording = replacement();
        let ends: Vec<_> = recording.spans().map(|(_, end, _)| end).collect();
        assert_eq!(ends[..2], [s(1.0), s(1.5)]);
        assert_eq!(ends.last(), Some(&s(60.0)));
    }

    #[test]
    fn instances_are_named_in_order() {
        assert_eq!([0, 1, 25, 26, 300].map(|n| Name::of(n).to_string()), ["A", "B", "Z", "?", "?"]);
    }
}
