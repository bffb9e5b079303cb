//! Notifications: what an invocation changed of a slot, as events for EventBridge. Nobody has to listen to them.
//!
//! Nothing is stored, so a change is what an invocation did or saw happen, or what a sweep finds otherwise than the one
//! before it in the same process did. docs/notifications.md has the rules and the payloads.

use crate::events::{Scope, Trigger};
use crate::report::{FindingReport, FleetReport, Outcome, Report, SlotReport, StepReport};
use chrono::{DateTime, Utc};
use planner::ids::{FleetName, InstanceId, SlotName, Zone};
use planner::plan::{SlotState, Step};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The source of the events.
pub const SOURCE: &str = "holdfast";

/// What kind of change it was: the detail-type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A holder is about to go, or the slot is on its way.
    HandoverStarted,
    /// The slot has a holder, or is well again.
    Held,
    /// Something has to come first, by itself.
    Waiting,
    /// A person must act.
    Blocked,
}

/// An event to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Its detail-type.
    pub kind: Kind,
    /// Its detail.
    pub detail: Value,
}

/// How each slot stood when this process last looked at all of them. A new process knows of none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Census(BTreeMap<(FleetName, SlotName), Standing>);

/// How a slot stood, and with whom.
type Standing = (SlotState, Option<InstanceId>);

/// The form of the detail.
#[derive(Serialize)]
struct Detail<'a> {
    fleet: &'a FleetName,
    slot: &'a SlotName,
    state: SlotState,
    holder: Option<&'a InstanceId>,
    previous_holder: Option<&'a InstanceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handover_seconds: Option<f64>,
    trigger: &'static str,
    findings: Vec<FindingReport<'a>>,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::HandoverStarted, Self::Held, Self::Waiting, Self::Blocked];

    /// The event's detail-type.
    pub fn detail_type(self) -> &'static str {
        match self {
            Self::HandoverStarted => "Slot Handover Started",
            Self::Held => "Slot Held",
            Self::Waiting => "Slot Waiting",
            Self::Blocked => "Slot Blocked",
        }
    }
}

/// What to tell of an invocation, nothing of a dry run; and takes the census, if it was one.
pub fn of(trigger: &Trigger, report: &Report, last: &mut Census) -> Vec<Notification> {
    if report.dry_run {
        return Vec::new();
    }
    let slots = report.fleets.iter().flat_map(|fleet| fleet.slots.iter().map(move |slot| (fleet, slot)));
    let slots = slots.map(|(fleet, slot)| ((fleet.fleet.clone(), slot.slot.clone()), fleet, slot));
    let told = slots.clone().flat_map(|(name, fleet, slot)| {
        let earlier = last.0.get(&name).filter(|_| report.is_census);
        let kinds = changes(trigger, fleet, slot, earlier).into_iter();
        kinds.map(|kind| Notification { kind, detail: detail(report.trigger, fleet, slot) })
    });
    let told = told.collect();
    if report.is_census {
        last.0 = slots.map(|(name, _, slot)| (name, (slot.state, slot.holder.clone()))).collect();
    }
    told
}

/// The changes of a slot, in their order, which stood so at an earlier census.
fn changes(
    trigger: &Trigger,
    fleet: &FleetReport,
    slot: &SlotReport,
    earlier: Option<&Standing>,
) -> Vec<Kind> {
    let before = slot.before.as_ref();
    let acted = slot.steps.iter().any(is_done);
    let other_state = before.is_some_and(|before| before.state != slot.state);
    let same_holder = before.is_some_and(|before| before.holder == slot.holder);
    // An event about the holder is of a change, though the look that it led to may come after it.
    let concerned = matches!(&trigger.scope, Scope::Instance(id) if old_holder(slot) == Some(id));
    // What no event is of, such as a tag, a sweep sees.
    let turned = earlier.is_some_and(|(state, _)| *state != slot.state);
    // What it waited for where it is has passed. Who has moved it meanwhile, has told that it is held.
    let recovered = match earlier {
        Some((SlotState::Blocked | SlotState::Paused, _)) => true,
        Some((SlotState::Waiting, holder)) => holder.is_some() && *holder == slot.holder,
        Some((SlotState::Held | SlotState::Moving, _)) | None => false,
    };
    let started = has_started(fleet, slot);
    let ended = match slot.state {
        SlotState::Held if acted => Some(Kind::Held),
        // What moved without an act of this invocation, another one moved, and tells it.
        SlotState::Held if other_state && same_holder && !was_moving(slot) => Some(Kind::Held),
        SlotState::Held if recovered => Some(Kind::Held),
        SlotState::Waiting if acted || other_state || concerned || turned => Some(Kind::Waiting),
        SlotState::Blocked if acted || other_state || concerned || turned => Some(Kind::Blocked),
        SlotState::Moving if acted && !started => Some(Kind::HandoverStarted),
        SlotState::Held | SlotState::Waiting | SlotState::Blocked | SlotState::Moving | SlotState::Paused => {
            None
        }
    };
    started.then_some(Kind::HandoverStarted).into_iter().chain(ended).collect()
}

/// Whether the invocation began to take the slot from its holder, or wrote down that the holder will go.
fn has_started(fleet: &FleetReport, slot: &SlotReport) -> bool {
    let takes = |step: &&StepReport| {
        let begins = matches!(
            step.step,
            Step::DrainVolumes { .. } | Step::DetachVolume { .. } | Step::TerminateInstance { .. }
        );
        begins && is_done(step)
    };
    let marks = |step: &&StepReport| {
        matches!(&step.step, Step::MarkDraining { instance, .. } if old_holder(slot) == Some(instance))
            && is_done(step)
    };
    slot.steps.iter().any(|step| takes(&step)) || fleet.steps.iter().any(|step| marks(&step))
}

fn is_done(step: &StepReport) -> bool {
    step.outcome == Outcome::Done
}

fn was_moving(slot: &SlotReport) -> bool {
    slot.before.as_ref().is_some_and(|before| before.state == SlotState::Moving)
}

fn old_holder(slot: &SlotReport) -> Option<&InstanceId> {
    slot.before.as_ref()?.holder.as_ref()
}

fn detail(trigger: &'static str, fleet: &FleetReport, slot: &SlotReport) -> Value {
    let detail = Detail {
        fleet: &fleet.fleet,
        slot: &slot.slot,
        state: slot.state,
        holder: slot.holder.as_ref(),
        previous_holder: old_holder(slot).filter(|old| Some(*old) != slot.holder.as_ref()),
        zone: slot.zone.as_ref(),
        since: slot.since,
        handover_seconds: slot.handover.map(crate::metrics::seconds),
        trigger,
        findings: slot.findings.iter().map(FindingReport::from).collect(),
    };
    // Its keys are text and its values are plain, so that it is never anything but JSON.
    serde_json::to_value(detail).unwrap_or_default()
}
