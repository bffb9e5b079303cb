//! Mistakes sown on purpose, each in the smallest world that shows it. A check that does not find them proves nothing.

use crate::bug::Bug;
use crate::ec2::Violation;
use crate::model::Check;
use crate::ssm::Agent;
use crate::starts::{DRAINING, RUNNING, STOPPED, scattered, with_doomed};
use crate::world::{Handover, Instance, Shape, World};
use Handover::{Drain, OnRelease, Terminate};

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
    taking().into_iter().chain(giving()).chain(ending()).chain(draining()).collect()
}

/// A volume is taken from somebody, or what is to be left alone is touched.
fn taking() -> Vec<Seed> {
    let first = |slots| vec![Shape { instances: 2, slots, handover: OnRelease }.quiet()];
    let stopped = on_first(&[(1, 0)], OnRelease, STOPPED);
    let paused = on_first(&[(1, 0)], OnRelease, Instance { paused: true, ..STOPPED });
    let running = on_first(&[(2, 0)], OnRelease, RUNNING);
    vec![
        Sown("a detach that names no instance", Bug::DetachNamesNoInstance).shows(
            Violation::TakenFromUser,
            stopped,
            2,
        ),
        Sown("no freshness, a start under the same id", Bug::NoFreshness).shows(
            Violation::TakenFromUser,
            first(&[(1, 0)]),
            1,
        ),
        Sown("no freshness, a late second volume", Bug::NoFreshness).shows(Violation::Split, running, 2),
        Sown("a detach from a holder that merely drains", Bug::DetachFromDraining).shows(
            Violation::TakenFromUser,
            first(&[(1, 0)]),
            1,
        ),
        Sown("a pause that is not seen", Bug::PauseUnseen).shows(Violation::Paused, paused, 1),
    ]
}

/// An instance is given what it should not have.
fn giving() -> Vec<Seed> {
    let first = |slots| vec![Shape { instances: 2, slots, handover: OnRelease }.quiet()];
    let stopped = on_first(&[(2, 0)], OnRelease, STOPPED);
    vec![
        Sown("no common device name", Bug::NoCommonDevice).shows(
            Violation::TwoSlots,
            first(&[(1, 0), (1, 0)]),
            2,
        ),
        Sown("the next device name at once", Bug::NextDeviceAtOnce).shows(
            Violation::TwoSlots,
            first(&[(1, 0), (1, 0)]),
            2,
        ),
        Sown("a second volume before the first is accepted", Bug::SecondVolumeAhead).shows(
            Violation::VolumeAhead,
            first(&[(2, 0)]),
            1,
        ),
        Sown("an address before the first volume is accepted", Bug::AddressAhead).shows(
            Violation::AddressAhead,
            first(&[(1, 1)]),
            1,
        ),
        Sown("an answer that is stale after a start", Bug::NoSettledStart).shows(
            Violation::Split,
            stopped,
            1,
        ),
    ]
}

/// An instance is ended that should not be.
fn ending() -> Vec<Seed> {
    let first = || vec![Shape { instances: 2, slots: &[(1, 0)], handover: Terminate }.quiet()];
    let foreign = on_first(&[(1, 0)], Terminate, Instance { foreign: Some('p'), ..DRAINING });
    let doomed = with_doomed(on_first(&[(1, 0)], Terminate, DRAINING));
    vec![
        Sown("an end without a candidate", Bug::EndWithoutCandidate).shows(
            Violation::EndedWithoutCandidate,
            first(),
            1,
        ),
        Sown("an end of a holder with a volume of others", Bug::EndWithForeign).shows(
            Violation::EndedWithForeign,
            foreign,
            1,
        ),
        Sown("an end that takes a volume along", Bug::EndWithVolume).shows(
            Violation::EndedWithVolume,
            doomed,
            1,
        ),
        Sown("an end of a healthy holder", Bug::EndHealthy).shows(Violation::EndedHealthy, first(), 1),
    ]
}

/// A volume is taken from a holder that was not drained of it, or a holder is drained that should not be.
fn draining() -> Vec<Seed> {
    let fails = Instance { agent: Agent::Fails, ..DRAINING };
    let first = || on_first(&[(1, 0)], Drain, DRAINING);
    let alone = || vec![Shape { instances: 1, slots: &[(1, 0)], handover: Drain }.quiet()];
    vec![
        Sown("a proof from a command that failed", Bug::ProofFromFailure).shows(
            Violation::TakenFromUser,
            on_first(&[(1, 0)], Drain, fails),
            1,
        ),
        Sown("a proof from a command that has not ended", Bug::ProofFromRunning).shows(
            Violation::TakenFromUser,
            first(),
            1,
        ),
        Sown("a proof from before a restart", Bug::ProofFromBefore)
            .shows(Violation::TakenFromUser, first(), 1)
            .within(2),
        Sown("a proof of another volume", Bug::ProofOfAnother)
            .shows(Violation::TakenFromUser, on_first(&[(2, 0)], Drain, RUNNING), 2)
            .within(1),
        Sown("a detach in place of a drain", Bug::DetachUndrained).shows(
            Violation::TakenFromUser,
            first(),
            1,
        ),
        Sown("a drain that nobody can take over from", Bug::DrainWithoutCandidate).shows(
            Violation::DrainedWithoutCandidate,
            alone(),
            1,
        ),
        Sown("a drain of a healthy holder", Bug::DrainHealthy).shows(Violation::DrainedHealthy, alone(), 1),
        Sown("a drain that is quicker than a look is old", Bug::QuickDrain)
            .shows(Violation::Split, on_first(&[(2, 0)], Drain, RUNNING), 2)
            .within(1),
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

/// A mistake by name.
struct Sown(&'static str, Bug);

impl Sown {
    /// Where it shows, and how.
    fn shows(self, expected: Violation, starts: Vec<World>, functions: usize) -> Seed {
        let check =
            Check { bug: Some(self.1), only: Some(expected), ..Check::new(self.0, starts, functions) };
        Seed { check, expected }
    }
}

impl Seed {
    /// Where it shows though instances stop, end, start again or are marked only so often.
    fn within(self, churn: u8) -> Self {
        let check = Check { churn: Some(churn), ..self.check };
        Self { check, ..self }
    }
}
