//! EC2, Systems Manager, EC2 Auto Scaling and EventBridge as AWS offers them: the only crate that knows the AWS SDK.
//!
//! It turns EC2's answers into the planner's facts and EC2's errors into the reconciler's. It decides nothing.

mod calls;
pub mod client;
mod convert;
mod ec2;
mod environment;
mod error;
mod function;
mod groups;
mod logging;
mod manager;
mod notifier;
mod payload;
mod query;

pub use calls::CallCounter;
pub use ec2::Ec2Client;
pub use function::{Error, Function};
pub use groups::Groups;
pub use manager::Manager;
pub use notifier::Notifier;
pub use payload::Payload;
