//! EC2's questions and acts over the AWS SDK.
//!
//! This module decides nothing, and makes the calls for `reconciler::execute` alone. What is asked of Systems Manager goes on
//! to `manager`, what is asked of EC2 Auto Scaling to `groups`.

use crate::client::once;
use crate::convert::{self, Garbled};
use crate::error::answer;
use crate::groups::Groups;
use crate::manager::Manager;
use crate::query;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::types::{Filter, Reservation, SpotInstanceRequest, Tag};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState};
use planner::observation::{Address, Instance, Volume};
use planner::tags;
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error, InstanceQuery, ListedCommand, SpotRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// How many volumes EC2 puts on a page at most (EC2 API reference, `DescribeVolumes`).
const VOLUMES_PER_PAGE: i32 = 500;
/// How many instances, or spot requests, EC2 puts on a page at most (EC2 API reference, `DescribeInstances`).
const INSTANCES_PER_PAGE: i32 = 1000;

/// EC2 of the account and region that the client was made for.
///
/// A listing goes on as long as EC2 says that there is more, even by a token that it gave before: one that was cut
/// short would be taken for the whole, and one that never ends is ended by the invocation's deadline.
#[derive(Debug, Clone)]
pub struct Ec2Client {
    sdk: Client,
    manager: Manager,
    groups: Groups,
}

impl Ec2Client {
    /// EC2 as this client reaches it. Its retries and timeouts are to be those of [`crate::client`].
    pub fn new(sdk: Client, manager: Manager, groups: Groups) -> Self {
        Self { sdk, manager, groups }
    }

    async fn instances_that(&self, filter: Filter) -> Result<Vec<Instance>, Ec2Error> {
        let action = Action::DescribeInstances;
        let call = self.sdk.describe_instances().filters(filter);
        let pages = call.into_paginator().page_size(INSTANCES_PER_PAGE).stop_on_duplicate_token(false);
        let pages = answer(action, pages.send().try_collect()).await?;
        let reservations = pages.iter().flat_map(DescribeInstancesOutput::reservations);
        let instances = reservations.flat_map(Reservation::instances);
        understood(action, instances, convert::instance)
    }

    async fn spot_requests_that(&self, filter: Filter) -> Result<Vec<SpotInstanceRequest>, Ec2Error> {
        let call = self.sdk.describe_spot_instance_requests().filters(filter);
        let pages = call.into_paginator().page_size(INSTANCES_PER_PAGE).stop_on_duplicate_token(false);
        let requests = pages.items().send().try_collect();
        answer(Action::DescribeSpotInstanceRequests, requests).await
    }
}

impl Ec2 for Ec2Client {
    async fn volumes(&self) -> Result<Vec<Volume>, Ec2Error> {
        let action = Action::DescribeVolumes;
        let call = self.sdk.describe_volumes().filters(query::managed());
        let pages = call.into_paginator().page_size(VOLUMES_PER_PAGE).stop_on_duplicate_token(false);
        let volumes = answer(action, pages.items().send().try_collect()).await?;
        understood(action, &volumes, convert::volume)
    }

    async fn addresses(&self) -> Result<Vec<Address>, Ec2Error> {
        let action = Action::DescribeAddresses;
        let call = self.sdk.describe_addresses().filters(query::managed());
        let answered = answer(action, call.send()).await?;
        understood(action, answered.addresses(), convert::address)
    }

    async fn instances(&self, query: InstanceQuery<'_>) -> Result<Vec<Instance>, Ec2Error> {
        let calls = query::of_instances(query).into_iter().map(|filter| self.instances_that(filter));
        let found = try_join_all(calls).await?.into_iter().flatten();
        let asked_for = found.filter(|instance| query::asks_for(query, instance));
        let each_once: BTreeMap<_, _> = asked_for.map(|instance| (instance.id.clone(), instance)).collect();
        Ok(each_once.into_values().collect())
    }

    async fn spot_requests(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, SpotRequest>, Ec2Error> {
        let action = Action::DescribeSpotInstanceRequests;
        let calls = query::by_id(instances).into_iter().map(|filter| self.spot_requests_that(filter));
        let requests: Vec<_> = try_join_all(calls).await?.into_iter().flatten().collect();
        Ok(understood(action, &requests, convert::spot_request)?.into_iter().flatten().collect())
    }

    async fn attach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Ec2Error> {
        let call = self.sdk.attach_volume().volume_id(volume.as_str());
        let call = call.instance_id(instance.as_str()).device(device.as_str());
        let call = call.customize().config_override(once());
        answer(Action::AttachVolume, call.send()).await.map(drop)
    }

    async fn detach_volume(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Ec2Error> {
        let call = self.sdk.detach_volume().volume_id(volume.as_str());
        let call = call.instance_id(instance.as_str());
        let call = call.customize().config_override(once());
        answer(Action::DetachVolume, call.send()).await.map(drop)
    }

    async fn associate_address(
        &self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Result<(), Ec2Error> {
        let call = self.sdk.associate_address().allocation_id(address.as_str());
        let call = call.network_interface_id(interface.as_str());
        let call = call.private_ip_address(private.to_string());
        // Without a word EC2 would take the address from whoever has it (EC2 API reference, `AssociateAddress`).
        let call = call.allow_reassociation(false);
        let call = call.customize().config_override(once());
        answer(Action::AssociateAddress, call.send()).await.map(drop)
    }

    async fn disassociate_address(&self, association: &AssociationId) -> Result<(), Ec2Error> {
        let call = self.sdk.disassociate_address().association_id(association.as_str());
        let call = call.customize().config_override(once());
        answer(Action::DisassociateAddress, call.send()).await.map(drop)
    }

    async fn terminate_instance(&self, instance: &InstanceId) -> Result<(), Ec2Error> {
        let call = self.sdk.terminate_instances().instance_ids(instance.as_str());
        let call = call.customize().config_override(once());
        answer(Action::TerminateInstances, call.send()).await.map(drop)
    }

    async fn commands(
        &self,
        instance: &InstanceId,
        since: DateTime<Utc>,
    ) -> Result<Vec<ListedCommand>, Ec2Error> {
        self.manager.commands(instance, since).await
    }

    async fn send_command(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Ec2Error> {
        self.manager.send(instance, document, volumes).await
    }

    async fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error> {
        self.groups.lifecycle_states(instances).await
    }

    async fn lifecycle_hooks(&self, group: &FleetName) -> Result<Vec<LifecycleHook>, Ec2Error> {
        self.groups.lifecycle_hooks(group).await
    }

    async fn complete_lifecycle_action(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> Result<(), Ec2Error> {
        self.groups.complete(group, hook, instance, result).await
    }

    async fn record_heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> Result<(), Ec2Error> {
        self.groups.heartbeat(group, hook, instance).await
    }

    async fn mark_draining(&self, instance: &InstanceId, value: &str) -> Result<(), Ec2Error> {
        let mark = Tag::builder().key(tags::DRAINING).value(value).build();
        let call = self.sdk.create_tags().resources(instance.as_str()).tags(mark);
        let call = call.customize().config_override(once());
        answer(Action::CreateTags, call.send()).await.map(drop)
    }
}

fn understood<'s, S: 's, T>(
    action: Action,
    said: impl IntoIterator<Item = &'s S>,
    convert: impl Fn(&'s S) -> Result<T, Garbled>,
) -> Result<Vec<T>, Ec2Error> {
    let facts: Result<Vec<T>, Garbled> = said.into_iter().map(convert).collect();
    facts.map_err(|garbled| Ec2Error { action, cause: Cause::Garbled(garbled.to_string()) })
}
