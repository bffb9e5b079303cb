//! Tries every fault at every call of every scenario, alone and in pairs, and prints the figures; the last line sums up.
//!
//! `faults` tries them all, `faults singles` each alone, `faults SCENARIO` those of one scenario, in which not every call need
//! be made; `faults SCENARIO CALL=FAULT,…` replays one, with a trace of everything that happened.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use local_ec2::Fault;
use simulation::matrix::{Matrix, Replay, Script, Tally, Untold};
use simulation::routing::Rules;
use simulation::scenarios::{SCENARIOS, Scenario};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let answer = match arguments.as_slice() {
        [] => every(&SCENARIOS, Choice::SinglesAndPairs),
        [alone] if alone == "singles" => every(&SCENARIOS, Choice::Singles),
        [scenario] => match named(scenario) {
            Ok(scenario) => every(&[scenario], Choice::SinglesAndPairs),
            Err(wrong) => {
                println!("{wrong}");
                return ExitCode::from(2);
            }
        },
        [scenario, faults] => replay(scenario, faults),
        _ => {
            println!(
                "usage: faults, faults singles, faults SCENARIO, or faults SCENARIO CALL=FAULT,… as a failure names them"
            );
            return ExitCode::from(2);
        }
    };
    answer.unwrap_or_else(|error| {
        println!("{error}");
        ExitCode::FAILURE
    })
}

/// The scenario of that name, or which there are.
fn named(scenario: &str) -> Result<Scenario, String> {
    let names = || SCENARIOS.map(|own| own.name).join(", ");
    let found = SCENARIOS.into_iter().find(|own| own.name == scenario);
    found.ok_or_else(|| format!("there is no scenario `{scenario}`: {}", names()))
}

/// The scenario of that name and the faults of its calls, or what is wrong with either.
fn read(scenario: &str, faults: &str) -> Result<(Scenario, Script), String> {
    let found = named(scenario)?;
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
    let Replay { lines, failures } = Matrix::new(scenario, &rules, None)?.replay(&script)?;
    lines.iter().chain(&failures).for_each(|line| println!("{line}"));
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is to be tried.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Singles,
    SinglesAndPairs,
}

fn every(scenarios: &[Scenario], choice: Choice) -> Result<ExitCode, Untold> {
    let rules = Rules::read()?;
    let (mut sum, mut all) = (Tally::default(), 0);
    for scenario in scenarios {
        let matrix = Matrix::new(*scenario, &rules, None)?;
        let mut tally = Tally { scenarios: 1, calls: matrix.calls, ..Tally::default() };
        for script in matrix.singles() {
            matrix.add(&script, &mut tally)?;
        }
        let expected = matrix.expected_pairs(&tally);
        all += expected;
        let miscounted = match choice {
            Choice::Singles => tally.miscounted(matrix.expected_singles(), 0),
            Choice::SinglesAndPairs => {
                tally.merge(matrix.every_pair()?);
                tally.miscounted(matrix.expected_singles(), expected)
            }
        };
        tally.failures.extend(miscounted.map(|wrong| format!("{}: {wrong}", scenario.name)));
        tally.failures.iter().take(MOST_TOLD).for_each(|failure| println!("{failure}"));
        println!("{}: {tally}", scenario.name);
        sum.merge(tally);
    }
    let missing = if scenarios.len() == SCENARIOS.len() { sum.missing() } else { Vec::new() };
    for missing in &missing {
        println!("{missing}");
    }
    println!("faults: {sum}; there are {all} pairs");
    let well = sum.failures.is_empty() && missing.is_empty();
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// So many failures of a scenario are told.
const MOST_TOLD: usize = 20;
