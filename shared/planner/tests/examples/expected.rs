//! What an example expects of a plan, in words, and the comparison with what the planner plans.

use planner::finding::Finding;
use planner::fixtures::{
    Look, allocation_id, association_id, device, instance_id, interface_id, private, volume_id,
};
use planner::ids::{InstanceId, SlotName};
use planner::plan;
use planner::plan::{Next, SlotPlan, SlotState, Step};

/// A slot's plan as far as examples compare it. Chains go side by side and findings are a set, so neither has an
/// order here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    slot: SlotName,
    state: SlotState,
    holder: Option<InstanceId>,
    lead: Option<Step>,
    follow: Vec<Vec<Step>>,
    told: Vec<&'static str>,
    next: Next,
    asks: Option<InstanceId>,
}

/// Plans what the look saw and compares all slots; nothing is to be told of the fleet.
#[track_caller]
pub(crate) fn check(look: Look, expected: impl Into<Vec<Expected>>) {
    check_all(look, expected, &[]);
}

/// The same, with what is told of the fleet.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "an example builds its look in place")]
pub(crate) fn check_all(look: Look, expected: impl Into<Vec<Expected>>, of_the_fleet: &[&str]) {
    let plan = plan(&look.0);
    let found: Vec<Expected> = plan.slots.into_iter().map(Expected::from).collect();
    assert_eq!(found, expected.into());
    let told: Vec<&str> = plan.findings.iter().map(Finding::code).collect();
    assert_eq!(told, of_the_fleet);
}

/// Every step of the plan, in the order of the slots.
pub(crate) fn steps(look: &Look) -> Vec<Step> {
    plan(&look.0).slots.iter().flat_map(SlotPlan::steps).cloned().collect()
}

/// All of the slot is on instance n, and nothing is to do.
pub(crate) fn held(n: u8) -> Expected {
    slot(SlotState::Held).on(n)
}

/// Steps are to be done, or something is under way.
pub(crate) fn moving() -> Expected {
    slot(SlotState::Moving)
}

/// Nothing can be done before something else has happened.
pub(crate) fn waiting(told: &'static str) -> Expected {
    slot(SlotState::Waiting).told(told)
}

/// A person must act.
pub(crate) fn blocked(told: &'static str) -> Expected {
    slot(SlotState::Blocked).told(told)
}

/// Left alone.
pub(crate) fn paused() -> Expected {
    slot(SlotState::Paused)
}

fn slot(state: SlotState) -> Expected {
    Expected {
        slot: SlotName::new("main"),
        state,
        holder: None,
        lead: None,
        follow: Vec::new(),
        told: Vec::new(),
        next: Next::Nothing,
        asks: None,
    }
}

impl Expected {
    pub(crate) fn of(mut self, slot: &str) -> Self {
        self.slot = SlotName::new(slot);
        self
    }

    /// Instance n has the slot now.
    pub(crate) fn on(mut self, n: u8) -> Self {
        self.holder = Some(instance_id(n));
        self
    }

    pub(crate) fn lead(mut self, step: Step) -> Self {
        self.lead = Some(step);
        self
    }

    /// One more chain of steps after the lead.
    pub(crate) fn follow(mut self, chain: impl Into<Vec<Step>>) -> Self {
        self.follow.push(chain.into());
        self.follow.sort();
        self
    }

    /// One more finding.
    pub(crate) fn told(mut self, code: &'static str) -> Self {
        self.told.push(code);
        self.told.sort_unstable();
        self
    }

    /// The plan depends on what Systems Manager has on record of instance n.
    pub(crate) fn asks(mut self, n: u8) -> Self {
        self.asks = Some(instance_id(n));
        self.next(Next::Transition)
    }

    pub(crate) fn next(mut self, next: Next) -> Self {
        self.next = next;
        self
    }
}

impl From<Expected> for Vec<Expected> {
    fn from(one: Expected) -> Self {
        vec![one]
    }
}

impl From<SlotPlan> for Expected {
    fn from(mut plan: SlotPlan) -> Self {
        plan.follow.sort();
        let mut told: Vec<&str> = plan.findings.iter().map(Finding::code).collect();
        told.sort_unstable();
        Self {
            slot: plan.slot,
            state: plan.state,
            holder: plan.holder,
            lead: plan.lead,
            follow: plan.follow,
            told,
            next: plan.next,
            asks: plan.asks,
        }
    }
}

pub(crate) fn attach(volume: u8, instance: u8, letter: char) -> Step {
    Step::AttachVolume { volume: volume_id(volume), instance: instance_id(instance), device: device(letter) }
}

pub(crate) fn detach(volume: u8, instance: u8) -> Step {
    Step::DetachVolume { volume: volume_id(volume), instance: instance_id(instance) }
}

/// Ends the association that the fixtures give to the address.
pub(crate) fn away(address: u8) -> Step {
    Step::DisassociateAddress { address: allocation_id(address), association: association_id(address) }
}

/// Points the address at the k-th private address of the instance's primary network interface.
pub(crate) fn to(address: u8, instance: u8, k: u8) -> Step {
    Step::AssociateAddress {
        address: allocation_id(address),
        instance: instance_id(instance),
        interface: interface_id(instance),
        private: private(instance, k),
    }
}

/// The plan of the slot of that name.
#[track_caller]
#[expect(clippy::expect_used, reason = "a slot that is not there fails its test")]
pub(crate) fn of(seen: &Look, slot: &str) -> SlotPlan {
    let plan = plan(&seen.0);
    let found = plan.slots.into_iter().find(|plan| plan.slot == SlotName::new(slot));
    found.expect("a slot of that name")
}

/// Whether the slot attaches a volume.
pub(crate) fn attaches(plan: &SlotPlan) -> bool {
    plan.steps().any(|step| step.name() == "attach-volume")
}

/// Drains the instance of these volumes by the document of the fixtures.
pub(crate) fn drain(instance: u8, volumes: &[u8]) -> Step {
    let volumes = volumes.iter().copied().map(volume_id).collect();
    Step::DrainVolumes { instance: instance_id(instance), volumes, document: "Drain".to_owned() }
}

pub(crate) fn terminate(instance: u8) -> Step {
    Step::TerminateInstance { instance: instance_id(instance) }
}
