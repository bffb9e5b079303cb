//! What came of an invocation, in the words that a test asserts it in.

use crate::scripted::{Call, Scripted};
use chrono::{DateTime, TimeDelta, Utc};
use planner::fixtures::{
    allocation_id, association_id, device, instance_id, interface_id, private, volume_id,
};
use reconciler::ec2::Action;
use reconciler::invocation::Failure;
use reconciler::notifications::Notification;
use serde_json::Value;
use std::cell::Cell;

pub(crate) struct Ran {
    pub(crate) report: Value,
    /// The line of metrics, in CloudWatch's format.
    pub(crate) metrics: Value,
    /// The notifications.
    pub(crate) told: Vec<Notification>,
    pub(crate) failure: Option<Failure>,
    pub(crate) calls: Vec<Call>,
    pub(crate) took: TimeDelta,
    /// Whether the test has said which acts it expected. One that has not fails if there were any.
    pub(crate) asserted: Cell<bool>,
}

impl Ran {
    /// The calls, those that began together together.
    pub(crate) fn rounds(&self) -> Vec<Vec<&str>> {
        self.asserted.set(true);
        let together = self.calls.chunk_by(|one, other| one.began == other.began);
        together.map(|round| round.iter().map(|call| call.text.as_str()).collect()).collect()
    }

    /// Every act that was tried, in order.
    pub(crate) fn acts(&self) -> Vec<&str> {
        self.asserted.set(true);
        self.calls.iter().filter(|call| call.is_act()).map(|call| call.text.as_str()).collect()
    }

    /// Every act that EC2 did, in order.
    pub(crate) fn accepted(&self) -> Vec<&str> {
        let acts = self.calls.iter().filter(|call| call.is_act() && call.accepted);
        acts.map(|call| call.text.as_str()).collect()
    }

    /// How often the action was called.
    pub(crate) fn count(&self, action: Action) -> usize {
        self.calls.iter().filter(|call| call.action == action).count()
    }

    /// How many questions were asked.
    pub(crate) fn questions(&self) -> usize {
        self.calls.iter().filter(|call| !call.is_act()).count()
    }

    /// When the k-th call of the action began, from 1.
    pub(crate) fn began(&self, action: Action, k: usize) -> DateTime<Utc> {
        self.calls.iter().filter(|call| call.action == action).nth(k - 1).unwrap().began
    }

    pub(crate) fn fleet(&self, name: &str) -> &Value {
        find(&self.report["fleets"], "fleet", name)
    }

    /// A slot, such as `web/main`.
    pub(crate) fn slot(&self, name: &str) -> &Value {
        let (fleet, slot) = name.split_once('/').unwrap();
        find(&self.fleet(fleet)["slots"], "slot", slot)
    }

    pub(crate) fn state(&self, slot: &str) -> &str {
        self.slot(slot)["state"].as_str().unwrap()
    }

    /// The slot's steps, as `attach-volume done`.
    pub(crate) fn outcomes(&self, slot: &str) -> Vec<String> {
        outcomes(&self.slot(slot)["steps"])
    }

    /// The steps that are of no slot.
    pub(crate) fn fleet_outcomes(&self, fleet: &str) -> Vec<String> {
        outcomes(&self.fleet(fleet)["steps"])
    }

    /// The codes of the slot's findings.
    pub(crate) fn findings(&self, slot: &str) -> Vec<&str> {
        codes(&self.slot(slot)["findings"])
    }

    /// The codes of the findings that are of no slot.
    pub(crate) fn fleet_findings(&self, fleet: &str) -> Vec<&str> {
        codes(&self.fleet(fleet)["findings"])
    }

    /// That the slot is held by instance n and the invocation ended well.
    pub(crate) fn assert_held(&self, slot: &str, n: u8) {
        assert_eq!(self.failure, None, "{:#}", self.report);
        assert_eq!(self.state(slot), "held", "{:#}", self.report);
        assert_eq!(self.slot(slot)["holder"], instance_id(n).as_str());
    }
}

impl Drop for Ran {
    fn drop(&mut self) {
        if !self.asserted.get() && !std::thread::panicking() {
            assert_eq!(self.acts(), [""; 0], "the test expects no act");
        }
    }
}

fn find<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let mut found = list.as_array().unwrap().iter().filter(|item| item[key] == name);
    let item = found.next().unwrap_or_else(|| panic!("no {name} in {list:#}"));
    assert_eq!(found.next(), None, "{name} is told twice");
    item
}

fn outcomes(steps: &Value) -> Vec<String> {
    let word = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    let steps = steps.as_array().into_iter().flatten();
    steps.map(|step| format!("{} {}", word(step, "step"), word(step, "outcome"))).collect()
}

fn codes(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().into_iter().flatten();
    findings.map(|finding| finding["finding"].as_str().unwrap()).collect()
}

pub(crate) fn attach(volume: u8, instance: u8, letter: char) -> String {
    format!("AttachVolume {} {} {}", volume_id(volume), instance_id(instance), device(letter))
}

pub(crate) fn detach(volume: u8, instance: u8) -> String {
    format!("DetachVolume {} {}", volume_id(volume), instance_id(instance))
}

/// To the first private address of the instance.
pub(crate) fn associate(address: u8, instance: u8) -> String {
    let (address, interface) = (allocation_id(address), interface_id(instance));
    format!("AssociateAddress {address} {interface} {}", private(instance, 1))
}

/// The association that the fixtures give the address.
pub(crate) fn disassociate(address: u8) -> String {
    format!("DisassociateAddress {}", association_id(address))
}

/// Marked for an interruption that was announced at that time.
pub(crate) fn mark(instance: u8, time: &str) -> String {
    mark_as("spot-interruption-warning", instance, time)
}

/// Marked for that reason.
pub(crate) fn mark_as(reason: &str, instance: u8, time: &str) -> String {
    format!("CreateTags {} {reason} {time}", instance_id(instance))
}

impl Scripted {
    /// That a further invocation by the same trigger finds nothing to do.
    pub(crate) async fn assert_settled(&self, trigger: &reconciler::events::Trigger) {
        let again = self.run(trigger).await;
        assert_eq!(again.acts(), [""; 0], "a repeated event acts");
        assert_eq!(again.failure, None);
    }
}
