//! The fault matrix, as far as it fits into a test: every single fault, and every pair in one scenario. `make faults`
//! tries every pair in every scenario.

use simulation::matrix::{Matrix, Tally};
use simulation::routing::Rules;
use simulation::scenarios::SCENARIOS;

#[test]
fn no_single_fault_at_any_call_does_harm_or_lasts() {
    let rules = Rules::read().unwrap();
    let mut tally = Tally::default();
    for scenario in SCENARIOS {
        let matrix = Matrix::new(scenario, &rules, None).unwrap();
        for script in matrix.singles() {
            matrix.add(&script, &mut tally).unwrap();
        }
    }
    assert_eq!(tally.failures, Vec::<String>::new());
    assert_eq!(tally.missing(), Vec::<String>::new());
    assert!(tally.singles > 3_000, "{tally}");
}

#[test]
fn no_pair_of_faults_does_harm_or_lasts_where_two_slots_meet_two_instances() {
    let rules = Rules::read().unwrap();
    let scenario = SCENARIOS.into_iter().find(|own| own.name == "two slots, two instances").unwrap();
    let matrix = Matrix::new(scenario, &rules, None).unwrap();
    let mut tally = Tally::default();
    for first in 0..matrix.calls {
        for script in matrix.pairs_from(first) {
            matrix.add(&script, &mut tally).unwrap();
        }
    }
    assert_eq!(tally.failures, Vec::<String>::new());
    assert!(tally.pairs > 10_000, "{tally}");
}
