//! `make wire`: plays a storm of so many invocations (1000 unless said otherwise), from a seed if one is given, and
//! fails when the promise was broken or a slot is not held in the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to whoever started it")]

use std::process::ExitCode;
use wire::storm::Run;
use wire::verdict;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (invocations, seed) = match (words.next().transpose(), words.next().transpose()) {
        (Ok(invocations), Ok(seed)) => {
            (invocations.unwrap_or(1000), seed.unwrap_or_else(|| fastrand::u64(..1_000_000)))
        }
        (Err(_), _) | (_, Err(_)) => {
            eprintln!("wire: the number of invocations and the seed are whole numbers");
            return ExitCode::from(2);
        }
    };
    println!("seed         {seed}");
    let figures = match Run::of(seed, invocations).play().await {
        Ok(figures) => figures,
        Err(error) => {
            eprintln!("wire: {error}");
            return ExitCode::FAILURE;
        }
    };
    let faults = verdict::of(&figures, invocations);
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        let path = stage::paths::root().join(format!("target/wire-{seed}.log"));
        let path = path.display();
        match std::fs::write(path.to_string(), figures.logs.join("\n")) {
            Ok(()) => eprintln!("what the functions logged is in {path}"),
            Err(error) => eprintln!("what the functions logged cannot be written to {path}: {error}"),
        }
    }
    println!("{figures}");
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
