//! The manual has a line for every finding, under the heading of its severity, and no line for anything else.

use crate::findings::one_of_each;
use planner::finding::{Finding, Severity};

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md"));

/// What the first column of the tables under a heading says in code letters, sorted.
fn listed_under(heading: &str) -> Vec<&'static str> {
    let below = MANUAL.lines().skip_while(|line| *line != heading).skip(1);
    let section = below.take_while(|line| !line.starts_with('#'));
    let mut codes: Vec<&str> =
        section.filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0)).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn manual_has_one_line_for_every_finding_and_none_for_others() {
    for (severity, heading) in [
        (Severity::Blocking, "### Blocked"),
        (Severity::Waiting, "### Waiting"),
        (Severity::Notice, "### Notices"),
    ] {
        let findings = one_of_each();
        let mut codes: Vec<&str> =
            findings.iter().filter(|finding| finding.severity() == severity).map(Finding::code).collect();
        codes.sort_unstable();
        assert_eq!(listed_under(heading), codes, "docs/operations.md, {heading}");
    }
}
