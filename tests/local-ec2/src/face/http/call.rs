//! A call of the EC2 API, from its bytes to its answer, with what befalls it on the way.

use super::form::Form;
use super::{Server, answers, connection, keys, parameters};
use crate::actions::{Operation, Request as Call};
use crate::error::ApiError;
use crate::faults::{Fate, Fault};
use crate::setup::Principal;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// How large a call may be.
const MOST_BYTES: usize = 1 << 20;

/// Answers whatever comes: a call, or anything else, with a document of EC2's.
pub(super) async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let id = server.request_id();
    let (parts, body) = request.into_parts();
    let read = match to_bytes(body, MOST_BYTES).await {
        Ok(body) => server.read(&parts, &body),
        Err(_) => Err(ApiError {
            status: 413,
            ..ApiError::refusal("RequestEntityTooLarge", "A call may have 1 MiB and has to be whole.")
        }),
    };
    match read {
        Ok((call, who)) => server.carry_out(&call, who, &id).await,
        // What cannot be read meets no faults, either.
        Err(error) => refusal(&error, &id),
    }
}

impl Server {
    /// The call, and whose it is.
    fn read(&self, parts: &Parts, body: &[u8]) -> Result<(Call, Principal), ApiError> {
        let mut form = Form::parse(parts.uri.query().unwrap_or_default().as_bytes(), body)?;
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let credential = form.text("X-Amz-Credential");
        let key = header.map_or_else(|| keys::of_credential(&credential), keys::of_header);
        Ok((parameters::read(&mut form)?, self.keys.principal(key)))
    }

    async fn carry_out(&self, call: &Call, who: Principal, id: &str) -> Response {
        let fate = self.region.cloud().fate(call.name(), who);
        self.region.pause(fate.before).await;
        let answer = self.ask(call, &fate, who, id);
        self.region.pause(fate.after).await;
        match (answer, fate.fault) {
            (Some(answer), _) => answer,
            (None, Some(Fault::Reset | Fault::Crash | Fault::CrashAfter)) => connection::cut(),
            // The client gives up at some time, and with its connection this ends.
            (None, _) => std::future::pending().await,
        }
    }

    fn ask(&self, call: &Call, fate: &Fate, who: Principal, id: &str) -> Option<Response> {
        let mut cloud = self.region.cloud();
        Some(match cloud.serve(fate, call, who)? {
            Ok(answer) => document(StatusCode::OK, answers::answer(&cloud, &call.action, &answer, id), id),
            Err(error) => refusal(&error, id),
        })
    }
}

fn refusal(error: &ApiError, id: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    document(status, answers::refusal(error, id), id)
}

fn document(status: StatusCode, document: Vec<u8>, id: &str) -> Response {
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    headers.extend(HeaderValue::from_str(id).ok().map(|id| (REQUEST_ID, id)));
    response
}

const REQUEST_ID: axum::http::HeaderName = axum::http::HeaderName::from_static("x-amzn-requestid");
