//! Logs: lines of JSON or text on standard output, where Lambda takes them from.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;

/// How a line is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// An object with `timestamp` and `level`, without which Lambda would take each line for one of level INFO.
    Json,
    /// For people.
    Text,
}

/// Starts logging from that level on, which is INFO where it means nothing. The libraries below are quiet up to WARN,
/// since what they do at INFO is told by Holdfast's own lines.
pub(crate) fn start(level: &str, format: Format) {
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    let libraries = if level == LevelFilter::INFO { LevelFilter::WARN } else { level };
    let own = ["aws", "reconciler", "planner", "lambda_runtime"];
    let filter = Targets::new().with_default(libraries).with_targets(own.map(|name| (name, level)));
    let started = match format {
        Format::Json => {
            let lines = layer().json().flatten_event(true).with_target(false).with_span_list(false);
            registry().with(filter).with(lines).try_init()
        }
        Format::Text => registry().with(filter).with(layer().with_target(false).with_ansi(false)).try_init(),
    };
    // Somebody else has started it already, as a test may.
    drop(started);
}
