//! What an invocation remembers, as the loop does (`reconciler::execute`): the facts of `planner::memory`, with an age
//! instead of a time.

use crate::ec2::{Answer, Call};
use crate::view;
use chrono::{DateTime, Utc};
use planner::memory::{Accepted, Associated, Failure, Memory as Remembered};
use std::collections::BTreeMap;

/// What an invocation remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Memory(BTreeMap<Fact, Age>);

/// Something to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fact {
    /// EC2 accepted to attach the volume to the instance.
    Accepted { volume: u8, instance: u8 },
    /// EC2 accepted to point the address at the place on the instance.
    Associated { address: u8, instance: u8, place: u8 },
    /// EC2 accepted to terminate the instance.
    Terminated { instance: u8 },
    /// Systems Manager accepted to send the drain document to the instance.
    Sent { instance: u8 },
    /// EC2 said that the device is taken.
    Refused { instance: u8, device: char },
    /// EC2 refused the call of the slot for good.
    Failed { slot: u8, call: Call },
}

/// How long ago it was. The planner draws a line at the time for which EC2's answers are stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Age {
    /// EC2's answers may be from before it.
    New,
    /// They are not, but the planner cannot know.
    Shown,
    /// The planner knows.
    Old,
    /// Before the instance was started again.
    Void,
}

impl Memory {
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers what EC2 said to a call of the slot.
    pub fn learn(&mut self, slot: u8, call: Call, answer: Answer) {
        match answer {
            Answer::Denied => self.remember_failure(slot, call),
            Answer::Accepted | Answer::Refused | Answer::DeviceTaken => self.remember(call, answer),
        }
    }

    fn remember(&mut self, call: Call, answer: Answer) {
        match (call, answer) {
            (Call::Attach { volume, instance, .. }, Answer::Accepted) => {
                self.forget_accepted(volume);
                self.0.insert(Fact::Accepted { volume, instance }, Age::New);
            }
            (Call::Associate { address, instance, place }, Answer::Accepted) => {
                self.0.retain(
                    |fact, _| !matches!(fact, Fact::Associated { address: known, .. } if *known == address),
                );
                self.0.insert(Fact::Associated { address, instance, place }, Age::New);
            }
            (Call::Terminate { instance }, Answer::Accepted) => {
                self.0.insert(Fact::Terminated { instance }, Age::New);
            }
            (Call::Drain { instance, .. }, Answer::Accepted) => {
                self.0.insert(Fact::Sent { instance }, Age::New);
            }
            (Call::Detach { volume, .. }, Answer::Accepted) => self.forget_accepted(volume),
            (Call::Attach { instance, device, .. }, Answer::DeviceTaken) => {
                self.0.entry(Fact::Refused { instance, device }).or_insert(Age::New);
            }
            (_, Answer::Accepted | Answer::Refused | Answer::DeviceTaken | Answer::Denied) => {}
        }
    }

    /// Remembers that EC2 refused the call for good.
    pub fn remember_failure(&mut self, slot: u8, call: Call) {
        self.0.insert(Fact::Failed { slot, call }, Age::Old);
    }

    fn forget_accepted(&mut self, volume: u8) {
        self.0.retain(|fact, _| !matches!(fact, Fact::Accepted { volume: known, .. } if *known == volume));
    }

    /// EC2's answers have caught up with all that was done.
    pub fn catch_up(&mut self) {
        self.show(|fact| !fact.is_of_commands());
    }

    /// So has Systems Manager's record.
    pub fn catch_up_with_record(&mut self) {
        self.show(Fact::is_of_commands);
    }

    fn show(&mut self, is_meant: impl Fn(&Fact) -> bool) {
        let shown = self.0.iter_mut().filter(|(fact, age)| is_meant(fact) && **age == Age::New);
        shown.for_each(|(_, age)| *age = Age::Shown);
    }

    /// Whether time may pass: what EC2's answers may not show yet cannot be old.
    pub fn can_age(&self) -> bool {
        self.0.iter().any(|(fact, age)| !fact.is_of_commands() && *age == Age::Shown)
    }

    /// Lets so much time pass that what EC2's answers show is known to be shown.
    pub fn age(&mut self) {
        self.age_where(|fact, age| !fact.is_of_commands() && *age == Age::Shown);
    }

    /// Whether a command may have had the time to reach its instance.
    pub fn can_deliver(&self) -> bool {
        self.0.iter().any(|(fact, age)| fact.is_of_commands() && *age == Age::Shown)
    }

    /// Lets so much time pass that every command whose record is shown has reached its instance.
    pub fn deliver(&mut self) {
        self.0.retain(|fact, age| !(fact.is_of_commands() && *age == Age::Shown));
    }

    /// The instance's commands are older than one needs to reach it.
    pub fn deliver_to(&mut self, n: u8) {
        self.0.remove(&Fact::Sent { instance: n });
    }

    /// The instance has gone from one phase to another for which it needs longer than EC2's answers are stale.
    pub fn age_of(&mut self, n: u8) {
        self.age_where(|fact, age| fact.instance() == Some(n) && matches!(age, Age::New | Age::Shown));
    }

    /// The instance was started again.
    pub fn restarted(&mut self, n: u8) {
        self.age_of(n);
        let of = self.0.iter_mut().filter(|(fact, _)| fact.instance() == Some(n));
        of.for_each(|(_, age)| *age = Age::Void);
        // Of these the planner asks nothing but whether they are old.
        self.0.retain(|fact, age| !(matches!(fact, Fact::Accepted { .. }) && *age == Age::Void));
    }

    fn age_where(&mut self, is_meant: impl Fn(&Fact, &Age) -> bool) {
        self.0.retain(|fact, age| {
            if is_meant(fact, age) {
                *age = Age::Old;
                // Once old, they mean nothing to the planner.
                return !matches!(fact, Fact::Associated { .. } | Fact::Terminated { .. });
            }
            true
        });
    }

    /// Takes every refusal of a device for an old one. A mistake.
    pub fn hasten(&mut self) {
        let refused = self.0.iter_mut().filter(|(fact, _)| matches!(fact, Fact::Refused { .. }));
        refused.for_each(|(_, age)| *age = Age::Old);
    }

    /// The same for the planner.
    pub fn remembered(&self) -> Option<Remembered> {
        let mut memory = Remembered::default();
        for (fact, age) in &self.0 {
            let at = age.time();
            match *fact {
                Fact::Accepted { volume, instance } => {
                    let accepted = Accepted { instance: view::instance_id(instance)?, at };
                    memory.accepted.insert(view::volume_id(volume)?, accepted);
                }
                Fact::Associated { address, instance, place } => {
                    let accepted = Accepted { instance: view::instance_id(instance)?, at };
                    let private = view::private(instance, place);
                    memory.associated.insert(view::allocation_id(address)?, Associated { accepted, private });
                }
                Fact::Terminated { instance } => {
                    memory.terminated.insert(view::instance_id(instance)?, at);
                }
                Fact::Sent { instance } => {
                    memory.sent.insert(view::instance_id(instance)?, at);
                }
                Fact::Refused { instance, device } => {
                    let key = (view::instance_id(instance)?, view::device(device));
                    memory.refused_devices.insert(key, at);
                }
                Fact::Failed { slot, ref call } => memory.failures.push(Failure {
                    slot: Some(view::slot_name(slot)),
                    step: view::step(*call)?,
                    reason: "UnauthorizedOperation".to_owned(),
                }),
            }
        }
        Some(memory)
    }
}

impl Fact {
    fn instance(&self) -> Option<u8> {
        match *self {
            Self::Accepted { instance, .. }
            | Self::Associated { instance, .. }
            | Self::Terminated { instance }
            | Self::Refused { instance, .. } => Some(instance),
            // A command takes its own time.
            Self::Sent { .. } | Self::Failed { .. } => None,
        }
    }

    fn is_of_commands(&self) -> bool {
        matches!(self, Self::Sent { .. })
    }
}

impl Age {
    fn time(self) -> DateTime<Utc> {
        view::time(match self {
            Self::New | Self::Shown => view::NOW - 2,
            Self::Old => view::NOW - 10,
            Self::Void => view::LAUNCH - 10,
        })
    }
}
