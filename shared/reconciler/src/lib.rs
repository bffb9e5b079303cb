//! The reconciler: observe, plan, execute, observe again.
//!
//! It knows EC2 by an interface of its own ([`ec2::Ec2`]) and no AWS SDK.

pub mod ec2;
