//! The pictures of `docs/policies.md`: the same interruption under each policy, by the real loop in the local EC2, drawn
//! as the demo draws its stories.

mod story;

pub use story::{Untold, tell};

use simulation::handovers::Kind;
use std::path::PathBuf;

/// The policies, in the order in which the page has them.
pub const POLICIES: [Kind; 3] = [Kind::OnRelease, Kind::Terminate, Kind::Drain];

/// Where a policy's picture is kept.
pub fn path(kind: Kind) -> PathBuf {
    stage::paths::root().join("docs/policies").join(kind.policy()).with_extension("svg")
}

/// A policy's picture.
pub fn picture(kind: Kind) -> Result<String, Untold> {
    Ok(demo::picture::draw(&[tell(kind)?])?)
}
