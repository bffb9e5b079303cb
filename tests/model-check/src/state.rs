//! A state of the model, and what can happen in it.

use crate::bug::Bug;
use crate::ec2::Violation;
use crate::function::{self, Function, Part};
use crate::look::Sources;
use crate::record::Answer;
use crate::ssm::{self, Age, Numbers, Status};
use crate::world::{Handover, Mark, Phase, World};
use std::sync::Arc;

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// EC2 as it is.
    pub now: Arc<World>,
    /// EC2 as its answers may still have it.
    pub stale: Arc<World>,
    /// The functions, in an order of their own: they are alike.
    pub functions: Vec<Function>,
    /// How much churn is left.
    pub left: Option<u8>,
    /// What must never have happened.
    pub violation: Option<Violation>,
}

/// Which of EC2's answers a look gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    stale_volumes: bool,
    stale_addresses: bool,
    stale_instances: bool,
    record: Telling,
}

/// What Systems Manager says when it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Telling {
    /// What is on record.
    #[default]
    Now,
    /// What was.
    Stale,
    /// Nothing.
    Silence,
    /// That it will not tell.
    Denial,
}

/// Something that can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A function looks, and plans.
    Look(usize, Sight),
    /// A function makes a call.
    Act(usize, usize, Part),
    /// The same, and the answer is lost.
    Lose(usize, usize, Part),
    /// A function makes a call that EC2 refuses for good.
    Refuse(usize, usize, Part),
    /// A function crashes, or its time is over.
    End(usize),
    /// What a function remembers grows old.
    Age(usize),
    /// What a function has sent must have come.
    Deliver(usize),
    /// EC2's answers catch up.
    CatchUp,
    /// Systems Manager's record does.
    ShowRecord,
    /// A drain command, by its instance and number, ends.
    EndCommand(u8, u8, Status),
    /// The oldest of an instance's commands that is new grows old.
    Outdate(u8),
    /// The oldest of an instance's commands is on record no more.
    Forget(u8),
    /// An instance goes on in its life.
    Turn(u8, Phase),
    /// Something is said about an instance's end.
    Mark(u8, Mark),
    /// An attachment is completed, or ended.
    Settle(u8),
    /// EC2 takes an attachment back.
    TakeBack(u8),
}

impl State {
    /// EC2's answers catch up.
    pub fn catch_up(&mut self) {
        if self.now.record == self.stale.record {
            self.stale = Arc::clone(&self.now);
        } else {
            let record = self.stale.record.clone();
            self.stale = Arc::new(World { record, ..World::clone(&self.now) });
        }
        self.functions.iter_mut().for_each(|function| function.memory.catch_up());
    }

    /// Systems Manager's record catches up.
    pub fn show_record(&mut self) {
        Arc::make_mut(&mut self.stale).record.clone_from(&self.now.record);
        if self.stale == self.now {
            self.stale = Arc::clone(&self.now);
        }
        self.functions.iter_mut().for_each(|function| function.memory.catch_up_with_record());
    }

    /// Whether EC2's answers may be of another moment than now.
    pub fn is_stale(&self) -> bool {
        !Arc::ptr_eq(&self.now, &self.stale)
            && (self.now.instances != self.stale.instances
                || self.now.volumes != self.stale.volumes
                || self.now.addresses != self.stale.addresses)
    }

    /// The oldest of the instance's commands that is new grows old.
    pub fn outdate(&mut self, instance: u8) -> Option<()> {
        let number = ssm::of(&self.now.record, instance).find(|command| command.age == Age::Fresh)?.number;
        for world in [&mut self.now, &mut self.stale] {
            let own = |command: &&mut ssm::Command| {
                (command.instance, command.number) == (instance, number) && command.age == Age::Fresh
            };
            if let Some(command) = Arc::make_mut(world).record.iter_mut().find(own) {
                command.age = Age::Old;
            }
        }
        if ssm::of(&self.now.record, instance).all(|command| command.age == Age::Old) {
            self.functions.iter_mut().for_each(|function| function.memory.deliver_to(instance));
        }
        Some(())
    }

    /// Whether the oldest of the instance's commands may be forgotten: it is old, and has ended.
    pub fn can_forget(&self, instance: u8) -> bool {
        let oldest = |world: &World| ssm::of(&world.record, instance).next().copied();
        let now = oldest(&self.now);
        now == oldest(&self.stale)
            && now.is_some_and(|oldest| oldest.age == Age::Old && oldest.status != Status::InProgress)
    }

    /// The oldest of the instance's commands is forgotten.
    pub fn forget(&mut self, instance: u8) -> Option<()> {
        let oldest = *ssm::of(&self.now.record, instance).next()?;
        for world in [&mut self.now, &mut self.stale] {
            Arc::make_mut(world).record.retain(|command| *command != oldest);
        }
        Some(())
    }

    /// Numbers commands anew, and shares what is alike.
    pub fn renumber(&mut self) {
        let record = self.now.record.clone();
        let numbers = Numbers::of(&record);
        for world in [&mut self.now, &mut self.stale] {
            if !numbers.fit(world) {
                numbers.give(Arc::make_mut(world));
            }
        }
        if self.now == self.stale {
            self.stale = Arc::clone(&self.now);
        }
    }

    /// What a look gets to see.
    pub fn sources(&self, sight: Sight) -> Sources<'_> {
        let world = |stale| if stale { &*self.stale } else { &*self.now };
        Sources {
            volumes: world(sight.stale_volumes),
            addresses: world(sight.stale_addresses),
            instances: world(sight.stale_instances),
            record: match sight.record {
                Telling::Now => Answer::Commands(&self.now.record),
                Telling::Stale => Answer::Commands(&self.stale.record),
                Telling::Silence => Answer::Silence,
                Telling::Denial => Answer::Denial,
            },
            order: &self.now.record,
        }
    }

    /// The instance enters a phase for which it needs so long that nobody acts on what was before, nor is shown it.
    pub fn outlast(&mut self, n: u8, phase: Phase, has_run: bool, bug: Option<Bug>) {
        let is_settled = bug == Some(Bug::NoSettledStart)
            || phase != Phase::Running
            || self.stale.links().all(|(_, link)| link.instance != n);
        if !function::may_last(self.stale.phase(n), phase, has_run) || !is_settled {
            self.catch_up();
        }
        if bug == Some(Bug::NoFreshness) {
            return;
        }
        for function in &mut self.functions {
            let saw = function.round.as_ref().and_then(|round| round.saw.get(usize::from(n)));
            if saw.is_some_and(|saw| !function::may_last(*saw, phase, has_run)) {
                function.round = None;
            }
        }
    }

    /// A volume that was drained has left an instance that runs. From the request for the drain it takes so long until it is
    /// attached elsewhere that nobody acts on what was before that, nor is shown it.
    pub fn outlast_drain(&mut self, volume: u8, bug: Option<Bug>) {
        if bug == Some(Bug::QuickDrain) {
            return;
        }
        if !self.stale.asked().has(volume) {
            self.catch_up();
        }
        for function in &mut self.functions {
            function.round = function.round.take().filter(|round| round.asked.has(volume));
        }
    }

    /// Every choice of answers that differ.
    pub fn sights(&self, denies: bool) -> Vec<Sight> {
        let choices = |differ: bool| if differ { &[false, true][..] } else { &[false] };
        let mut sights = Vec::new();
        for stale_volumes in choices(self.now.volumes != self.stale.volumes) {
            for stale_addresses in choices(self.now.addresses != self.stale.addresses) {
                // What is attached to an instance is shown with it.
                let differ =
                    self.now.instances != self.stale.instances || self.now.volumes != self.stale.volumes;
                for stale_instances in choices(differ) {
                    sights.extend(self.tellings(denies).map(|record| Sight {
                        stale_volumes: *stale_volumes,
                        stale_addresses: *stale_addresses,
                        stale_instances: *stale_instances,
                        record,
                    }));
                }
            }
        }
        sights
    }

    /// Every choice of what Systems Manager says, where it may be asked.
    fn tellings(&self, denies: bool) -> impl Iterator<Item = Telling> + use<> {
        let is_asked = self.now.handover == Handover::Drain;
        let is_stale = is_asked && self.now.record != self.stale.record;
        let choices = [
            (Telling::Now, true),
            (Telling::Stale, is_stale),
            (Telling::Silence, is_asked),
            (Telling::Denial, is_asked && denies),
        ];
        choices.into_iter().filter_map(|(telling, is_choice)| is_choice.then_some(telling))
    }
}

impl Telling {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Now, Self::Stale, Self::Silence, Self::Denial];
}

impl Sight {
    /// Every choice that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let both = [false, true];
        let ec2 = both.into_iter().flat_map(move |volumes| {
            both.into_iter()
                .flat_map(move |addresses| both.map(move |instances| (volumes, addresses, instances)))
        });
        ec2.flat_map(|(stale_volumes, stale_addresses, stale_instances)| {
            Telling::ALL.map(|record| Self { stale_volumes, stale_addresses, stale_instances, record })
        })
    }

    /// Whether an answer of EC2 is of another moment than now.
    pub fn is_stale(self) -> bool {
        self.stale_volumes || self.stale_addresses || self.stale_instances
    }

    /// Whether Systems Manager will not tell.
    pub fn is_denied(self) -> bool {
        self.record == Telling::Denial
    }
}
