//! A check carried out, with its figures.

use crate::bug::Bug;
use crate::census::{Census, Event};
use crate::fault::Fault;
use crate::goal;
use crate::model::Check;
use crate::state::{Action, State};
use stateright::{Checker, HasDiscoveries, Model, Path};

/// What a check has found.
#[derive(Debug)]
pub struct Checked {
    /// How many states were seen, each counted once.
    pub states: usize,
    /// How many steps lead to the farthest one.
    pub depth: usize,
    /// Whether there are no others.
    pub is_exhausted: bool,
    /// What is wrong, if anything.
    pub fault: Option<Fault>,
    /// What has happened.
    pub census: Census,
    /// Every property that does not hold, with how it came about.
    pub faults: Vec<String>,
}

/// Carries a check out, up to a number of generated states.
pub fn checked(check: Check, threads: usize, most: usize) -> Checked {
    let (census, bug) = (check.census.clone(), check.bug);
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
        fault: None,
        census,
        faults: Vec::new(),
    };
    for (property, path) in checked.discoveries() {
        found.fault = found.fault.or(checked.model().fault(path.last_state()));
        found.faults.push(told(property, path, bug));
    }
    found
}

/// How many states the checks have seen together.
pub fn states(figures: &[Checked]) -> usize {
    figures.iter().map(|found| found.states).sum()
}

/// What has happened in none of the checks, and must in one.
pub fn never(figures: &[Checked]) -> Vec<Event> {
    let is_missing = |event: &Event| !figures.iter().any(|found| found.census.has(*event));
    Event::all().into_iter().filter(is_missing).collect()
}

/// Whether a run has shown what it is for: nothing is wrong in any state, there are as many of them as there must be,
/// nothing is missing that must have happened, and no mistake that was sown was missed.
pub fn is_proof(figures: &[Checked], least: usize, missing: &[Event], missed: usize) -> bool {
    figures.iter().all(|found| found.faults.is_empty())
        && states(figures) >= least
        && missing.is_empty()
        && missed == 0
}

/// How a property came not to hold; where it is that a quiet world does not converge, what becomes of that.
fn told(property: &str, path: Path<State, Action>, bug: Option<Bug>) -> String {
    let last = path.last_state().clone();
    let mut lines = vec![format!("NOT {property}: {:?}", last.violation)];
    for (state, action) in path.into_vec() {
        lines.push(format!("  {}", state.now));
        lines.extend(action.map(|action| format!("    {action:?}")));
    }
    if last.violation.is_none() {
        lines.extend(goal::course(&last.now, bug).iter().map(|world| format!("  then {world}")));
    }
    lines.join("\n")
}
