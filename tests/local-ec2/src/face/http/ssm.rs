//! Systems Manager over HTTP: its JSON protocol, on the same address as EC2's.
//!
//! Only reads and writes: what becomes of a call is `call`'s.

use crate::error::ApiError;
use crate::listing::Page;
use crate::ssm::{Command, CommandFilter, ListCommands, SendCommand};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What names a call of Systems Manager in the header `X-Amz-Target`.
const PREFIX: &str = "AmazonSSM.";

/// A call.
#[derive(Debug)]
pub(super) enum Call {
    Send(SendCommand),
    List(ListCommands),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendBody {
    #[serde(default)]
    document_name: String,
    #[serde(default)]
    instance_ids: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<String>>,
    timeout_seconds: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListBody {
    #[serde(default)]
    instance_id: String,
    #[serde(default)]
    filters: Vec<FilterBody>,
    max_results: Option<u32>,
    #[serde(default)]
    next_token: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterBody {
    key: String,
    value: String,
}

/// Reads the call that the header and the body make.
pub(super) fn read(target: &str, body: &[u8]) -> Result<Call, ApiError> {
    match target.strip_prefix(PREFIX) {
        Some("SendCommand") => {
            let SendBody { document_name, instance_ids, parameters, timeout_seconds } = parse(body)?;
            Ok(Call::Send(SendCommand { document_name, instance_ids, parameters, timeout_seconds }))
        }
        Some("ListCommands") => {
            let ListBody { instance_id, filters, max_results, next_token } = parse(body)?;
            let filter = |FilterBody { key, value }| CommandFilter { key, value };
            let filters = filters.into_iter().map(filter).collect();
            Ok(Call::List(ListCommands { instance_id, filters, max_results, next_token }))
        }
        _ => Err(ApiError::refusal("UnknownOperationException", target)),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::refusal("SerializationException", error.to_string()))
}

pub(super) fn sent(answer: Result<Command, ApiError>) -> Response {
    document(answer.map(|command| json!({"Command": written(&command)})))
}

pub(super) fn listed(answer: Result<Page<Command>, ApiError>) -> Response {
    document(answer.map(|page| {
        let commands: Vec<Value> = page.items.iter().map(written).collect();
        match page.next_token {
            Some(token) => json!({"Commands": commands, "NextToken": token}),
            None => json!({"Commands": commands}),
        }
    }))
}

pub(super) fn refusal(error: ApiError) -> Response {
    document(Err(error))
}

/// Systems Manager API reference, `Command`. Times are seconds since 1970, with their fraction.
fn written(command: &Command) -> Value {
    let (status, details) = command.status.names();
    let ids: Vec<&str> = command.instances.iter().map(planner::ids::InstanceId::as_str).collect();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
    let requested = command.requested.timestamp_millis() as f64 / 1000.0;
    json!({
        "CommandId": command.id, "DocumentName": command.document, "InstanceIds": ids, "Targets": [],
        "Parameters": command.parameters, "RequestedDateTime": requested, "Status": status,
        "StatusDetails": details, "TargetCount": ids.len(),
    })
}

fn document(answer: Result<Value, ApiError>) -> Response {
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(error) => (error.status, json!({"__type": error.code, "message": error.message})),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    response
}
