//! The settings, from environment variables that the SAM template sets from its parameters.
//!
//! This module never reads the environment itself: it is given a way to look a variable up.

use planner::tags::Policy;

/// What an operator may choose for all fleets of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The policy of a slot whose tags name none (`HOLDFAST_HANDOVER`).
    pub handover: Policy,
    /// The SSM document of the policy `drain` (`HOLDFAST_DRAIN_DOCUMENT`).
    pub drain_document: Option<String>,
    /// Whether an instance that launches in a zone without any of its fleet's volumes is abandoned at its launch hook
    /// (`HOLDFAST_ABANDON_WRONG_ZONE`).
    pub abandon_wrong_zone: bool,
    /// Whether to plan and report only (`HOLDFAST_DRY_RUN`).
    pub dry_run: bool,
    /// Whether changes are put on EventBridge's default bus (`HOLDFAST_NOTIFICATIONS`).
    pub notifications: bool,
}

/// A setting that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting {name} is `{value}`: it must be {allowed}")]
pub struct InvalidSetting {
    /// The variable.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// What it may say.
    pub allowed: &'static str,
}

impl Settings {
    /// Reads the settings. A variable that is absent or empty has its default.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let handover = "HOLDFAST_HANDOVER";
        let invalid = |name, value, allowed| InvalidSetting { name, value, allowed };
        let flag = |name| match given(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(invalid(name, other.to_owned(), "true or false")),
        };
        Ok(Self {
            handover: match given(handover) {
                None => Policy::OnRelease,
                Some(text) => Policy::parse(&text)
                    .ok_or_else(|| invalid(handover, text, "on-release, drain or terminate"))?,
            },
            drain_document: given("HOLDFAST_DRAIN_DOCUMENT"),
            abandon_wrong_zone: flag("HOLDFAST_ABANDON_WRONG_ZONE")?,
            dry_run: flag("HOLDFAST_DRY_RUN")?,
            notifications: flag("HOLDFAST_NOTIFICATIONS")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let find =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(find).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_absent_or_empty_has_its_default() {
        let default = Settings {
            handover: Policy::OnRelease,
            drain_document: None,
            abandon_wrong_zone: false,
            dry_run: false,
            notifications: false,
        };
        assert_eq!(read(&[]), Ok(default.clone()));
        let names = [
            "HOLDFAST_HANDOVER",
            "HOLDFAST_DRY_RUN",
            "HOLDFAST_DRAIN_DOCUMENT",
            "HOLDFAST_ABANDON_WRONG_ZONE",
            "HOLDFAST_NOTIFICATIONS",
        ];
        assert_eq!(read(&names.map(|name| (name, ""))), Ok(default));
    }

    #[test]
    fn every_setting_is_read() {
        let pairs = [
            ("HOLDFAST_HANDOVER", "drain"),
            ("HOLDFAST_DRAIN_DOCUMENT", "Drain"),
            ("HOLDFAST_ABANDON_WRONG_ZONE", "true"),
            ("HOLDFAST_DRY_RUN", "true"),
            ("HOLDFAST_NOTIFICATIONS", "true"),
        ];
        let expected = Settings {
            handover: Policy::Drain,
            drain_document: Some("Drain".to_owned()),
            abandon_wrong_zone: true,
            dry_run: true,
            notifications: true,
        };
        assert_eq!(read(&pairs), Ok(expected));
    }

    #[test]
    fn a_bad_value_names_itself_and_the_allowed_ones() {
        for (name, value, allowed) in [
            ("HOLDFAST_HANDOVER", "On-Release", "on-release, drain or terminate"),
            ("HOLDFAST_DRY_RUN", "yes", "true or false"),
            ("HOLDFAST_ABANDON_WRONG_ZONE", "1", "true or false"),
            ("HOLDFAST_NOTIFICATIONS", "TRUE", "true or false"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(error, format!("the setting {name} is `{value}`: it must be {allowed}"));
        }
    }
}
