//! Runs the model check on the worlds that the project vouches for, then looks for the mistakes that are sown on purpose,
//! and prints its figures. The last line sums up.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use model_check::run::{Checked, checked, is_proof, never, states};
use model_check::seeds::{MOST, Seed, seeds};
use model_check::worlds::{Effort, worlds};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let effort = arguments.next().as_deref().and_then(Effort::parse);
    let (Some(effort), part) = (effort, arguments.next().unwrap_or_default()) else {
        println!("usage: model-check short|normal|long [part of the name of a world]");
        return ExitCode::from(2);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Of a part of the worlds nothing is asked but that there is one.
    let least = if part.is_empty() { effort.least() } else { 1 };
    let (mut figures, mut faults) = (Vec::new(), 0);
    for check in worlds().into_iter().filter(|check| check.name.contains(&part)) {
        let (name, starts, most) = (check.name, check.starts.len(), effort.most(&check));
        let found = checked(check, threads, most);
        let end = if found.is_exhausted { "all" } else { "the first" };
        println!("{name}: {end} {} states from {starts} starts, depth {}", found.states, found.depth);
        found.faults.iter().for_each(|fault| println!("{fault}"));
        faults += found.faults.len();
        figures.push(found);
    }
    let (mut sown, mut found) = (0, 0);
    for Seed { check, expected } in seeds() {
        let name = check.name;
        let is_found = checked(check, 1, MOST).fault == Some(expected);
        println!("{name}: {}", if is_found { "found" } else { "NOT FOUND" });
        (sown, found) = (sown + 1, found + usize::from(is_found));
    }
    if states(&figures) < least {
        println!("TOO FEW: at least {least} unique states are asked for");
    }
    let missing = if part.is_empty() { never(&figures) } else { Vec::new() };
    for event in &missing {
        println!("NEVER HAPPENED: {event:?}");
    }
    println!("{}, {faults} violations, {found} of {sown} seeded bugs found", summary(&figures));
    if is_proof(&figures, least, &missing, sown - found) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn summary(figures: &[Checked]) -> String {
    let states = states(figures);
    let exhausted = figures.iter().filter(|found| found.is_exhausted).count();
    let depth = figures.iter().map(|found| found.depth).max().unwrap_or(0);
    format!(
        "model check: {} worlds ({exhausted} of them exhausted), {states} unique states, depth {depth}",
        figures.len()
    )
}
