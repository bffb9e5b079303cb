//! Auto Scaling over HTTP: its query protocol, on the same address as EC2's. Its version, or the service that it is signed
//! for, tells a call of it from one of EC2's.
//!
//! Only reads and writes: what befalls a call is `call`'s.

mod answers;
mod parameters;

use super::call::{document, header};
use super::form::Form;
use super::parameters::SIGNATURE;
use super::xml::Xml;
use super::{Server, keys};
use crate::actions::Operation;
use crate::autoscaling::{invalid, missing};
use crate::error::ApiError;
use crate::setup::Principal;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

/// The one version of the API that there is.
const VERSION: &str = "2011-01-01";
const SERVICE: &str = "autoscaling";

/// A call before its parameters are read.
#[derive(Debug)]
pub(super) struct Call {
    form: Form,
    /// The access key id that it is signed with.
    key: String,
}

impl Call {
    /// The call, if it is one of Auto Scaling's.
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Option<Result<Self, ApiError>> {
        let query = parts.uri.query().unwrap_or_default();
        let is_signed = header(parts).is_some_and(|header| keys::service(header) == SERVICE);
        match Form::parse(query.as_bytes(), body) {
            Ok(mut form) => {
                let is_ours = is_signed || form.says("Version", VERSION);
                is_ours.then(|| {
                    let credential = form.text("X-Amz-Credential");
                    let key = header(parts).map_or_else(|| keys::of_credential(&credential), keys::of_header);
                    Ok(Self { key: key.to_owned(), form })
                })
            }
            Err(error) => is_signed.then_some(Err(error)),
        }
    }
}

/// Whose a call is, and what its answer is written with.
struct Talk<'t> {
    who: Principal,
    action: &'t str,
    id: &'t str,
}

impl Server {
    /// Answers a call of Auto Scaling.
    pub(super) async fn scale(&self, call: Result<Call, ApiError>, id: &str) -> Response {
        match call.and_then(named) {
            Ok((action, Call { form, key })) => {
                let talk = Talk { who: self.keys.principal(&key), action: &action, id };
                self.route(form, &talk).await
            }
            Err(error) => refusal(&error, id),
        }
    }

    async fn route(&self, form: Form, talk: &Talk<'_>) -> Response {
        match talk.action {
            "CompleteLifecycleAction" => self.talk(form, talk, parameters::complete, answers::nothing).await,
            "CreateAutoScalingGroup" => self.talk(form, talk, parameters::create, answers::nothing).await,
            "DeleteAutoScalingGroup" => self.talk(form, talk, parameters::delete, answers::nothing).await,
            "DeleteLifecycleHook" => self.talk(form, talk, parameters::delete_hook, answers::nothing).await,
            "DescribeAutoScalingGroups" => {
                self.talk(form, talk, parameters::describe_groups, answers::groups).await
            }
            "DescribeAutoScalingInstances" => {
                self.talk(form, talk, parameters::describe_instances, answers::instances).await
            }
            "DescribeLifecycleHooks" => {
                self.talk(form, talk, parameters::describe_hooks, answers::hooks).await
            }
            "DetachInstances" => self.talk(form, talk, parameters::detach, answers::activities).await,
            "EnterStandby" => self.talk(form, talk, parameters::enter_standby, answers::activities).await,
            "ExitStandby" => self.talk(form, talk, parameters::exit_standby, answers::activities).await,
            "PutLifecycleHook" => self.talk(form, talk, parameters::put_hook, answers::nothing).await,
            "RecordLifecycleActionHeartbeat" => {
                self.talk(form, talk, parameters::heartbeat, answers::nothing).await
            }
            "TerminateInstanceInAutoScalingGroup" => {
                self.talk(form, talk, parameters::terminate, answers::activity).await
            }
            "UpdateAutoScalingGroup" => self.talk(form, talk, parameters::update, answers::nothing).await,
            // As AWS's services with this protocol say it.
            unknown => {
                let message = format!("Could not find operation {unknown} for version {VERSION}");
                refusal(&ApiError::refusal("InvalidAction", message), talk.id)
            }
        }
    }

    async fn talk<O: Operation>(
        &self,
        mut form: Form,
        talk: &Talk<'_>,
        read: fn(&mut Form) -> Result<O, ApiError>,
        fill: fn(&mut Xml, &O::Answer),
    ) -> Response {
        // Whatever is wrong with a parameter is a `ValidationError` here.
        let call = read(&mut form).and_then(|call| form.finish().map(|()| call));
        match call {
            Ok(call) => {
                let write = |answer: Result<O::Answer, ApiError>| match answer {
                    Ok(answer) => {
                        let body = answers::document(talk.action, talk.id, |xml| fill(xml, &answer));
                        document(StatusCode::OK, body, talk.id)
                    }
                    Err(error) => refusal(&error, talk.id),
                };
                self.carry_out(&call, talk.who, |_, answer| write(answer)).await
            }
            Err(error) => refusal(&invalid(error.message), talk.id),
        }
    }
}

/// The call and its action.
fn named(mut call: Call) -> Result<(String, Call), ApiError> {
    let form = &mut call.form;
    form.skip(&SIGNATURE);
    let action = form.text("Action");
    let version = form.text("Version");
    if action.is_empty() {
        let message = "The request must contain the parameter Action.";
        return Err(ApiError::refusal("MissingAction", message));
    }
    if version.is_empty() {
        return Err(missing("version"));
    }
    if version != VERSION {
        let message = format!("Could not find operation {action} for version {version}");
        return Err(ApiError::refusal("InvalidAction", message));
    }
    Ok((action, call))
}

fn refusal(error: &ApiError, id: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    document(status, answers::refusal(error, id), id)
}
