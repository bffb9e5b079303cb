//! Simulates seeds and prints the figures; the last line sums up.
//!
//! `simulate SEEDS HOURS` simulates the seeds from 1 on, so many hours each; `simulate SEEDS HOURS SEED` that seed alone,
//! with a trace of everything that happened.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use simulation::figures::Figures;
use simulation::routing::Rules;
use simulation::seed::{Outcome, Run};
use simulation::trace::Trace;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.is_empty()).collect();
    let numbers: Option<Vec<u64>> = arguments.iter().map(|argument| argument.parse().ok()).collect();
    let hours = |hours: u64| u32::try_from(hours).unwrap_or(1);
    let rules = match Rules::read() {
        Ok(rules) => rules,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match numbers.as_deref() {
        Some([seeds, h]) => every(*seeds, hours(*h), &rules),
        Some([_, h, seed]) => replay(*seed, hours(*h), &rules),
        _ => {
            println!("usage: simulate SEEDS HOURS [SEED], such as simulate 10000 1");
            ExitCode::from(2)
        }
    }
}

fn replay(seed: u64, hours: u32, rules: &Rules) -> ExitCode {
    let trace = Trace::on();
    let outcome = Run::of(seed, hours).simulate(rules, &trace);
    trace.lines().iter().for_each(|line| println!("{line}"));
    outcome.faults.iter().for_each(|fault| println!("NOT as it should be: {fault}"));
    println!("seed {seed}: {}", outcome.figures);
    if outcome.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn every(seeds: u64, hours: u32, rules: &Rules) -> ExitCode {
    let next = AtomicU64::new(1);
    let sum = Mutex::new((Figures::default(), 0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        return;
                    }
                    let outcome = Run::of(seed, hours).simulate(rules, &Trace::off());
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.0.add(&outcome.figures);
                    sum.1 += u64::from(!outcome.faults.is_empty());
                    tell(seed, hours, &outcome);
                }
            });
        }
    });
    let (figures, failed) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let missing = figures.missing();
    for missing in &missing {
        println!("{missing}");
    }
    println!("simulation: {seeds} seeds, {figures}; {failed} seeds with violations");
    if failed == 0 && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(seed: u64, hours: u32, outcome: &Outcome) {
    for fault in &outcome.faults {
        println!("seed {seed}: {fault}");
    }
    if !outcome.faults.is_empty() {
        println!("seed {seed}: replay with make simulate SEED={seed} HOURS={hours}");
    }
}
