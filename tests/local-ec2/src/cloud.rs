//! The cloud: every resource, the clock, and the one way in which time passes.
//!
//! Pure and deterministic: no waiting, no real time, and what is drawn is drawn from the seed.

use crate::actions::{Operation, Request, Response};
use crate::agenda::{Agenda, Due};
use crate::bus::{Bus, BusCounts, Weather};
use crate::chance::Chance;
use crate::error::ApiError;
use crate::events::Event;
use crate::faults::{Fate, Fault, Faults, Shares};
use crate::history::Store;
use crate::ids::{FleetId, GroupName, Mint, SpotRequestId, TemplateId};
use crate::judge::{Judge, Offence};
use crate::life::ActionCounts;
use crate::listing::Order;
use crate::setup::{Principal, Setup, Throttling};
use crate::ssm::Command;
use crate::state::{Address, Fleet, Group, Instance, Interface, LaunchTemplate, Member, SpotRequest, Volume};
use crate::throttle::Throttle;
use crate::time::{Span, Time};
use crate::world::NoticeCounts;
use chrono::TimeDelta;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, VolumeId, Zone};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// An account of EC2 in one region.
#[derive(Debug, Clone)]
pub struct Cloud {
    pub(crate) setup: Setup,
    pub(crate) now: Time,
    pub(crate) agenda: Agenda,
    pub(crate) chance: Chance,
    /// What staleness is drawn from.
    eye: Chance,
    /// What the orders of listings are drawn from.
    deck: Chance,
    /// What the reasons of interruptions are drawn from.
    pub(crate) market: Chance,
    /// Whether the present call sees everything as old as it can be.
    is_blurred: bool,
    pub(crate) mint: Mint,
    pub(crate) serials: u64,
    pub(crate) instances: Store<InstanceId, Instance>,
    pub(crate) interfaces: Store<InterfaceId, Interface>,
    pub(crate) volumes: Store<VolumeId, Volume>,
    pub(crate) addresses: Store<AllocationId, Address>,
    pub(crate) spot_requests: Store<SpotRequestId, SpotRequest>,
    pub(crate) fleets: Store<FleetId, Fleet>,
    pub(crate) templates: Store<TemplateId, LaunchTemplate>,
    pub(crate) groups: Store<GroupName, Group>,
    pub(crate) members: Store<InstanceId, Member>,
    pub(crate) commands: Store<String, Command>,
    /// Which instances have an agent of Systems Manager, of those that were asked.
    pub(crate) agents: BTreeMap<InstanceId, bool>,
    /// Associations that were and are no more.
    pub(crate) ended_associations: BTreeSet<AssociationId>,
    /// KMS keys that cannot be used.
    pub(crate) disabled_keys: BTreeSet<String>,
    /// Zones in which EC2 has no capacity.
    pub(crate) starved_zones: BTreeSet<Zone>,
    /// Instances and volumes that AWS manages.
    pub(crate) managed: BTreeSet<String>,
    /// Elastic IPs and network interfaces of other accounts.
    pub(crate) foreign: BTreeSet<String>,
    /// Whether the account's network has no internet gateway.
    pub(crate) is_cut_off: bool,
    /// Device names that an instance cannot use before its next start.
    pub(crate) stuck_devices: BTreeSet<(InstanceId, String)>,
    /// What was made for each client token, and by which call.
    pub(crate) client_tokens: BTreeMap<String, (String, String)>,
    pub(crate) bus: Bus,
    pub(crate) action_counts: ActionCounts,
    pub(crate) notice_counts: NoticeCounts,
    /// Instances that EC2 has recommended to replace since they were launched or started.
    pub(crate) recommended: BTreeSet<InstanceId>,
    /// Instances of which EC2 or their group has ever told that they go, or may.
    pub(crate) announced: BTreeSet<InstanceId>,
    throttle: Throttle,
    call_counts: BTreeMap<&'static str, u64>,
    accepted_counts: BTreeMap<&'static str, u64>,
    pub(crate) faults: Faults,
    pub(crate) judge: Judge,
}

impl Cloud {
    /// An empty account.
    pub fn new(setup: Setup) -> Self {
        let stream = |number| Chance::new(setup.seed, number);
        let keep = setup.timing.max_lag;
        let throttle = match setup.throttling {
            Throttling::On => Throttle::times(1),
            Throttling::Times(factor) => Throttle::times(factor),
            Throttling::Off => Throttle::off(),
        };
        Self {
            now: setup.start,
            agenda: Agenda::default(),
            chance: stream(1),
            eye: stream(2),
            deck: stream(6),
            market: stream(7),
            is_blurred: false,
            mint: Mint::new(stream(3)),
            serials: 0,
            instances: Store::new(keep),
            interfaces: Store::new(keep),
            volumes: Store::new(keep),
            addresses: Store::new(keep),
            spot_requests: Store::new(keep),
            fleets: Store::new(keep),
            templates: Store::new(keep),
            groups: Store::new(keep),
            members: Store::new(keep),
            commands: Store::new(keep),
            agents: BTreeMap::new(),
            ended_associations: BTreeSet::new(),
            disabled_keys: BTreeSet::new(),
            starved_zones: BTreeSet::new(),
            managed: BTreeSet::new(),
            foreign: BTreeSet::new(),
            is_cut_off: false,
            stuck_devices: BTreeSet::new(),
            client_tokens: BTreeMap::new(),
            bus: Bus::new(setup.weather, stream(4)),
            action_counts: ActionCounts::default(),
            notice_counts: NoticeCounts::default(),
            recommended: BTreeSet::new(),
            announced: BTreeSet::new(),
            throttle,
            call_counts: BTreeMap::new(),
            accepted_counts: BTreeMap::new(),
            faults: Faults::new(setup.faults.clone(), stream(5)),
            judge: Judge::default(),
            setup,
        }
    }

    /// The time on the cloud's clock.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How it was set up.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// When something happens next by itself: a transition, or the arrival of an event.
    pub fn next_due(&self) -> Option<Time> {
        self.agenda.next().into_iter().chain(self.bus.next()).min()
    }

    /// Lets time pass, and everything happen that is due by then, in order. Time never goes back.
    pub fn advance(&mut self, to: Time) {
        while let Some((at, due)) = self.agenda.take(to) {
            self.now = self.now.max(at);
            self.happen(due);
        }
        self.now = self.now.max(to);
    }

    /// Lets so many seconds pass.
    pub fn pass(&mut self, seconds: i64) {
        self.advance(self.now + TimeDelta::seconds(seconds));
    }

    /// Carries out a call, now.
    pub fn call(&mut self, request: &Request, who: Principal) -> Result<Response, ApiError> {
        self.perform(request, who)
    }

    /// The same, of one action, with the answer that is its own.
    pub fn perform<O: Operation>(&mut self, operation: &O, who: Principal) -> Result<O::Answer, ApiError> {
        let charges = match who {
            Principal::Holdfast => {
                *self.call_counts.entry(operation.name()).or_default() += 1;
                operation.charges(self)
            }
            Principal::Other => Vec::new(),
        };
        let accused: Vec<&Offence> = charges.iter().filter(|offence| offence.is_in_the_attempt()).collect();
        self.judge.record(self.now, operation, &accused);
        if !self.throttle.admits(operation.name(), operation.kind(), self.now) {
            return Err(operation.throttled());
        }
        if operation.is_dry_run() {
            return Err(ApiError::dry_run());
        }
        let answer = operation.run(self)?;
        if who == Principal::Holdfast {
            *self.accepted_counts.entry(operation.name()).or_default() += 1;
        }
        let accused: Vec<&Offence> = charges.iter().filter(|offence| !offence.is_in_the_attempt()).collect();
        self.judge.record(self.now, operation, &accused);
        Ok(answer)
    }

    /// What is to befall the next call of this action. Whoever carries the call waits as the fate says, before and
    /// after it has [`Cloud::serve`] carry it out.
    pub fn fate(&mut self, action: &'static str, who: Principal) -> Fate {
        match who {
            Principal::Holdfast => self.faults.fate(action, &self.setup.timing),
            Principal::Other => Fate { fault: None, before: TimeDelta::zero(), after: TimeDelta::zero() },
        }
    }

    /// Carries out a call as its fate has it. None: no answer comes.
    pub fn serve<O: Operation>(
        &mut self,
        fate: &Fate,
        operation: &O,
        who: Principal,
    ) -> Option<Result<O::Answer, ApiError>> {
        let Some(fault) = fate.fault else { return Some(self.perform(operation, who)) };
        if !fault.reaches_ec2() {
            let count = self.faults.counts().get(&(operation.name(), fault)).copied().unwrap_or_default();
            return fault.answer(operation.name(), count).map(Err);
        }
        self.is_blurred = fault == Fault::Stale;
        let answer = self.perform(operation, who);
        self.is_blurred = false;
        (!matches!(fault, Fault::Lost | Fault::CrashAfter)).then_some(answer)
    }

    /// The events that have arrived by now, as EventBridge would hand them to a function. Each is given once.
    pub fn take_events(&mut self) -> Vec<Value> {
        self.bus.arrived(self.now)
    }

    /// What the bus did so far.
    pub fn bus_counts(&self) -> BusCounts {
        self.bus.counts()
    }

    /// What became of lifecycle actions so far.
    pub fn action_counts(&self) -> ActionCounts {
        self.action_counts
    }

    /// What EC2 has told of its spot instances so far.
    pub fn notice_counts(&self) -> NoticeCounts {
        self.notice_counts
    }

    /// From now on events travel like this.
    pub fn set_weather(&mut self, weather: Weather) {
        self.bus.set_weather(weather);
    }

    /// From now on Holdfast's calls meet these faults.
    pub fn set_faults(&mut self, shares: Shares) {
        self.faults.set_shares(shares);
    }

    /// From now on the n-th call of Holdfast, counted from 0, meets the fault of that number.
    pub fn set_fault_script(&mut self, script: BTreeMap<u64, Fault>) {
        self.faults.set_script(script);
    }

    /// How often each fault has befallen each action.
    pub fn fault_counts(&self) -> &BTreeMap<(&'static str, Fault), u64> {
        self.faults.counts()
    }

    /// How many calls of each action have come from Holdfast, throttled ones among them.
    pub fn call_counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.call_counts
    }

    /// How many calls of each action EC2 has accepted from Holdfast, those among them whose answer was lost.
    pub fn accepted_counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.accepted_counts
    }

    /// How many calls Holdfast has tried, lost ones among them, since the last script if there was one.
    pub fn calls(&self) -> u64 {
        self.faults.calls()
    }

    /// How many calls were throttled for want of tokens.
    pub fn throttled(&self) -> u64 {
        self.throttle.refused()
    }

    /// What Holdfast's calls were found guilty of.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// The same, to tell it when the world is quiet.
    pub fn judge_mut(&mut self) -> &mut Judge {
        &mut self.judge
    }

    /// When a resource is looked at that an answer shows: now, or a while ago.
    pub(crate) fn glance(&mut self) -> Time {
        let most = self.setup.timing.max_lag;
        if most <= TimeDelta::zero() {
            self.now
        } else if self.is_blurred {
            self.now - most
        } else if self.eye.happens(self.setup.timing.stale_share) {
            self.now - self.eye.delay(Span::millis(0, most.num_milliseconds()))
        } else {
            self.now
        }
    }

    /// An order for a listing.
    pub(crate) fn order(&mut self) -> Order {
        Order(self.deck.number())
    }

    pub(crate) fn after(&mut self, span: Span, due: Due) {
        let at = self.now + self.chance.delay(span);
        self.agenda.add(at, due);
    }

    pub(crate) fn serial(&mut self) -> u64 {
        self.serials += 1;
        self.serials
    }

    /// A private address that nobody has.
    pub(crate) fn private_address(&mut self) -> Ipv4Addr {
        Ipv4Addr::from_bits(0x0A00_0000 | u32::try_from(self.serial() & 0x00FF_FFFF).unwrap_or_default())
    }

    /// A public address that nobody has, from the block for tests of networks (RFC 2544).
    pub(crate) fn public_address(&mut self) -> Ipv4Addr {
        Ipv4Addr::from_bits(0xC612_0000 | u32::try_from(self.serial() & 0x0001_FFFF).unwrap_or_default())
    }

    pub(crate) fn emit(&mut self, event: impl Into<Option<Event>>) {
        if let Some(event) = event.into() {
            let number = self.bus.number();
            let payload = event.payload(number, self.now, &self.setup.region, &self.setup.account);
            self.bus.emit(self.now, payload);
        }
    }
}
