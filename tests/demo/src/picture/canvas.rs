//! As much of SVG as the picture needs.

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// A drawing, element by element. Lengths are in pixels.
pub(super) struct Canvas {
    writer: Writer<Vec<u8>>,
}

/// Which end of a text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    /// Draws into a picture of that size, with that title, data that it is made from, style sheet and definitions of patterns.
    pub(super) fn picture(
        (width, height): (f64, f64),
        title: &str,
        data: &str,
        style: &str,
        draw: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<String> {
        let mut canvas = Self { writer: Writer::new_with_indent(Vec::new(), b' ', 1) };
        let (wide, high) = (px(width), px(height));
        let frame = BytesStart::new("svg").with_attributes([
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", format!("0 0 {wide} {high}").as_str()),
            ("width", &wide),
            ("height", &high),
            ("role", "img"),
        ]);
        canvas.writer.write_event(Event::Start(frame))?;
        canvas.writer.create_element("title").write_text_content(BytesText::new(title))?;
        canvas.writer.create_element("metadata").write_text_content(BytesText::new(data))?;
        canvas.writer.create_element("style").write_text_content(BytesText::new(style))?;
        canvas.hatch()?;
        canvas.rect("ground", (0.0, 0.0), (width, height))?;
        draw(&mut canvas)?;
        canvas.writer.write_event(Event::End(BytesEnd::new("svg")))?;
        String::from_utf8(canvas.writer.into_inner()).map_err(io::Error::other)
    }

    /// The pattern of what is about to go.
    fn hatch(&mut self) -> io::Result<()> {
        let pattern = self.writer.create_element("pattern").with_attributes([
            ("id", "hatch"),
            ("width", "6"),
            ("height", "6"),
            ("patternUnits", "userSpaceOnUse"),
            ("patternTransform", "rotate(45)"),
        ]);
        pattern.write_inner_content(|writer| {
            let stripe = writer.create_element("rect").with_attribute(("class", "stripe"));
            stripe.with_attributes([("width", "2.5"), ("height", "6")]).write_empty().map(drop)
        })?;
        Ok(())
    }

    pub(super) fn rect(
        &mut self,
        class: &str,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) -> io::Result<()> {
        let element = self.writer.create_element("rect").with_attributes([
            ("class", class),
            ("x", &px(x)),
            ("y", &px(y)),
            ("width", &px(width)),
            ("height", &px(height)),
        ]);
        element.write_empty().map(drop)
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) -> io::Result<()> {
        let element = self.writer.create_element("line").with_attributes([
            ("class", class),
            ("x1", &px(from.0)),
            ("y1", &px(from.1)),
            ("x2", &px(to.0)),
            ("y2", &px(to.1)),
        ]);
        element.write_empty().map(drop)
    }

    pub(super) fn disc(&mut self, class: &str, (x, y): (f64, f64), radius: f64) -> io::Result<()> {
        let element = self.writer.create_element("circle").with_attributes([
            ("class", class),
            ("cx", &px(x)),
            ("cy", &px(y)),
            ("r", &px(radius)),
        ]);
        element.write_empty().map(drop)
    }

    pub(super) fn text(
        &mut self,
        class: &str,
        (x, y): (f64, f64),
        anchor: Anchor,
        text: &str,
    ) -> io::Result<()> {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let element = self.writer.create_element("text").with_attributes([
            ("class", class),
            ("x", &px(x)),
            ("y", &px(y)),
            ("text-anchor", anchor),
        ]);
        element.write_text_content(BytesText::new(text)).map(drop)
    }
}

/// To the tenth of a pixel.
fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let picture = Canvas::picture((10.0, 10.5), "<A> & B", "{}", "text{}", |canvas| {
            canvas.text("label", (1.25, 2.0), Anchor::End, "a < b")
        });
        let picture = picture.unwrap();
        assert!(picture.contains("<title>&lt;A&gt; &amp; B</title>"), "{picture}");
        assert!(picture.contains("viewBox=\"0 0 10 10.5\""), "{picture}");
        let text = "<text class=\"label\" x=\"1.2\" y=\"2\" text-anchor=\"end\">a &lt; b</text>";
        assert!(picture.contains(text), "{picture}");
    }
}
