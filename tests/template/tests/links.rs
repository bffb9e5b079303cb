//! Every link from one page of the repository to another leads somewhere.

use template::{Page, pages};

/// What is wrong with the link, if anything is.
fn fault(page: &Page, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let told = |what: &str| Some(format!("{}: {link}: {what}", page.path.display()));
    let target = if file.is_empty() { page.path.clone() } else { page.path.parent()?.join(file) };
    if !target.exists() {
        return told("no such file");
    }
    let anchor = anchor?;
    let has_it = Page::read(target).is_ok_and(|target| target.anchors().contains(anchor));
    if has_it { None } else { told("no such heading") }
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let pages = pages().unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for page in &pages {
        for link in page.links() {
            count += 1;
            faults.extend(fault(page, &link));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(pages.len() > 10 && count > 10, "{} pages with {count} links were found", pages.len());
}
