//! Handovers are as quick and as cheap as promised, in as many interruptions as fit into a test. `make handovers` plays a
//! hundred thousand.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use simulation::handovers::figures::Figures;
use simulation::handovers::interruption::Interruption;
use simulation::handovers::{Kind, promise};
use simulation::mistake::Mistake;
use simulation::routing::Rules;
use simulation::trace::Trace;

fn figures(seeds: impl Iterator<Item = u64>, mistake: Option<Mistake>) -> Figures {
    let rules = Rules::read().unwrap();
    let mut figures = Figures::default();
    for seed in seeds {
        let interruption = Interruption { mistake, ..Interruption::of(seed) };
        figures.add(&interruption.play(&rules, &Trace::off()).unwrap(), seed);
    }
    figures
}

#[test]
fn no_interruption_loses_its_slot_and_each_policy_keeps_its_figures() {
    let figures = figures(1..=301, None);
    assert_eq!(promise::broken(&figures), Vec::<String>::new(), "{figures}");
    assert_eq!((figures.count(), figures.lost()), (301, 0));
    assert!(Kind::ALL.iter().all(|kind| figures.rows.contains_key(kind)), "{figures}");
}

#[test]
fn slots_that_are_lost_are_counted() {
    let figures = figures(1..=3, Some(Mistake::ClaimAssociation));
    let broken = promise::broken(&figures);
    assert_eq!(figures.lost(), 3, "{figures}");
    assert!(broken.iter().any(|line| line.contains("the slot is lost")), "{broken:?}");
}

#[test]
fn a_volume_taken_from_a_holder_that_uses_it_is_found() {
    let figures = figures((1..=60).filter(|seed| Kind::of(*seed) == Kind::Drain), Some(Mistake::NoProof));
    let broken = promise::broken(&figures);
    assert!(broken.iter().any(|line| line.contains("had not been drained")), "{broken:?}");
}
