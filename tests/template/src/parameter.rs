//! What a parameter of a template accepts. `CloudFormation` decides it before anything changes (`CloudFormation` user guide,
//! "Parameters"). A type or a constraint that is not known here is an error, since a guess would prove nothing.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::{Error, Template};

/// One parameter, understood to the last constraint.
#[derive(Debug)]
pub struct Parameter {
    /// Its value where none is given.
    pub default: Option<String>,
    /// What `CloudFormation` says in the place of the constraint when it refuses a value.
    pub constraint_description: Option<String>,
    kind: Kind,
    constraints: Vec<Constraint>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    /// An integer or a float.
    Number,
    /// Values between commas, each of which must satisfy every constraint.
    List,
    /// A zone of the account, which nobody but the account knows.
    Zone,
}

#[derive(Debug)]
enum Constraint {
    Pattern(Regex),
    OneOf(Vec<String>),
    AtLeast(f64),
    AtMost(f64),
    /// In characters.
    NoShorter(usize),
    /// In characters.
    NoLonger(usize),
}

impl Template {
    /// All parameters, by name.
    pub fn parameters(&self) -> Result<BTreeMap<String, Parameter>, Error> {
        let parameters = self.section("Parameters")?.iter();
        parameters.map(|(name, declared)| Ok((name.clone(), Parameter::parse(name, declared)?))).collect()
    }
}

impl Parameter {
    /// Whether anything but the type limits the value.
    pub fn is_constrained(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Whether a deployment with this value begins at all.
    pub fn accepts(&self, value: &str) -> bool {
        let values = match self.kind {
            Kind::List => value.split(',').collect(),
            Kind::Text | Kind::Number | Kind::Zone => vec![value],
        };
        let of_the_kind = self.kind != Kind::Number || value.parse::<f64>().is_ok();
        of_the_kind && values.iter().all(|value| self.constraints.iter().all(|it| it.allows(value)))
    }

    fn parse(name: &str, declared: &Value) -> Result<Self, Error> {
        let fields = declared.as_object().ok_or_else(|| Error::not_understood(name, declared))?;
        let kind = kind(name, fields)?;
        let mut constraints = Vec::new();
        for (key, value) in fields {
            constraints.extend(constraint(name, kind, key, value)?);
        }
        Ok(Self {
            default: fields.get("Default").map(text),
            constraint_description: fields.get("ConstraintDescription").map(text),
            kind,
            constraints,
        })
    }
}

impl Constraint {
    fn allows(&self, value: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.is_match(value),
            Self::OneOf(values) => values.iter().any(|allowed| allowed == value),
            Self::AtLeast(least) => value.parse().is_ok_and(|value: f64| value >= *least),
            Self::AtMost(most) => value.parse().is_ok_and(|value: f64| value <= *most),
            Self::NoShorter(least) => value.chars().count() >= *least,
            Self::NoLonger(most) => value.chars().count() <= *most,
        }
    }
}

fn kind(name: &str, fields: &Map<String, Value>) -> Result<Kind, Error> {
    match fields.get("Type").and_then(Value::as_str) {
        Some("String") => Ok(Kind::Text),
        Some("Number") => Ok(Kind::Number),
        Some("CommaDelimitedList") => Ok(Kind::List),
        Some("AWS::EC2::AvailabilityZone::Name") => Ok(Kind::Zone),
        other => Err(Error::not_understood(name, &format!("the type {other:?}"))),
    }
}

/// What the key constrains, if it is a constraint. Patterns and lengths are for text, bounds are for numbers.
fn constraint(name: &str, kind: Kind, key: &str, value: &Value) -> Result<Option<Constraint>, Error> {
    let unknown = || Error::not_understood(name, &format!("{key}: {value} of a {kind:?}"));
    let is_number = kind == Kind::Number;
    let bound = || value.as_f64().ok_or_else(unknown);
    let length = || value.as_u64().and_then(|length| usize::try_from(length).ok()).ok_or_else(unknown);
    Ok(Some(match key {
        "Type" | "Description" | "Default" | "ConstraintDescription" => return Ok(None),
        "AllowedPattern" if !is_number => {
            Constraint::Pattern(whole(value.as_str().ok_or_else(unknown)?, unknown)?)
        }
        "AllowedValues" => {
            Constraint::OneOf(value.as_array().ok_or_else(unknown)?.iter().map(text).collect())
        }
        "MinValue" if is_number => Constraint::AtLeast(bound()?),
        "MaxValue" if is_number => Constraint::AtMost(bound()?),
        "MinLength" if !is_number => Constraint::NoShorter(length()?),
        "MaxLength" if !is_number => Constraint::NoLonger(length()?),
        _ => return Err(unknown()),
    }))
}

/// The pattern must match the whole value, anchors or not.
fn whole(pattern: &str, unknown: impl Fn() -> Error) -> Result<Regex, Error> {
    Regex::new(&format!("^(?:{pattern})$")).map_err(|_| unknown())
}

/// A scalar as it would be typed.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(declared: &Value, good: &[&str], bad: &[&str]) {
        let parameter = Parameter::parse("it", declared).unwrap();
        for value in good {
            assert!(parameter.accepts(value), "{declared} refuses {value:?}");
        }
        for value in bad {
            assert!(!parameter.accepts(value), "{declared} accepts {value:?}");
        }
    }

    #[test]
    fn a_pattern_must_match_the_whole_value() {
        check(&json!({"Type": "String", "AllowedPattern": "a+|b"}), &["aa", "b"], &["", "ab", "b\n", "xa"]);
    }

    #[test]
    fn every_value_of_a_list_must_match() {
        let declared = json!({"Type": "CommaDelimitedList", "AllowedPattern": "^$|^a$"});
        check(&declared, &["", "a", "a,a"], &["b", "a,b", "b,a"]);
    }

    #[test]
    fn a_number_is_one_and_within_its_bounds() {
        let declared = json!({"Type": "Number", "MinValue": 2, "MaxValue": 10});
        check(&declared, &["2", "2.5", "10"], &["1", "11", "", "two", "3 "]);
    }

    #[test]
    fn a_value_is_one_of_those_allowed() {
        check(&json!({"Type": "Number", "AllowedValues": [1, 14]}), &["1", "14"], &["4", "1,14"]);
        check(&json!({"Type": "String", "AllowedValues": ["true"]}), &["true"], &["True", "", "tru"]);
    }

    #[test]
    fn a_length_counts_characters() {
        let declared = json!({"Type": "String", "MinLength": 1, "MaxLength": 2});
        check(&declared, &["a", "äö"], &["", "abc"]);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for unknown in [
            json!({"Type": "String", "MinValue": 1}),
            json!({"Type": "Number", "AllowedPattern": "1"}),
            json!({"Type": "Number", "MaxLength": 1}),
            json!({"Type": "String", "AllowedPattern": "("}),
            json!({"Type": "String", "NoEcho": true}),
            json!({"Type": "AWS::EC2::Volume::Id"}),
            json!({}),
            json!("String"),
        ] {
            assert!(Parameter::parse("it", &unknown).is_err(), "{unknown}");
        }
    }
}
