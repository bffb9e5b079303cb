//! One interruption, from the first notice of EC2 until the old holder has ended and a sweep has come after that.

use super::assumptions::{self, Draw, Replacement};
use super::course::{Course, Notices, Parts};
use super::stage::{self, Stage};
use super::{Kind, work};
use crate::churn::Churn;
use crate::deployment::Deployment;
use crate::ledger::{Invocation, Ledger};
use crate::mistake::Mistake;
use crate::quiet;
use crate::routing::{Rules, Unroutable};
use crate::seed::on_paused_clock;
use crate::trace::Trace;
use chrono::TimeDelta;
use local_ec2::{ApiError, Impossible, Launch, Region, Time};
use reconciler::clock::Clock;

/// How long an interruption goes on at most: the two minutes, an end, and several sweeps.
const LONGEST: TimeDelta = TimeDelta::minutes(10);
/// How long it goes on after the old holder's end: a sweep comes in that time.
const EPILOGUE: TimeDelta = TimeDelta::seconds(65);

/// An interruption to be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// What kind it is of.
    pub kind: Kind,
    /// What happens when.
    pub draw: Draw,
    /// What everything else is drawn from.
    pub seed: u64,
    /// What Holdfast does wrong, on purpose.
    pub mistake: Option<Mistake>,
}

/// What came of an interruption.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What kind it was of.
    pub kind: Kind,
    /// What EC2 told, and when.
    pub notices: Notices,
    /// What happened when.
    pub course: Course,
    /// What Holdfast did.
    pub invocations: Vec<Invocation>,
    /// What was not as it should be: what the judge found, and a slot that nobody has.
    pub faults: Vec<String>,
}

/// An interruption that could not be played.
#[derive(Debug, thiserror::Error)]
pub enum Unplayable {
    /// EC2 refused a call that sets the stage.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The world cannot do that.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// An event could not be routed.
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
    /// There is no clock.
    #[error(transparent)]
    Clock(#[from] std::io::Error),
    /// The fleet launched nothing.
    #[error("the fleet launched nothing")]
    NoHolder,
}

/// Something that the world does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Recommend,
    Warn,
    Launch,
}

impl Interruption {
    /// That of a seed, with all that is drawn from it.
    pub fn of(seed: u64) -> Self {
        Self { kind: Kind::of(seed), draw: assumptions::draw(seed), seed, mistake: None }
    }

    /// Plays it. The same one goes the same each time.
    pub fn play(self, rules: &Rules, trace: &Trace) -> Result<Outcome, Unplayable> {
        fastrand::seed(self.seed);
        on_paused_clock(run(self, rules, trace))?
    }
}

async fn run(interruption: Interruption, rules: &Rules, trace: &Trace) -> Result<Outcome, Unplayable> {
    let Interruption { kind, draw, seed, mistake } = interruption;
    let Stage { cloud, holder, volume, address, replacement } = stage::set(kind, seed, draw.replacement)?;
    let region = Region::new(cloud);
    let ledger = Ledger::on();
    let (script, mut notices) = script(draw, region.clock().now());
    let end = script.last().map_or(region.clock().now(), |(at, _)| *at) + LONGEST;
    let mut course = Course::begin(Parts { holder, volume, address });
    let mut deployment = Deployment::new(&region, rules, trace, mistake).kept_in(&ledger);
    let mut churn = Churn::none();
    tokio::select! {
        biased;
        done = deployment.until(end, &mut churn) => done?,
        done = watch(&region, script, &replacement, &ledger, &mut course) => done?,
    }
    let figures = deployment.stop();
    let ending = course.moments().ending;
    notices.warned = notices.warned.filter(|warned| ending.is_none_or(|ending| ending > *warned));
    let mut faults = quiet::judged(&region.cloud());
    if !course.is_over() {
        faults.push("the slot is lost: no other instance has all of it".to_owned());
    }
    if figures.panics + figures.timeouts > 0 {
        faults.push(format!("{} invocations panicked, {} timed out", figures.panics, figures.timeouts));
    }
    Ok(Outcome { kind, notices, course, invocations: ledger.invocations(), faults })
}

/// What the world does when, and what EC2 tells by that.
fn script(draw: Draw, start: Time) -> (Vec<(Time, Deed)>, Notices) {
    let first = start + draw.quiet;
    match draw.replacement {
        Replacement::Rebalanced(lead) => {
            let notices = Notices { recommended: Some(first), warned: Some(first + lead) };
            (vec![(first, Deed::Recommend), (first + lead, Deed::Warn)], notices)
        }
        Replacement::After(delay) => {
            let notices = Notices { recommended: None, warned: Some(first) };
            (vec![(first, Deed::Warn), (first + delay, Deed::Launch)], notices)
        }
    }
}

/// Lets the world do what is in the script, and looks at it whenever something has happened.
async fn watch(
    region: &Region,
    script: Vec<(Time, Deed)>,
    replacement: &Launch,
    ledger: &Ledger,
    course: &mut Course,
) -> Result<(), Unplayable> {
    let holder = course.parts.holder.clone();
    let mut script = script.into_iter().peekable();
    let mut end = Time::MAX_UTC;
    loop {
        let now = region.clock().now();
        course.look(&region.cloud());
        while let Some((_, deed)) = script.next_if(|(at, _)| *at <= now) {
            let mut cloud = region.cloud();
            match deed {
                Deed::Recommend => cloud.recommend(&holder)?,
                // The recommendation may have been enough: nobody warns of the end of an instance that was ended.
                Deed::Warn if !course.is_running() => {}
                Deed::Warn => cloud.interrupt(&holder)?,
                Deed::Launch => drop(cloud.launch(replacement)),
            }
        }
        course.look(&region.cloud());
        if end == Time::MAX_UTC && course.has_ended() && course.is_over() {
            end = now + EPILOGUE;
        }
        if end <= now {
            return Ok(());
        }
        let next = script.peek().map_or(end, |(at, _)| *at);
        tokio::select! {
            biased;
            () = ledger.acted() => {}
            () = happens(region, now) => {}
            () = tokio::time::sleep_until(region.clock().instant(next.min(now + LONGEST))) => {}
        }
    }
}

/// Waits until something happens in the cloud after that time: events that have arrived stay there until the functions
/// have taken them.
async fn happens(region: &Region, now: Time) {
    let pause = std::time::Duration::from_millis(1);
    region.something().await;
    if region.clock().now() <= now {
        tokio::time::sleep(pause).await;
    }
}

impl Outcome {
    /// What Holdfast asked and wrote.
    pub fn work(&self) -> work::Work {
        work::of(self)
    }
}
