//! A payload of whatever form, so that also one that is no JSON gets an answer of Holdfast's own.

use reconciler::events::InvalidEvent;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What an invocation was given.
#[derive(Debug)]
pub struct Payload(Result<Value, String>);

impl Payload {
    /// The JSON that it is.
    pub(crate) fn json(self) -> Result<Value, InvalidEvent> {
        self.0.map_err(InvalidEvent::NotJson)
    }
}

impl<'de> Deserialize<'de> for Payload {
    /// Never fails: what cannot be read is kept as its error. The runtime's own answer to it would carry a type name
    /// from inside that runtime.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Value::deserialize(deserializer).map_err(|error| error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_named_and_what_is_passes() {
        let broken: Payload = serde_json::from_str("{\"a\": ").unwrap();
        assert!(matches!(broken.json(), Err(InvalidEvent::NotJson(_))));
        let whole: Payload = serde_json::from_str("{\"a\": 1}").unwrap();
        assert_eq!(whole.json().unwrap(), serde_json::json!({"a": 1}));
    }
}
