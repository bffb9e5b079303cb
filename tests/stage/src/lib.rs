//! What a scene with the real functions is set with: a function's binary under AWS's runtime interface emulator
//! ([`Function`]), the payloads that wake it ([`events`]), and, with the feature `local-ec2`, the strict local EC2.
//!
//! No AWS SDK is in it: whoever uses it needs the binaries, which `make functions` builds, and builds in seconds.
//!
//! ```no_run
//! # #[cfg(feature = "local-ec2")]
//! # async fn scene() -> Result<(), stage::Error> {
//! use local_ec2::{Setup, Speed};
//! use stage::{Function, LocalEc2, events};
//! use std::time::Duration;
//!
//! let ec2 = LocalEc2::start(Setup::default(), Speed::REAL)?;
//! let made = ec2.ec2().call("CreateVolume", &[("AvailabilityZone", "us-east-1a"), ("Size", "8")]).await?;
//! let settings = ec2.environment();
//! let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
//! let sweep = Function::start("reconcile", Duration::from_secs(20), &settings).await?;
//! let report = sweep.report(&events::reconcile()?).await?;
//! let told = ec2.ec2().call("DescribeVolumes", &[("VolumeId.1", made.text("volumeId"))]).await?;
//! let holder = told.text("volumeSet/item/attachmentSet/item/instanceId");
//! let violations = ec2.control().violations().await?;
//! # Ok(())
//! # }
//! ```

mod error;
pub mod events;
mod function;
mod leash;
pub mod paths;
pub mod wire;

#[cfg(feature = "local-ec2")]
mod control;
#[cfg(feature = "local-ec2")]
mod element;
#[cfg(feature = "local-ec2")]
mod local;
#[cfg(feature = "local-ec2")]
mod query;

pub use error::Error;
pub use function::{Answer, Function};
pub use leash::Leash;

#[cfg(feature = "local-ec2")]
pub use {control::Control, element::Element, local::LocalEc2, query::Ec2};
