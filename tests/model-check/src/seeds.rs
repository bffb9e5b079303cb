//! Mistakes sown on purpose, each in the smallest world that shows it. A check that does not find them proves nothing.

use crate::bug::Bug;
use crate::ec2::Violation;
use crate::model::Check;
use crate::starts::{DRAINING, RUNNING, STOPPED, scattered, with_doomed};
use crate::world::{Handover, Instance, Shape, World};
use Handover::{OnRelease, Terminate};

/// A mistake, where it shows, and how.
#[derive(Debug)]
pub struct Seed {
    /// The check, with the mistake.
    pub check: Check,
    /// What comes of it.
    pub expected: Violation,
}

/// How many states at most are generated to find one.
pub const MOST: usize = 3_000_000;

/// All of them.
pub fn seeds() -> Vec<Seed> {
    let first = |instances, slots, handover| vec![Shape { instances, slots, handover }.quiet()];
    let foreign = Instance { foreign: Some('p'), ..DRAINING };
    let paused = Instance { paused: true, ..STOPPED };
    let held = |handover, holder: Instance| on_first(&[(1, 0)], handover, holder);
    vec![
        seed(
            "a detach that names no instance",
            Bug::DetachNamesNoInstance,
            Violation::TakenFromUser,
            held(OnRelease, STOPPED),
            2,
            None,
        ),
        seed(
            "no freshness, a start under the same id",
            Bug::NoFreshness,
            Violation::TakenFromUser,
            first(2, &[(1, 0)], OnRelease),
            1,
            None,
        ),
        // One stop and no start, so that nothing else can go wrong.
        seed(
            "no freshness, a late second volume",
            Bug::NoFreshness,
            Violation::Split,
            on_first(&[(2, 0)], OnRelease, RUNNING),
            2,
            Some(1),
        ),
        seed(
            "no common device name",
            Bug::NoCommonDevice,
            Violation::TwoSlots,
            first(2, &[(1, 0), (1, 0)], OnRelease),
            2,
            None,
        ),
        seed(
            "a detach from a holder that merely drains",
            Bug::DetachFromDraining,
            Violation::TakenFromUser,
            first(2, &[(1, 0)], OnRelease),
            1,
            None,
        ),
        seed(
            "a second volume before the first is accepted",
            Bug::SecondVolumeAhead,
            Violation::VolumeAhead,
            first(2, &[(2, 0)], OnRelease),
            1,
            None,
        ),
        seed(
            "an address before the first volume is accepted",
            Bug::AddressAhead,
            Violation::AddressAhead,
            first(2, &[(1, 1)], OnRelease),
            1,
            None,
        ),
        seed(
            "an end without a candidate",
            Bug::EndWithoutCandidate,
            Violation::EndedWithoutCandidate,
            first(2, &[(1, 0)], Terminate),
            1,
            None,
        ),
        seed(
            "an end of a holder with a volume of others",
            Bug::EndWithForeign,
            Violation::EndedWithForeign,
            held(Terminate, foreign),
            1,
            None,
        ),
        seed(
            "an end that takes a volume along",
            Bug::EndWithVolume,
            Violation::EndedWithVolume,
            with_doomed(held(Terminate, DRAINING)),
            1,
            None,
        ),
        seed(
            "an end of a healthy holder",
            Bug::EndHealthy,
            Violation::EndedHealthy,
            first(2, &[(1, 0)], Terminate),
            1,
            None,
        ),
        seed(
            "the next device name at once",
            Bug::NextDeviceAtOnce,
            Violation::TwoSlots,
            first(2, &[(1, 0), (1, 0)], OnRelease),
            2,
            None,
        ),
        seed(
            "a pause that is not seen",
            Bug::PauseUnseen,
            Violation::Paused,
            held(OnRelease, paused),
            1,
            None,
        ),
        seed(
            "an answer that is stale after a start",
            Bug::NoSettledStart,
            Violation::Split,
            on_first(&[(2, 0)], OnRelease, STOPPED),
            1,
            Some(1),
        ),
    ]
}

/// Two instances, the second of which runs; the first volume is on the first, and nothing else is anywhere.
fn on_first(slots: &'static [(u8, u8)], handover: Handover, holder: Instance) -> Vec<World> {
    let shape = Shape { instances: 2, slots, handover };
    let mut worlds = scattered(&shape, &[&[holder], &[RUNNING]]);
    worlds.retain(|world| {
        let mut places = world.volumes.iter().map(|volume| volume.link.map(|link| link.instance));
        places.next() == Some(Some(0)) && places.all(|place| place.is_none())
    });
    worlds
}

fn seed(
    name: &'static str,
    bug: Bug,
    expected: Violation,
    starts: Vec<World>,
    functions: usize,
    churn: Option<u8>,
) -> Seed {
    let check = Check {
        name,
        starts,
        functions,
        churn,
        recommends: false,
        takes_back: false,
        refuses: false,
        bug: Some(bug),
        only: Some(expected),
    };
    Seed { check, expected }
}
