//! What went wrong with a call, told as the reconciler understands it.
//!
//! This module does not judge whether a failure matters.

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use reconciler::ec2::{Action, Cause, Ec2Error};
use std::error::Error;

/// What EC2 answered, with `action` named in a failure.
pub(crate) async fn answer<T, E>(
    action: Action,
    call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, Ec2Error>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let answer = call.await.map_err(|error| Ec2Error { action, cause: cause(&error) });
    tracing::debug!(%action, error = answer.as_ref().err().map(|error| error.cause.to_string()), "called AWS");
    answer
}

/// An answer with an error code is EC2's word. Everything else, a page of HTML from something in between among
/// it, leaves open what happened.
fn cause<E>(error: &SdkError<E, HttpResponse>) -> Cause
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let request = error.request_id().map(|id| format!(" (request id {id})")).unwrap_or_default();
    match (error.code().filter(|code| !code.is_empty()), error.raw_response()) {
        (Some(code), _) => {
            let message = format!("{}{request}", error.message().unwrap_or_default());
            Cause::Answer { code: code.to_owned(), message }
        }
        (None, Some(response)) => Cause::NoAnswer(format!(
            "HTTP status {} without an error code{request}",
            response.status().as_u16()
        )),
        (None, None) => Cause::NoAnswer(with_sources(error)),
    }
}

/// The message of an error and of everything that led to it.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |&error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
