//! Churn: what EC2, fleets and operators do while the functions work, at random.

use crate::Error;
use crate::world::{AUTO_SCALING, Instance, World, ZONES};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Interrupt,
    Terminate,
    Retire,
    Stop,
    Start,
    Resume,
    Recommend,
    Drain,
    Undrain,
    Starve,
    Feed,
}

/// Everything that can happen, by the name that the figures have for it.
pub(crate) fn names() -> BTreeSet<&'static str> {
    TURNS.into_iter().map(Turn::name).collect()
}

impl Turn {
    /// What it did, for the figures.
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupted",
            Self::Terminate => "terminated",
            Self::Retire => "retired",
            Self::Stop => "stopped",
            Self::Start => "started",
            Self::Resume => "resumed",
            Self::Recommend => "recommended",
            Self::Drain => "marked",
            Self::Undrain => "unmarked",
            Self::Starve => "starved",
            Self::Feed => "fed",
        }
    }
}

/// Everything that can happen, as often as it is likely.
const TURNS: [Turn; 20] = [
    Turn::Stop,
    Turn::Stop,
    Turn::Interrupt,
    Turn::Terminate,
    Turn::Interrupt,
    Turn::Interrupt,
    Turn::Interrupt,
    Turn::Terminate,
    Turn::Terminate,
    Turn::Start,
    Turn::Start,
    Turn::Start,
    Turn::Resume,
    Turn::Retire,
    Turn::Retire,
    Turn::Recommend,
    Turn::Drain,
    Turn::Undrain,
    Turn::Starve,
    Turn::Feed,
];

/// So many turns, from the beginning of the list, come first.
const GIVEN: usize = 4;

/// For so many turns no holder that was stopped is started again: else the shortest run might see none lose its slot.
const LEFT_STOPPED: usize = 40;

/// The churn of a run.
#[derive(Debug)]
pub(crate) struct Churn {
    random: fastrand::Rng,
    turns: usize,
    /// How often each thing was done.
    pub(crate) done: BTreeMap<&'static str, u64>,
}

impl Churn {
    pub(crate) fn new(random: fastrand::Rng) -> Self {
        Self { random, turns: 0, done: BTreeMap::new() }
    }

    /// Lets something happen. What cannot be, as things are, does not.
    pub(crate) async fn turn(&mut self, world: &World) -> Result<(), Error> {
        let instances = world.instances().await?;
        world.keep_up(&instances, &mut self.random).await?;
        let holders = world.holders().await?;
        if holders.is_empty() {
            return Ok(());
        }
        // The first turns are the first of the list, until they happen, so that the shortest run has them.
        let is_given = self.turns < GIVEN;
        let turn = TURNS.get(self.turns).filter(|_| is_given).copied();
        let turn = turn.or_else(|| self.random.choice(TURNS)).unwrap_or(Turn::Feed);
        let is_done = self.take(turn, &instances, &holders, world).await;
        if is_done {
            *self.done.entry(turn.name()).or_default() += 1;
        }
        self.turns += usize::from(is_done || !is_given);
        Ok(())
    }

    async fn take(
        &mut self,
        turn: Turn,
        instances: &[Instance],
        holders: &BTreeSet<String>,
        world: &World,
    ) -> bool {
        let zone = json!({"zone": self.random.choice(ZONES)});
        let fits: fn(&Instance) -> bool = match turn {
            Turn::Interrupt | Turn::Recommend => |instance| instance.state == "running" && instance.is_spot,
            Turn::Terminate => |instance| instance.state != "terminated",
            Turn::Retire => {
                |instance| instance.state == "running" && instance.tags.contains_key(AUTO_SCALING)
            }
            // EC2 stops no spot instance of a one-time request for a user.
            Turn::Stop => |instance| instance.state == "running" && !instance.is_spot,
            Turn::Start | Turn::Resume => |instance| instance.state == "stopped",
            Turn::Drain => |instance| instance.is_healthy(),
            Turn::Undrain => |instance| instance.tags.get(MARK).is_some_and(|value| value == BY_HAND),
            Turn::Starve | Turn::Feed => |_| true,
        };
        // What is stopped is a holder, as nothing else is taken anything from; for a while it is left to that.
        let is_meant = |instance: &&Instance| match turn {
            Turn::Stop => holders.contains(&instance.id),
            Turn::Start if self.turns < LEFT_STOPPED => !holders.contains(&instance.id),
            Turn::Start
            | Turn::Interrupt
            | Turn::Terminate
            | Turn::Retire
            | Turn::Resume
            | Turn::Recommend
            | Turn::Drain
            | Turn::Undrain
            | Turn::Starve
            | Turn::Feed => true,
        };
        let fitting = instances.iter().filter(|instance| fits(instance)).filter(is_meant);
        let id = self.random.choice(fitting.map(|instance| instance.id.clone()).collect::<Vec<_>>());
        let Some(id) = id else { return false };
        let of_instance = json!({"instance": id});
        let (instance, resource) = ([("InstanceId.1", id.as_str())], ("ResourceId.1", id.as_str()));
        match turn {
            Turn::Interrupt => world.control.command("interrupt", &of_instance).await.is_ok(),
            Turn::Resume => world.control.command("resume", &of_instance).await.is_ok(),
            Turn::Recommend => world.control.command("recommend", &of_instance).await.is_ok(),
            Turn::Retire => world.control.command("end", &of_instance).await.is_ok(),
            Turn::Starve => world.control.command("starve", &zone).await.is_ok(),
            Turn::Feed => world.control.command("feed", &zone).await.is_ok(),
            Turn::Terminate => world.ec2.call("TerminateInstances", &instance).await.is_ok(),
            Turn::Stop => world.ec2.call("StopInstances", &instance).await.is_ok(),
            Turn::Start => world.ec2.call("StartInstances", &instance).await.is_ok(),
            Turn::Drain => {
                let tag = [resource, ("Tag.1.Key", MARK), ("Tag.1.Value", BY_HAND)];
                world.ec2.call("CreateTags", &tag).await.is_ok()
            }
            Turn::Undrain => world.ec2.call("DeleteTags", &[resource, ("Tag.1.Key", MARK)]).await.is_ok(),
        }
    }
}

const MARK: &str = "holdfast:draining";
const BY_HAND: &str = "kernel update";

/// Ends what only whoever did it can end: hand-set marks, want of capacity, and instances of which EC2 has only said that
/// they may go. What was stopped stays so.
pub(crate) async fn end(world: &World) -> Result<(), Error> {
    for zone in ZONES {
        world.control.command("feed", &json!({"zone": zone})).await?;
    }
    for instance in world.instances().await? {
        if instance.tags.get(MARK).is_some_and(|value| value == BY_HAND) {
            let tag = [("ResourceId.1", instance.id.as_str()), ("Tag.1.Key", MARK)];
            world.ec2.call("DeleteTags", &tag).await?;
        } else if instance.state == "running" && !instance.is_healthy() {
            world.ec2.call("TerminateInstances", &[("InstanceId.1", instance.id.as_str())]).await?;
        }
    }
    Ok(())
}
