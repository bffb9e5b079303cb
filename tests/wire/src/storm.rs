//! A run: the storm, the quiet after it, and what EC2 says then.

use crate::churn::{self, Churn};
use crate::lambda::Lambda;
pub use crate::lambda::Processes;
use crate::setup::{self, FAULTS, HEAD_START, MINUTE};
use crate::verdict::MOST_SWEEPS;
use crate::world::World;
use crate::{Error, Figures, goal};
use local_ec2::Speed;
use serde_json::{Value, json};
use stage::{LocalEc2, events};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often events are taken and whatever is due is begun.
const TICK: Duration = Duration::from_millis(30);

/// How long, in seconds of the cloud, a world needs to come to rest: longer than a notice, an end, a launch and their
/// events together.
const REST: u32 = 90;

/// A run that has not seen so many invocations by then never will.
const LONGEST: Duration = Duration::from_mins(20);

/// What is to be played.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many invocations the storm has at least.
    pub invocations: u64,
    /// How many fleets there are.
    pub fleets: usize,
    /// Between two turns of the churn, on average.
    pub pause: Duration,
    /// How many processes the functions have, each of which takes one invocation at a time.
    pub processes: Processes,
    /// How long whatever is at work when the storm is over may take.
    pub patience: Duration,
}

impl Run {
    /// The run of a seed, as `make wire` plays it.
    pub fn of(seed: u64, invocations: u64) -> Self {
        Self {
            seed,
            invocations,
            fleets: 18,
            pause: Duration::from_millis(60),
            processes: Processes { changes: 64, sweeps: 4, warnings: 10 },
            patience: Duration::from_secs(10),
        }
    }

    /// A short one, as `make test` plays it.
    pub fn short(seed: u64) -> Self {
        let processes = Processes { changes: 40, sweeps: 2, warnings: 6 };
        Self { fleets: 8, processes, patience: Duration::from_secs(1), ..Self::of(seed, 100) }
    }

    /// Plays it.
    pub async fn play(&self) -> Result<Figures, Error> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let ec2 = LocalEc2::start_at(setup::of(self.seed), Speed::REAL)?;
        let world = World::draw(&ec2, self.fleets, &mut random).await?;
        world.keep_up(&[], &mut random).await?;
        let mut lambda = Lambda::deploy(&ec2, self.processes, random.fork()).await?;
        world.control.command("weather", &setup::weather()).await?;
        world.control.command("faults", &json!({"shares": FAULTS})).await?;
        world.control.command("pass", &json!({"seconds": HEAD_START})).await?;
        let mut churn = Churn::new(random.fork());
        let start = Instant::now();
        self.storm(&world, &mut lambda, &mut churn, &mut random).await?;
        lambda.figures.seed = self.seed;
        lambda.figures.churn = churn.done;
        // Counted now, as faults are over.
        lambda.figures.read(&world.control.command("counts", &json!({})).await?);
        let counted = lambda.figures.clone();
        let stormed = Instant::now();
        calm(&world, &mut lambda, self.patience).await?;
        let calmed = Instant::now();
        let mut figures = quiet(&world, &mut lambda).await?;
        figures.seconds = [stormed - start, calmed - stormed, calmed.elapsed()].map(|time| time.as_secs());
        (figures.calls, figures.faults, figures.throttled) =
            (counted.calls, counted.faults, counted.throttled);
        figures.invocations = counted.invocations;
        figures.logs = lambda.logs();
        Ok(figures)
    }

    async fn storm(
        &self,
        world: &World,
        lambda: &mut Lambda,
        churn: &mut Churn,
        random: &mut fastrand::Rng,
    ) -> Result<(), Error> {
        let sweep = events::reconcile()?;
        let (start, mut next_sweep, mut next_turn) = (Instant::now(), Instant::now(), Instant::now());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while lambda.figures.invocations < self.invocations {
            tokio::select! {
                done = lambda.something() => done?,
                now = ticks.tick() => {
                    for event in world.control.events().await? {
                        lambda.route(&event);
                    }
                    if now >= next_sweep {
                        lambda.sweep(&sweep);
                        next_sweep = now + MINUTE;
                    }
                    if now >= next_turn {
                        churn.turn(world).await?;
                        next_turn = now + self.pause.mul_f64(random.f64() * 2.0);
                    }
                    if now > start + LONGEST {
                        let begun = lambda.figures.invocations;
                        return Err(Error::Stuck(format!("{begun} invocations in {LONGEST:?}")));
                    }
                }
            }
            lambda.begin();
        }
        Ok(())
    }
}

/// Ends faults, bad weather and churn, and lets the world come to rest.
async fn calm(world: &World, lambda: &mut Lambda, patience: Duration) -> Result<(), Error> {
    world.control.command("faults", &json!({"shares": ""})).await?;
    world.control.command("weather", &json!({})).await?;
    churn::end(world).await?;
    lambda.calm_down(patience).await?;
    // A warning that came late has marked somebody since.
    churn::end(world).await?;
    // Nobody looks at the world meanwhile, so that its clock may jump.
    world.control.command("pass", &json!({"seconds": REST})).await?;
    let instances = world.instances().await?;
    for fleet in world.managed() {
        for zone in &fleet.zones {
            let of_zone =
                |slot: &&crate::Slot| slot.fleet == fleet.name && slot.zone.is_none_or(|own| own == *zone);
            let needed = world.slots.iter().filter(of_zone).count();
            let there = instances.iter().filter(|instance| {
                instance.is_of(&fleet.name) && instance.is_healthy() && instance.zone == *zone
            });
            for _ in there.count()..needed {
                world.launch(fleet, zone).await?;
            }
        }
    }
    world.control.command("pass", &json!({"seconds": REST})).await?;
    world.control.events().await?;
    world.control.command("quiet", &json!({})).await?;
    Ok(())
}

/// Sweeps the quiet world until every slot is held, and once more.
async fn quiet(world: &World, lambda: &mut Lambda) -> Result<Figures, Error> {
    let sweep = events::reconcile()?;
    let mut figures = std::mem::take(&mut lambda.figures);
    figures.slots = world.slots.len();
    for sweeps in 1..=MOST_SWEEPS {
        if let stage::Answer::Error { kind, message } = lambda.sweep_alone(&sweep).await? {
            figures.wrong.push(format!("a sweep of the quiet world answered {kind}: {message}"));
        }
        // Answers are stale for up to a second.
        world.control.command("pass", &json!({"seconds": 10})).await?;
        (figures.not_held, figures.sweeps) = (goal::not_held(world).await?, sweeps);
        if figures.not_held.is_empty() {
            break;
        }
    }
    figures.read(&world.control.command("counts", &json!({})).await?);
    let before = figures.acts();
    lambda.sweep_alone(&sweep).await?;
    figures.read(&world.control.command("counts", &json!({})).await?);
    let after = figures.acts();
    figures.restless = after
        .iter()
        .filter(|(act, count)| before.get(*act) != Some(count))
        .map(|(act, _)| act.clone())
        .collect();
    let judged = world.control.command("judge", &json!({})).await?;
    figures.violations = violations(&judged);
    figures.displaced = judged.get("displaced").and_then(Value::as_u64).unwrap_or_default();
    Ok(figures)
}

fn violations(judged: &Value) -> Vec<String> {
    let text = |violation: &Value, name: &str| {
        violation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let violations = judged.get("violations").and_then(Value::as_array).into_iter().flatten();
    violations
        .map(|violation| {
            format!("{}: {}: {}", text(violation, "at"), text(violation, "offence"), text(violation, "call"))
        })
        .collect()
}
