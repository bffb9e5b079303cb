//! The reconciler's EC2 over a cloud in the same process: latency, time-outs, retries, faults and crashes.
//!
//! It behaves as the adapter over the AWS SDK does (`shared/aws`): a question is asked up to three times, an act once,
//! and each try ends within 3 seconds.

use super::region::{Region, RegionClock};
use super::{convert, query};
use crate::actions::{
    AssociateAddress, AttachVolume, CreateTags, DescribeAddresses, DescribeInstances,
    DescribeSpotInstanceRequests, DescribeVolumes, DetachVolume, DisassociateAddress, Operation,
    TerminateInstances,
};
use crate::autoscaling::{
    CompleteLifecycleAction, DescribeAutoScalingInstances, DescribeLifecycleHooks,
    RecordLifecycleActionHeartbeat,
};
use crate::error::ApiError;
use crate::faults::{Fate, Fault};
use crate::filter::Filter;
use crate::listing::{Listing, Page};
use crate::setup::Principal;
use crate::ssm::{CommandFilter, ListCommands, SendCommand};
use crate::state::{self, Hook, Member};
use crate::time::Time;
use chrono::SecondsFormat;
use futures_util::future::try_join_all;
use planner::command::DELIVERY_SECONDS;
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState, Transition};
use planner::observation::{Address, Instance, Volume};
use planner::tags::{self, Tags};
use reconciler::clock::Clock;
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error, InstanceQuery, ListedCommand, SpotRequest, VOLUMES};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How long a try may take.
const TRY: Duration = Duration::from_secs(3);
/// How often a question is asked.
const TRIES: u32 = 3;
/// About how many instances Auto Scaling is asked at once.
const MOST_INSTANCES: usize = 50;
/// What passes by itself, as the SDK's standard retries have it.
const TRANSIENT: [&str; 8] = [
    "RequestLimitExceeded",
    "InternalError",
    "ServiceUnavailable",
    "Unavailable",
    "ThrottlingException",
    "InternalServerError",
    "Throttling",
    "InternalFailure",
];

/// One caller of the cloud: an invocation, with its own connections and its own end. Clones are the same caller.
#[derive(Debug, Clone)]
pub struct InProcess {
    region: Region,
    who: Principal,
    page_sizes: PageSizes,
    dead: Arc<watch::Sender<bool>>,
    asked: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy)]
struct PageSizes {
    volumes: u32,
    instances: u32,
}

impl InProcess {
    pub(crate) fn new(region: Region, who: Principal) -> Self {
        let page_sizes = PageSizes { volumes: 500, instances: 1000 };
        Self { region, who, page_sizes, dead: Arc::new(watch::Sender::new(false)), asked: Arc::default() }
    }

    /// The same, with smaller pages, so that a listing can be torn between them. EC2 takes no fewer than 5.
    #[must_use]
    pub fn with_pages_of(self, size: u32) -> Self {
        Self { page_sizes: PageSizes { volumes: size, instances: size }, ..self }
    }

    /// The clock that this caller and its cloud are on.
    pub fn clock(&self) -> RegionClock {
        self.region.clock()
    }

    /// How many Describe calls this caller has sent: each page and each try is one.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Runs an invocation with this caller until it is done, or has crashed at one of its calls. None: it has crashed,
    /// and nothing of it goes on.
    pub async fn until_crash<F: Future>(&self, invocation: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.crashed() => None,
            outcome = invocation => Some(outcome),
        }
    }

    /// Waits until this caller has crashed.
    pub async fn crashed(&self) {
        let mut dead = self.dead.subscribe();
        if dead.wait_for(|dead| *dead).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Dies: whatever asked for the call never hears of it again.
    async fn die<T>(&self) -> T {
        self.dead.send_replace(true);
        std::future::pending().await
    }

    /// One try of a call.
    async fn attempt<O: Operation>(&self, operation: &O) -> Result<O::Answer, Cause> {
        if *self.dead.borrow() {
            return std::future::pending().await;
        }
        if operation.name().starts_with("Describe") {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        match tokio::time::timeout(TRY, self.exchange(operation)).await {
            Ok(answer) => answer,
            Err(_) => Err(Cause::NoAnswer("timed out after 3 s".to_owned())),
        }
    }

    async fn exchange<O: Operation>(&self, operation: &O) -> Result<O::Answer, Cause> {
        let fate = self.region.cloud().fate(operation.name(), self.who);
        self.region.pause(fate.before).await;
        if fate.fault == Some(Fault::Crash) {
            return self.die().await;
        }
        let answer = self.region.cloud().serve(&fate, operation, self.who);
        if fate.fault == Some(Fault::CrashAfter) {
            return self.die().await;
        }
        self.region.pause(fate.after).await;
        match answer {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(told(error)),
            None => no_answer(&fate).await,
        }
    }

    /// Asks, up to three times.
    async fn ask<O: Operation>(&self, action: Action, operation: &O) -> Result<O::Answer, Ec2Error> {
        let mut tries = 1;
        loop {
            match self.attempt(operation).await {
                Err(cause) if tries < TRIES && is_transient(&cause) => {
                    // The SDK draws from 0 to twice this; on a simulated clock the middle is as good.
                    tokio::time::sleep(Duration::from_millis(500) * tries).await;
                    tries += 1;
                }
                Err(cause) => return Err(Ec2Error { action, cause }),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// Acts, once.
    async fn act<O: Operation>(&self, action: Action, operation: &O) -> Result<(), Ec2Error> {
        self.attempt(operation).await.map(drop).map_err(|cause| Ec2Error { action, cause })
    }

    /// Every page of a listing.
    async fn every_page<O: Operation<Answer = Page<T>>, T>(
        &self,
        action: Action,
        listing: Listing,
        ask: fn(Listing) -> O,
    ) -> Result<Vec<T>, Ec2Error> {
        let mut all = Vec::new();
        let mut next_token = String::new();
        loop {
            let page = self.ask(action, &ask(Listing { next_token, ..listing.clone() })).await?;
            all.extend(page.items);
            match page.next_token {
                Some(token) => next_token = token,
                None => return Ok(all),
            }
        }
    }

    fn page_of(&self, filter: Filter) -> Listing {
        Listing { filters: vec![filter], ..Listing::default() }.paged(self.page_sizes.instances)
    }
}

async fn no_answer<T>(fate: &Fate) -> Result<T, Cause> {
    if fate.fault == Some(Fault::Reset) {
        return Err(Cause::NoAnswer("connection reset by peer".to_owned()));
    }
    // The caller's time-out ends this.
    std::future::pending().await
}

fn told(error: ApiError) -> Cause {
    Cause::Answer { code: error.code.to_owned(), message: error.message }
}

fn is_transient(cause: &Cause) -> bool {
    match cause {
        Cause::NoAnswer(_) => true,
        Cause::Garbled(_) => false,
        Cause::Answer { code, .. } => TRANSIENT.contains(&code.as_str()),
    }
}

impl Clock for InProcess {
    fn now(&self) -> Time {
        self.clock().now()
    }
}

impl Ec2 for InProcess {
    async fn volumes(&self) -> Result<Vec<Volume>, Ec2Error> {
        let listing = Listing::by("tag-key", tags::FLEET).paged(self.page_sizes.volumes);
        let found = self.every_page(Action::DescribeVolumes, listing, DescribeVolumes).await?;
        Ok(found.iter().map(convert::volume).collect())
    }

    async fn addresses(&self) -> Result<Vec<Address>, Ec2Error> {
        let call = DescribeAddresses(Listing::by("tag-key", tags::FLEET));
        let found = self.ask(Action::DescribeAddresses, &call).await?;
        Ok(found.iter().map(convert::address).collect())
    }

    async fn instances(&self, query: InstanceQuery<'_>) -> Result<Vec<Instance>, Ec2Error> {
        let calls = query::of_instances(query).into_iter().map(|filter| {
            self.every_page(Action::DescribeInstances, self.page_of(filter), DescribeInstances)
        });
        let found = try_join_all(calls).await?.into_iter().flatten();
        let each_once: BTreeMap<_, _> =
            found.map(|view| (view.instance.id.clone(), convert::instance(&view))).collect();
        Ok(each_once.into_values().collect())
    }

    async fn spot_requests(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, SpotRequest>, Ec2Error> {
        let action = Action::DescribeSpotInstanceRequests;
        let calls = query::by_id(instances)
            .into_iter()
            .map(|filter| self.every_page(action, self.page_of(filter), DescribeSpotInstanceRequests));
        let found = try_join_all(calls).await?.into_iter().flatten();
        let told = |request: &state::SpotRequest| SpotRequest {
            code: request.code.as_str().to_owned(),
            hibernates: request.interruption == state::Interruption::Hibernate,
        };
        Ok(found.map(|request| (request.instance.clone(), told(&request))).collect())
    }

    async fn attach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Ec2Error> {
        let (volume_id, instance_id) = (volume.to_string(), instance.to_string());
        let call = AttachVolume { volume_id, instance_id, device: device.to_string() };
        self.act(Action::AttachVolume, &call).await
    }

    async fn detach_volume(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Ec2Error> {
        let (volume_id, instance_id) = (volume.to_string(), instance.to_string());
        let call = DetachVolume { volume_id, instance_id, ..DetachVolume::default() };
        self.act(Action::DetachVolume, &call).await
    }

    async fn associate_address(
        &self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Result<(), Ec2Error> {
        let call = AssociateAddress {
            allocation_id: address.to_string(),
            instance_id: String::new(),
            network_interface_id: interface.to_string(),
            private_ip_address: private.to_string(),
            allow_reassociation: Some(false),
        };
        self.act(Action::AssociateAddress, &call).await
    }

    async fn disassociate_address(&self, association: &AssociationId) -> Result<(), Ec2Error> {
        let association_id = association.to_string();
        let call = DisassociateAddress { association_id, public_ip: String::new() };
        self.act(Action::DisassociateAddress, &call).await
    }

    async fn terminate_instance(&self, instance: &InstanceId) -> Result<(), Ec2Error> {
        let call = TerminateInstances { instance_ids: vec![instance.to_string()] };
        self.act(Action::TerminateInstances, &call).await
    }

    async fn commands(&self, instance: &InstanceId, since: Time) -> Result<Vec<ListedCommand>, Ec2Error> {
        let value = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let filters = vec![CommandFilter { key: "InvokedAfter".to_owned(), value }];
        let mut all = Vec::new();
        let mut call = ListCommands { instance_id: instance.to_string(), filters, ..ListCommands::default() };
        loop {
            let page = self.ask(Action::ListCommands, &call).await?;
            all.extend(page.items.iter().map(convert::command));
            match page.next_token {
                Some(token) => call.next_token = token,
                None => return Ok(all),
            }
        }
    }

    async fn send_command(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Ec2Error> {
        let named: Vec<&str> = volumes.iter().map(VolumeId::as_str).collect();
        let call = SendCommand {
            document_name: document.to_owned(),
            instance_ids: vec![instance.to_string()],
            parameters: BTreeMap::from([(VOLUMES.to_owned(), vec![named.join(" ")])]),
            timeout_seconds: u32::try_from(DELIVERY_SECONDS).ok(),
        };
        self.act(Action::SendCommand, &call).await
    }

    async fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error> {
        let ids: Vec<String> = instances.iter().map(ToString::to_string).collect();
        let calls = ids.chunks(MOST_INSTANCES).map(|ids| async move {
            let call = DescribeAutoScalingInstances {
                instance_ids: ids.to_vec(),
                ..DescribeAutoScalingInstances::default()
            };
            // No page has fewer than the most that may be asked about at once.
            self.ask(Action::DescribeAutoScalingInstances, &call).await
        });
        let found = try_join_all(calls).await?.into_iter().flat_map(|page| page.items);
        let state = |member: Member| (member.instance, LifecycleState::new(member.lifecycle.as_str()));
        Ok(found.map(|view| state(view.member)).collect())
    }

    async fn lifecycle_hooks(&self, group: &FleetName) -> Result<Vec<LifecycleHook>, Ec2Error> {
        let call = DescribeLifecycleHooks {
            auto_scaling_group_name: group.to_string(),
            ..DescribeLifecycleHooks::default()
        };
        let found = self.ask(Action::DescribeLifecycleHooks, &call).await?;
        let hook = |hook: Hook| LifecycleHook {
            group: group.clone(),
            name: hook.name,
            transition: match hook.transition {
                state::Transition::Launching => Transition::Launching,
                state::Transition::Terminating => Transition::Terminating,
            },
        };
        Ok(found.into_iter().map(hook).collect())
    }

    async fn complete_lifecycle_action(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> Result<(), Ec2Error> {
        let call = CompleteLifecycleAction {
            auto_scaling_group_name: group.to_string(),
            lifecycle_hook_name: hook.to_owned(),
            instance_id: instance.to_string(),
            lifecycle_action_token: String::new(),
            lifecycle_action_result: result.as_str().to_owned(),
        };
        self.act(Action::CompleteLifecycleAction, &call).await
    }

    async fn record_heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> Result<(), Ec2Error> {
        let call = RecordLifecycleActionHeartbeat {
            auto_scaling_group_name: group.to_string(),
            lifecycle_hook_name: hook.to_owned(),
            instance_id: instance.to_string(),
            lifecycle_action_token: String::new(),
        };
        self.act(Action::RecordLifecycleActionHeartbeat, &call).await
    }

    async fn mark_draining(&self, instance: &InstanceId, value: &str) -> Result<(), Ec2Error> {
        let tags = Tags::from([(tags::DRAINING.to_owned(), value.to_owned())]);
        let call = CreateTags { resources: vec![instance.to_string()], tags };
        self.act(Action::CreateTags, &call).await
    }
}
