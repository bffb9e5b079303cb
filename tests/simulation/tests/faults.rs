//! The fault matrix, as far as it fits into a test: every single fault, and every pair in one scenario. `make faults`
//! tries every pair in every scenario.

use simulation::matrix::pairs::gathered;
use simulation::matrix::{Matrix, Tally, Untold};
use simulation::routing::Rules;
use simulation::scenarios::SCENARIOS;
use simulation::threads::on_every_processor;
use std::process::Command;

#[test]
fn no_single_fault_at_any_call_does_harm_or_lasts() {
    let rules = Rules::read().unwrap();
    let (mut tally, mut pairs_of_stories, mut pairs) = (Tally::default(), 0, 0);
    for scenario in SCENARIOS {
        let matrix = Matrix::new(scenario, &rules, None).unwrap();
        let mut own = Tally::default();
        for script in matrix.singles() {
            matrix.add(&script, &mut own).unwrap();
        }
        pairs_of_stories += 121 * matrix.calls * (matrix.calls - 1) / 2;
        pairs += matrix.expected_pairs(&own);
        assert_eq!(own.miscounted(matrix.expected_singles(), 0), None, "{}", scenario.name);
        tally.merge(own);
    }
    assert_eq!(tally.failures, Vec::<String>::new());
    assert_eq!(tally.missing(), Vec::<String>::new());
    assert!(tally.singles > 3_000, "{tally}");
    // What comes beyond the end of a story is tried, and does not make all the others take much longer.
    let further = pairs - pairs_of_stories;
    assert!(0 < further && further <= pairs_of_stories / 10, "{further} of {pairs}");
}

#[test]
fn no_pair_of_faults_does_harm_or_lasts_where_two_slots_meet_two_instances() {
    let rules = Rules::read().unwrap();
    let scenario = SCENARIOS.into_iter().find(|own| own.name == "two slots, two instances").unwrap();
    let matrix = Matrix::new(scenario, &rules, None).unwrap();
    let mut singles = Tally::default();
    for script in matrix.singles() {
        matrix.add(&script, &mut singles).unwrap();
    }
    let expected = matrix.expected_pairs(&singles);
    let tally = matrix.every_pair().unwrap();
    assert_eq!(tally.failures, Vec::<String>::new());
    assert_eq!(tally.miscounted(0, expected), None);
    // Each kind at each of two calls, and some at what is called only since the first fault happened.
    let of_the_story = 121 * matrix.calls * (matrix.calls - 1) / 2;
    assert!(tally.pairs > 10_000 && tally.pairs > of_the_story, "{tally}");
}

#[test]
fn a_run_too_few_or_too_many_is_a_failure() {
    let tally = Tally { singles: 11, pairs: 121, ..Tally::default() };
    assert_eq!(tally.miscounted(11, 121), None);
    for (singles, pairs) in [(11, 122), (11, 120), (22, 121)] {
        assert!(tally.miscounted(singles, pairs).is_some_and(|wrong| wrong.contains("were tried")));
    }
}

#[test]
fn a_thread_that_panics_is_a_failure() {
    let work = || -> Result<Tally, Untold> { panic!("on purpose") };
    let tally = gathered(on_every_processor(work)).unwrap();
    assert!(tally.failures.first().is_some_and(|failure| failure.contains("panicked")), "{tally:?}");
}

#[test]
fn a_replay_that_goes_wrong_ends_with_a_failure() {
    let replay = |faults| {
        let ended =
            Command::new(env!("CARGO_BIN_EXE_faults")).args(["launch hook", faults]).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
    };
    assert_eq!(replay("0=lost").0, Some(0));
    let (code, told) = replay("9999=lost");
    assert!(code == Some(1) && told.contains("only 0 of them came to a call"), "{code:?}: {told}");
}
