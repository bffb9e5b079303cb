//! Fault specifications: `AttachVolume:lost=0.2,throttled=0.1;*:slow=0.05`.

use super::Fault;
use crate::actions::Action;
use crate::autoscaling;
use crate::chance::Chance;
use crate::ssm;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What stands for every action.
const EVERY: &str = "*";

/// How often each fault befalls each action.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shares {
    /// By action, or by `*`. What is said of an action itself goes before what is said of all.
    by_action: BTreeMap<String, BTreeMap<Fault, f64>>,
}

/// A specification that cannot be understood.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what it is")]
pub enum BadSpec {
    #[error(
        "`{0}` in the fault specification names no faults: write Action:fault=share, such as AttachVolume:lost=0.2"
    )]
    NoFaults(String),
    #[error(
        "`{0}` is no action of the local EC2: use EC2's own name, such as AttachVolume, or * for every action"
    )]
    UnknownAction(String),
    #[error("`{0}` is no fault: use one of {faults}", faults = Fault::ALL.map(Fault::name).join(", "))]
    UnknownFault(String),
    #[error("`{0}` has no share: write fault=share, such as lost=0.2")]
    NoShare(String),
    #[error("`{share}`, the share of {fault}, is no number from 0 to 1")]
    BadShare { fault: Fault, share: String },
    #[error("{action} is given the fault {fault} twice")]
    Twice { action: String, fault: Fault },
    #[error("the shares of {action} add up to {sum}, which is more than 1")]
    TooMuch { action: String, sum: f64 },
}

impl Shares {
    /// The fault that befalls a call of the action now, if any.
    pub(crate) fn draw(&self, action: &str, chance: &mut Chance) -> Option<Fault> {
        if self.by_action.is_empty() {
            return None;
        }
        let mut draw = chance.unit();
        self.of(action).into_iter().find_map(|(fault, share)| {
            draw -= share;
            (draw < 0.0).then_some(fault)
        })
    }

    fn of(&self, action: &str) -> BTreeMap<Fault, f64> {
        let mut shares = self.by_action.get(EVERY).cloned().unwrap_or_default();
        shares.extend(self.by_action.get(action).into_iter().flatten());
        shares
    }

    fn add(&mut self, action: &str, fault: &str) -> Result<(), BadSpec> {
        let (name, share) = fault.split_once('=').ok_or_else(|| BadSpec::NoShare(fault.to_owned()))?;
        let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name.trim());
        let fault = fault.ok_or_else(|| BadSpec::UnknownFault(name.trim().to_owned()))?;
        let number: Option<f64> = share.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
        let number = number.ok_or_else(|| BadSpec::BadShare { fault, share: share.trim().to_owned() })?;
        match self.by_action.entry(action.to_owned()).or_default().insert(fault, number) {
            None => Ok(()),
            Some(_) => Err(BadSpec::Twice { action: action.to_owned(), fault }),
        }
    }
}

impl FromStr for Shares {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let mut shares = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let named = part.split_once(':').map(|(action, faults)| (action.trim(), faults.trim()));
            let (action, faults) = named
                .filter(|(_, faults)| !faults.is_empty())
                .ok_or_else(|| BadSpec::NoFaults(part.to_owned()))?;
            let is_known = Action::NAMES.contains(&action) || ssm::has(action) || autoscaling::has(action);
            if action != EVERY && !is_known {
                return Err(BadSpec::UnknownAction(action.to_owned()));
            }
            for fault in faults.split(',') {
                shares.add(action, fault.trim())?;
            }
        }
        for action in shares.by_action.keys() {
            let sum: f64 = shares.of(action).values().sum();
            if sum > 1.0 {
                return Err(BadSpec::TooMuch { action: action.clone(), sum });
            }
        }
        Ok(shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        text.parse::<Shares>().unwrap_err().to_string()
    }

    #[test]
    fn a_specification_is_read() {
        let shares: Shares = " AttachVolume:lost=0.2, throttled=0.1 ; *:slow=0.05,lost=0.5;".parse().unwrap();
        let attach = BTreeMap::from([(Fault::Lost, 0.2), (Fault::Throttled, 0.1), (Fault::Slow, 0.05)]);
        assert_eq!(shares.of("AttachVolume"), attach);
        assert_eq!(shares.of("DetachVolume"), BTreeMap::from([(Fault::Slow, 0.05), (Fault::Lost, 0.5)]));
        assert_eq!("".parse(), Ok(Shares::default()));
    }

    #[test]
    fn what_is_not_understood_is_named_with_the_way_out() {
        for (text, part) in [
            ("AttachVolume", "`AttachVolume` in the fault specification names no faults"),
            ("AttachVolume:", "names no faults"),
            ("Attach:lost=1", "`Attach` is no action"),
            ("*:gone=1", "`gone` is no fault: use one of refused, denied, throttled, 5xx"),
            ("*:lost", "`lost` has no share"),
            ("*:lost=2", "`2`, the share of lost"),
            ("*:lost=NaN", "`NaN`, the share of lost"),
            ("*:lost=0.2%", "`0.2%`, the share of lost"),
            ("*:lost=0.2,lost=0.1", "* is given the fault lost twice"),
            ("*:lost=0.5;AttachVolume:reset=0.6", "the shares of AttachVolume add up to 1.1"),
        ] {
            assert!(message(text).contains(part), "{text}: {}", message(text));
        }
    }

    #[test]
    fn faults_come_as_often_as_asked() {
        let shares: Shares = "*:lost=0.2,reset=0.1".parse().unwrap();
        let mut chance = Chance::new(1, 1);
        let drawn: Vec<_> = (0..10_000).map(|_| shares.draw("AttachVolume", &mut chance)).collect();
        let count = |fault| drawn.iter().filter(|drawn| **drawn == fault).count();
        assert!((1800..2200).contains(&count(Some(Fault::Lost))));
        assert!((850..1150).contains(&count(Some(Fault::Reset))));
        assert!((6800..7200).contains(&count(None)));
    }
}
