//! `make figures`: measures the binaries that are named on the command line, and fails where one is over a limit.

use end_to_end::{Error, Figures, Moto, Stage, event_file, measure};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The most of each: bytes, processor time, bytes.
const MOST: Figures = Figures { size: 8_000_000, start: Duration::from_millis(15), memory: 20_000_000 };

/// How often each binary is started; the median counts.
const RUNS: usize = 11;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    match print(&mut out).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // When not even this can be said, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "figures: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn print(out: &mut impl Write) -> Result<bool, Error> {
    let moto = Moto::start().await?;
    let mut within = true;
    say(out, &line("", "size", "CPU at start", "peak memory"))?;
    for binary in std::env::args().skip(1) {
        let mut all = Vec::new();
        for _ in 0..RUNS {
            all.push(once(Path::new(&binary), &moto).await?);
        }
        let Some(figures) = median(&all) else { continue };
        within &= figures.size <= MOST.size && figures.start <= MOST.start && figures.memory <= MOST.memory;
        say(out, &table_row(&binary, figures))?;
    }
    say(out, &table_row("at most", MOST))?;
    Ok(within)
}

/// One start, and one event that attaches a volume and associates an address.
async fn once(binary: &Path, moto: &Moto) -> Result<Figures, Error> {
    let stage = Stage::set(moto).await?;
    let tags = [("holdfast:fleet", "web")];
    let instance = stage.world.instance("us-east-1a", &tags).await?;
    stage.world.volume("us-east-1a", &tags).await?;
    stage.world.address(&tags).await?;
    let name = binary.file_name().unwrap_or_default().to_string_lossy();
    let event = match &*name {
        "instance-state-change" => end_to_end::state_change(&instance, "running"),
        "spot-interruption-warning" => event_file("spot-interruption-warning-terminate"),
        "rebalance-recommendation" => event_file("rebalance-recommendation"),
        "lifecycle-action" => event_file("lifecycle-action-launch"),
        _ => end_to_end::reconcile(),
    };
    measure(binary, &stage, &event?).await
}

fn median(all: &[Figures]) -> Option<Figures> {
    let middle = |mut values: Vec<u64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    let nanoseconds = |figures: &Figures| u64::try_from(figures.start.as_nanos()).unwrap_or(u64::MAX);
    Some(Figures {
        size: middle(all.iter().map(|figures| figures.size).collect())?,
        start: Duration::from_nanos(middle(all.iter().map(nanoseconds).collect())?),
        memory: middle(all.iter().map(|figures| figures.memory).collect())?,
    })
}

fn table_row(name: &str, Figures { size, start, memory }: Figures) -> String {
    let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    let start = format!("{:.1} ms", start.as_secs_f64() * 1000.0);
    line(name, &megabytes(size), &start, &megabytes(memory))
}

fn line(name: &str, size: &str, start: &str, memory: &str) -> String {
    format!("{name:<45}{size:>10}{start:>15}{memory:>14}\n")
}

fn say(out: &mut impl Write, text: &str) -> Result<(), Error> {
    out.write_all(text.as_bytes()).map_err(|source| Error::Io { what: "print".to_owned(), source })
}
