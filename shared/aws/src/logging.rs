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
    let level = level_of(level);
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

/// An empty name, which Lambda's text format leaves it at, would be ERROR to the parser.
fn level_of(name: &str) -> LevelFilter {
    Some(name).filter(|name| !name.is_empty()).and_then(|name| name.parse().ok()).unwrap_or(LevelFilter::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_missing_or_means_nothing_is_info() {
        for name in ["", "LOUD", "FATAL", "INFO", "info"] {
            assert_eq!(level_of(name), LevelFilter::INFO, "{name}");
        }
        assert_eq!(level_of("WARN"), LevelFilter::WARN);
        assert_eq!(level_of("DEBUG"), LevelFilter::DEBUG);
    }
}
