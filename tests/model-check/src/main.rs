//! Runs the model check on the worlds that the project vouches for, and prints its figures.
//!
//! `model-check STATES` checks each world up to that many generated states; the last line sums up.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use model_check::model::Check;
use model_check::world::Shape;
use stateright::{Checker, Model};
use std::process::ExitCode;

/// A world: instances, slots as (volumes, addresses), and functions at once.
type Size = (usize, &'static [(usize, usize)], usize);

const WORLDS: [Size; 6] = [
    (2, &[(1, 0)], 1),
    (2, &[(2, 1)], 1),
    (3, &[(1, 1)], 2),
    (3, &[(2, 1)], 2),
    (3, &[(1, 1), (1, 0)], 2),
    (4, &[(2, 1), (0, 1)], 3),
];

fn main() -> ExitCode {
    let Some(states) = std::env::args().nth(1).and_then(|states| states.parse().ok()) else {
        println!("usage: model-check STATES (how many states to generate for each world, such as 1500000)");
        return ExitCode::from(2);
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut total, mut faults) = (0, 0);
    for (instances, slots, functions) in WORLDS {
        let shape = Shape { instances, slots: slots.to_vec() };
        let check = Check { shape, functions, bug: None };
        let checked = check.checker().threads(threads).target_state_count(states).spawn_bfs().join();
        let unique = checked.unique_state_count();
        println!("{instances} instances, slots {slots:?}, {functions} functions: {unique} unique states");
        total += unique;
        for (property, path) in checked.discoveries() {
            faults += 1;
            println!("NOT {property}:\n{path}");
        }
    }
    println!("model check: {total} unique states, {faults} faults");
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
