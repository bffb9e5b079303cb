//! The manual has a line for every type of error that an invocation ends with, and no line for anything else.

use reconciler::ec2::{Action, Cause, Ec2Error};
use reconciler::events::InvalidEvent;
use reconciler::invocation::Failure;
use reconciler::settings::InvalidSetting;
use std::any::type_name;

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md"));

/// What the first column of the table under the heading says in code letters, sorted.
fn listed_under(heading: &str) -> Vec<&'static str> {
    let below = MANUAL.lines().skip_while(|line| *line != heading).skip(1);
    let section = below.take_while(|line| !line.starts_with('#'));
    let mut codes: Vec<&str> =
        section.filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0)).collect();
    codes.sort_unstable();
    codes
}

/// The failure that comes after this one, so that a new one does not compile here before it is among them.
fn after(failure: &Failure) -> Option<Failure> {
    let error = || Ec2Error { action: Action::DescribeVolumes, cause: Cause::NoAnswer(String::new()) };
    match failure {
        Failure::Ec2(_) => Some(Failure::Unmarked(error())),
        Failure::Unmarked(_) => Some(Failure::Unfinished(Vec::new())),
        Failure::Unfinished(_) => None,
    }
}

#[test]
fn manual_has_one_line_for_every_type_of_error_and_none_for_others() {
    let first = Ec2Error { action: Action::DescribeVolumes, cause: Cause::NoAnswer(String::new()) };
    let failures = std::iter::successors(Some(Failure::Ec2(first)), after);
    // These two are reported by the names of their types.
    let named = [type_name::<InvalidEvent>(), type_name::<InvalidSetting>()];
    let named = named.map(|path| path.rsplit("::").next().unwrap());
    let mut types: Vec<&str> = failures.map(|failure| failure.kind()).chain(named).collect();
    types.sort_unstable();
    assert_eq!(listed_under("## Errors"), types, "docs/operations.md");
}
