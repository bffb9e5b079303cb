//! Reads the repository's pages of Markdown: where their links lead, and what can be linked to in them. Only what our
//! own pages use is understood: inline links, headings with `#`, fences and spans of code.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    Error,
    files::{entries, read, root},
};

/// One page.
#[derive(Debug)]
pub struct Page {
    /// Where it is.
    pub path: PathBuf,
    text: String,
}

impl Page {
    /// Reads the page at that path.
    pub fn read(path: PathBuf) -> Result<Self, Error> {
        let text = read(&path)?;
        Ok(Self { path, text })
    }

    /// The targets of its links, as they are written.
    pub fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        for line in self.prose() {
            let line = without_code(line);
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| target.to_owned()));
        }
        links
    }

    /// The names by which its headings are linked to, as GitHub makes them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }

    /// Its lines outside of fences of code.
    fn prose(&self) -> impl Iterator<Item = &str> {
        let mut fenced = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.trim_start().starts_with("```");
            fenced ^= is_fence;
            !fenced && !is_fence
        })
    }
}

/// Every page of the repository, but for those in hidden folders and in `target/`.
pub fn pages() -> Result<Vec<Page>, Error> {
    let mut folders = vec![root()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(Page::read(path)?);
            }
        }
    }
    Ok(pages)
}

/// Lower case, hyphens for spaces, and nothing but letters, digits, hyphens and underscores.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The line without its spans of code, in which brackets are no links.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page { path: PathBuf::new(), text: text.to_owned() }
    }

    #[test]
    fn every_link_of_a_line_is_found() {
        let page = page("See [`a`](a.md) and [b](../b.md#c-d).\n| [x](#y) |");
        assert_eq!(page.links(), ["a.md", "../b.md#c-d", "#y"]);
    }

    #[test]
    fn code_has_neither_links_nor_headings() {
        let page = page("# Title\n```sh\n# comment [a](b)\n```\n`[c](d)` [e](f)");
        assert_eq!(page.links(), ["f"]);
        assert_eq!(page.anchors(), BTreeSet::from(["title".to_owned()]));
    }

    #[test]
    fn an_anchor_is_the_heading_as_github_writes_it() {
        let page = page("## What it costs, per month\n### `drain` — it's off");
        let anchors = ["what-it-costs-per-month", "drain--its-off"].map(str::to_owned);
        assert_eq!(page.anchors(), BTreeSet::from(anchors));
    }
}
