//! The world behind EC2's calls, on tokio's paused clock: it records each call and plays the faults of a script.

use crate::ran::Ran;
use crate::world::{Change, Refusal, World};
use chrono::{DateTime, TimeDelta, Utc};
use planner::device::DeviceName;
use planner::fixtures::{NOW, at};
use planner::ids::{AllocationId, AssociationId, FleetName, InstanceId, InterfaceId, VolumeId};
use planner::lifecycle::{ActionResult, LifecycleHook, LifecycleState};
use planner::observation::{Address, Instance, Volume};
use reconciler::clock::Clock;
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error, InstanceQuery, ListedCommand, SpotRequest};
use reconciler::events::Trigger;
use reconciler::invocation;
use reconciler::metrics::{self, Calls};
use reconciler::notifications::{self, Census};
use reconciler::settings::Settings;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What every call takes; twenty to a second, so that calls of one round are told from those of the next.
pub(crate) const LATENCY: Duration = Duration::from_millis(50);

/// What becomes of a call besides what EC2 would honestly do.
#[derive(Clone)]
pub(crate) enum Turn {
    /// EC2 answers with an error, and does nothing.
    Refuse(&'static str, &'static str),
    /// EC2 does it, and the answer is lost: after 3 seconds the caller gives up.
    LoseAnswer,
    /// EC2 never hears of it: after 3 seconds the caller gives up.
    LoseCall,
    /// The answer lacks what EC2 always sends.
    Garble,
    /// The answer takes longer by so many milliseconds.
    Delay(u64),
    /// The answer tells of the world as it was so many seconds ago.
    Stale(i64),
    /// Something happens just before.
    Hook(Change),
}

/// A change as a turn.
pub(crate) fn hook(change: impl Fn(&mut World) + Send + Sync + 'static) -> Turn {
    Turn::Hook(Arc::new(change))
}

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) began: DateTime<Utc>,
    pub(crate) action: Action,
    /// The action with its arguments.
    pub(crate) text: String,
    /// Whether EC2 did it.
    pub(crate) accepted: bool,
}

impl Call {
    pub(crate) fn is_act(&self) -> bool {
        !self.text.starts_with("Describe") && self.action != Action::ListCommands
    }
}

pub(crate) struct Scripted {
    origin: Instant,
    state: Mutex<State>,
    census: Mutex<Census>,
}

struct State {
    world: World,
    past: Vec<World>,
    script: Vec<(Action, RangeInclusive<usize>, Turn)>,
    counts: BTreeMap<Action, usize>,
    calls: Vec<Call>,
}

impl Clock for Scripted {
    fn now(&self) -> DateTime<Utc> {
        self.time() + TimeDelta::seconds(self.state.lock().unwrap().world.clock_error)
    }
}

impl Scripted {
    pub(crate) fn new(world: World) -> Self {
        // The jitter of the pauses comes from this thread's generator: the same in every run of the test.
        fastrand::seed(1);
        let past = vec![world.clone()];
        let state = State { world, past, script: Vec::new(), counts: BTreeMap::new(), calls: Vec::new() };
        Self { origin: Instant::now(), state: Mutex::new(state), census: Mutex::default() }
    }

    /// Plays the turn at the k-th call of the action, from 1.
    pub(crate) fn at(self, action: Action, k: usize, turn: Turn) -> Self {
        self.during(action, k..=k, turn)
    }

    /// Plays the turn at these calls of the action.
    pub(crate) fn during(self, action: Action, calls: RangeInclusive<usize>, turn: Turn) -> Self {
        self.state.lock().unwrap().script.push((action, calls, turn));
        self
    }

    /// The true time.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        at(NOW) + TimeDelta::from_std(self.origin.elapsed()).unwrap()
    }

    /// How many calls were ever made.
    pub(crate) fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Lets a change happen now.
    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        let mut state = self.state.lock().unwrap();
        state.world.settle(self.time());
        change(&mut state.world);
    }

    /// One invocation of two minutes, with the default settings.
    pub(crate) async fn run(&self, trigger: &Trigger) -> Ran {
        self.run_for(120, trigger).await
    }

    pub(crate) async fn run_for(&self, seconds: i64, trigger: &Trigger) -> Ran {
        self.run_with(&Settings::read(|_| None).unwrap(), seconds, trigger).await
    }

    pub(crate) async fn run_with(&self, settings: &Settings, seconds: i64, trigger: &Trigger) -> Ran {
        let earlier = self.state.lock().unwrap().calls.len();
        let (began, deadline) = (self.time(), self.now() + TimeDelta::seconds(seconds));
        let outcomes = invocation::run(self, self, settings, trigger, deadline).await;
        let report = serde_json::to_value(&outcomes.report).unwrap();
        let calls = self.state.lock().unwrap().calls[earlier..].to_vec();
        let requests = Calls { made: calls.len() as u64, throttled: 0 };
        let line = metrics::line(&outcomes.report, requests, "holdfast-reconcile", self.now()).unwrap();
        Ran {
            report,
            metrics: serde_json::from_str(&line).unwrap(),
            told: notifications::of(trigger, &outcomes.report, &mut self.census.lock().unwrap()),
            failure: outcomes.failure,
            calls,
            took: self.time() - began,
            asserted: Cell::new(false),
        }
    }

    async fn call<T>(
        &self,
        action: Action,
        arguments: impl IntoIterator<Item = String>,
        honest: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> Result<T, Ec2Error> {
        let text: Vec<String> = [action.to_string()].into_iter().chain(arguments).collect();
        let (pause, answer) = self.state.lock().unwrap().answer(self.time(), action, text.join(" "), honest);
        tokio::time::sleep(pause).await;
        answer.map_err(|cause| Ec2Error { action, cause })
    }
}

impl State {
    fn answer<T>(
        &mut self,
        now: DateTime<Utc>,
        action: Action,
        text: String,
        honest: impl FnOnce(&mut World) -> Result<T, Refusal>,
    ) -> (Duration, Result<T, Cause>) {
        self.world.settle(now);
        let count = self.counts.entry(action).or_default();
        *count += 1;
        let turns: Vec<Turn> = self
            .script
            .iter()
            .filter(|(scripted, calls, _)| *scripted == action && calls.contains(count))
            .map(|(_, _, turn)| turn.clone())
            .collect();
        let mut call = Call { began: now, action, text, accepted: false };
        if call.is_act() {
            self.is_fresh(&call);
        }
        let (mut pause, mut fault, mut age) = (LATENCY, None, None);
        for turn in turns {
            match turn {
                Turn::Hook(change) => change(&mut self.world),
                Turn::Delay(milliseconds) => pause += Duration::from_millis(milliseconds),
                Turn::Stale(seconds) => age = Some(TimeDelta::seconds(seconds)),
                Turn::Refuse(..) | Turn::LoseAnswer | Turn::LoseCall | Turn::Garble => fault = Some(turn),
            }
        }
        self.past.push(self.world.clone());
        let honest = |world: &mut World| {
            honest(world).map_err(|(code, words)| Cause::Answer { code: code.to_owned(), message: words })
        };
        let answer = match (fault, age) {
            (None, None) => honest(&mut self.world),
            (None, Some(age)) => {
                assert!(!call.is_act(), "an act is done now: {}", call.text);
                let past = self.past.iter().rfind(|world| world.now <= now - age);
                let mut past = past.unwrap_or(&self.past[0]).clone();
                past.settle(past.now.max(now - age));
                honest(&mut past)
            }
            (Some(Turn::Refuse(code, words)), _) => {
                Err(Cause::Answer { code: code.to_owned(), message: words.to_owned() })
            }
            (Some(Turn::Garble), _) => Err(Cause::Garbled("nothing is where it should be".to_owned())),
            (Some(fault), _) => {
                pause = Duration::from_secs(3);
                if matches!(fault, Turn::LoseAnswer) {
                    call.accepted = honest(&mut self.world).is_ok();
                }
                Err(Cause::NoAnswer("timed out".to_owned()))
            }
        };
        call.accepted |= answer.is_ok();
        self.calls.push(call);
        (pause, answer)
    }

    /// Stops the test at an act that no fresh look can have led to, whatever the wall clock says.
    fn is_fresh(&self, act: &Call) {
        let look = self.calls.iter().rfind(|call| call.action == Action::DescribeVolumes && call.accepted);
        let age = act.began - look.unwrap().began;
        assert!(age <= TimeDelta::seconds(5), "{} by a look that began {age} ago", act.text);
    }
}

impl Ec2 for Scripted {
    async fn volumes(&self) -> Result<Vec<Volume>, Ec2Error> {
        self.call(Action::DescribeVolumes, [], |world| Ok(world.volumes.clone())).await
    }

    async fn addresses(&self) -> Result<Vec<Address>, Ec2Error> {
        self.call(Action::DescribeAddresses, [], |world| Ok(world.addresses.clone())).await
    }

    async fn instances(&self, query: InstanceQuery<'_>) -> Result<Vec<Instance>, Ec2Error> {
        let arguments: Vec<String> = match query {
            InstanceQuery::Ids(ids) => ids.iter().map(ToString::to_string).collect(),
            InstanceQuery::Fleets(fleets) => fleets.iter().map(|fleet| format!("of {fleet}")).collect(),
        };
        let asked = |instance: &Instance| match query {
            InstanceQuery::Ids(ids) => ids.contains(&instance.id),
            InstanceQuery::Fleets(fleets) => !instance.tags.fleets.is_disjoint(fleets),
        };
        let honest = |world: &mut World| Ok(world.listed().into_iter().filter(asked).collect());
        self.call(Action::DescribeInstances, arguments, honest).await
    }

    async fn spot_requests(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, SpotRequest>, Ec2Error> {
        let arguments: Vec<String> = instances.iter().map(ToString::to_string).collect();
        let honest = |world: &mut World| {
            let request = |id: &InstanceId| SpotRequest {
                code: world.codes.get(id).cloned().unwrap_or_default(),
                hibernates: world.hibernating.contains(id),
            };
            let shown = instances.iter().filter(|id| !world.without_request.contains(*id));
            Ok(shown.map(|id| (id.clone(), request(id))).collect())
        };
        self.call(Action::DescribeSpotInstanceRequests, arguments, honest).await
    }

    async fn attach_volume(
        &self,
        volume: &VolumeId,
        instance: &InstanceId,
        device: &DeviceName,
    ) -> Result<(), Ec2Error> {
        let arguments = [volume.to_string(), instance.to_string(), device.to_string()];
        self.call(Action::AttachVolume, arguments, |world| world.attach(volume, instance, device)).await
    }

    async fn detach_volume(&self, volume: &VolumeId, instance: &InstanceId) -> Result<(), Ec2Error> {
        let arguments = [volume.to_string(), instance.to_string()];
        self.call(Action::DetachVolume, arguments, |world| world.detach(volume, instance)).await
    }

    async fn associate_address(
        &self,
        address: &AllocationId,
        interface: &InterfaceId,
        private: Ipv4Addr,
    ) -> Result<(), Ec2Error> {
        let arguments = [address.to_string(), interface.to_string(), private.to_string()];
        self.call(Action::AssociateAddress, arguments, |world| world.associate(address, interface, private))
            .await
    }

    async fn disassociate_address(&self, association: &AssociationId) -> Result<(), Ec2Error> {
        let arguments = [association.to_string()];
        self.call(Action::DisassociateAddress, arguments, |world| world.disassociate(association)).await
    }

    async fn terminate_instance(&self, instance: &InstanceId) -> Result<(), Ec2Error> {
        self.call(Action::TerminateInstances, [instance.to_string()], |world| world.terminate(instance)).await
    }

    async fn commands(
        &self,
        instance: &InstanceId,
        since: DateTime<Utc>,
    ) -> Result<Vec<ListedCommand>, Ec2Error> {
        let honest = |world: &mut World| {
            let asked = |command: &&ListedCommand| {
                command.instances.contains(&instance.to_string())
                    && command.requested.is_some_and(|at| at >= since)
            };
            Ok(world.manager.commands.iter().filter(asked).cloned().collect())
        };
        self.call(Action::ListCommands, [instance.to_string()], honest).await
    }

    async fn send_command(
        &self,
        instance: &InstanceId,
        document: &str,
        volumes: &[VolumeId],
    ) -> Result<(), Ec2Error> {
        let named = volumes.iter().map(ToString::to_string);
        let arguments = [instance.to_string(), document.to_owned()].into_iter().chain(named);
        self.call(Action::SendCommand, arguments, |world| world.send(instance, document, volumes)).await
    }

    async fn lifecycle_states(
        &self,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, Ec2Error> {
        let arguments: Vec<String> = instances.iter().map(ToString::to_string).collect();
        let honest = |world: &mut World| Ok(world.groups.states_of(instances));
        self.call(Action::DescribeAutoScalingInstances, arguments, honest).await
    }

    async fn lifecycle_hooks(&self, group: &FleetName) -> Result<Vec<LifecycleHook>, Ec2Error> {
        let honest = |world: &mut World| Ok(world.groups.hooks_of(group));
        self.call(Action::DescribeLifecycleHooks, [group.to_string()], honest).await
    }

    async fn complete_lifecycle_action(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
        result: ActionResult,
    ) -> Result<(), Ec2Error> {
        let arguments =
            [group.to_string(), hook.to_owned(), instance.to_string(), result.as_str().to_owned()];
        self.call(Action::CompleteLifecycleAction, arguments, |world| world.groups.complete(hook, instance))
            .await
    }

    async fn record_heartbeat(
        &self,
        group: &FleetName,
        hook: &str,
        instance: &InstanceId,
    ) -> Result<(), Ec2Error> {
        let arguments = [group.to_string(), hook.to_owned(), instance.to_string()];
        let honest = |world: &mut World| world.groups.pending(hook, instance);
        self.call(Action::RecordLifecycleActionHeartbeat, arguments, honest).await
    }

    async fn mark_draining(&self, instance: &InstanceId, value: &str) -> Result<(), Ec2Error> {
        let arguments = [instance.to_string(), value.to_owned()];
        self.call(Action::CreateTags, arguments, |world| world.mark(instance, value)).await
    }
}
