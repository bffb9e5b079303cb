//! EC2's refusals, with the codes and the words that EC2 uses.
//!
//! Codes are those of the EC2 API reference, "Error codes for the Amazon EC2 API". Words are as quoted in public bug
//! reports; where none were found, the text is ours and only the code can be relied on.

/// A call that EC2 did not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// Such as `VolumeInUse`.
    pub code: &'static str,
    /// EC2's words.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl ApiError {
    /// The answer to an action that EC2 does not have, or that this one does not know.
    pub fn unknown_action(name: &str) -> Self {
        Self::refusal("InvalidAction", format!("The action {name} is not valid for this web service."))
    }

    /// A refusal: the caller is to blame, or the world has changed.
    pub(crate) fn refusal(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status: 400 }
    }

    /// A failure on EC2's side.
    pub(crate) fn server(code: &'static str, message: &str, status: u16) -> Self {
        Self { code, message: message.to_owned(), status }
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::refusal("MissingParameter", format!("The request must contain the parameter {parameter}"))
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::refusal("InvalidParameterValue", message)
    }

    pub(crate) fn combination(message: impl Into<String>) -> Self {
        Self::refusal("InvalidParameterCombination", message)
    }

    /// EC2 user guide, "Request throttling": HTTP 503.
    pub(crate) fn throttled() -> Self {
        Self::server("RequestLimitExceeded", "Request limit exceeded.", 503)
    }

    /// HTTP 412, as the EC2 API answers to `DryRun` when the call is allowed.
    pub(crate) fn dry_run() -> Self {
        let message = "Request would have succeeded, but DryRun flag is set.";
        Self { code: "DryRunOperation", message: message.to_owned(), status: 412 }
    }
}

/// The parameter's text, if it has one. As on the wire, an empty one is none.
pub(crate) fn required<'t>(parameter: &str, text: &'t str) -> Result<&'t str, ApiError> {
    if text.is_empty() { Err(ApiError::missing(parameter)) } else { Ok(text) }
}
