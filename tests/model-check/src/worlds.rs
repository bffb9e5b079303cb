//! The worlds that the project vouches for.

use crate::model::Check;
use crate::ssm::Agent;
use crate::starts::{
    DRAINING, ENDING, GONE, INTERRUPTED, PENDING, RECOMMENDED, RUNNING, SHORT, STOPPED, STOPPING, held,
    late_second, scattered, with_doomed, with_paused_slot,
};
use crate::world::{Handover, Instance, LinkState, Shape, UNBORN, Usage, World};
use Handover::{Drain, OnRelease, Terminate};

/// How much is to be explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// What every run of the tests does.
    Short,
    /// What a change of the planner asks for.
    Normal,
    /// What a release asks for.
    Long,
}

impl Effort {
    /// The effort that an argument names.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "short" => Some(Self::Short),
            "normal" => Some(Self::Normal),
            "long" => Some(Self::Long),
            _ => None,
        }
    }

    /// How many states at most are generated for a world. About two fifths of them are unique.
    pub fn most(self, check: &Check) -> usize {
        match self {
            Self::Short => 16_000,
            Self::Normal => 600_000,
            // Most of those of little churn are exhausted by then.
            Self::Long if check.churn.is_some() => 6_000_000,
            Self::Long => 3_000_000,
        }
    }

    /// How many unique states all worlds together must have at least for a run to count.
    pub fn least(self) -> usize {
        match self {
            Self::Short => 300_000,
            Self::Normal => 1_000_000,
            Self::Long => 20_000_000,
        }
    }
}

/// All of them.
pub fn worlds() -> Vec<Check> {
    quiet()
        .into_iter()
        .chain(scattered_volumes())
        .chain(scattered_addresses())
        .chain(others())
        .chain(handovers())
        .chain(drains())
        .collect()
}

/// Worlds in which nothing has been launched yet.
fn quiet() -> Vec<Check> {
    let start = |instances, slots, handover| vec![Shape { instances, slots, handover }.quiet()];
    let release = |instances, slots| start(instances, slots, OnRelease);
    let terminate = |instances, slots| start(instances, slots, Terminate);
    vec![
        Check::new("one volume", release(2, &[(1, 0)]), 1),
        Check::new("one volume, two functions", release(2, &[(1, 0)]), 2),
        Check::new("two volumes and an address", release(2, &[(2, 1)]), 1),
        Check::new("three instances, two functions", release(3, &[(2, 1)]), 2),
        Check::new("two volumes and two addresses, three functions", release(3, &[(2, 2)]), 3),
        Check::new("two slots", release(3, &[(1, 1), (1, 0)]), 2),
        Check::new("two slots of two volumes, three functions", release(3, &[(2, 1), (2, 0)]), 3),
        Check::new("a slot of addresses", release(3, &[(1, 1), (0, 2)]), 2),
        Check::new("a slot of addresses, three functions", release(4, &[(2, 1), (0, 1)]), 3),
        Check::new("three slots", release(4, &[(1, 0), (1, 1), (0, 1)]), 3),
        Check { takes_back: true, ..Check::new("attachments are taken back", release(2, &[(2, 1)]), 2) },
        Check { refuses: true, ..Check::new("calls are refused for good", release(3, &[(2, 1)]), 1) },
        Check::new("terminate", terminate(2, &[(1, 1)]), 2),
        Check { recommends: true, ..Check::new("terminate, recommended", terminate(3, &[(2, 1)]), 2) },
        Check { recommends: true, ..Check::new("terminate, two slots", terminate(3, &[(1, 1), (1, 0)]), 3) },
    ]
}

/// Volumes anywhere, among them stray ones of a slot on the holder of another.
fn scattered_volumes() -> Vec<Check> {
    let one = Shape { instances: 2, slots: &[(3, 0)], handover: OnRelease };
    let two = Shape { instances: 2, slots: &[(1, 0), (2, 0)], handover: OnRelease };
    let three = Shape { instances: 3, slots: &[(1, 0), (2, 0)], handover: OnRelease };
    let any: &[Instance] = &[RUNNING, STOPPED, STOPPING, DRAINING];
    let all: &[Instance] = &[PENDING, RUNNING, DRAINING, STOPPED, ENDING, GONE];
    let calm: &[Instance] = &[RUNNING, STOPPED, DRAINING];
    vec![
        brief("three volumes scattered", scattered(&one, &[all, all]), 1, 1),
        brief("two slots scattered", scattered(&two, &[any, any]), 1, 1),
        brief(
            "two slots scattered, two functions",
            scattered(&two, &[&[RUNNING, STOPPED], &[RUNNING, STOPPED]]),
            2,
            0,
        ),
        brief(
            "two slots scattered over three instances",
            scattered(&three, &[calm, calm, &[RUNNING, UNBORN]]),
            1,
            0,
        ),
    ]
}

/// Addresses anywhere, among them crossed ones.
fn scattered_addresses() -> Vec<Check> {
    let crossed = Shape { instances: 2, slots: &[(1, 1), (1, 1)], handover: OnRelease };
    let several = Shape { instances: 2, slots: &[(1, 2), (0, 2)], handover: OnRelease };
    let alone = Shape { instances: 3, slots: &[(0, 2), (0, 2)], handover: OnRelease };
    let any: &[Instance] = &[RUNNING, STOPPED, DRAINING];
    vec![
        brief("addresses crossed", scattered(&crossed, &[any, any]), 1, 1),
        brief("addresses crossed, two functions", scattered(&crossed, &[&[RUNNING], &[RUNNING]]), 2, 0),
        brief("addresses scattered", scattered(&several, &[any, any]), 1, 1),
        brief(
            "slots of addresses scattered",
            scattered(&alone, &[&[RUNNING], any, &[RUNNING, STOPPED]]),
            1,
            0,
        ),
    ]
}

/// What else people leave behind: pauses, marks, volumes of others; and with the policy `terminate`.
fn others() -> Vec<Check> {
    let one = Shape { instances: 2, slots: &[(2, 1)], handover: OnRelease };
    let pair = Shape { instances: 2, slots: &[(2, 0)], handover: OnRelease };
    let two = Shape { instances: 2, slots: &[(1, 0), (1, 1)], handover: OnRelease };
    let ended = |shape| Shape { handover: Terminate, ..shape };
    let any: &[Instance] = &[RUNNING, STOPPED, DRAINING];
    let marked: &[Instance] = &[RUNNING, DRAINING, INTERRUPTED, RECOMMENDED, STOPPING, STOPPED];
    let paused = |instance| Instance { paused: true, ..instance };
    let with = |instance, device| Instance { foreign: Some(device), ..instance };
    let stuck = |instance, device| Instance { stuck: Some(device), ..instance };
    let foreign: &[Instance] = &[
        with(RUNNING, 'f'),
        with(RUNNING, 'g'),
        with(DRAINING, 'f'),
        with(DRAINING, 'p'),
        with(STOPPED, 'g'),
    ];
    let held: &[Instance] = &[paused(RUNNING), paused(STOPPED), paused(DRAINING)];
    vec![
        brief("an instance is paused", scattered(&one, &[any, held]), 1, 1),
        brief("an instance is paused, two slots", scattered(&two, &[any, held]), 1, 1),
        brief("a slot is paused", with_paused_slot(scattered(&two, &[any, any]), 1), 1, 1),
        brief("marks", scattered(&one, &[marked, marked]), 1, 1),
        brief("volumes of others", scattered(&one, &[any, foreign]), 1, 1),
        brief("volumes of others, two slots", scattered(&two, &[any, foreign]), 1, 1),
        brief(
            "a device name is stuck",
            scattered(&two, &[any, &[stuck(RUNNING, 'f'), stuck(STOPPED, 'f')]]),
            1,
            1,
        ),
        brief(
            "a device name of a second volume is stuck",
            scattered(&pair, &[&[stuck(RUNNING, 'g'), stuck(STOPPED, 'g')], &[stuck(RUNNING, 'g')]]),
            1,
            1,
        ),
        brief("terminate, scattered", scattered(&ended(one), &[marked, marked]), 1, 1),
        Check {
            refuses: true,
            ..brief(
                "terminate, calls are refused for good",
                scattered(&ended(one), &[&[DRAINING, INTERRUPTED], &[RUNNING]]),
                1,
                1,
            )
        },
        brief("terminate, two slots scattered", scattered(&ended(two), &[marked, any]), 1, 1),
        brief("terminate, volumes of others", scattered(&ended(one), &[any, foreign]), 1, 1),
        brief("terminate, an instance is paused", scattered(&ended(one), &[any, held]), 1, 1),
        brief("terminate, volumes that go too", with_doomed(scattered(&ended(one), &[marked, any])), 1, 1),
    ]
}

/// Three functions at once, and a slot that is held, since from nothing launched it is far to a handover.
fn handovers() -> Vec<Check> {
    let shape = |handover| Shape { instances: 2, slots: &[(1, 1)], handover };
    let with = |handover, holder| World { instances: vec![holder, RUNNING], ..held(&shape(handover)) };
    let mut drained = with(Drain, DRAINING);
    for link in drained.volumes.iter_mut().filter_map(|volume| volume.link.as_mut()) {
        (link.state, link.usage) = (LinkState::Detaching, Usage::Drained);
    }
    let held = vec![with(OnRelease, RUNNING), with(OnRelease, STOPPED)];
    let ended = vec![with(Terminate, DRAINING), with(Terminate, ENDING)];
    vec![
        Check::new("held, three functions", held, 3),
        Check::new("terminate, held, three functions", ended, 3),
        Check::new("drain, held, three functions", vec![with(Drain, DRAINING), drained], 3),
    ]
}

/// With the policy `drain`.
fn drains() -> Vec<Check> {
    let shape = |instances, slots| Shape { instances, slots, handover: Drain };
    let leaving = World { instances: vec![INTERRUPTED, RUNNING], ..held(&shape(2, &[(2, 0)])) };
    let mut beside =
        World { instances: vec![DRAINING, RUNNING, RUNNING], ..held(&shape(3, &[(1, 0), (1, 1)])) };
    beside.volumes.iter_mut().filter(|volume| volume.slot == 1).for_each(|volume| volume.link = None);
    beside.addresses.iter_mut().for_each(|address| address.at = None);
    let held = |instances, slots| vec![held(&shape(instances, slots))];
    let (one, two) = (shape(2, &[(2, 1)]), shape(2, &[(1, 0), (1, 1)]));
    let some: &[Instance] = &[RUNNING, DRAINING, STOPPED];
    let marked: &[Instance] = &[RUNNING, DRAINING, INTERRUPTED, SHORT, RECOMMENDED, STOPPED];
    let agents: &[Instance] = &[
        Instance { agent: Agent::Fails, ..DRAINING },
        Instance { agent: Agent::Fails, ..SHORT },
        Instance { agent: Agent::Unknown, ..DRAINING },
        Instance { agent: Agent::Unknown, ..RUNNING },
    ];
    let paused: &[Instance] = &[Instance { paused: true, ..DRAINING }, Instance { paused: true, ..RUNNING }];
    vec![
        Check::new("drain", vec![shape(2, &[(1, 1)]).quiet()], 2),
        Check::new("drain, held", held(2, &[(1, 1)]), 2),
        Check { recommends: true, ..Check::new("drain, two volumes, recommended", held(2, &[(2, 0)]), 2) },
        Check { refuses: true, ..Check::new("drain, calls are refused for good", held(3, &[(2, 0)]), 1) },
        Check { recommends: true, ..Check::new("drain, two slots", held(3, &[(1, 1), (1, 0)]), 2) },
        brief("drain, held, little churn", held(2, &[(2, 0)]), 1, 2),
        brief("drain, two volumes, three functions", vec![leaving], 3, 1),
        brief("drain, a slot is free beside it", vec![beside], 1, 1),
        brief("drain, scattered", scattered(&one, &[marked, marked]), 1, 1),
        brief("drain, scattered, two functions", scattered(&shape(2, &[(2, 0)]), &[some, &[RUNNING]]), 2, 1),
        brief("drain, two slots scattered", scattered(&two, &[marked, some]), 1, 1),
        brief("drain, agents that do not work", scattered(&one, &[agents, some]), 1, 1),
        Check { refuses: true, ..brief("drain, a second volume is late", late_second(), 2, 1) },
        Check {
            refuses: true,
            ..brief(
                "drain, scattered, calls are refused for good",
                scattered(&shape(2, &[(1, 1)]), &[&[DRAINING, STOPPED], &[RUNNING]]),
                1,
                1,
            )
        },
        brief("drain, an instance is paused", scattered(&one, &[some, paused]), 1, 1),
    ]
}

/// A check that is small enough to be exhausted, since instances stop, end, start again or are marked only so often.
fn brief(name: &'static str, starts: Vec<World>, functions: usize, churn: u8) -> Check {
    Check { churn: Some(churn), ..Check::new(name, starts, functions) }
}
