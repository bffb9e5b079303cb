//! The recorded stories as a picture, in SVG, which has the recordings in it and can be drawn anew from them. It goes with
//! the light or the dark scheme of whoever looks at it. Pure.

mod bars;
mod canvas;
mod panel;

use crate::recording::Recording;
use canvas::{Anchor, Canvas};
use panel::{Panel, WIDTH};
use stage::Element;
use std::io;

/// Above the first story.
const TOP: f64 = 8.0;
/// For the key below the last one.
const KEY: f64 = 36.0;

const KEY_TEXT: &str = "Full: runs, or has it and runs. Hatched: runs, and is about to go. \
Pale: pending or ending, on the way, being drained, or at an instance that does not run.";

/// Of no fonts but the system's, and of colours that can be told apart without seeing red or green.
const STYLE: &str = "
text { font: 12.5px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1c2430 }
.ground { fill: #ffffff }
.title { font-size: 17px; font-weight: 600 }
.small, .key { font-size: 11.5px; fill: #5a6675 }
.alarm { font-weight: 600; fill: #a3243b }
.on { fill: #ffffff }
.number { font-size: 10.5px; font-weight: 600; fill: #ffffff }
.disc { fill: #4a5666 }
.work { stroke: #4a5666; stroke-width: 5; stroke-opacity: 0.55 }
.grid { stroke: #d9dee5; stroke-width: 1 }
.gap { fill: #d1365a; fill-opacity: 0.13 }
.first { fill: #1f66b0 }
.second { fill: #a8580b }
.third { fill: #6d4bb0 }
.pale { fill-opacity: 0.32 }
.hatched { fill: url(#hatch) }
.stripe { fill: #ffffff; fill-opacity: 0.27 }
@media (prefers-color-scheme: dark) {
text { fill: #e3e8ef }
.ground { fill: #14181e }
.small, .key { fill: #9aa6b5 }
.alarm { fill: #ff8fa6 }
.on, .number { fill: #ffffff }
.disc { fill: #6a7788 }
.work { stroke: #8a97a8 }
.grid { stroke: #2b323c }
.gap { fill: #ff5c80; fill-opacity: 0.2 }
.first { fill: #2f7fd1 }
.second { fill: #c06a16 }
.third { fill: #8a67d6 }
.pale { fill-opacity: 0.42 }
}
";

/// Draws the stories below each other.
pub fn draw(recordings: &[Recording]) -> io::Result<String> {
    let mut panels = Vec::new();
    let mut height = TOP;
    for recording in recordings {
        let panel = Panel::of(recording, height);
        height += panel.height();
        panels.push(panel);
    }
    let title = "Who had the volume and the address, and what happened";
    let data = serde_json::to_string(recordings)?;
    Canvas::picture((WIDTH, height + KEY), title, &data, STYLE, |canvas| {
        for panel in &panels {
            panel.draw(canvas)?;
        }
        canvas.text("key", (24.0, height + 14.0), Anchor::Start, KEY_TEXT)
    })
}

/// The stories of a picture.
pub fn read(picture: &str) -> io::Result<Vec<Recording>> {
    let picture = Element::parse(picture).map_err(io::Error::other)?;
    Ok(serde_json::from_str(picture.text("metadata"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Source;
    use crate::recording::tests::{replacement, s};

    fn picture() -> String {
        let mut recording = replacement();
        recording.tell(s(10.0), Source::Outside, "somebody terminates A");
        let number = recording.invoke(s(45.5), "instance-state-change", "B is running");
        recording.answer(s(50.0), number, "attach-volume → held");
        recording.invoke(s(59.0), "reconcile", "a minute has passed");
        draw(&[recording.clone(), recording]).unwrap()
    }

    /// How often an element of that class and that text is in the picture.
    fn count(picture: &str, class: &str, text: &str) -> usize {
        let lines = picture.lines();
        let here =
            |line: &&str| line.contains(&format!("class=\"{class}\"")) && line.contains(&format!(">{text}<"));
        lines.filter(here).count()
    }

    #[test]
    fn each_story_has_its_lanes_its_gap_and_what_happened() {
        let picture = picture();
        for (class, text, times) in [
            ("title", "replacement: 39.0 s without service", 2),
            ("alarm", "39.0 s without service", 2),
            ("label", "instance A", 2),
            ("label", "instance B", 2),
            ("label", "has the volume", 2),
            ("label", "has the address", 2),
            ("label", "instance-state-change", 2),
            ("label", "reconcile", 2),
            ("label", "shutting-down", 2),
            ("words", "somebody terminates A", 2),
            ("words", "B is running → instance-state-change: attach-volume → held", 2),
            ("words", "a minute has passed → reconcile: no answer yet", 2),
            ("number", "3", 4),
        ] {
            assert_eq!(count(&picture, class, text), times, "{class} {text}: {picture}");
        }
    }

    #[test]
    fn the_gap_is_where_it_was() {
        let picture = picture();
        // 772 pixels are 60 seconds, from 204 on.
        let gap = picture.lines().find(|line| line.contains("class=\"gap\"")).unwrap();
        assert!(gap.contains("x=\"332.7\"") && gap.contains("width=\"501.8\""), "{gap}");
    }

    #[test]
    fn it_is_well_formed_and_has_both_schemes() {
        let picture = picture();
        let document = Element::parse(&picture).unwrap();
        assert_eq!(document.name(), "svg");
        assert!(document.text("style").contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn a_picture_is_drawn_anew_from_itself_and_so_is_that_of_the_readme() {
        assert_eq!(draw(&read(&picture()).unwrap()).unwrap(), picture());
        let kept = stage::paths::root().join("docs/demo.svg");
        let kept = std::fs::read_to_string(kept).unwrap();
        let stories = read(&kept).unwrap();
        let titles: Vec<_> = stories.iter().map(|story| story.title.as_str()).collect();
        assert_eq!(titles, ["replacement", "interruption"]);
        assert!(draw(&stories).unwrap() == kept, "docs/demo.svg is out of date: run `make pictures`");
    }

    #[test]
    fn a_story_that_never_began_can_be_drawn() {
        let picture = draw(&[Recording::begin("nothing")]).unwrap();
        assert_eq!(count(&picture, "title", "nothing: 0.0 s without service"), 1);
    }
}
