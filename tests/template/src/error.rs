//! What can be wrong with the files that the tests read.

use std::{fmt::Display, io, path::PathBuf};

/// Why the template or an event could not be understood. Each names the place.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the repository is missing or unreadable.
    #[error("cannot read {path}")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The template is no YAML.
    #[error("a template is no YAML; correct what the parser names")]
    NoYaml(#[from] yaml_serde::Error),
    /// An event, or a number of the template, is no JSON.
    #[error("no JSON: {place}")]
    NoJson {
        /// The file or key.
        place: String,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The template has something that `CloudFormation`, IAM or SAM may know, but this crate does not.
    #[error("{place}: {what} is not understood here; teach this crate or write it differently")]
    NotUnderstood {
        /// The key or resource.
        place: String,
        /// What stands there.
        what: String,
    },
    /// Something that each template of ours must have is not there.
    #[error("{place} has no {what}; add it")]
    Missing {
        /// The resource.
        place: String,
        /// The missing part.
        what: String,
    },
}

impl Error {
    pub(crate) fn missing(place: &str, what: &str) -> Self {
        Self::Missing { place: place.into(), what: what.into() }
    }

    pub(crate) fn not_understood(place: &str, what: &dyn Display) -> Self {
        Self::NotUnderstood { place: place.into(), what: what.to_string() }
    }
}
