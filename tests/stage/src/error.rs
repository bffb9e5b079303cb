//! What can go wrong on the stage itself. It is never about what a function answered.

use std::path::PathBuf;
use std::time::Duration;

/// A stage that cannot be set, or that broke down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that `make` installs or builds is not there.
    #[error("{} is missing: run `make {target}`", .path.display())]
    Missing {
        /// What is missing.
        path: PathBuf,
        /// The target that makes it.
        target: &'static str,
    },
    /// AWS's runtime interface emulator exists for Linux only.
    #[error(
        "the functions run under AWS's runtime interface emulator, which needs Linux on x86_64 or aarch64"
    )]
    Platform,
    /// Reading, writing, starting or connecting failed.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A process did not come up.
    #[error("{program} did not start within {within:?}; it said:\n{output}")]
    NotReady {
        /// The process.
        program: String,
        /// How long it had.
        within: Duration,
        /// What it printed.
        output: String,
    },
    /// An HTTP message that is none.
    #[error("{peer} did not speak HTTP as expected: {reason}")]
    Wire {
        /// The other side.
        peer: String,
        /// What was wrong.
        reason: String,
    },
    /// A function gave no answer.
    #[error("{function} gave no answer: {reason}; it said:\n{log}")]
    NoAnswer {
        /// The function.
        function: String,
        /// What came instead.
        reason: String,
        /// Its log.
        log: String,
    },
    /// The local EC2 refused what the stage asked of it.
    #[error("the local EC2 refused {action}: {reason}")]
    Ec2 {
        /// The action.
        action: &'static str,
        /// What it said.
        reason: String,
    },
    /// The local EC2 answered, and what was needed is not in the answer.
    #[error("the local EC2 answered {action} without {what}")]
    Incomplete {
        /// The action.
        action: &'static str,
        /// What is not there.
        what: &'static str,
    },
    /// What was to happen did not.
    #[error("the story went wrong: {0}")]
    Story(String),
}

impl Error {
    /// Turns an I/O error into one that says what was tried.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
