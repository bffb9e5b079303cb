//! `make policies`: draws the pictures of `docs/policies.md` anew.

#![expect(clippy::print_stdout, reason = "a program speaks to whoever started it")]

use policies::{POLICIES, path, picture};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    for kind in POLICIES {
        std::fs::write(path(kind), picture(kind)?)?;
        println!("{}", path(kind).display());
    }
    Ok(())
}
