//! The EventBridge envelope, and the errors of a payload that is not what a function takes.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use planner::ids::{InstanceId, MalformedId};
use serde::Deserialize;
use serde_json::Value;

/// A payload that is not the function's own event. Nothing was asked of EC2 for it.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// No JSON.
    #[error("the payload is no JSON ({0}): send an EventBridge event, such as the files of events/")]
    NotJson(String),
    /// JSON, and no object.
    #[error("the payload is {0}, not a JSON object: send an EventBridge event, such as the files of events/")]
    NotAnObject(&'static str),
    /// An object that is no envelope.
    #[error("the payload is no EventBridge event: {0}")]
    NotAnEnvelope(#[source] serde_json::Error),
    /// A field of the envelope that is of the wrong form.
    #[error("the event's {field} is malformed ({source}): EventBridge sends it right, so correct the event")]
    Malformed {
        /// The field, by its path.
        field: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another kind of event.
    #[error(
        "the event's {field} is `{found}`, and this function takes `{expected}`: correct the rule that sent it"
    )]
    Foreign {
        /// `source` or `detail-type`.
        field: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// A field that the function needs and that is not there.
    #[error(
        "the event has no {0}: EventBridge always sends it, so correct the event or its input transformer"
    )]
    Missing(&'static str),
    /// An instance id that is none.
    #[error("the event's detail.instance-id is malformed: {0}")]
    MalformedInstance(#[from] MalformedId),
    /// Input by hand that means nothing.
    #[error(
        "the input is not understood: {0}; it may have the keys `fleet` (a name) and `dry_run` (true or false)"
    )]
    ByHand(#[source] serde_json::Error),
    /// An event with the keys of input by hand, which would be ignored.
    #[error("the payload is an event and has the key `{0}` of input by hand: send the one or the other")]
    Mixed(&'static str),
    /// Input by hand for a fleet that none can be named.
    #[error(
        "the input's fleet is `{0}`, which names no fleet: write its full name, or leave the key out for all"
    )]
    UnusableFleet(String),
}

/// The payload as an envelope of that source and detail-type.
pub(super) fn envelope(
    payload: Value,
    sources: &[&'static str],
    detail_type: &'static str,
) -> Result<EventBridgeEvent, InvalidEvent> {
    object(&payload)?;
    let event: EventBridgeEvent =
        serde_path_to_error::deserialize(payload).map_err(|error| match error.path().to_string() {
            path if path == "." => InvalidEvent::NotAnEnvelope(error.into_inner()),
            field => InvalidEvent::Malformed { field, source: error.into_inner() },
        })?;
    if event.detail_type != detail_type {
        return Err(InvalidEvent::Foreign {
            field: "detail-type",
            found: event.detail_type,
            expected: detail_type,
        });
    }
    if !sources.contains(&event.source.as_str()) {
        let expected = sources.first().copied().unwrap_or_default();
        return Err(InvalidEvent::Foreign { field: "source", found: event.source, expected });
    }
    Ok(event)
}

/// The instance that the event's detail names.
pub(super) fn instance(event: &EventBridgeEvent) -> Result<InstanceId, InvalidEvent> {
    let field = "detail.instance-id";
    let id = event.detail.get("instance-id").ok_or(InvalidEvent::Missing(field))?;
    let malformed = |source| InvalidEvent::Malformed { field: field.to_owned(), source };
    Ok(InstanceId::parse(<&str>::deserialize(id).map_err(malformed)?)?)
}

/// Refuses what is no JSON object.
pub(super) fn object(payload: &Value) -> Result<(), InvalidEvent> {
    Err(InvalidEvent::NotAnObject(match payload {
        Value::Object(_) => return Ok(()),
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
    }))
}
