//! EC2 as the reconciler needs it: four questions, six acts, and the way they fail.
//!
//! This module names no SDK. Whoever implements [`Ec2`] turns EC2's answers into the planner's facts, and
//! retries questions but never an act: a second try of an act could land after the look that justified it.

use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::observation::{Address, Instance, Volume};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

/// The calls that Holdfast makes.
///
/// Questions return every page, are retried by the implementation, and return resources in no particular order.
/// Acts are tried once and return within 3 seconds.
pub trait Ec2: Sync {
    /// Every volume that has the tag `holdfast:fleet` (`DescribeVolumes`).
    fn volumes(&self) -> impl Future<Output = Result<Vec<Volume>, Ec2Error>> + Send;

    /// Every Elastic IP that has the tag `holdfast:fleet` (`DescribeAddresses`).
    fn addresses(&self) -> impl Future<Output = Result<Vec<Address>, Ec2Error>> + Send;

    /// The instances that are asked for, none twice (`DescribeInstances`). One that EC2 does not know is left out.
    fn instances(
        &self,
        query: InstanceQuery<'_>,
    ) -> impl Future<Output = Result<Vec<Instance>, Ec2Error>> + Send;

    /// The status codes of the spot requests of these instances (`DescribeSpotInstanceRequests`).
    fn spot_request_codes(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, String>, Ec2Error>> + Send;

    /// `AttachVolume`.
    fn attach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `DetachVolume`, naming the instance and never with `Force`.
    fn detach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `AssociateAddress` with `AllowReassociation=false`.
    fn associate_address(
        &self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `DisassociateAddress` of exactly this association.
    fn disassociate_address(
        &self,
        association: &AssociationId,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `TerminateInstances` of this one.
    fn terminate_instance(&self, instance: &InstanceId) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `CreateTags` with `holdfast:draining` alone.
    fn mark_draining(
        &self,
        instance: &InstanceId,
        value: &str,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;
}

/// Which instances to ask for.
#[derive(Debug, Clone, Copy)]
pub enum InstanceQuery<'a> {
    /// Those of these ids.
    Ids(&'a BTreeSet<InstanceId>),
    /// Those that one of the four fleet tags puts into one of these fleets, by exact name.
    Fleets(&'a BTreeSet<FleetName>),
}

/// A call of EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is EC2's own name of the call")]
pub enum Action {
    DescribeVolumes,
    DescribeAddresses,
    DescribeInstances,
    DescribeSpotInstanceRequests,
    AttachVolume,
    DetachVolume,
    AssociateAddress,
    DisassociateAddress,
    TerminateInstances,
    CreateTags,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {cause}")]
pub struct Ec2Error {
    /// Which call.
    pub action: Action,
    /// Why.
    pub cause: Cause,
}

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// EC2 answered with an error.
    #[error("{code}: {message}")]
    Answer {
        /// EC2's error code, such as `VolumeInUse`.
        code: String,
        /// EC2's words.
        message: String,
    },
    /// No usable answer came: a time-out, a broken connection, a page of HTML. An act may have been done.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer lacks what EC2 always sends.
    #[error("an answer that cannot be understood: {0}")]
    Garbled(String),
}
