//! A trace: what happened, line by line, for whoever replays a failure. Off, it costs nothing.

use chrono::{SecondsFormat, SubsecRound};
use local_ec2::Time;
use std::sync::{Arc, Mutex, PoisonError};

/// Where lines go, if anywhere. Clones write to the same place.
#[derive(Debug, Clone, Default)]
pub struct Trace(Option<Arc<Mutex<Vec<String>>>>);

impl Trace {
    /// A trace that keeps nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// A trace that keeps every line.
    pub fn on() -> Self {
        Self(Some(Arc::default()))
    }

    /// Adds a line.
    pub fn line(&self, at: Time, text: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            let at = at.trunc_subsecs(3).to_rfc3339_opts(SecondsFormat::Millis, true);
            let line = format!("{at} {}", text());
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner).clone());
        lines.unwrap_or_default()
    }
}
