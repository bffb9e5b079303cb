//! Mistakes sown on purpose, each in the smallest world that shows it. A check that does not find them proves nothing.

use crate::bug::Bug;
use crate::ec2::Violation;
use crate::fault::Fault;
use crate::goal::Quiet;
use crate::kind::Kind;
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
    pub expected: Fault,
}

/// How many states at most are generated to find one.
pub const MOST: usize = 3_000_000;

/// All of them.
pub fn seeds() -> Vec<Seed> {
    let unsafe_ones = taking().into_iter().chain(giving()).chain(ending()).chain(draining());
    unsafe_ones.chain(unheld()).chain(unsettled()).collect()
}

/// A volume is taken from somebody, or what is to be left alone is touched.
fn taking() -> Vec<Seed> {
    let first = |slots| vec![Shape { instances: 2, slots, handover: OnRelease }.quiet()];
    let stopped = || on_first(&[(1, 0)], OnRelease, STOPPED);
    let paused = on_first(&[(1, 0)], OnRelease, Instance { paused: true, ..STOPPED });
    let running = on_first(&[(2, 0)], OnRelease, RUNNING);
    vec![
        Sown("a detach that names no instance", Bug::DetachNamesNoInstance).shows(
            Violation::TakenFromUser,
            stopped(),
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
        Sown("a detach from a holder that starts", Bug::DetachFromStarting).shows(
            Violation::TakenFromUser,
            stopped(),
            1,
        ),
        Sown("a pause that is not seen", Bug::PauseUnseen).shows(Violation::Paused, paused, 1),
        Sown("a plan that the model cannot express", Bug::StrangeVolume).shows(
            Violation::Inexpressible,
            first(&[(1, 0)]),
            1,
        ),
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

/// A slot stays where it cannot be used, or apart.
fn unheld() -> Vec<Seed> {
    let never = |name, kind, starts| Sown(name, Bug::Never(kind)).leads_to(Quiet::Unheld, starts);
    let first = |instances, slots| vec![Shape { instances, slots, handover: OnRelease }.quiet()];
    vec![
        never("no first volume is ever attached", Kind::AttachFirst, first(1, &[(1, 0)])),
        never("no second volume is ever attached", Kind::AttachAnother, first(1, &[(2, 0)])),
        never("nothing is ever detached", Kind::Detach, first(2, &[(1, 0)])),
        never("no address is ever associated", Kind::Associate, first(1, &[(1, 1)])),
        never("no address is ever disassociated", Kind::Disassociate, first(2, &[(1, 1)])),
        never("no holder is ever ended", Kind::Terminate, on_first(&[(1, 0)], Terminate, DRAINING)),
        never("no holder is ever drained", Kind::Drain, on_first(&[(1, 0)], Drain, DRAINING)),
        Sown("nothing is done for a second slot", Bug::FirstSlotAlone)
            .leads_to(Quiet::Unheld, first(2, &[(1, 0), (1, 0)])),
    ]
}

/// There is always something left to do, or something is done that must not be.
fn unsettled() -> Vec<Seed> {
    let first = |slots| vec![Shape { instances: 1, slots, handover: OnRelease }.quiet()];
    vec![
        // Nine calls, in eight looks.
        Sown("one call a look", Bug::OneCallALook).leads_to(Quiet::Endless, first(&[(1, 8)])),
        Sown("an address to and fro", Bug::RedoesTheAddress).leads_to(Quiet::Endless, first(&[(1, 1)])),
        Sown("an address anew in every invocation", Bug::BeginsWithTheAddress)
            .leads_to(Quiet::Relapse, first(&[(1, 1)])),
        Sown("a volume taken by the next invocation", Bug::BeginsWithTheVolume)
            .leads_to(Quiet::Unsafe(Violation::TakenFromUser), first(&[(1, 0)])),
        Sown("every address at the first place", Bug::FirstPlaceAlone)
            .leads_to(Quiet::Unsafe(Violation::Displaced), first(&[(1, 2)])),
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
        self.expects(Fault::Broken(expected), starts, functions)
    }

    /// Where the world, left alone, does not converge, and what becomes of it instead.
    fn leads_to(self, expected: Quiet, starts: Vec<World>) -> Seed {
        self.expects(Fault::Unsettled(expected), starts, 1)
    }

    fn expects(self, expected: Fault, starts: Vec<World>, functions: usize) -> Seed {
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
