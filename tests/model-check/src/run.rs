//! A check carried out, with its figures.

use crate::ec2::Violation;
use crate::goal;
use crate::model::Check;
use stateright::{Checker, HasDiscoveries, Model};

/// What a check has found.
#[derive(Debug)]
pub struct Checked {
    /// How many states were seen, each counted once.
    pub states: usize,
    /// How many steps lead to the farthest one.
    pub depth: usize,
    /// Whether there are no others.
    pub is_exhausted: bool,
    /// What must never have happened, if it has.
    pub violation: Option<Violation>,
    /// Every property that does not hold, with how it came about.
    pub faults: Vec<String>,
}

/// Carries a check out, up to a number of generated states.
pub fn checked(check: Check, threads: usize, most: usize) -> Checked {
    let checked = check
        .checker()
        .finish_when(HasDiscoveries::Any)
        .threads(threads)
        .target_state_count(most)
        .spawn_bfs()
        .join();
    let mut found = Checked {
        states: checked.unique_state_count(),
        depth: checked.max_depth(),
        is_exhausted: checked.state_count() < most,
        violation: None,
        faults: Vec::new(),
    };
    for (property, path) in checked.discoveries() {
        let last = path.last_state();
        found.violation = found.violation.or(last.violation);
        let mut told = format!("NOT {property}: {:?}", last.violation);
        for (state, action) in path.clone().into_vec() {
            told.push_str(&format!("\n  {}", state.now));
            if let Some(action) = action {
                told.push_str(&format!("\n    {action:?}"));
            }
        }
        for world in goal::course(&last.now).iter().filter(|_| last.violation.is_none()) {
            told.push_str(&format!("\n  then {world}"));
        }
        found.faults.push(told);
    }
    found
}
