//! What has happened in the worlds of a run. A check of worlds in which something never happens proves nothing of it.

use crate::ec2::{Answer, Call};
use crate::kind::Kind;
use crate::life::{Settling, next_phases};
use crate::ssm::Status;
use crate::state::{Action, Sight, State};
use crate::world::{Handover, Mark, Phase};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Something that must have happened somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A function looked, and got these answers.
    Looked(Sight),
    /// A call of this kind came to this.
    Called(Kind, Fate),
    /// A call was made after an instance had gone on since the look.
    ActedOnThePast,
    /// A slot's first volume was accepted on another instance than EC2's answers may still show it on.
    HandedOver(Handover),
    /// The same, while three functions had calls to make.
    HandedOverAmongThree(Handover),
    /// A function ended with calls yet to be made.
    Crashed,
    /// A function ended between a round and a look.
    Left,
    /// What a function remembers grew old.
    Aged,
    /// What a function had sent must have come.
    Delivered,
    /// EC2's answers caught up.
    CaughtUp,
    /// Systems Manager's record did.
    RecordShown,
    /// A drain command ended.
    CommandEnded(Status),
    /// A drain command grew old.
    CommandOutdated,
    /// A drain command was forgotten.
    CommandForgotten,
    /// An instance went from a phase to the next.
    Turned(Phase, Phase),
    /// Something was said about an instance's end.
    Marked(Mark),
    /// An attachment was completed, or ended.
    Settled(Settling),
    /// EC2 took an attachment back.
    TakenBack,
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was answered.
    Answered(Answer),
    /// It was accepted, and the answer was lost.
    Lost,
    /// It was refused for good, whatever the world was like.
    RefusedForGood,
}

/// What has happened, shared by the threads of a check.
#[derive(Debug, Clone, Default)]
pub struct Census(Arc<RwLock<HashSet<Event>>>);

impl Census {
    /// Adds to it.
    pub fn extend(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            // Nearly all of them have happened before; then nobody waits for anybody.
            if !self.has(event) {
                self.0.write().unwrap_or_else(PoisonError::into_inner).insert(event);
            }
        }
    }

    /// All that has happened.
    pub fn events(&self) -> Vec<Event> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Whether it has happened.
    pub fn has(&self, event: Event) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&event)
    }
}

impl Event {
    /// All that must happen somewhere.
    pub fn all() -> Vec<Self> {
        let turned = |from: Phase| next_phases(from).iter().map(move |to| Self::Turned(from, *to));
        let called = |kind| Fate::of(kind).into_iter().map(move |fate| Self::Called(kind, fate));
        let mut all = vec![
            Self::ActedOnThePast,
            Self::Crashed,
            Self::Left,
            Self::Aged,
            Self::Delivered,
            Self::CaughtUp,
            Self::RecordShown,
            Self::CommandOutdated,
            Self::CommandForgotten,
            Self::TakenBack,
        ];
        all.extend(Sight::all().map(Self::Looked));
        all.extend(Kind::ALL.into_iter().flat_map(called));
        all.extend(Handover::ALL.map(Self::HandedOver));
        all.extend(Handover::ALL.map(Self::HandedOverAmongThree));
        all.extend([Status::Success, Status::Failed].map(Self::CommandEnded));
        all.extend(Phase::ALL.into_iter().flat_map(turned));
        all.extend([Mark::Recommended, Mark::Interrupted, Mark::Short].map(Self::Marked));
        all.extend([Settling::Completes, Settling::Detaches, Settling::Releases].map(Self::Settled));
        all
    }

    /// What it means that the action happens in the state; of a call nothing, for that the answer is needed.
    pub fn of(state: &State, action: Action) -> Option<Self> {
        match action {
            Action::Look(_, sight) => Some(Self::Looked(sight)),
            Action::Act(..) | Action::Lose(..) | Action::Refuse(..) => None,
            Action::End(function) => {
                let round = state.functions.get(function)?.round.as_ref();
                Some(round.map_or(Self::Left, |_| Self::Crashed))
            }
            Action::Age(_) => Some(Self::Aged),
            Action::Deliver(_) => Some(Self::Delivered),
            Action::CatchUp => Some(Self::CaughtUp),
            Action::ShowRecord => Some(Self::RecordShown),
            Action::EndCommand(_, _, status) => Some(Self::CommandEnded(status)),
            Action::Outdate(_) => Some(Self::CommandOutdated),
            Action::Forget(_) => Some(Self::CommandForgotten),
            Action::Turn(n, phase) => Some(Self::Turned(state.now.phase(n), phase)),
            Action::Mark(_, mark) => Some(Self::Marked(mark)),
            Action::Settle(volume) => state.now.settling(volume).map(Self::Settled),
            Action::TakeBack(_) => Some(Self::TakenBack),
        }
    }

    /// What it means, beyond the answer, that the function's call is answered so.
    pub fn of_call(state: &State, function: usize, call: Call, answer: Answer) -> Vec<Self> {
        let round = state.functions.get(function).and_then(|function| function.round.as_ref());
        let has_gone_on = round.is_some_and(|round| {
            let phases = state.now.instances.iter().map(|instance| instance.phase);
            !phases.eq(round.saw.iter().copied())
        });
        let is_handover = answer == Answer::Accepted && hands_over(state, call);
        let is_among_three = state.functions.iter().filter(|function| function.round.is_some()).count() >= 3;
        let handover = state.now.handover;
        let events = [
            (has_gone_on, Self::ActedOnThePast),
            (is_handover, Self::HandedOver(handover)),
            (is_handover && is_among_three, Self::HandedOverAmongThree(handover)),
        ];
        events.into_iter().filter_map(|(is_so, event)| is_so.then_some(event)).collect()
    }
}

/// Whether a slot's first volume goes to another instance than it was on. What EC2's answers may still show was so; who had
/// the volume longer ago the state does not tell, and need not.
fn hands_over(state: &State, call: Call) -> bool {
    let Call::Attach { volume, instance, .. } = call else { return false };
    let before = state.stale.volume(volume).and_then(|it| it.link);
    state.now.is_first(volume) && before.is_some_and(|before| before.instance != instance)
}

impl Fate {
    /// What calls of this kind can come to.
    fn of(kind: Kind) -> Vec<Self> {
        let own = match kind {
            Kind::AttachFirst | Kind::AttachAnother => &[Answer::Refused, Answer::DeviceTaken][..],
            Kind::Detach | Kind::Associate | Kind::Disassociate => &[Answer::Refused],
            // EC2 ends every instance that there is, however often it is asked.
            Kind::Terminate => &[],
            // Systems Manager does not know every instance.
            Kind::Drain => &[Answer::Denied],
        };
        let own = own.iter().map(|answer| Self::Answered(*answer));
        [Self::Answered(Answer::Accepted), Self::Lost, Self::RefusedForGood].into_iter().chain(own).collect()
    }
}
