//! Commands about what befalls calls, and about how events travel.

use super::Complaint;
use crate::bus::Weather;
use crate::cloud::Cloud;
use crate::faults::{BadSpec, Fault, Shares};
use crate::time::Span;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultsCommand {
    /// As [`Shares`] are written.
    shares: Option<String>,
    /// Which call of Holdfast's meets which fault, counted from 0 from now on.
    script: Option<BTreeMap<u64, String>>,
}

impl From<BadSpec> for Complaint {
    fn from(bad: BadSpec) -> Self {
        Self(bad.to_string())
    }
}

/// Everything is read before anything is changed.
pub(super) fn faults(
    cloud: &mut Cloud,
    FaultsCommand { shares, script }: FaultsCommand,
) -> Result<(), Complaint> {
    if shares.is_none() && script.is_none() {
        return Err(Complaint("say `shares`, `script` or both; empty ones end what is in force".to_owned()));
    }
    let shares = shares.map(|text| text.parse::<Shares>()).transpose()?;
    let script = script.map(|script| script.into_iter().map(scripted).collect()).transpose()?;
    if let Some(shares) = shares {
        cloud.set_faults(shares);
    }
    if let Some(script) = script {
        cloud.set_fault_script(script);
    }
    Ok(())
}

fn scripted((number, name): (u64, String)) -> Result<(u64, Fault), BadSpec> {
    let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name);
    fault.map(|fault| (number, fault)).ok_or(BadSpec::UnknownFault(name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeatherCommand {
    #[serde(default)]
    lost: f64,
    #[serde(default)]
    doubled: f64,
    #[serde(default)]
    late: f64,
    /// In milliseconds.
    travel: Option<(u32, u32)>,
    lateness: Option<(u32, u32)>,
}

pub(super) fn weather(
    cloud: &mut Cloud,
    WeatherCommand { lost, doubled, late, travel, lateness }: WeatherCommand,
) -> Result<(), Complaint> {
    for (name, share) in [("lost", lost), ("doubled", doubled), ("late", late)] {
        if !(0.0..=1.0).contains(&share) {
            return Err(Complaint(format!("`{name}` is {share}: a share is a number from 0 to 1")));
        }
    }
    let usual = Weather::default();
    let span = |named: Option<(u32, u32)>, usual| {
        named.map_or(usual, |(from, to)| Span::millis(i64::from(from), i64::from(to)))
    };
    cloud.set_weather(Weather {
        lost,
        doubled,
        late,
        travel: span(travel, usual.travel),
        lateness: span(lateness, usual.lateness),
    });
    Ok(())
}
