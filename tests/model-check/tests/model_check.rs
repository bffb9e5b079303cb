//! The model check finds what is wrong, and finds nothing wrong with the shipped planner.

use model_check::model::{Bug, Check};
use model_check::world::{Shape, Violation};
use stateright::{Checker, Model};

/// Checks a small world, and tells the violation that was found, if any.
fn check(
    instances: usize,
    slots: &[(usize, usize)],
    functions: usize,
    bug: Option<Bug>,
) -> Option<Violation> {
    let check = Check { shape: Shape { instances, slots: slots.to_vec() }, functions, bug };
    let checked = check.checker().threads(2).target_state_count(1_500_000).spawn_dfs().join();
    let path = checked.discoveries().into_iter().find(|(property, _)| *property == "safe")?.1;
    path.into_states().into_iter().find_map(|state| state.violation)
}

#[test]
fn a_world_of_one_volume_is_safe_and_converges_from_every_state() {
    let shape = Shape { instances: 2, slots: vec![(1, 0)] };
    let checked = Check { shape, functions: 1, bug: None }.checker().spawn_bfs().join();
    assert!(checked.is_done());
    assert!(checked.unique_state_count() > 10_000, "{}", checked.unique_state_count());
    checked.assert_properties();
}

#[test]
fn a_detach_that_names_no_instance_is_found() {
    let found = check(3, &[(1, 0)], 2, Some(Bug::DetachNamesNoInstance));
    assert_eq!(found, Some(Violation::TakenFromUser));
}

#[test]
fn the_lack_of_freshness_is_found() {
    assert!(check(2, &[(2, 0)], 2, Some(Bug::NoFreshness)).is_some());
}

#[test]
fn device_names_of_their_own_for_first_volumes_are_found() {
    let found = check(2, &[(1, 0), (1, 0)], 2, Some(Bug::NoCommonDevice));
    assert_eq!(found, Some(Violation::TwoSlots));
}
