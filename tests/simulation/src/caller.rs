//! One invocation's EC2: the local one, with its calls traced and its looks counted. It may make a mistake on purpose.

mod mistaken;

pub use mistaken::CallerClock;

use crate::goal;
use crate::ledger::{Ledger, Write};
use crate::mistake::Mistake;
use crate::trace::Trace;
use local_ec2::actions::{AssociateAddress, DetachVolume};
use local_ec2::{Fault, InProcess, Offence, Principal, Region, Time, Violation};
use planner::device::{self, DeviceName};
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState};
use planner::observation::{Address, Instance, InstanceState, Volume};
use planner::tags::Setting;
use reconciler::clock::Clock;
use reconciler::ec2::{Action, Ec2, Ec2Error, InstanceQuery, ListedCommand, SpotRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For how many seconds a process stands still.
const NAP: std::ops::Range<u64> = 5..90;

/// The EC2 of one invocation.
#[derive(Debug)]
pub struct Caller {
    inner: InProcess,
    region: Region,
    number: u64,
    trace: Trace,
    ledger: Ledger,
    mistake: Option<Mistake>,
    born: Time,
    /// How often the process stands still after an answer.
    drowsiness: f64,
    looks: Mutex<Looks>,
    /// Who had to wait when the present look began, and why.
    kept: Mutex<BTreeMap<InstanceId, String>>,
}

/// The looks of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// How many there were.
    pub made: u64,
    /// How many led to an act.
    pub acting: u64,
    /// The latest that did.
    latest: u64,
    /// How many heartbeats were sent, which change nothing.
    pub waiting: u64,
    /// How many calls were answered with an error, or not at all.
    errors: u64,
}

impl Caller {
    /// The EC2 of the invocation of that number.
    pub fn new(region: &Region, number: u64, trace: &Trace, mistake: Option<Mistake>) -> Self {
        let inner = region.caller(Principal::Holdfast);
        let (region, trace, born) = (region.clone(), trace.clone(), inner.now());
        let (ledger, looks, kept) = (Ledger::off(), Mutex::default(), Mutex::default());
        Self { inner, region, number, trace, ledger, mistake, born, drowsiness: 0.0, looks, kept }
    }

    /// The same in a process that stands still now and then after an answer, for that share of answers, as one that Lambda
    /// freezes does. What it has seen is old by then.
    #[must_use]
    pub fn drowsy(self, share: f64) -> Self {
        Self { drowsiness: share, ..self }
    }

    /// The same, with its looks and acts written into the ledger.
    #[must_use]
    pub fn kept_in(self, ledger: &Ledger) -> Self {
        Self { ledger: ledger.clone(), ..self }
    }

    /// The clock that the invocation goes by.
    pub fn clock(&self) -> CallerClock {
        let standing = (self.mistake == Some(Mistake::StandingClock)).then_some(self.born);
        CallerClock { clock: self.inner.clock(), standing }
    }

    /// Runs an invocation until it is done, or has crashed at one of its calls (then none).
    pub async fn until_crash<F: Future>(&self, invocation: F) -> Option<F::Output> {
        self.inner.until_crash(invocation).await
    }

    /// The looks so far.
    pub fn looks(&self) -> Looks {
        *self.counted()
    }

    fn counted(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    fn tell(&self, text: impl FnOnce() -> String) {
        self.trace.line(self.inner.now(), || format!("#{} {}", self.number, text()));
    }

    /// One act: counted, sent, and told.
    async fn act(
        &self,
        action: Action,
        subject: &str,
        text: impl FnOnce() -> String,
        call: impl Future<Output = Result<(), Ec2Error>>,
    ) -> Result<(), Ec2Error> {
        {
            let mut looks = self.counted();
            if action == Action::RecordLifecycleActionHeartbeat {
                looks.waiting += 1;
            } else if looks.latest != looks.made {
                looks.latest = looks.made;
                looks.acting += 1;
            }
        }
        let answer = call.await;
        self.counted().errors += u64::from(answer.is_err());
        let (at, subject, accepted) = (self.inner.now(), subject.to_owned(), answer.is_ok());
        self.ledger.act(self.number, Write { at, action, subject, accepted });
        self.tell(|| match &answer {
            Ok(()) => format!("{}: done", text()),
            Err(error) => format!("{}: {error}", text()),
        });
        answer
    }

    async fn told<T>(&self, what: &'static str, answer: Result<T, Ec2Error>) -> Result<T, Ec2Error> {
        if self.drowsiness > 0.0 && fastrand::f64() < self.drowsiness {
            let nap = Duration::from_secs(fastrand::u64(NAP));
            self.tell(|| format!("stands still for {} s", nap.as_secs()));
            tokio::time::sleep(nap).await;
        }
        self.ledger.asked(self.number, self.inner.asked());
        if let Err(error) = &answer {
            self.counted().errors += 1;
            self.tell(|| format!("{what}: {error}"));
        }
        answer
    }

    /// Notes who has to wait when a look begins. Where its answers may be old, nobody can say what it should have seen.
    fn note_the_kept(&self) {
        let cloud = self.region.cloud();
        let timing = &cloud.setup().timing;
        let was_stale = || cloud.fault_counts().keys().any(|(_, fault)| *fault == Fault::Stale);
        let is_fresh = timing.max_lag.is_zero() || (timing.stale_share == 0.0 && !was_stale());
        let kept = if is_fresh { goal::kept(&cloud) } else { BTreeMap::new() };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Why the instance has to wait, now and when the look began. Nobody has to once a call has failed, for what cannot be
    /// done is not waited for.
    fn why_kept(&self, instance: &InstanceId) -> Option<String> {
        let reason = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(instance).cloned();
        let reason = reason.filter(|_| self.counted().errors == 0)?;
        goal::kept(&self.region.cloud()).contains_key(instance).then_some(reason)
    }
}

impl Ec2 for Caller {
    async fn volumes(&self) -> Result<Vec<Volume>, Ec2Error> {
        self.counted().made += 1;
        self.note_the_kept();
        self.ledger.look(self.number, self.inner.now());
        let mut found = self.told("DescribeVolumes", self.inner.volumes().await).await?;
        for volume in &mut found {
            self.misread(&mut volume.tags);
        }
        if self.makes(Mistake::BlindToOthers) {
            mistaken::free_the_others(&mut found);
        }
        Ok(found)
    }

    async fn addresses(&self) -> Result<Vec<Address>, Ec2Error> {
        let mut found = self.told("DescribeAddresses", self.inner.addresses().await).await?;
        for address in &mut found {
            self.misread(&mut address.tags);
        }
        Ok(found)
    }

    async fn instances(&self, query: InstanceQuery<'_>) -> Result<Vec<Instance>, Ec2Error> {
        let mut found = self.told("DescribeInstances", self.inner.instances(query).await).await?;
        if self.makes(Mistake::IgnorePause) {
            for instance in &mut found {
                instance.tags.paused = Setting::Absent;
            }
        }
        if self.makes(Mistake::HastyDetach) {
            let stopping = found.iter_mut().filter(|instance| instance.state == InstanceState::Stopping);
            stopping.for_each(|instance| instance.state = InstanceState::Stopped);
        }
        if self.makes(Mistake::BlindToForeign) {
            mistaken::hide_the_foreign(&mut found, &self.region.cloud());
        }
        Ok(found)
    }

    async fn spot_requests(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, SpotRequest>, Ec2Error> {
        self.told("DescribeSpotInstanceRequests", self.inner.spot_requests(instances).await).await
    }

    async fn attach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Ec2Error> {
        let call = async {
            let mut answer = self.inner.attach_volume(volume, instance, device).await;
            if self.makes(Mistake::NextName) {
                for next in device::pool() {
                    if mistaken::is_taken(&answer) {
                        answer = self.inner.attach_volume(volume, instance, &next).await;
                    }
                }
            }
            answer
        };
        self.act(
            Action::AttachVolume,
            volume.as_str(),
            || format!("AttachVolume {volume} to {instance} as {device}"),
            call,
        )
        .await
    }

    async fn detach_volume(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Ec2Error> {
        let call = async {
            let (anyone, force) = (self.makes(Mistake::DetachFromAnyone), self.makes(Mistake::Force));
            if !anyone && !force {
                return self.inner.detach_volume(volume, instance).await;
            }
            let instance_id = if anyone { String::new() } else { instance.to_string() };
            let device = String::new();
            let call = DetachVolume { volume_id: volume.to_string(), instance_id, device, force };
            self.straight(Action::DetachVolume, &call)
        };
        self.act(
            Action::DetachVolume,
            volume.as_str(),
            || format!("DetachVolume {volume} from {instance}"),
            call,
        )
        .await
    }

    async fn associate_address(
        &self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Result<(), Ec2Error> {
        let call = async {
            let first_place = self.makes(Mistake::FirstPlace);
            if self.makes(Mistake::ClaimAssociation) {
                return Ok(());
            }
            if !first_place && !self.makes(Mistake::TakeAddress) {
                return self.inner.associate_address(address, interface, private).await;
            }
            let call = AssociateAddress {
                allocation_id: address.to_string(),
                instance_id: String::new(),
                network_interface_id: interface.to_string(),
                private_ip_address: if first_place { String::new() } else { private.to_string() },
                allow_reassociation: Some(!first_place),
            };
            self.straight(Action::AssociateAddress, &call)
        };
        self.act(
            Action::AssociateAddress,
            address.as_str(),
            || format!("AssociateAddress {address} to {private} of {interface}"),
            call,
        )
        .await
    }

    async fn disassociate_address(&self, association: &AssociationId) -> Result<(), Ec2Error> {
        let call = self.inner.disassociate_address(association);
        self.act(
            Action::DisassociateAddress,
            association.as_str(),
            || format!("DisassociateAddress {association}"),
            call,
        )
        .await
    }

    async fn terminate_instance(&self, instance: &InstanceId) -> Result<(), Ec2Error> {
        let call = self.inner.terminate_instance(instance);
        self.act(
            Action::TerminateInstances,
            instance.as_str(),
            || format!("TerminateInstances {instance}"),
            call,
        )
        .await
    }

    async fn commands(&self, instance: &InstanceId, since: Time) -> Result<Vec<ListedCommand>, Ec2Error> {
        let mut found = self.told("ListCommands", self.inner.commands(instance, since).await).await?;
        self.ledger.listed(self.number);
        self.misquote(instance, &mut found);
        Ok(found)
    }

    async fn send_command(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Ec2Error> {
        let call = self.inner.send_command(instance, document, volumes);
        let named = volumes.iter().map(VolumeId::as_str).collect::<Vec<_>>().join(" ");
        self.act(Action::SendCommand, instance.as_str(), || format!("SendCommand {instance} {named}"), call)
            .await
    }

    async fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error> {
        self.told("DescribeAutoScalingInstances", self.inner.lifecycle_states(instances).await).await
    }

    async fn lifecycle_hooks(&self, group: &FleetName) -> Result<Vec<LifecycleHook>, Ec2Error> {
        self.told("DescribeLifecycleHooks", self.inner.lifecycle_hooks(group).await).await
    }

    async fn complete_lifecycle_action(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> Result<(), Ec2Error> {
        let text = || format!("CompleteLifecycleAction {instance} {hook} {}", result.as_str());
        let call = async {
            if self.makes(Mistake::NeverComplete) {
                return Ok(());
            }
            let reason = self.why_kept(instance).filter(|_| result == ActionResult::Continue);
            let answer = self.inner.complete_lifecycle_action(group, hook, instance, result).await;
            if let Some(reason) = reason.filter(|_| answer.is_ok()) {
                let offence = Offence::LetGoTooSoon { instance: instance.clone(), reason };
                let at = self.inner.now();
                self.region.cloud().judge_mut().add(Violation { at, call: text(), offence });
            }
            answer
        };
        self.act(Action::CompleteLifecycleAction, instance.as_str(), text, call).await
    }

    async fn record_heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> Result<(), Ec2Error> {
        if self.makes(Mistake::HastyComplete) {
            return self.complete_lifecycle_action(group, hook, instance, ActionResult::Continue).await;
        }
        let call = self.inner.record_heartbeat(group, hook, instance);
        let text = || format!("RecordLifecycleActionHeartbeat {instance} {hook}");
        self.act(Action::RecordLifecycleActionHeartbeat, instance.as_str(), text, call).await
    }

    async fn mark_draining(&self, instance: &InstanceId, value: &str) -> Result<(), Ec2Error> {
        let another = if self.makes(Mistake::MarkAnother) { self.another_than(instance) } else { None };
        let call = self.inner.mark_draining(another.as_ref().unwrap_or(instance), value);
        self.act(
            Action::CreateTags,
            instance.as_str(),
            || format!("CreateTags {instance} draining={value}"),
            call,
        )
        .await
    }
}
