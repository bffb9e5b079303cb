//! One story of the picture: its lanes over a time axis, the time without service across them, and below them what
//! happened, by number.

use super::bars::{self, Bar, Look};
use super::canvas::{Anchor, Canvas};
use crate::lines::seconds;
use crate::recording::{Recording, Source};
use crate::scene::Scene;
use crate::service;
use std::io;
use std::time::Duration;

/// The width of the picture.
pub(super) const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 24.0;
/// Where time begins.
const LEFT: f64 = 204.0;
const PLOT: f64 = WIDTH - LEFT - MARGIN;
/// The head of a panel, above its lanes.
const HEAD: f64 = 64.0;
const LANE: f64 = 28.0;
const BAR: f64 = 18.0;
const AXIS: f64 = 34.0;
/// A line of what happened.
const ROW: f64 = 21.0;
const FOOT: f64 = 20.0;
const DISC: f64 = 8.5;
/// About how wide a letter is.
const LETTER: f64 = 7.6;

/// Something that happened, in the order of time.
struct Item {
    at: Duration,
    /// None: it took no time.
    until: Option<Duration>,
    /// None: it was done from outside.
    function: Option<String>,
    text: String,
}

/// A story with its place in the picture.
pub(super) struct Panel<'r> {
    recording: &'r Recording,
    items: Vec<Item>,
    functions: Vec<String>,
    /// Where it begins, from the top.
    top: f64,
    /// Until when the axis goes, in seconds.
    end: f64,
}

impl<'r> Panel<'r> {
    pub(super) fn of(recording: &'r Recording, top: f64) -> Self {
        let mut functions: Vec<String> = Vec::new();
        for invocation in &recording.invocations {
            if !functions.contains(&invocation.function) {
                functions.push(invocation.function.clone());
            }
        }
        let end = (recording.end.as_secs_f64() / 10.0).ceil().max(1.0) * 10.0;
        Self { recording, items: items(recording), functions, top, end }
    }

    fn lanes(&self) -> usize {
        // The demo, the volume, the address.
        3 + bars::names(self.recording).len() + self.functions.len()
    }

    pub(super) fn height(&self) -> f64 {
        let rows = self.items.iter().map(|item| wrapped(&item.text).len()).sum();
        HEAD + LANE * count(self.lanes()) + AXIS + ROW * count(rows) + FOOT
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) -> io::Result<()> {
        let gaps = service::gaps(self.recording, Scene::serves);
        let total = seconds(service::total(&gaps));
        let title = format!("{}: {total} s without service", self.recording.title);
        canvas.text("title", (MARGIN, self.top + 24.0), Anchor::Start, &title)?;
        self.draw_axis(canvas)?;
        for gap in &gaps {
            self.draw_gap(canvas, gap)?;
        }
        let mut lane = 0;
        let mut next = || {
            lane += 1;
            self.lane_top(lane - 1)
        };
        self.draw_items(canvas, next(), &self.recording.outside, |item| item.function.is_none())?;
        for name in bars::names(self.recording) {
            let bars = bars::of_instance(self.recording, name);
            self.draw_bars(canvas, next(), &format!("instance {name}"), &bars)?;
        }
        self.draw_bars(canvas, next(), "has the volume", &bars::of_volume(self.recording))?;
        self.draw_bars(canvas, next(), "has the address", &bars::of_address(self.recording))?;
        for function in &self.functions {
            self.draw_items(canvas, next(), function, |item| item.function.as_ref() == Some(function))?;
        }
        self.draw_list(canvas)
    }

    fn x(&self, time: Duration) -> f64 {
        LEFT + PLOT * (time.as_secs_f64() / self.end)
    }

    fn lane_top(&self, lane: usize) -> f64 {
        self.top + HEAD + LANE * count(lane)
    }

    fn draw_axis(&self, canvas: &mut Canvas) -> io::Result<()> {
        let (top, bottom) = (self.lane_top(0), self.lane_top(self.lanes()));
        let mut second = 0_u32;
        while f64::from(second) <= self.end {
            let x = self.x(Duration::from_secs(second.into()));
            canvas.line("grid", (x, top), (x, bottom))?;
            let label = if second == 0 { "0 s".to_owned() } else { second.to_string() };
            canvas.text("small", (x, bottom + 15.0), Anchor::Middle, &label)?;
            second += 10;
        }
        Ok(())
    }

    fn draw_gap(&self, canvas: &mut Canvas, gap: &service::Gap) -> io::Result<()> {
        let (from, until) = (self.x(gap.from), self.x(gap.until()));
        let (top, bottom) = (self.lane_top(0) - 22.0, self.lane_top(self.lanes()));
        canvas.rect("gap", (from, top), (until - from, bottom - top))?;
        let label = format!("{} s without service", seconds(gap.length()));
        let place = f64::midpoint(from, until).clamp(LEFT + 70.0, WIDTH - MARGIN - 70.0);
        canvas.text("alarm", (place, top + 15.0), Anchor::Middle, &label)
    }

    fn draw_bars(&self, canvas: &mut Canvas, top: f64, label: &str, bars: &[Bar]) -> io::Result<()> {
        let (y, base) = (top + (LANE - BAR) / 2.0, top + LANE / 2.0 + 4.5);
        canvas.text("label", (LEFT - 16.0, base), Anchor::End, label)?;
        for bar in bars {
            // With a gap to the next one, which may look alike.
            let (x, width) = (self.x(bar.from), (self.x(bar.until) - self.x(bar.from) - 1.0).max(1.0));
            let (look, words) = match bar.mark.look {
                Look::Full | Look::Hatched => ("full", "on"),
                Look::Pale => ("pale", "label"),
            };
            canvas.rect(&format!("{look} {}", colour(bar)), (x, y), (width, BAR))?;
            if bar.mark.look == Look::Hatched {
                canvas.rect("hatched", (x, y), (width, BAR))?;
            }
            if width > LETTER * count(bar.mark.label.chars().count()) + 8.0 {
                canvas.text(words, (x + 5.0, base), Anchor::Start, &bar.mark.label)?;
            }
        }
        Ok(())
    }

    /// Each as a disc with its number, and a line for as long as it took.
    fn draw_items(
        &self,
        canvas: &mut Canvas,
        top: f64,
        label: &str,
        is_here: impl Fn(&Item) -> bool,
    ) -> io::Result<()> {
        let middle = top + LANE / 2.0;
        canvas.text("label", (LEFT - 16.0, middle + 4.5), Anchor::End, label)?;
        let here = || self.items.iter().enumerate().filter(|(_, item)| is_here(item));
        for (_, item) in here() {
            if let Some(until) = item.until {
                canvas.line("work", (self.x(item.at), middle), (self.x(until), middle))?;
            }
        }
        let mut free = LEFT - DISC;
        for (number, item) in here() {
            // Not over the one before.
            let x = self.x(item.at).max(free);
            free = x + 2.0 * DISC + 1.0;
            draw_number(canvas, (x, middle), number)?;
        }
        Ok(())
    }

    fn draw_list(&self, canvas: &mut Canvas) -> io::Result<()> {
        let mut middle = self.lane_top(self.lanes()) + AXIS + ROW / 2.0;
        for (number, item) in self.items.iter().enumerate() {
            draw_number(canvas, (MARGIN + DISC, middle), number)?;
            let time = format!("{} s", seconds(item.at));
            canvas.text("small", (MARGIN + 64.0, middle + 4.0), Anchor::End, &time)?;
            for line in wrapped(&item.text) {
                canvas.text("words", (MARGIN + 76.0, middle + 4.0), Anchor::Start, &line)?;
                middle += ROW;
            }
        }
        Ok(())
    }
}

/// The text in lines that are no longer than the picture is wide, unless a word is.
fn wrapped(text: &str) -> Vec<String> {
    const LETTERS: usize = 120;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= LETTERS => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn draw_number(canvas: &mut Canvas, (x, y): (f64, f64), number: usize) -> io::Result<()> {
    canvas.disc("disc", (x, y), DISC)?;
    canvas.text("number", (x, y + 3.8), Anchor::Middle, &(number + 1).to_string())
}

/// What was done from outside, and the invocations.
fn items(recording: &Recording) -> Vec<Item> {
    let done = recording.notes.iter().filter(|note| note.source == Source::Outside);
    let done = done.map(|note| Item { at: note.at, until: None, function: None, text: note.text.clone() });
    let invoked = recording.invocations.iter().map(|run| {
        let answer = if run.until.is_some() { &run.answer } else { "no answer yet" };
        let text = format!("{} → {}: {answer}", run.cause, run.function);
        let until = Some(run.until.unwrap_or(recording.end));
        Item { at: run.from, until, function: Some(run.function.clone()), text }
    });
    let mut items: Vec<Item> = done.chain(invoked).collect();
    items.sort_by_key(|item| item.at);
    items
}

fn colour(bar: &Bar) -> &'static str {
    match bar.mark.name.number() % 3 {
        0 => "first",
        1 => "second",
        _ => "third",
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_long_text_is_wrapped_between_words() {
        let long = ["word"; 45].join(" ");
        let lines = wrapped(&long);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [119, 104]);
        assert_eq!(lines.join(" "), long);
        assert_eq!(wrapped("short"), ["short"]);
    }
}
