//! EventBridge's event patterns, as far as the template uses them: every field of the pattern must be in the event with
//! one of the listed values (docs: "Creating Amazon EventBridge event patterns"), or begin with one that is listed as a
//! `prefix`. Other operators are not known here; a pattern that has one is an error, since a guess at what it matches would
//! prove nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Error;

/// A pattern that this crate understands to the last field.
#[derive(Debug)]
pub enum Pattern {
    /// Each of these fields must match.
    Fields(BTreeMap<String, Pattern>),
    /// The value must equal one of these.
    AnyOf(Vec<Value>),
    /// The value must be text that begins so.
    Prefix(String),
}

impl Pattern {
    /// Understands a pattern, or says which part of it is not known here.
    pub fn parse(pattern: &Value) -> Result<Self, Error> {
        match pattern.as_object() {
            Some(fields) => Self::fields(fields),
            None => Err(Error::not_understood("the pattern", pattern)),
        }
    }

    /// Whether a rule with this pattern routes the event.
    pub fn matches(&self, event: &Value) -> bool {
        match (self, event) {
            // A list in the event matches when any of its items does.
            (_, Value::Array(items)) => items.iter().any(|item| self.matches(item)),
            (Self::Fields(fields), Value::Object(event)) => fields
                .iter()
                .all(|(name, pattern)| event.get(name).is_some_and(|value| pattern.matches(value))),
            (Self::Fields(_), _) => false,
            (Self::AnyOf(values), value) => values.contains(value),
            (Self::Prefix(prefix), value) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
        }
    }

    /// One pattern for each value that this one lists, so that a test can ask for an event for each of them.
    pub fn one_for_each_value(&self) -> Vec<Self> {
        match self {
            Self::AnyOf(values) => values.iter().map(|value| Self::AnyOf(vec![value.clone()])).collect(),
            Self::Prefix(prefix) => vec![Self::Prefix(prefix.clone())],
            Self::Fields(fields) => fields
                .iter()
                .flat_map(|(name, pattern)| {
                    pattern.one_for_each_value().into_iter().map(move |one| (name, one))
                })
                .map(|(name, one)| Self::Fields(BTreeMap::from([(name.clone(), one)])))
                .collect(),
        }
    }

    fn fields(fields: &serde_json::Map<String, Value>) -> Result<Self, Error> {
        if fields.is_empty() {
            return Err(Error::not_understood("the pattern", &"a field without conditions"));
        }
        let fields = fields.iter().map(|(name, value)| Ok((name.clone(), Self::field(name, value)?)));
        Ok(Self::Fields(fields.collect::<Result<_, Error>>()?))
    }

    /// One prefix, alone in its list.
    fn prefix(values: &[Value]) -> Option<Self> {
        let [Value::Object(operator)] = values else { return None };
        let prefix = operator.get("prefix").filter(|_| operator.len() == 1)?;
        prefix.as_str().map(|prefix| Self::Prefix(prefix.to_owned()))
    }

    fn field(name: &str, value: &Value) -> Result<Self, Error> {
        match value {
            Value::Object(fields) => Self::fields(fields),
            Value::Array(values) if values.is_empty() => Err(Error::not_understood(name, &"an empty list")),
            Value::Array(values) => match values.iter().find(|value| value.is_object() || value.is_array()) {
                Some(operator) => Self::prefix(values).ok_or_else(|| Error::not_understood(name, operator)),
                None => Ok(Self::AnyOf(values.clone())),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Err(Error::not_understood(name, value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pattern: &Value, event: &Value, expected: bool) {
        let matched = Pattern::parse(pattern).unwrap().matches(event);
        assert_eq!(matched, expected, "{pattern} and {event}");
    }

    #[test]
    fn each_field_needs_one_of_its_values() {
        let pattern = json!({"source": ["a", "b"], "detail": {"state": ["on"]}});
        check(&pattern, &json!({"source": "b", "detail": {"state": "on", "more": 1}}), true);
        check(&pattern, &json!({"source": "c", "detail": {"state": "on"}}), false);
        check(&pattern, &json!({"source": "a", "detail": {"state": "off"}}), false);
    }

    #[test]
    fn a_field_that_the_event_lacks_does_not_match() {
        check(&json!({"detail": {"state": ["on"]}}), &json!({"detail": {}}), false);
        check(&json!({"detail": {"state": ["on"]}}), &json!({"detail": "on"}), false);
        check(&json!({"detail": [null]}), &json!({}), false);
    }

    #[test]
    fn a_list_in_the_event_matches_by_any_item() {
        check(&json!({"resources": ["b"]}), &json!({"resources": ["a", "b"]}), true);
        check(&json!({"resources": ["c"]}), &json!({"resources": ["a", "b"]}), false);
    }

    #[test]
    fn a_prefix_matches_text_that_begins_so() {
        let pattern = json!({"detail": {"hook": [{"prefix": "holdfast"}]}});
        for (value, expected) in [
            (json!("holdfast"), true),
            (json!("holdfast-launch"), true),
            (json!("my-holdfast"), false),
            (json!("Holdfast"), false),
            (json!(1), false),
        ] {
            check(&pattern, &json!({"detail": {"hook": value}}), expected);
        }
    }

    #[test]
    fn values_are_compared_exactly() {
        check(&json!({"state": ["on"]}), &json!({"state": "On"}), false);
        check(&json!({"state": ["1"]}), &json!({"state": 1}), false);
        check(&json!({"state": ["o*"]}), &json!({"state": "on"}), false);
    }

    #[test]
    fn what_is_not_known_is_an_error_and_no_match() {
        for unknown in [
            json!({"state": [{"suffix": "o"}]}),
            json!({"state": [{"prefix": 1}]}),
            json!({"state": [{"prefix": "o", "suffix": "n"}]}),
            json!({"state": [{"prefix": "o"}, "off"]}),
            json!({"state": [["on"]]}),
            json!({"state": []}),
            json!({"state": "on"}),
            json!({"detail": {}}),
            json!({"$or": [{"state": ["on"]}]}),
            json!({}),
            json!(["on"]),
        ] {
            assert!(Pattern::parse(&unknown).is_err(), "{unknown}");
        }
    }
}
