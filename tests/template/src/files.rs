//! Finds the repository's files: sample events and the folders of functions.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::Error;

/// One file of `events/`.
#[derive(Debug)]
pub struct Sample {
    /// The file's name without `.json`; it begins with the name of the function that it is for.
    pub name: String,
    /// What the function receives.
    pub payload: Value,
}

impl Sample {
    /// Whether the file is named for this function, or for it and what happened, with a hyphen between. No function's name
    /// may begin with another's and a hyphen.
    pub fn is_for(&self, function: &str) -> bool {
        self.name.strip_prefix(function).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// Every `.json` file of `events/`, by name.
pub fn samples() -> Result<Vec<Sample>, Error> {
    let mut samples = entries(&root().join("events"))?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| sample(&path))
        .collect::<Result<Vec<_>, _>>()?;
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(samples)
}

/// The names of the folders of `functions/`, each of which is one binary.
pub fn function_folders() -> Result<BTreeSet<String>, Error> {
    let folders = entries(&root().join("functions"))?.into_iter().filter(|path| path.is_dir());
    Ok(folders.map(|path| name_of(&path)).collect())
}

pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.into(), source })
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sample(path: &Path) -> Result<Sample, Error> {
    let payload = serde_json::from_str(&read(path)?)
        .map_err(|source| Error::NoJson { place: path.display().to_string(), source })?;
    Ok(Sample { name: name_of(path), payload })
}

pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Unreadable { path: folder.into(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
