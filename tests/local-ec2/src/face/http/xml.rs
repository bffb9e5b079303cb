//! Writes XML as EC2 does: elements without attributes, lists of `item`s, and nothing where there is nothing.

use crate::time::Time;
use planner::tags::Tags;
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::fmt::Display;

/// A document, or the part of one that is being written.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// A whole document.
    pub(super) fn document(root: &str, namespace: Option<&str>, fill: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut xml = Self(Writer::new(Vec::new()));
        xml.put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.put(Event::Text(BytesText::from_escaped("\n")));
        let attributes = namespace.map(|namespace| ("xmlns", namespace));
        xml.put(Event::Start(BytesStart::new(root).with_attributes(attributes)));
        fill(&mut xml);
        xml.put(Event::End(BytesEnd::new(root)));
        xml.0.into_inner()
    }

    fn put(&mut self, event: Event<'_>) {
        // Nothing that is written to memory fails.
        let _ = self.0.write_event(event);
    }

    /// An element with a text, which may be empty.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        let text = readable(&value.to_string());
        if text.is_empty() {
            return self.put(Event::Empty(BytesStart::new(name)));
        }
        self.put(Event::Start(BytesStart::new(name)));
        self.put(Event::Text(BytesText::from_escaped(text)));
        self.put(Event::End(BytesEnd::new(name)));
    }

    /// The same, where there is something.
    pub(super) fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// The same, of a text that is empty when there is nothing.
    pub(super) fn given(&mut self, name: &str, value: &str) {
        self.option(name, Some(value).filter(|value| !value.is_empty()));
    }

    /// A point in time. EC2 tells it to the second, and writes milliseconds.
    pub(super) fn time(&mut self, name: &str, time: Time) {
        self.text(name, time.format("%Y-%m-%dT%H:%M:%S.000Z"));
    }

    /// An element with others in it.
    pub(super) fn group(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.put(Event::Start(BytesStart::new(name)));
        fill(self);
        self.put(Event::End(BytesEnd::new(name)));
    }

    /// A list. One without members is written, too, as EC2 writes it.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        members: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Self, T),
    ) {
        self.list_of("item", name, members, fill);
    }

    /// A list as Auto Scaling writes it.
    pub(super) fn members<T>(
        &mut self,
        name: &str,
        members: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Self, T),
    ) {
        self.list_of("member", name, members, fill);
    }

    fn list_of<T>(
        &mut self,
        each: &str,
        name: &str,
        members: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Self, T),
    ) {
        let mut members = members.into_iter().peekable();
        if members.peek().is_none() {
            return self.put(Event::Empty(BytesStart::new(name)));
        }
        self.group(name, |xml| members.for_each(|member| xml.group(each, |xml| fill(xml, member))));
    }

    /// A list of texts.
    pub(super) fn list_of_texts<T: Display>(&mut self, name: &str, members: impl IntoIterator<Item = T>) {
        self.group(name, |xml| members.into_iter().for_each(|member| xml.text("item", member)));
    }

    /// The same, as Auto Scaling writes it.
    pub(super) fn members_of_texts<T: Display>(&mut self, name: &str, members: impl IntoIterator<Item = T>) {
        self.group(name, |xml| members.into_iter().for_each(|member| xml.text("member", member)));
    }

    /// The tags of a resource. One without tags has no list of them, either.
    pub(super) fn tags(&mut self, tags: &Tags) {
        if !tags.is_empty() {
            self.list("tagSet", tags, |xml, (key, value)| {
                xml.text("key", key);
                xml.text("value", value);
            });
        }
    }
}

/// The text as a reader of XML gets it back. What XML cannot tell at all becomes U+FFFD (XML 1.0, "Characters").
fn readable(text: &str) -> String {
    let is_character = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    let text: String = text.chars().map(|c| if is_character(c) { c } else { '\u{FFFD}' }).collect();
    escape(text.as_str()).replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::epoch;

    fn written(fill: impl FnOnce(&mut Xml)) -> String {
        let document = String::from_utf8(Xml::document("r", None, fill)).unwrap();
        document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap().to_owned()
    }

    #[test]
    fn what_is_absent_is_not_written() {
        let none: Option<&str> = None;
        assert_eq!(
            written(|xml| {
                xml.option("a", none);
                xml.given("b", "");
                xml.tags(&Tags::new());
            }),
            "<r></r>"
        );
    }

    #[test]
    fn texts_lists_and_times_are_written_as_ec2_does() {
        let fill = |xml: &mut Xml| {
            xml.text("a", "<&>\r\u{0}");
            xml.list("b", [1, 2], |xml, n| xml.text("c", n));
            xml.list("d", Vec::<u8>::new(), |xml, n| xml.text("c", n));
            xml.time("e", epoch());
        };
        assert_eq!(
            written(fill),
            "<r><a>&lt;&amp;&gt;&#13;\u{FFFD}</a><b><item><c>1</c></item><item><c>2</c></item></b><d/>\
             <e>2026-11-23T12:00:00.000Z</e></r>"
        );
    }
}
