//! A call of the EC2 API, from its bytes to its answer, with what befalls it on the way.

use super::form::Form;
use super::{Server, answers, autoscaling, connection, keys, parameters, ssm};
use crate::actions::{Operation, Request as Call, Response as Answer};
use crate::cloud::Cloud;
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

/// The header by which services with a JSON protocol are told the call.
const TARGET: &str = "x-amz-target";
/// How large a call may be.
const MOST_BYTES: usize = 1 << 20;

/// Answers whatever comes: a call, or anything else, with a document of EC2's.
pub(super) async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let id = server.request_id();
    let (parts, body) = request.into_parts();
    let read = match to_bytes(body, MOST_BYTES).await {
        Ok(body) => match parts.headers.get(TARGET).and_then(|target| target.to_str().ok()) {
            Some(target) => return server.manage(target, &parts, &body).await,
            None => match autoscaling::Call::read(&parts, &body) {
                Some(call) => return server.scale(call, &id).await,
                None => server.read(&parts, &body),
            },
        },
        Err(_) => Err(ApiError {
            status: 413,
            ..ApiError::refusal("RequestEntityTooLarge", "A call may have 1 MiB and has to be whole.")
        }),
    };
    match read {
        Ok((call, who)) => {
            let write = |cloud: &Cloud, answer: Result<Answer, ApiError>| match answer {
                Ok(answer) => {
                    document(StatusCode::OK, answers::answer(cloud, &call.action, &answer, &id), &id)
                }
                Err(error) => refusal(&error, &id),
            };
            server.carry_out(&call, who, write).await
        }
        // What cannot be read meets no faults, either.
        Err(error) => refusal(&error, &id),
    }
}

impl Server {
    /// The call, and whose it is.
    fn read(&self, parts: &Parts, body: &[u8]) -> Result<(Call, Principal), ApiError> {
        let mut form = Form::parse(parts.uri.query().unwrap_or_default().as_bytes(), body)?;
        let credential = form.text("X-Amz-Credential");
        let key = header(parts).map_or_else(|| keys::of_credential(&credential), keys::of_header);
        Ok((parameters::read(&mut form)?, self.keys.principal(key)))
    }

    /// A call of Systems Manager.
    async fn manage(&self, target: &str, parts: &Parts, body: &[u8]) -> Response {
        let who = self.keys.principal(header(parts).map_or("", keys::of_header));
        match ssm::read(target, body) {
            Ok(ssm::Call::Send(call)) => self.carry_out(&call, who, |_, answer| ssm::sent(answer)).await,
            Ok(ssm::Call::List(call)) => self.carry_out(&call, who, |_, answer| ssm::listed(answer)).await,
            Err(error) => ssm::refusal(error),
        }
    }

    pub(super) async fn carry_out<O: Operation>(
        &self,
        call: &O,
        who: Principal,
        write: impl Fn(&Cloud, Result<O::Answer, ApiError>) -> Response,
    ) -> Response {
        let fate = self.region.cloud().fate(call.name(), who);
        self.region.pause(fate.before).await;
        let answer = self.ask(call, &fate, who, write);
        self.region.pause(fate.after).await;
        match (answer, fate.fault) {
            (Some(answer), _) => answer,
            (None, Some(Fault::Reset | Fault::Crash | Fault::CrashAfter)) => connection::cut(),
            // The client gives up at some time, and with its connection this ends.
            (None, _) => std::future::pending().await,
        }
    }

    fn ask<O: Operation>(
        &self,
        call: &O,
        fate: &Fate,
        who: Principal,
        write: impl Fn(&Cloud, Result<O::Answer, ApiError>) -> Response,
    ) -> Option<Response> {
        let mut cloud = self.region.cloud();
        let answer = cloud.serve(fate, call, who)?;
        Some(write(&cloud, answer))
    }
}

/// The header that says whose the call is.
pub(super) fn header(parts: &Parts) -> Option<&str> {
    parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())
}

fn refusal(error: &ApiError, id: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    document(status, answers::refusal(error, id), id)
}

pub(super) fn document(status: StatusCode, document: Vec<u8>, id: &str) -> Response {
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    headers.extend(HeaderValue::from_str(id).ok().map(|id| (REQUEST_ID, id)));
    response
}

const REQUEST_ID: axum::http::HeaderName = axum::http::HeaderName::from_static("x-amzn-requestid");
