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
    #[error("the event's {field} is malformed: {source}")]
    MalformedInstance {
        /// The field, by its path.
        field: &'static str,
        /// What is wrong with it.
        source: MalformedId,
    },
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

/// The payload as an envelope of one of these sources and detail-types.
pub(super) fn envelope(
    payload: Value,
    sources: &[&'static str],
    detail_types: &[&'static str],
) -> Result<EventBridgeEvent, InvalidEvent> {
    object(&payload)?;
    let event: EventBridgeEvent =
        serde_path_to_error::deserialize(payload).map_err(|error| match error.path().to_string() {
            path if path == "." => InvalidEvent::NotAnEnvelope(error.into_inner()),
            field => InvalidEvent::Malformed { field, source: error.into_inner() },
        })?;
    for (field, found, allowed) in
        [("detail-type", &event.detail_type, detail_types), ("source", &event.source, sources)]
    {
        if !allowed.contains(&found.as_str()) {
            let expected = allowed.first().copied().unwrap_or_default();
            return Err(InvalidEvent::Foreign { field, found: found.clone(), expected });
        }
    }
    Ok(event)
}

/// The instance that the event's detail names, as EC2 does.
pub(super) fn instance(event: &EventBridgeEvent) -> Result<InstanceId, InvalidEvent> {
    instance_at(event, "detail.instance-id")
}

/// The instance that the event names in this field of its detail.
pub(super) fn instance_at(event: &EventBridgeEvent, field: &'static str) -> Result<InstanceId, InvalidEvent> {
    let id = InstanceId::parse(text_at(event, field)?);
    id.map_err(|source| InvalidEvent::MalformedInstance { field, source })
}

/// The text in this field of the event's detail.
pub(super) fn text_at<'e>(event: &'e EventBridgeEvent, field: &'static str) -> Result<&'e str, InvalidEvent> {
    let key = field.strip_prefix("detail.").unwrap_or(field);
    let text = event.detail.get(key).ok_or(InvalidEvent::Missing(field))?;
    <&str>::deserialize(text).map_err(|source| InvalidEvent::Malformed { field: field.to_owned(), source })
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
