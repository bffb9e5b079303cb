//! The actions of EC2 that this one knows: one variant for each, and one small module for each group.
//!
//! Parameters are as they come over the wire: texts that may be malformed, and an empty one is an absent one. Whoever
//! brings calls over HTTP only has to read parameters and to write answers.

mod addresses;
mod associations;
mod attachments;
mod disks;
mod ec2_fleets;
mod fleet_parts;
mod instances;
mod interfaces;
mod power;
mod run;
mod spot;
mod spot_fleets;
mod tags;
mod templates;
mod volumes;
mod zones;

pub use addresses::{AddressView, AllocateAddress, DescribeAddresses, ReleaseAddress};
pub use associations::{AssociateAddress, DisassociateAddress};
pub use attachments::{AttachVolume, AttachmentView, DetachVolume};
pub use ec2_fleets::{CreateFleet, DeleteFleets, DescribeFleetInstances, DescribeFleets, FleetCreated};
pub use fleet_parts::{
    ActiveInstance, FleetEnd, FleetEndError, FleetView, FleetsEnded, LaunchTemplateConfig, Override,
    RebalanceSpec, TemplateSpec,
};
pub(crate) use instances::state_code;
pub use instances::{DescribeInstances, DeviceView, InstanceView, InterfaceView, PlaceView, PublicView};
pub use interfaces::{
    AssignPrivateIpAddresses, AttachNetworkInterface, CreateNetworkInterface, InterfaceAttached,
};
pub use power::{
    DeviceChange, ModifyInstanceAttribute, RebootInstances, StartInstances, StateChange, StopInstances,
    TerminateInstances,
};
pub use run::RunInstances;
pub(crate) use run::check;
pub use spot::DescribeSpotInstanceRequests;
pub use spot_fleets::{
    CancelSpotFleetRequests, DescribeSpotFleetInstances, DescribeSpotFleetRequests, ModifySpotFleetRequest,
    RequestSpotFleet,
};
pub use tags::{CreateTags, DeleteTags, DescribeTags, TagView};
pub use templates::{CreateLaunchTemplate, DescribeLaunchTemplates};
pub use volumes::{CreateVolume, DeleteVolume, DescribeVolumes};
pub(crate) use zones::VPC;
pub use zones::{DescribeAvailabilityZones, ZoneView};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::ids::FleetId;
use crate::judge::Offence;
use crate::listing::Page;
use crate::state::{Address, Interface, LaunchTemplate, SpotRequest, Volume};
use crate::throttle::CallKind;
use planner::ids::AssociationId;
use std::fmt::Debug;
use std::net::Ipv4Addr;

/// A call that can be carried out.
pub trait Operation: Debug {
    /// What it is answered with.
    type Answer;

    /// EC2's name of the action.
    fn name(&self) -> &'static str;

    /// What it is to the throttle.
    fn kind(&self) -> CallKind {
        CallKind::Act
    }

    /// How its service refuses it when there were too many calls.
    fn throttled(&self) -> ApiError {
        ApiError::throttled()
    }

    /// Whether it only asks if it would be allowed.
    fn is_dry_run(&self) -> bool {
        false
    }

    /// What Holdfast would be guilty of if this were carried out now. Few acts are Holdfast's at all.
    fn charges(&self, _: &Cloud) -> Vec<Offence> {
        match self.kind() {
            CallKind::Act => vec![Offence::NotItsCall { action: self.name() }],
            CallKind::Question | CallKind::BroadQuestion => Vec::new(),
        }
    }

    /// Carries it out.
    fn run(&self, cloud: &mut Cloud) -> Result<Self::Answer, ApiError>;
}

macro_rules! actions {
    ($($name:ident => $answer:ty,)*) => {
        /// A call of one of the actions.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is EC2's own name of the action")]
        pub enum Action {
            $($name($name),)*
        }

        /// What an action is answered with.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is EC2's own name of the action")]
        pub enum Response {
            $($name($answer),)*
        }

        impl Action {
            /// The names of all actions. Any other is `InvalidAction` to EC2.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }

        impl Operation for Action {
            type Answer = Response;

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(call) => call.name(),)*
                }
            }

            fn kind(&self) -> CallKind {
                match self {
                    $(Self::$name(call) => call.kind(),)*
                }
            }

            fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
                match self {
                    $(Self::$name(call) => call.charges(cloud),)*
                }
            }

            fn run(&self, cloud: &mut Cloud) -> Result<Response, ApiError> {
                match self {
                    $(Self::$name(call) => call.run(cloud).map(Response::$name),)*
                }
            }
        }

        $(impl From<$name> for Action {
            fn from(call: $name) -> Self {
                Self::$name(call)
            }
        })*
    };
}

actions! {
    AllocateAddress => Address,
    AssignPrivateIpAddresses => Vec<Ipv4Addr>,
    AssociateAddress => AssociationId,
    AttachNetworkInterface => InterfaceAttached,
    AttachVolume => AttachmentView,
    CancelSpotFleetRequests => FleetsEnded,
    CreateFleet => FleetCreated,
    CreateLaunchTemplate => LaunchTemplate,
    CreateNetworkInterface => Interface,
    CreateTags => (),
    CreateVolume => Volume,
    DeleteFleets => FleetsEnded,
    DeleteTags => (),
    DeleteVolume => (),
    DescribeAddresses => Vec<AddressView>,
    DescribeAvailabilityZones => Vec<ZoneView>,
    DescribeFleetInstances => Page<ActiveInstance>,
    DescribeFleets => Page<FleetView>,
    DescribeInstances => Page<InstanceView>,
    DescribeLaunchTemplates => Page<LaunchTemplate>,
    DescribeSpotFleetInstances => Page<ActiveInstance>,
    DescribeSpotFleetRequests => Page<FleetView>,
    DescribeSpotInstanceRequests => Page<SpotRequest>,
    DescribeTags => Page<TagView>,
    DescribeVolumes => Page<Volume>,
    DetachVolume => AttachmentView,
    DisassociateAddress => (),
    ModifyInstanceAttribute => (),
    ModifySpotFleetRequest => (),
    RebootInstances => (),
    ReleaseAddress => (),
    RequestSpotFleet => FleetId,
    RunInstances => Vec<InstanceView>,
    StartInstances => Vec<StateChange>,
    StopInstances => Vec<StateChange>,
    TerminateInstances => Vec<StateChange>,
}

/// A call, and whether it only asks if it would be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The call.
    pub action: Action,
    /// EC2 then answers `DryRunOperation` and does nothing. State is not looked at.
    pub dry_run: bool,
}

impl<A: Into<Action>> From<A> for Request {
    fn from(action: A) -> Self {
        Self { action: action.into(), dry_run: false }
    }
}

impl Operation for Request {
    type Answer = Response;

    fn name(&self) -> &'static str {
        self.action.name()
    }

    fn kind(&self) -> CallKind {
        self.action.kind()
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        if self.dry_run { Vec::new() } else { self.action.charges(cloud) }
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Response, ApiError> {
        self.action.run(cloud)
    }
}

/// The kind of a Describe call.
pub(crate) fn question(listing: &crate::listing::Listing) -> CallKind {
    if listing.is_broad() { CallKind::BroadQuestion } else { CallKind::Question }
}
