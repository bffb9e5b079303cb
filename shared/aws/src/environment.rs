//! The environment. Only this module reads it, once, when the function starts.
#![expect(clippy::disallowed_methods, reason = "this is the module that reads the environment")]

use crate::logging::{self, Format};
use reconciler::settings::{InvalidSetting, Settings};

/// The settings as the function's environment has them.
pub(crate) fn settings() -> Result<Settings, InvalidSetting> {
    Settings::read(|name| std::env::var(name).ok())
}

/// Starts logging at the level and in the format that Lambda's logging configuration asks for (AWS Lambda developer
/// guide, "Configuring advanced logging controls").
pub(crate) fn start_logging() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let json = std::env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"));
    logging::start(&level, if json { Format::Json } else { Format::Text });
}
