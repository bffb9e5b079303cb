//! Simulates interruptions and prints how long they took and what they cost; fails when a figure is not as it has to be.
//!
//! `handovers COUNT` simulates the seeds from 1 on; `handovers COUNT SEED` that seed alone, with a trace of all that
//! happened.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use simulation::handovers::figures::Figures;
use simulation::handovers::interruption::{Interruption, Unplayable};
use simulation::handovers::{assumptions, promise};
use simulation::ledger::Look;
use simulation::routing::Rules;
use simulation::threads::on_every_processor;
use simulation::trace::Trace;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.is_empty()).collect();
    let numbers: Option<Vec<u64>> = arguments.iter().map(|argument| argument.parse().ok()).collect();
    let answer = match numbers.as_deref() {
        Some([count]) => every(*count),
        Some([_, seed]) => replay(*seed),
        _ => {
            println!("usage: handovers COUNT [SEED], such as handovers 100000");
            return ExitCode::from(2);
        }
    };
    answer.unwrap_or_else(|error| {
        println!("{error}");
        ExitCode::FAILURE
    })
}

fn replay(seed: u64) -> Result<ExitCode, Unplayable> {
    let trace = Trace::on();
    let outcome = Interruption::of(seed).play(&Rules::read()?, &trace)?;
    for line in trace.lines() {
        println!("{line}");
    }
    for (number, invocation) in outcome.invocations.iter().enumerate() {
        for look in &invocation.looks {
            println!("#{} {}", number + 1, told(look));
        }
    }
    println!("{:?}\n{:#?}\n{:?}", outcome.notices, outcome.course.moments(), outcome.work());
    for fault in &outcome.faults {
        println!("NOT as it should be: {fault}");
    }
    Ok(if outcome.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A look and what followed from it, in a line.
fn told(look: &Look) -> String {
    let refused = |accepted: bool| if accepted { "" } else { " refused" };
    let writes: Vec<String> =
        look.writes.iter().map(|write| format!("{}{}", write.action, refused(write.accepted))).collect();
    let Look { began, describes, listed, .. } = look;
    let (began, writes) = (began.format("%H:%M:%S%.3f"), writes.join(", "));
    format!("looked at {began}: {describes} Describe calls, {listed} ListCommands; {writes}")
}

/// So many faults are told.
const MOST_TOLD: usize = 20;

fn every(count: u64) -> Result<ExitCode, Unplayable> {
    let rules = Rules::read()?;
    let next = AtomicU64::new(1);
    let work = || {
        let mut figures = Figures::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > count {
                return Ok::<_, Unplayable>(figures);
            }
            let outcome = Interruption::of(seed).play(&rules, &Trace::off())?;
            figures.add(&outcome, seed);
        }
    };
    let mut figures = Figures::default();
    for part in on_every_processor(work) {
        match part {
            Ok(part) => figures.merge(part?),
            Err(panicked) => figures.faults.push(panicked.to_string()),
        }
    }
    for line in assumptions::told() {
        println!("{line}");
    }
    println!("{figures}");
    let broken = promise::broken(&figures);
    for line in broken.iter().take(MOST_TOLD) {
        println!("NOT as it should be: {line}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
