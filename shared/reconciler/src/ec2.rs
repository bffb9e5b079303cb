//! EC2 as the reconciler needs it: four questions, six acts, and the way they fail. Of Systems Manager, which runs the drain
//! document, one question and one act; of EC2 Auto Scaling, which keeps instances waiting, two of each.
//!
//! This module names no SDK. Whoever implements [`Ec2`] turns EC2's answers into the planner's facts, and
//! retries questions but never an act: a second try of an act could land after the look that justified it.

use chrono::{DateTime, Utc};
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState};
use planner::observation::{Address, Instance, Volume};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

/// What the spot request of an instance says of it (EC2 API reference, `SpotInstanceRequest`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpotRequest {
    /// Its status code; empty where EC2 does not tell one.
    pub code: String,
    /// Whether EC2 hibernates the instance when it needs the capacity. For that the instance need not be configured for
    /// hibernation (the same page, `SpotMarketOptions.InstanceInterruptionBehavior`).
    pub hibernates: bool,
}

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

    /// The spot requests of these instances (`DescribeSpotInstanceRequests`).
    fn spot_requests(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, SpotRequest>, Ec2Error>> + Send;

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

    /// The commands that were sent to the instance and asked for at that time or later (Systems Manager, `ListCommands`).
    fn commands(
        &self,
        instance: &InstanceId,
        since: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<ListedCommand>, Ec2Error>> + Send;

    /// Sends the document to this instance, with the ids of the volumes, separated by spaces, as its one parameter
    /// [`VOLUMES`] (Systems Manager, `SendCommand`).
    fn send_command(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// The states that these instances have in their Auto Scaling groups (EC2 Auto Scaling,
    /// `DescribeAutoScalingInstances`). One that is in none is left out.
    fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error>> + Send;

    /// The lifecycle hooks of the group (EC2 Auto Scaling, `DescribeLifecycleHooks`). A group that is not there has none.
    fn lifecycle_hooks(
        &self,
        group: &FleetName,
    ) -> impl Future<Output = Result<Vec<LifecycleHook>, Ec2Error>> + Send;

    /// `CompleteLifecycleAction` of the action that is pending for the instance at the hook.
    fn complete_lifecycle_action(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

    /// `RecordLifecycleActionHeartbeat` of the same.
    fn record_heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> impl Future<Output = Result<(), Ec2Error>> + Send;

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

/// The parameter of a drain document that names the volumes.
pub const VOLUMES: &str = "volumes";

/// A command as Systems Manager lists it (Systems Manager API reference, `Command`); empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedCommand {
    /// Its id.
    pub id: String,
    /// The name or the ARN of its document, as it was sent.
    pub document: String,
    /// The instances that it was sent to by their ids.
    pub instances: Vec<String>,
    /// What its parameter [`VOLUMES`] says.
    pub volumes: Vec<String>,
    /// When it was asked for.
    pub requested: Option<DateTime<Utc>>,
    /// `Status`, over all of its instances.
    pub status: String,
    /// `StatusDetails`.
    pub details: String,
}

/// A call of EC2, of Systems Manager, or of EC2 Auto Scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is AWS's own name of the call")]
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
    ListCommands,
    SendCommand,
    DescribeAutoScalingInstances,
    DescribeLifecycleHooks,
    CompleteLifecycleAction,
    RecordLifecycleActionHeartbeat,
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
