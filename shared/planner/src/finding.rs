//! Findings: what a person should know of a slot, with the resource, the tag and the way out.
//!
//! Its severity says how the slot stands, and so what a lifecycle hook waits for; its words are only told.

use crate::device::{DeviceName, MOST_VOLUMES};
use crate::ids::{AllocationId, FleetName, InstanceId, SlotName, VolumeId, Zone};
use crate::observation::InstanceState;
use crate::tags::{self, Policy};
use std::net::Ipv4Addr;

/// What a finding means for its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A person must act before the slot can be held.
    Blocking,
    /// Something has to come first, by itself.
    Waiting,
    /// The slot is not affected now.
    Notice,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each says what it is")]
pub enum Finding {
    #[error(
        "`{fleet}` names no fleet: names are compared exactly, so write the fleet's full name in the tag"
    )]
    UnusableFleetName { fleet: FleetName },
    #[error("no volume and no Elastic IP is tagged holdfast:fleet={fleet}: check the name, or tag them")]
    UnmanagedFleet { fleet: FleetName },
    #[error(
        "{resource} asks for the unknown policy `{value}`: use on-release, drain or terminate, or remove the tag"
    )]
    UnknownPolicy { resource: String, value: String },
    #[error(
        "{resource} asks for the policy {policy}, {other} of the same slot for {other_policy}: tag them alike"
    )]
    PoliciesDisagree { resource: String, policy: Policy, other: String, other_policy: Policy },
    #[error(
        "{volume} asks for `{value}`, which is no device name: use one of /dev/sdf to /dev/sdp, or remove the tag"
    )]
    InvalidDevice { volume: VolumeId, value: String },
    #[error("{resource} is tagged `{value}`, which means nothing here: use true, or remove the tag")]
    InvalidPaused { resource: String, value: String },
    #[error(
        "{volume} is in {zone}, {other} of the same slot in {other_zone}: a volume cannot leave its zone, so copy \
         one over by a snapshot, or give it a slot of its own"
    )]
    SeveralZones { volume: VolumeId, zone: Zone, other: VolumeId, other_zone: Zone },
    #[error("{volume} and {other} of one slot ask for the device {device}: give each its own")]
    SameDevice { volume: VolumeId, other: VolumeId, device: DeviceName },
    #[error(
        "the slot has {count} volumes and there are names for {MOST_VOLUMES}: spread them over several slots"
    )]
    TooManyVolumes { count: usize },
    #[error(
        "{volume}, a slot's first volume, asks for {device}, {other} of another slot for {other_device}: the first \
         volumes of a fleet must ask for one name, so that no instance gets two slots; tag them alike"
    )]
    FirstDevicesDisagree { volume: VolumeId, device: DeviceName, other: VolumeId, other_device: DeviceName },
    #[error(
        "{volume} has Multi-Attach, so that EC2 guards it against nothing: switch it off, or untag the volume"
    )]
    MultiAttach { volume: VolumeId },
    #[error("{volume} is the root device of {instance}: Holdfast moves data volumes only, so untag it")]
    RootDevice { volume: VolumeId, instance: InstanceId },
    #[error(
        "{volume} is attached to {instance}, which is not of this fleet: detach it there, or correct the tag"
    )]
    VolumeOutsideFleet { volume: VolumeId, instance: InstanceId },
    #[error(
        "{address} is associated with {target}, which is not of this fleet: disassociate it there, or correct the tag"
    )]
    AddressOutsideFleet { address: AllocationId, target: String },
    #[error(
        "the slot's volumes are on two running instances, {volume} on {instance} and {other} on {other_instance}: \
         unmount and detach one side"
    )]
    SeveralInstances { volume: VolumeId, instance: InstanceId, other: VolumeId, other_instance: InstanceId },
    #[error(
        "{volume} has been attaching to {instance} for {seconds} s: detach it and reboot the instance, or replace the \
         instance; the device name may be stuck there"
    )]
    StuckAttaching { volume: VolumeId, instance: InstanceId, seconds: i64 },
    #[error(
        "EC2 accepted the attachment of {volume} to {instance} and took it back: look for the volume's KMS key, and \
         whether the function's role may create a grant on it"
    )]
    TakenBack { volume: VolumeId, instance: InstanceId },
    #[error("{volume} is in error, being deleted or gone: restore it from a snapshot and tag the new volume")]
    UnusableVolume { volume: VolumeId },
    #[error(
        "{instance} has volumes of the slots {} and {}, and should have those of one: unmount and detach the others by \
         hand", .slot, .other
    )]
    SharedHolder { instance: InstanceId, slot: SlotName, other: SlotName },
    #[error(
        "the slot has {addresses} addresses, {instance} has {places} private addresses for them: assign more to its \
         primary network interface in the launch template, or tag fewer"
    )]
    TooFewPrivateAddresses { instance: InstanceId, addresses: usize, places: usize },
    #[error(
        "{address} has no place on {instance}: {private} already has {elastic}, which is not displaced; disassociate \
         it, or assign the interface another private address"
    )]
    PrivateAddressTaken { address: AllocationId, instance: InstanceId, private: Ipv4Addr, elastic: Ipv4Addr },
    #[error(
        "{instance} has no device name left for {volume}: detach something from it, or spread the volumes over several \
         slots"
    )]
    NoDeviceLeft { volume: VolumeId, instance: InstanceId },
    #[error("EC2 refused {step} of {resource}; mend what it names, and the next sweep tries again: {reason}")]
    Refused { step: &'static str, resource: String, reason: String },

    #[error("no candidate: {0}")]
    NoCandidate(String),
    #[error(
        "{volume} is still attached to {instance}, which is {state}: it stays there until the instance has ended or stopped"
    )]
    NotReleased { volume: VolumeId, instance: InstanceId, state: InstanceState },
    #[error("{volume} is still attached to {instance}, which EC2 no longer lists: its release is awaited")]
    HolderUnknown { volume: VolumeId, instance: InstanceId },
    #[error("{instance} is draining ({reason}) and has the slot until EC2 releases it")]
    HolderDraining { instance: InstanceId, reason: String },
    #[error("{instance} is draining and is not terminated, as the policy terminate would have it: {reason}")]
    NotTerminated { instance: InstanceId, reason: String },
    #[error(
        "{instance} is draining and keeps its volumes until EC2 releases them, as with on-release: {reason}"
    )]
    NotDrained { instance: InstanceId, reason: String },
    #[error("{instance} has unmounted the slot's volumes: they are detached as soon as a candidate runs")]
    Drained { instance: InstanceId },
    #[error("{instance} has the slot and is starting")]
    HolderStarting { instance: InstanceId },
    #[error("{volume} is being detached from {instance}: while anything there uses it, it stays; unmount it")]
    Detaching { volume: VolumeId, instance: InstanceId },
    #[error("{volume} is not ready yet: it is being created")]
    VolumeCreating { volume: VolumeId },
    #[error(
        "{instance} is stopped and may be hibernated, so that its memory may hold what was not written to {volume}: \
         start it, or terminate it"
    )]
    Hibernated { volume: VolumeId, instance: InstanceId },
    #[error("{address} is still associated with {instance}, which EC2 does not list: its release is awaited")]
    AddressHolderUnknown { address: AllocationId, instance: InstanceId },
    #[error("{address} is on {instance}, which is paused: it stays there until holdfast:paused is removed")]
    AddressOnPaused { address: AllocationId, instance: InstanceId },
    #[error("the device name {device} is taken on {instance}, by what is not visible yet")]
    DeviceRefused { instance: InstanceId, device: DeviceName },

    #[error(
        "{volume} is attached to {instance} with DeleteOnTermination: EC2 DELETES the volume when the instance is \
         terminated; run aws ec2 modify-instance-attribute to switch it off"
    )]
    DeleteOnTermination { volume: VolumeId, instance: InstanceId },
    #[error(
        "the policy drain has no document to run, so that the slot is handed over as with on-release: set the parameter \
         AllowDrain to true, and DrainDocument for one of your own, too"
    )]
    NoDrainDocument,
    #[error(
        "{instance} was launched in {zone}, where the fleet has no volume (they are in {zones}): keep the group to \
         subnets there"
    )]
    ZoneWithoutVolume { instance: InstanceId, zone: Zone, zones: String },
    #[error(
        "{instance} is claimed by the managed fleets {fleets} and so is a candidate of none: correct its tags, or the \
         tags of the volumes and addresses"
    )]
    SeveralFleets { instance: InstanceId, fleets: String },
    #[error(
        "EC2 Auto Scaling refused to tell of the fleet's groups, whose instances take no slot, or wait at hooks until these \
         time out: {reason}"
    )]
    GroupRefused { reason: String },
}

impl Finding {
    /// The short name that reports, alarms and docs use.
    pub fn code(&self) -> &'static str {
        self.facts().0
    }

    /// What it means for its slot.
    pub fn severity(&self) -> Severity {
        self.facts().1
    }

    /// The tag that is wrong, where one is.
    pub fn tag(&self) -> Option<&'static str> {
        let tag = self.facts().2;
        (!tag.is_empty()).then_some(tag)
    }

    /// The resource that it is about, where it is about one.
    pub fn resource(&self) -> Option<&str> {
        let resource = self.facts().3;
        (!resource.is_empty()).then_some(resource)
    }

    /// Code, severity, tag and resource; empty where there is none.
    fn facts(&self) -> (&'static str, Severity, &'static str, &str) {
        use Severity::{Blocking, Notice, Waiting};
        use tags::{DEVICE, DRAINING, FLEET, HANDOVER, PAUSED, SLOT};
        match self {
            Self::UnusableFleetName { .. } => ("unusable-fleet-name", Blocking, FLEET, ""),
            Self::UnmanagedFleet { .. } => ("unmanaged-fleet", Blocking, FLEET, ""),
            Self::UnknownPolicy { resource, .. } => ("unknown-policy", Blocking, HANDOVER, resource),
            Self::PoliciesDisagree { resource, .. } => ("policies-disagree", Blocking, HANDOVER, resource),
            Self::InvalidDevice { volume, .. } => ("invalid-device", Blocking, DEVICE, volume.as_str()),
            Self::InvalidPaused { resource, .. } => ("invalid-paused", Blocking, PAUSED, resource),
            Self::SeveralZones { volume, .. } => ("several-zones", Blocking, SLOT, volume.as_str()),
            Self::SameDevice { volume, .. } => ("same-device", Blocking, DEVICE, volume.as_str()),
            Self::TooManyVolumes { .. } => ("too-many-volumes", Blocking, SLOT, ""),
            Self::FirstDevicesDisagree { volume, .. } => {
                ("first-devices-disagree", Blocking, DEVICE, volume.as_str())
            }
            Self::MultiAttach { volume } => ("multi-attach", Blocking, FLEET, volume.as_str()),
            Self::RootDevice { volume, .. } => ("root-device", Blocking, FLEET, volume.as_str()),
            Self::VolumeOutsideFleet { volume, .. } => {
                ("volume-outside-fleet", Blocking, FLEET, volume.as_str())
            }
            Self::AddressOutsideFleet { address, .. } => {
                ("address-outside-fleet", Blocking, FLEET, address.as_str())
            }
            Self::SeveralInstances { volume, .. } => ("several-instances", Blocking, "", volume.as_str()),
            Self::StuckAttaching { volume, .. } => ("stuck-attaching", Blocking, "", volume.as_str()),
            Self::TakenBack { volume, .. } => ("taken-back", Blocking, "", volume.as_str()),
            Self::UnusableVolume { volume } => ("unusable-volume", Blocking, "", volume.as_str()),
            Self::SharedHolder { instance, .. } => ("shared-holder", Blocking, "", instance.as_str()),
            Self::TooFewPrivateAddresses { instance, .. } => {
                ("too-few-private-addresses", Blocking, "", instance.as_str())
            }
            Self::PrivateAddressTaken { address, .. } => {
                ("private-address-taken", Blocking, "", address.as_str())
            }
            Self::NoDeviceLeft { volume, .. } => ("no-device-left", Blocking, "", volume.as_str()),
            Self::Refused { resource, .. } => ("refused", Blocking, "", resource),
            Self::NoCandidate(_) => ("no-candidate", Waiting, "", ""),
            Self::NotReleased { volume, .. } => ("not-released", Waiting, "", volume.as_str()),
            Self::HolderUnknown { volume, .. } => ("holder-unknown", Waiting, "", volume.as_str()),
            Self::HolderDraining { instance, .. } => {
                ("holder-draining", Waiting, DRAINING, instance.as_str())
            }
            Self::NotTerminated { instance, .. } => ("not-terminated", Waiting, HANDOVER, instance.as_str()),
            Self::NotDrained { instance, .. } => ("not-drained", Waiting, HANDOVER, instance.as_str()),
            Self::Drained { instance } => ("drained", Waiting, HANDOVER, instance.as_str()),
            Self::HolderStarting { instance } => ("holder-starting", Waiting, "", instance.as_str()),
            Self::Detaching { volume, .. } => ("detaching", Waiting, "", volume.as_str()),
            Self::VolumeCreating { volume } => ("volume-creating", Waiting, "", volume.as_str()),
            Self::Hibernated { volume, .. } => ("hibernated", Waiting, "", volume.as_str()),
            Self::AddressHolderUnknown { address, .. } => {
                ("address-holder-unknown", Waiting, "", address.as_str())
            }
            Self::AddressOnPaused { address, .. } => ("address-on-paused", Waiting, PAUSED, address.as_str()),
            Self::DeviceRefused { instance, .. } => ("device-refused", Waiting, "", instance.as_str()),
            Self::DeleteOnTermination { volume, .. } => {
                ("delete-on-termination", Notice, "", volume.as_str())
            }
            Self::NoDrainDocument => ("no-drain-document", Notice, HANDOVER, ""),
            Self::ZoneWithoutVolume { instance, .. } => {
                ("zone-without-volume", Notice, "", instance.as_str())
            }
            Self::SeveralFleets { instance, .. } => ("several-fleets", Notice, FLEET, instance.as_str()),
            Self::GroupRefused { .. } => ("group-refused", Notice, "", ""),
        }
    }
}
