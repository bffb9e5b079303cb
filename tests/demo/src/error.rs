//! Why a story could not be played to its end.

use std::time::Duration;

/// What broke off a story, or found it wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stage broke down.
    #[error(transparent)]
    Stage(#[from] stage::Error),
    /// The template could not be understood.
    #[error("template.yaml: {0}")]
    Template(#[from] template::Error),
    /// A function answered with an error, or not at all.
    #[error("{function}: {reason}")]
    Failed {
        /// The function.
        function: String,
        /// What it said, or why it did not.
        reason: String,
    },
    /// Something did not happen in time.
    #[error("waited {} s until {what}; it did not come to that. Then {seen}", .limit.as_secs())]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// How EC2 says that it was then.
        seen: String,
    },
    /// The local EC2 said what it cannot say.
    #[error("the local EC2 told of {what}")]
    Unexpected {
        /// What it was.
        what: String,
    },
    /// Nothing can be written.
    #[error("cannot write {what}: {source}")]
    Write {
        /// Where to.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The story went to its end, and wrong.
    #[error("the story went wrong:\n{0}")]
    Wrong(String),
}
