//! The control API: what happens to an account without a call to EC2, on command, in JSON. The crate's documentation
//! has the list.

mod groups;
mod reports;
mod traffic;
mod world;

use super::Server;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

const MOST_BYTES: usize = 1 << 20;

const COMMANDS: [&str; 24] = [
    "interrupt",
    "recommend",
    "resume",
    "drain",
    "release",
    "starve",
    "feed",
    "disable-key",
    "enable-key",
    "launch",
    "group",
    "scale",
    "end",
    "standby",
    "exit-standby",
    "faults",
    "weather",
    "events",
    "judge",
    "quiet",
    "churn",
    "counts",
    "time",
    "pass",
];

/// Why a command was not carried out, in words for whoever gave it.
#[derive(Debug)]
struct Complaint(String);

type Outcome = Result<Value, Complaint>;

/// Carries out a command.
pub(super) async fn obey(
    State(server): State<Arc<Server>>,
    Path(command): Path<String>,
    request: Request,
) -> Response {
    let body = to_bytes(request.into_body(), MOST_BYTES).await;
    let body = body.map_err(|_| Complaint("a command may have 1 MiB and has to be whole".to_owned()));
    let outcome = body.and_then(|body| server.carry_out_command(&command, &body));
    let (status, answer) = match outcome {
        Ok(answer) => (StatusCode::OK, answer),
        Err(Complaint(error)) => (StatusCode::BAD_REQUEST, json!({"error": error})),
    };
    let mut response = Response::new(Body::from(answer.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Server {
    fn carry_out_command(&self, command: &str, body: &[u8]) -> Outcome {
        let region = &self.region;
        match command {
            "interrupt" | "recommend" | "resume" => {
                world::to_instance(&mut region.cloud(), command, read(body)?).map(done)
            }
            "drain" | "release" => world::to_volume(&mut region.cloud(), command, read(body)?).map(done),
            "starve" | "feed" => world::to_zone(&mut region.cloud(), command, read(body)?).map(done),
            "disable-key" | "enable-key" => {
                read(body).map(|key| world::to_key(&mut region.cloud(), command, key)).map(done)
            }
            "launch" => world::launch(&mut region.cloud(), read(body)?),
            "group" => groups::make(&mut region.cloud(), read(body)?),
            "scale" => groups::scale(&mut region.cloud(), read(body)?).map(done),
            "end" => groups::end(&mut region.cloud(), read(body)?).map(done),
            "standby" | "exit-standby" => {
                groups::to_standby(&mut region.cloud(), command, read(body)?).map(done)
            }
            "faults" => traffic::faults(&mut region.cloud(), read(body)?).map(done),
            "weather" => traffic::weather(&mut region.cloud(), read(body)?).map(done),
            "events" => read(body).map(|Nothing {}| json!({"events": region.cloud().take_events()})),
            "judge" => read(body).map(|Nothing {}| reports::judge(&region.cloud())),
            "counts" => read(body).map(|Nothing {}| reports::counts(&region.cloud())),
            "quiet" => read(body).map(|Nothing {}| region.cloud().judge_mut().expect_quiet()).map(done),
            "churn" => read(body).map(|Nothing {}| region.cloud().judge_mut().expect_churn()).map(done),
            "time" => read(body).map(|Nothing {}| reports::time(region)),
            "pass" => reports::pass(region, read(body)?),
            unknown => {
                let known = COMMANDS.join(", ");
                Err(Complaint(format!("`{unknown}` is no command: use one of {known}")))
            }
        }
    }
}

/// A command that takes no object, or an empty one.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The object of a command. No body at all is an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Complaint> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Complaint(format!("the command's object: {error}")))
}

/// The answer to what has none.
fn done((): ()) -> Value {
    json!({})
}
