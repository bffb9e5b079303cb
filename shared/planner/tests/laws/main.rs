//! Laws: what holds of every plan, whatever was observed.
//!
//! Written from the contract and the invariants. Each law runs over 10,000 worlds; `PROPTEST_CASES` says otherwise.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "what is not there fails its test")]

mod addresses;
mod census;
mod convergence;
mod dice;
mod facts;
mod hooks;
mod ideal;
mod independence;
mod matching;
mod reports;
mod safety;
mod totality;
mod worlds;

use proptest::test_runner::{Config, contextualize_config};

/// How every law is run. `make laws` reads the number.
#[expect(clippy::print_stdout, reason = "a law says over how many worlds it was run")]
fn config() -> Config {
    // A failure prints its world, and that becomes an example: no file of seeds to keep.
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let config = contextualize_config(config);
    println!("{} cases", config.cases);
    Config { max_global_rejects: config.cases.saturating_mul(10), ..config }
}
