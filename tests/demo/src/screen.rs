//! Where a story is shown while it goes on: plain lines, or, in a terminal, lines that scroll with the lanes below them.

use crate::recording::{Note, Recording, Source};
use crate::{Error, lanes, lines};
use std::io::Write;

/// To where a story is told.
#[derive(Debug)]
pub struct Screen<W> {
    out: W,
    kind: Kind,
    /// How many notes of the present story are told already.
    told: usize,
    /// How many lines the lanes take that are drawn now.
    drawn: usize,
}

/// What it is told on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, or a pipe.
    Plain,
    /// A terminal.
    Live,
}

impl<W: Write> Screen<W> {
    /// An empty one.
    pub fn new(out: W, kind: Kind) -> Self {
        Self { out, kind, told: 0, drawn: 0 }
    }

    /// Begins another story.
    pub fn begin(&mut self, prologue: &str) -> Result<(), Error> {
        (self.told, self.drawn) = (0, 0);
        let legend = match self.kind {
            Kind::Plain => String::new(),
            Kind::Live => format!("{}\n\n", lanes::LEGEND),
        };
        self.write(&format!("\n{prologue}\n{legend}{}\n", lines::HEADER))
    }

    /// Tells what has not been told yet, and draws the lanes anew.
    pub fn show(&mut self, recording: &Recording) -> Result<(), Error> {
        let news = recording.notes.get(self.told..).unwrap_or_default();
        self.told = recording.notes.len();
        let mut text: String = news.iter().map(|note| self.line(recording, note)).collect();
        match self.kind {
            Kind::Plain => {}
            Kind::Live => {
                let lanes = lanes::lanes(recording);
                // Lines that are too long for the terminal are cut off there and not wrapped: the cursor has to go
                // up by as many lines as were drawn.
                let back = if self.drawn == 0 { String::new() } else { format!("\x1b[{}A", self.drawn) };
                self.drawn = lanes.len();
                text = format!("\x1b[?7l{back}\x1b[J{text}{}\n\x1b[?7h", lanes.join("\n"));
            }
        }
        if text.is_empty() { Ok(()) } else { self.write(&text) }
    }

    /// Says something between stories.
    pub fn say(&mut self, text: &str) -> Result<(), Error> {
        self.write(&format!("\n{text}\n"))
    }

    fn line(&self, recording: &Recording, note: &Note) -> String {
        let line = lines::line(recording, note);
        match (self.kind, colour(note.source)) {
            (Kind::Live, Some(colour)) => format!("\x1b[{colour}m{line}\x1b[0m\n"),
            (Kind::Live, None) | (Kind::Plain, _) => line + "\n",
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(|source| Error::Write { what: "the story".to_owned(), source })
    }
}

/// Those of the terminal's own colours that can be read on light and dark.
fn colour(source: Source) -> Option<&'static str> {
    match source {
        Source::Ec2 => None,
        Source::Event => Some("35"),
        Source::Function => Some("36"),
        Source::Outside => Some("1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::tests::{replacement, s};

    fn shown(kind: Kind) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, kind);
        screen.begin("A story.").unwrap();
        let mut recording = replacement();
        screen.show(&recording).unwrap();
        screen.show(&recording).unwrap();
        recording.tell(s(61.0), Source::Outside, "the end");
        screen.show(&recording).unwrap();
        screen.say("Done.").unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn without_a_terminal_each_note_is_told_once_and_plainly() {
        let shown = shown(Kind::Plain);
        assert!(shown.starts_with("\nA story.\n     s  volume  address"), "{shown}");
        assert_eq!(shown.matches("A is running").count(), 1);
        assert!(shown.ends_with("  demo      the end\n\nDone.\n"), "{shown}");
        assert!(!shown.contains('\x1b'));
    }

    #[test]
    fn in_a_terminal_the_lanes_are_drawn_over_the_old_ones() {
        let shown = shown(Kind::Live);
        assert_eq!(shown.matches("A is running").count(), 1);
        assert_eq!(shown.matches("── replacement").count(), 3);
        // Five lanes and their head: the cursor goes up by six for each drawing but the first.
        assert_eq!(shown.matches("\x1b[6A\x1b[J").count(), 2);
        assert_eq!(shown.matches("\x1b[?7l").count(), shown.matches("\x1b[?7h").count());
        assert!(shown.contains("\x1b[1m") && shown.contains("the end\x1b[0m\n"));
    }
}
