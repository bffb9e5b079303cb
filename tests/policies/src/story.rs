//! A simulated interruption as a story that can be drawn.

use chrono::TimeDelta;
use demo::recording::{Recording, Source};
use demo::report;
use demo::scene::{Member, Name, Reason, Scene, Seat};
use local_ec2::Time;
use planner::ids::InstanceId;
use reconciler::events::{Scope, instance_state_change, rebalance_recommendation, spot_interruption_warning};
use simulation::handovers::Kind;
use simulation::handovers::assumptions::{Draw, Replacement};
use simulation::handovers::course::Shot;
use simulation::handovers::interruption::{Interruption, Outcome, Unplayable};
use simulation::ledger::Invocation;
use simulation::routing::{Rules, Unroutable};
use simulation::trace::Trace;
use std::time::Duration;

/// One of those that take about as long as the median of `make handovers`.
const SEED: u64 = 9;
/// From the sweep with which the story begins to EC2's warning.
const QUIET: TimeDelta = TimeDelta::seconds(10);
/// From the warning to the fleet's launch.
const LAUNCH: TimeDelta = TimeDelta::seconds(15);
/// How long the story goes on after the new holder has all.
const EPILOGUE: TimeDelta = TimeDelta::seconds(15);

/// A story that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// The interruption could not be simulated.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// The deployment could not be read.
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
    /// It is not a story to tell.
    #[error("the interruption went wrong: {0}")]
    Wrong(String),
    /// It could not be drawn.
    #[error("cannot draw: {0}")]
    Draw(#[from] std::io::Error),
    /// A report is no JSON.
    #[error("a report is no JSON: {0}")]
    Report(#[from] serde_json::Error),
}

/// Simulates an interruption under the policy, and tells it.
pub fn tell(kind: Kind) -> Result<Recording, Untold> {
    let draw = Draw { quiet: QUIET, replacement: Replacement::After(LAUNCH) };
    let interruption = Interruption { kind, draw, seed: SEED, mistake: None };
    let outcome = interruption.play(&Rules::read()?, &Trace::off())?;
    if let Some(fault) = outcome.faults.first() {
        return Err(Untold::Wrong(fault.clone()));
    }
    Story::of(&outcome)?.tell(kind, &outcome)
}

/// What a story's parts are called, and where it begins and ends.
struct Story {
    ids: Vec<InstanceId>,
    start: Time,
    end: Time,
}

impl Story {
    fn of(outcome: &Outcome) -> Result<Self, Untold> {
        let course = &outcome.course;
        let (start, held) = course
            .shots
            .first()
            .zip(course.moments().held)
            .map(|((start, _), held)| (*start, held))
            .ok_or_else(|| Untold::Wrong("the slot was never held anew".to_owned()))?;
        let mut ids = vec![course.parts.holder.clone()];
        for id in course.shots.iter().flat_map(|(_, shot)| shot.instances.keys()) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        Ok(Self { ids, start, end: held + EPILOGUE })
    }

    fn tell(&self, kind: Kind, outcome: &Outcome) -> Result<Recording, Untold> {
        let mut recording =
            Recording { outside: "EC2 and the fleet".to_owned(), ..Recording::begin(kind.policy()) };
        for (at, shot) in outcome.course.shots.iter().filter(|(at, _)| *at <= self.end) {
            recording.see(self.since(*at), self.scene(shot));
        }
        recording.see(self.since(self.end), recording.now());
        if let Some(warned) = outcome.notices.warned {
            recording.tell(self.since(warned), Source::Outside, "EC2 warns that it takes A in two minutes");
            recording.tell(self.since(warned + LAUNCH), Source::Outside, "the fleet launches B");
        }
        for invocation in &outcome.invocations {
            self.tell_invocation(&mut recording, invocation)?;
        }
        Ok(recording)
    }

    fn tell_invocation(&self, recording: &mut Recording, invocation: &Invocation) -> Result<(), Untold> {
        let Some((from, trigger)) = invocation.begun.as_ref().filter(|(from, _)| *from < self.end) else {
            return Ok(());
        };
        let cause = match &trigger.scope {
            Scope::Instance(id) => self.event(trigger.function, id),
            Scope::Fleet(_) | Scope::All => "a minute has passed".to_owned(),
        };
        let number = recording.invoke(self.since(*from), trigger.function, &cause);
        if let Some((until, Some(report))) = &invocation.ended
            && *until <= self.end
        {
            let answer = report::summary(&serde_json::to_value(report)?);
            recording.answer(self.since(*until), number, &answer);
        }
        Ok(())
    }

    /// What woke a function, about an instance.
    fn event(&self, function: &str, id: &InstanceId) -> String {
        let name = self.name(id);
        match function {
            spot_interruption_warning::FUNCTION => format!("the warning for {name}"),
            rebalance_recommendation::FUNCTION => format!("the recommendation for {name}"),
            instance_state_change::FUNCTION => format!("{name} changed its state"),
            other => format!("{other} of {name}"),
        }
    }

    fn scene(&self, shot: &Shot) -> Scene {
        let members = shot.instances.iter().map(|(id, (state, draining))| {
            let draining = draining.as_deref().map(Reason::read);
            (self.name(id), Member { state: *state, draining })
        });
        let volume = shot.volume.as_ref().map(|seat| Seat {
            instance: self.name(&seat.instance),
            state: seat.state,
            drained: seat.drained || shot.drains,
        });
        let address = shot.address.as_ref().map(|id| self.name(id));
        Scene { instances: members.collect(), volume, address }
    }

    fn name(&self, id: &InstanceId) -> Name {
        Name::of(self.ids.iter().position(|own| own == id).unwrap_or(usize::MAX))
    }

    fn since(&self, at: Time) -> Duration {
        (at - self.start).to_std().unwrap_or_default()
    }
}
