//! The simulation finds nothing wrong, in as many seeds as fit into a test. `make simulate` runs many more.

use simulation::figures::Figures;
use simulation::routing::Rules;
use simulation::seed::{Outcome, Run};
use simulation::stability::{Outage, outage};
use simulation::trace::Trace;

#[test]
fn a_hundred_seeds_keep_the_promise() {
    let rules = Rules::read().unwrap();
    let mut figures = Figures::default();
    for seed in 1..=100 {
        let Outcome { figures: own, faults } = Run::of(seed, 1).simulate(&rules, &Trace::off());
        assert_eq!(faults, Vec::<String>::new(), "make simulate SEED={seed}");
        figures.add(&own);
    }
    assert_eq!(figures.missing(), Vec::<String>::new(), "{figures}");
    assert!(figures.events.iter().all(|count| *count > 100), "{figures}");
    assert!(figures.acts > 1_000 && figures.retries > 1_000 && figures.slots.1 > 100, "{figures}");
}

#[test]
fn a_seed_does_the_same_each_time() {
    let rules = Rules::read().unwrap();
    let told = |seed| {
        let trace = Trace::on();
        Run::of(seed, 1).simulate(&rules, &trace);
        trace.lines()
    };
    for seed in 1..=3 {
        assert_eq!(told(seed), told(seed));
    }
    assert_ne!(told(1), told(2));
}

#[test]
fn a_healthy_holder_keeps_all_while_every_function_is_stopped() {
    let rules = Rules::read().unwrap();
    let mut sum = Outage::default();
    for seed in 1..=80 {
        let outage = outage(seed, 1, &rules);
        assert_eq!(outage.faults, Vec::<String>::new(), "seed {seed}");
        sum.held += outage.held;
        sum.unaffected += outage.unaffected;
    }
    assert!(sum.unaffected > 20 && sum.held > sum.unaffected, "{sum:?}");
}
