//! One seed: a random world, hours of churn, and the quiet after it.

use crate::churn::Churn;
use crate::deployment::Deployment;
use crate::figures::Figures;
use crate::mistake::Mistake;
use crate::quiet;
use crate::routing::Rules;
use crate::trace::Trace;
use crate::world;
use chrono::TimeDelta;
use local_ec2::{Region, Shares};
use reconciler::clock::Clock;
use std::time::Duration;

/// For how long the world settles once nothing disturbs it any more: longer than a notice, an end and a launch.
const SETTLING: Duration = Duration::from_mins(20);

/// What is to be simulated.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// What everything is drawn from.
    pub seed: u64,
    /// For how long the world churns.
    pub hours: u32,
    /// How often a process of Holdfast stands still after an answer.
    pub drowsiness: f64,
    /// What Holdfast does wrong on purpose.
    pub mistake: Option<Mistake>,
}

impl Run {
    /// The run of a seed, without mistakes.
    pub fn of(seed: u64, hours: u32) -> Self {
        Self { seed, hours, drowsiness: 0.01, mistake: None }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was done.
    pub figures: Figures,
    /// What was not as it should be.
    pub faults: Vec<String>,
}

impl Run {
    /// Simulates it, on a clock of its own. The same run does the same each time.
    pub fn simulate(&self, rules: &Rules, trace: &Trace) -> Outcome {
        fastrand::seed(self.seed);
        on_paused_clock(self.churn_and_settle(rules, trace)).unwrap_or_else(|error| fault(error.to_string()))
    }

    async fn churn_and_settle(&self, rules: &Rules, trace: &Trace) -> Outcome {
        let world = match world::draw(self.seed) {
            Ok(world) => world,
            Err(error) => return fault(format!("the world cannot be: {error}")),
        };
        let region = Region::new(world.cloud);
        let (began, hours) = (region.clock().now(), TimeDelta::hours(i64::from(self.hours)));
        let mut churn = Churn::new(began, world.fleets, world.random);
        let mut deployment = Deployment::new(&region, rules, trace, self.mistake)
            .drowsy(self.drowsiness)
            .abandoning(world.abandons);
        if let Err(error) = deployment.until(began + hours, &mut churn).await {
            return fault(error.to_string());
        }
        let mut figures = deployment.stop();
        region.cloud().set_faults(Shares::default());
        region.cloud().mend_agents();
        region.cloud().judge_mut().expect_quiet();
        trace.line(region.clock().now(), || "quiet".to_owned());
        tokio::time::sleep(SETTLING).await;
        let mut faults = quiet::settle(&region, trace, self.mistake).await;
        if figures.panics > 0 {
            faults.push(format!("{} invocations panicked", figures.panics));
        }
        figures.read(&region.cloud());
        figures.foreign = churn.foreign;
        let minutes = (region.clock().now() - began).num_minutes();
        figures.minutes = minutes.unsigned_abs();
        Outcome { figures, faults }
    }
}

fn fault(text: String) -> Outcome {
    Outcome { figures: Figures::default(), faults: vec![text] }
}

/// Runs a future on a clock of its own, which jumps to whatever is next.
pub fn on_paused_clock<T>(future: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(future))
}
