//! Where things are: the repository, what `make` installed, what cargo built.

use crate::Error;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// A program of the Python environment.
pub fn tool(name: &str) -> Result<PathBuf, Error> {
    existing(root().join(".venv/bin").join(name), "tools")
}

/// The runtime interface emulator, which ships inside the SAM CLI.
pub fn emulator() -> Result<PathBuf, Error> {
    let file = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "aws-lambda-rie-x86_64",
        ("linux", "aarch64") => "aws-lambda-rie-arm64",
        _ => return Err(Error::Platform),
    };
    let libraries = root().join(".venv/lib");
    let pythons = std::fs::read_dir(&libraries).map(|entries| entries.flatten().collect::<Vec<_>>());
    let found = pythons
        .unwrap_or_default()
        .into_iter()
        .map(|python| python.path().join("site-packages/samcli/local/rapid").join(file))
        .find(|path| path.exists());
    found.ok_or(Error::Missing { path: libraries.join("python3*/site-packages/samcli"), target: "tools" })
}

/// A function's binary, as cargo built it beside the program that runs now.
pub fn function(name: &str) -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(Error::io("find the running program"))?;
    // A test runs from `deps/` inside the profile's folder, a binary from the folder itself.
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).unwrap_or(&own);
    existing(folder.join(name), "functions")
}

fn existing(path: PathBuf, target: &'static str) -> Result<PathBuf, Error> {
    if path.exists() { Ok(path) } else { Err(Error::Missing { path, target }) }
}
