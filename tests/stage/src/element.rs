//! An answer of EC2's: XML of elements and texts, without attributes.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

/// An element with its text and the elements in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// Reads a document. What is wrong with it is told in words.
    pub fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml);
        // The elements that are open, the document around them first.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(tag) => open.push(Self::named(tag.local_name().as_ref())),
                Event::Empty(tag) => {
                    open.push(Self::named(tag.local_name().as_ref()));
                    close(&mut open)?;
                }
                Event::End(_) => close(&mut open)?,
                Event::Text(text) => add(&mut open, &text.xml10_content()),
                Event::GeneralRef(name) => {
                    let reference = format!("&{};", &*name);
                    add(&mut open, &unescape(&reference).map_err(|error| error.to_string())?);
                }
                Event::Eof => break,
                Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let document = open.pop().unwrap_or_default();
        document.children.into_iter().next().ok_or_else(|| "there is no element".to_owned())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the first element at a path, such as `volumeSet/item/volumeId`; empty where there is none, as
    /// empty is absent.
    pub fn text(&self, path: &str) -> &str {
        let end =
            path.split('/').try_fold(self, |at, name| at.children.iter().find(|child| child.name == name));
        end.map_or("", |element| &element.text)
    }

    /// The members of a list in it, such as `volumeSet`.
    pub fn items(&self, list: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == list).flat_map(|list| &list.children)
    }

    /// The elements in it.
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

fn close(open: &mut Vec<Element>) -> Result<(), String> {
    let done = open.pop().unwrap_or_default();
    open.last_mut().ok_or("more elements end than begin")?.children.push(done);
    Ok(())
}

fn add(open: &mut [Element], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn an_answer_is_read() {
        let answer = Element::parse(
            "<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><s><item><id>a&amp;b</id></item><item><id>c</id></item></s><e/></R>",
        );
        let answer = answer.unwrap();
        assert_eq!((answer.name(), answer.text("s/item/id"), answer.text("e")), ("R", "a&b", ""));
        assert_eq!(answer.text("no/such"), "");
        let ids: Vec<_> = answer.items("s").map(|item| item.text("id")).collect();
        assert_eq!(ids, ["a&b", "c"]);
        assert_eq!(answer.items("e").count(), 0);
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        for text in ["", "banana", "<a></b>", "<a>"] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
    }
}
