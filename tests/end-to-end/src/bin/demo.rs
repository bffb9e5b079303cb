//! `make demo`: tells the story on standard output, and fails when it goes wrong.

use std::io::Write;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = end_to_end::demo::play(&mut std::io::stdout().lock()).await;
    let Err(error) = result else { return ExitCode::SUCCESS };
    // When not even this can be said, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "demo: {error}");
    ExitCode::FAILURE
}
