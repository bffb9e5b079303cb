//! The whole story over the in-process face: the real invocations, woken by the cloud's own events and a sweep every
//! minute, bring a slot from an instance that EC2 takes to the one that the fleet launches.

use crate::fleets::{running, spot_fleet};
use crate::stage::{Stage, ZONE, tags};
use chrono::TimeDelta;
use local_ec2::actions::AllocateAddress;
use local_ec2::{Cloud, FleetId, Principal, Region, Setup, Timing, Weather};
use planner::ids::{AllocationId, InstanceId, VolumeId};
use planner::observation::AttachmentState;
use planner::plan::SlotState;
use planner::tags::Policy;
use reconciler::clock::Clock;
use reconciler::events::{Trigger, instance_state_change, reconcile, spot_interruption_warning};
use reconciler::invocation::{self, Outcomes};
use reconciler::settings::Settings;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The functions' time-out.
const LIMIT: TimeDelta = TimeDelta::seconds(180);

fn settings() -> Settings {
    Settings {
        handover: Policy::OnRelease,
        drain_document: None,
        abandon_wrong_zone: false,
        dry_run: false,
        notifications: false,
    }
}

/// What an event of the cloud makes a function do, if there is a rule for it.
fn trigger(event: Value) -> Option<Trigger> {
    match event["detail-type"].as_str() {
        Some("EC2 Spot Instance Interruption Warning") => {
            Some(spot_interruption_warning::parse(event).unwrap())
        }
        Some("EC2 Instance State-change Notification") => {
            let state = event["detail"]["state"].as_str().unwrap();
            let routed = ["running", "shutting-down", "stopped", "terminated"].contains(&state);
            routed.then(|| instance_state_change::parse(event.clone()).unwrap())
        }
        _ => None,
    }
}

/// Holdfast as it is deployed: functions that events and the clock invoke, side by side.
struct Deployment {
    region: Region,
    invocations: JoinSet<Option<Outcomes>>,
    sweep: Instant,
}

impl Deployment {
    fn new(region: &Region) -> Self {
        Self { region: region.clone(), invocations: JoinSet::new(), sweep: Instant::now() }
    }

    fn invoke(&mut self, trigger: Trigger) {
        let caller = self.region.caller(Principal::Holdfast);
        self.invocations.spawn(async move {
            let (clock, settings) = (caller.clock(), settings());
            let deadline = clock.now() + LIMIT;
            let run = invocation::run(&caller, &clock, &settings, &trigger, deadline);
            caller.until_crash(run).await
        });
    }

    /// Lets everything go its way until this is so, for so many minutes at most; tells how many seconds it took.
    async fn until(&mut self, minutes: i64, is_so: impl Fn(&Cloud) -> bool) -> i64 {
        let began = self.region.clock().now();
        loop {
            let seconds = (self.region.clock().now() - began).num_seconds();
            if is_so(&self.region.cloud()) {
                return seconds;
            }
            assert!(seconds < minutes * 60, "not so after {minutes} minutes");
            let events = self.region.cloud().take_events();
            events.into_iter().filter_map(trigger).for_each(|trigger| self.invoke(trigger));
            if Instant::now() >= self.sweep {
                self.sweep += Duration::from_mins(1);
                self.invoke(reconcile::parse(json!({})).unwrap());
            }
            tokio::select! {
                () = self.region.something() => {}
                () = tokio::time::sleep_until(self.sweep) => {}
                Some(done) = self.invocations.join_next() => drop(done.unwrap()),
            }
        }
    }
}

/// A Spot Fleet of one, and a slot of two volumes and an address for it.
fn web(setup: Setup) -> (Region, FleetId, Vec<VolumeId>, AllocationId) {
    let mut stage = Stage { cloud: Cloud::new(setup) };
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let own = [("holdfast:fleet", fleet.as_str())];
    let volumes = vec![stage.volume_in(ZONE, &own), stage.volume_in(ZONE, &own)];
    let address = stage.asks(&AllocateAddress { tags: tags(&own) }).allocation;
    stage.cloud.take_events();
    (Region::new(stage.cloud), fleet, volumes, address)
}

/// The instance that has all of it, attached.
fn holder(cloud: &Cloud, volumes: &[VolumeId], address: &AllocationId) -> Option<InstanceId> {
    let holder = cloud.holder_of(address)?;
    let has = |volume| {
        let attachment = cloud.volume(volume)?.attachment_to(holder)?;
        (attachment.state == AttachmentState::Attached).then_some(())
    };
    volumes.iter().all(|volume| has(volume).is_some()).then(|| holder.clone())
}

/// Has EC2 take the instance that holds the slot, and waits until its replacement holds it.
async fn replacement(setup: Setup) -> (Region, i64) {
    let (region, fleet, volumes, address) = web(setup);
    let mut holdfast = Deployment::new(&region);
    let held = |cloud: &Cloud| holder(cloud, &volumes, &address);
    holdfast.until(10, |cloud| held(cloud).is_some()).await;
    let old = held(&region.cloud()).unwrap();
    region.cloud().interrupt(&old).unwrap();
    let took = holdfast.until(30, |cloud| held(cloud).is_some_and(|holder| holder != old)).await;
    let new = held(&region.cloud()).unwrap();
    let stage = Stage { cloud: region.cloud().clone() };
    assert_eq!(running(&stage, &fleet), [new]);
    assert_eq!(region.cloud().judge().violations(), []);
    (region, took)
}

#[tokio::test(start_paused = true)]
async fn a_slot_follows_its_fleet_through_an_interruption() {
    let (region, took) = replacement(Setup::default()).await;
    // Two minutes of notice, then 20 to 90 seconds until EC2 lets go.
    assert!((140..240).contains(&took), "{took} s");
    assert_eq!(region.cloud().judge().displaced(), 0);
    let sweep = reconcile::parse(json!({})).unwrap();
    let caller = region.caller(Principal::Holdfast);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let deadline = caller.now() + LIMIT;
    let outcomes = invocation::run(&caller, &caller, &settings(), &sweep, deadline).await;
    let [fleet] = outcomes.report.fleets.as_slice() else { panic!("{outcomes:?}") };
    let [slot] = fleet.slots.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!((slot.state, slot.steps.len(), &outcomes.failure), (SlotState::Held, 0, &None));
    // Two volumes and an address, once to the first instance and once to the second, whose predecessor took the
    // association along.
    let acts = ["AttachVolume", "AssociateAddress", "DetachVolume", "DisassociateAddress", "CreateTags"];
    let counts = acts.map(|act| region.cloud().call_counts().get(act).copied().unwrap_or_default());
    assert_eq!(counts, [4, 2, 0, 0, 1]);
    assert_eq!(region.cloud().throttled(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slot_follows_its_fleet_in_bad_weather() {
    for seed in 1..=20 {
        fastrand::seed(seed);
        let weather = Weather { lost: 0.3, doubled: 0.2, late: 0.2, ..Weather::default() };
        let timing = Timing::default().with_lag(4);
        let faults = "*:throttled=0.03,5xx=0.03,reset=0.03,slow=0.03,lost=0.03,timeout=0.02,crash=0.03";
        let setup = Setup { seed, weather, timing, faults: faults.parse().unwrap(), ..Setup::default() };
        let (region, _) = replacement(setup).await;
        let befallen: u64 = region.cloud().fault_counts().values().sum();
        assert!(befallen > 0, "seed {seed}: nothing went wrong");
    }
}
