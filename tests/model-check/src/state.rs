//! A state of the model, and what can happen in it.

use crate::bug::Bug;
use crate::ec2::Violation;
use crate::function::{self, Function, Part};
use crate::view::Sources;
use crate::world::{Mark, Phase, World};
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
    /// EC2's answers catch up.
    CatchUp,
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
        self.stale = Arc::clone(&self.now);
        self.functions.iter_mut().for_each(|function| function.memory.catch_up());
    }

    /// What a look gets to see.
    pub fn sources(&self, sight: Sight) -> Sources<'_> {
        let world = |stale| if stale { &*self.stale } else { &*self.now };
        Sources {
            volumes: world(sight.stale_volumes),
            addresses: world(sight.stale_addresses),
            instances: world(sight.stale_instances),
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

    /// Every choice of answers that differ.
    pub fn sights(&self) -> Vec<Sight> {
        let choices = |differ: bool| if differ { &[false, true][..] } else { &[false] };
        let mut sights = Vec::new();
        for stale_volumes in choices(self.now.volumes != self.stale.volumes) {
            for stale_addresses in choices(self.now.addresses != self.stale.addresses) {
                // What is attached to an instance is shown with it.
                let differ =
                    self.now.instances != self.stale.instances || self.now.volumes != self.stale.volumes;
                for stale_instances in choices(differ) {
                    sights.push(Sight {
                        stale_volumes: *stale_volumes,
                        stale_addresses: *stale_addresses,
                        stale_instances: *stale_instances,
                    });
                }
            }
        }
        sights
    }
}
