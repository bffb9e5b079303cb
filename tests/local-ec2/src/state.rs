//! The state of the cloud: its resources. What can be derived from them is not stored.
//!
//! An attachment is a fact of its volume, an association one of its address, and membership one of the instance;
//! whatever lists them elsewhere derives them, and so can disagree only by being stale.

mod address;
mod device;
mod fleet;
mod group;
mod instance;
mod member;
mod spot;
mod template;
mod volume;

pub use address::{Address, Association, Interface, InterfaceSeat};
pub use device::{is_device_name, is_same_device};
pub use fleet::{Fleet, FleetKind, FleetState, LaunchTarget, Rebalance};
pub use group::{Group, GroupTag, Hook, HookResult, Sizes, Transition};
pub use instance::{Instance, StateReason};
pub use member::{Lifecycle, LifecycleAction, Member};
pub use spot::{Interruption, SpotCode, SpotRequest, SpotState};
pub use template::{BlockDevice, LaunchData, LaunchTemplate, Market, NetworkSpec, TagSpecification};
pub(crate) use volume::attachment_state;
pub use volume::{Attachment, Usage, Volume, VolumeLife, VolumeType};
