//! A story as lanes of characters, one for each instance, the volume, the address and the functions: what a terminal
//! shows of it while it goes on. Pure.

use crate::lines;
use crate::recording::Recording;
use crate::scene::{Member, Name, Scene};
use planner::observation::{AttachmentState, InstanceState};
use std::time::Duration;

/// How much of the story a character stands for.
const STEP: Duration = Duration::from_secs(2);
/// How many characters a lane has; of a longer story, they are its last ones.
const CELLS: usize = 45;

/// What the characters mean.
pub const LEGEND: &str = "░ pending █ running ▓ draining ▒ shutting down   A, B: has it; a, b: on its way";

/// The lanes as they stand now, each a line.
pub fn lanes(recording: &Recording) -> Vec<String> {
    let now = recording.now();
    let head = format!("── {} ── {} s ", recording.title, lines::seconds(recording.end));
    let rest = (CELLS + 30).saturating_sub(head.chars().count());
    let mut rows = vec![head + &"─".repeat(rest)];
    for (name, member) in &now.instances {
        let cell = |scene: &Scene| scene.instances.get(name).map_or(' ', |member| of_instance(*member));
        rows.push(row(&name.to_string(), &cells(recording, cell), &in_words(*member)));
    }
    rows.push(row("volume", &cells(recording, of_volume), &lines::volume(&now)));
    let of_address = |scene: &Scene| scene.address.map_or('·', letter);
    rows.push(row("address", &cells(recording, of_address), &lines::address(&now)));
    rows.push(row("functions", &at_work(recording), &busy(recording)));
    rows
}

fn row(label: &str, cells: &str, now: &str) -> String {
    format!("{label:<10}{cells:<CELLS$}  {now}").trim_end().to_owned()
}

/// The ends of the steps that are shown.
fn ends(recording: &Recording) -> impl Iterator<Item = Duration> {
    let steps = recording.end.as_millis().div_ceil(STEP.as_millis()).max(1);
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    let first = steps.saturating_sub(u32::try_from(CELLS).unwrap_or(u32::MAX));
    (first..steps).map(|step| STEP.saturating_mul(step.saturating_add(1)))
}

fn cells(recording: &Recording, cell: impl Fn(&Scene) -> char) -> String {
    ends(recording).map(|end| cell(&recording.at(end.min(recording.end)))).collect()
}

fn of_instance(member: Member) -> char {
    match member.state {
        InstanceState::Pending => '░',
        InstanceState::Running if member.draining.is_some() => '▓',
        InstanceState::Running => '█',
        InstanceState::Stopping | InstanceState::ShuttingDown => '▒',
        InstanceState::Stopped | InstanceState::Terminated => ' ',
    }
}

fn of_volume(scene: &Scene) -> char {
    match scene.volume {
        None => '·',
        Some(seat) if seat.state == AttachmentState::Attached => letter(seat.instance),
        Some(seat) => letter(seat.instance).to_ascii_lowercase(),
    }
}

fn letter(name: Name) -> char {
    name.to_string().chars().next().unwrap_or('?')
}

fn in_words(member: Member) -> String {
    let draining = member.draining.is_some() && member.state == InstanceState::Running;
    if draining { "running, draining".to_owned() } else { member.state.to_string() }
}

/// How many invocations there were at once in each step.
fn at_work(recording: &Recording) -> String {
    let count = |end: Duration| {
        let begin = end.saturating_sub(STEP);
        let is_then = |from, until: Option<Duration>| from < end && until.is_none_or(|until| until >= begin);
        recording.invocations.iter().filter(|run| is_then(run.from, run.until)).count()
    };
    let cell = |count| match u32::try_from(count).ok().and_then(|count| char::from_digit(count, 10)) {
        Some('0') => ' ',
        Some(digit) => digit,
        None => '+',
    };
    ends(recording).map(|end| cell(count(end))).collect()
}

/// The functions that are at work now.
fn busy(recording: &Recording) -> String {
    let open = recording.invocations.iter().filter(|run| run.until.is_none());
    open.map(|run| run.function.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{A, B, replacement, s};
    use crate::scene::Reason;

    #[test]
    fn the_lanes_are_those_of_the_recording() {
        let mut recording = replacement();
        let number = recording.invoke(s(0.5), "instance-state-change", "A is running");
        recording.answer(s(5.0), number, "held");
        recording.invoke(s(59.0), "reconcile", "a minute has passed");
        assert_eq!(
            lanes(&recording),
            [
                "── replacement ── 60.0 s ──────────────────────────────────────────────────",
                "A         ████▒▒▒▒▒▒▒▒▒▒▒                                terminated",
                "B                ░░░░░░░░░░░░░░░████████                 running",
                "volume    aAAAAAAAAAAAAA········bbBBBBBB                 B",
                "address   AAAAAAAAAAAAAAA········BBBBBBB                 B",
                "functions 111                          1                 reconcile",
            ]
        );
    }

    #[test]
    fn a_draining_instance_looks_otherwise_than_a_healthy_one() {
        let mut recording = Recording::begin("mark");
        recording.see(s(0.0), Scene::default().with(A, InstanceState::Running));
        recording.see(s(4.0), Scene::default().with(A, InstanceState::Running).draining(A, Reason::Warning));
        recording.see(s(8.0), Scene::default().with(A, InstanceState::Running).draining(A, Reason::Warning));
        assert_eq!(lanes(&recording)[1], format!("{:<10}{:<45}  running, draining", "A", "█▓▓▓"));
    }

    #[test]
    fn of_a_long_story_the_end_is_shown() {
        let mut recording = replacement();
        let last = recording.now().with(B, InstanceState::Stopping);
        recording.see(s(299.0), last.clone());
        recording.see(s(300.0), last);
        let lane = lanes(&recording)[2].clone();
        assert_eq!(lane, format!("{:<10}{}▒  stopping", "B", "█".repeat(44)));
    }
}
