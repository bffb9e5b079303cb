//! The reconciler: observe, plan, execute, observe again.
//!
//! It knows EC2 by an interface of its own ([`ec2::Ec2`]) and no AWS SDK.

mod backoff;
pub mod class;
pub mod clock;
mod course;
pub mod ec2;
pub mod events;
mod execute;
mod fleet;
mod groups;
pub mod invocation;
pub mod metrics;
pub mod notifications;
mod observe;
mod record;
pub mod report;
pub mod settings;
mod warning;
