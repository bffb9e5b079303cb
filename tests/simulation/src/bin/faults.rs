//! Tries every fault at every call of every scenario, alone and in pairs, and prints the figures; the last line sums up.
//!
//! `faults` tries them all, `faults singles` each alone; `faults SCENARIO CALL=FAULT,…` replays one, with a trace of everything that happened.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use local_ec2::Fault;
use simulation::matrix::{Matrix, Script, Tally, Untold};
use simulation::routing::Rules;
use simulation::scenarios::{SCENARIOS, Scenario};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let answer = match arguments.as_slice() {
        [] => every(&pairs),
        [alone] if alone == "singles" => every(&|_| Vec::new()),
        [scenario, faults] => replay(scenario, faults),
        _ => {
            println!(
                "usage: faults, faults singles, or faults SCENARIO CALL=FAULT,… as a failure names them"
            );
            return ExitCode::from(2);
        }
    };
    answer.unwrap_or_else(|error| {
        println!("{error}");
        ExitCode::FAILURE
    })
}

/// The scenario of that name and the faults of its calls, or what is wrong with either.
fn read(scenario: &str, faults: &str) -> Result<(Scenario, Script), String> {
    let names = || SCENARIOS.map(|own| own.name).join(", ");
    let found = SCENARIOS.into_iter().find(|own| own.name == scenario);
    let found = found.ok_or_else(|| format!("there is no scenario `{scenario}`: {}", names()))?;
    let kind = |name: &str| Fault::ALL.into_iter().find(|fault| fault.name() == name);
    let script = faults.split(',').map(|part| {
        let read = part.split_once('=').and_then(|(call, name)| Some((call.parse().ok()?, kind(name)?)));
        let kinds = || Fault::ALL.map(Fault::name).join(", ");
        read.ok_or_else(|| format!("`{part}` is no call with a fault, such as 3=lost: {}", kinds()))
    });
    Ok((found, script.collect::<Result<_, _>>()?))
}

fn replay(scenario: &str, faults: &str) -> Result<ExitCode, Untold> {
    let (scenario, script) = match read(scenario, faults) {
        Ok(found) => found,
        Err(wrong) => {
            println!("{wrong}");
            return Ok(ExitCode::from(2));
        }
    };
    let rules = Rules::read()?;
    Matrix::new(scenario, &rules, None)?.replay(&script)?.iter().for_each(|line| println!("{line}"));
    Ok(ExitCode::SUCCESS)
}

/// Every single fault, and the pairs that there are to be.
fn every(pairs: &dyn Fn(&Matrix<'_>) -> Vec<Result<Tally, Untold>>) -> Result<ExitCode, Untold> {
    let rules = Rules::read()?;
    let mut sum = Tally::default();
    for scenario in SCENARIOS {
        let matrix = Matrix::new(scenario, &rules, None)?;
        let mut tally = Tally { scenarios: 1, calls: matrix.calls, ..Tally::default() };
        for script in matrix.singles() {
            matrix.add(&script, &mut tally)?;
        }
        for part in pairs(&matrix) {
            tally.merge(part?);
        }
        tally.failures.iter().take(MOST_TOLD).for_each(|failure| println!("{failure}"));
        println!("{}: {tally}", scenario.name);
        sum.merge(tally);
    }
    let missing = sum.missing();
    for missing in &missing {
        println!("{missing}");
    }
    println!("faults: {sum}");
    let well = sum.failures.is_empty() && missing.is_empty();
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// So many failures of a scenario are told.
const MOST_TOLD: usize = 20;

/// All pairs, on as many threads as there are processors.
fn pairs(matrix: &Matrix<'_>) -> Vec<Result<Tally, Untold>> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let first = next.fetch_add(1, Ordering::Relaxed);
            if first >= matrix.calls {
                return Ok(tally);
            }
            for script in matrix.pairs_from(first) {
                matrix.add(&script, &mut tally)?;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    })
}
