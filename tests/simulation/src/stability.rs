//! Static stability: every function stops, the world goes on, and whoever holds a slot and stays healthy keeps all of it.

use crate::churn::Churn;
use crate::deployment::Deployment;
use crate::goal;
use crate::quiet;
use crate::routing::Rules;
use crate::seed::on_paused_clock;
use crate::trace::Trace;
use crate::world;
use chrono::TimeDelta;
use local_ec2::{Cloud, Region, Shares};
use planner::ids::InstanceId;
use reconciler::clock::Clock;
use std::collections::BTreeMap;
use std::time::Duration;

/// What came of a world without Holdfast.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outage {
    /// Slots that were held when the functions stopped.
    pub held: u64,
    /// Those of them whose holder ran through.
    pub unaffected: u64,
    /// What was not as it should be.
    pub faults: Vec<String>,
}

/// Lets a world come to rest, stops every function, and lets it churn for so many hours.
pub fn outage(seed: u64, hours: u32, rules: &Rules) -> Outage {
    fastrand::seed(seed);
    let fault = |text: String| Outage { faults: vec![text], ..Outage::default() };
    match on_paused_clock(stop_and_churn(seed, hours, rules)) {
        Ok(Ok(outage)) => outage,
        Ok(Err(error)) => fault(error),
        Err(error) => fault(error.to_string()),
    }
}

async fn stop_and_churn(seed: u64, hours: u32, rules: &Rules) -> Result<Outage, String> {
    let world = world::draw(seed).map_err(|error| error.to_string())?;
    let region = Region::new(world.cloud);
    let trace = Trace::off();
    let mut churn = Churn::new(region.clock().now(), world.fleets, world.random);
    let mut deployment = Deployment::new(&region, rules, &trace, None);
    let end = region.clock().now() + TimeDelta::minutes(20);
    deployment.until(end, &mut churn).await.map_err(|error| error.to_string())?;
    drop(deployment.stop());
    region.cloud().set_faults(Shares::default());
    region.cloud().mend_agents();
    tokio::time::sleep(Duration::from_mins(20)).await;
    quiet::settle(&region, &trace, None).await;

    let held = goal::held(&region.cloud());
    let turns = turns(&region.cloud());
    let end = region.clock().now() + TimeDelta::hours(i64::from(hours));
    while region.clock().now() < end {
        tokio::time::sleep_until(region.clock().instant(churn.next)).await;
        churn.turn(&mut region.cloud());
    }
    Ok(compare(&held, &turns, &region.cloud()))
}

/// How often each instance has changed its state.
fn turns(cloud: &Cloud) -> BTreeMap<InstanceId, u32> {
    cloud.instances().map(|instance| (instance.id.clone(), instance.turn)).collect()
}

fn compare(
    held: &BTreeMap<goal::Name, InstanceId>,
    turns: &BTreeMap<InstanceId, u32>,
    cloud: &Cloud,
) -> Outage {
    let mut outage = Outage::default();
    let slots = goal::slots(cloud);
    for (name, holder) in held {
        outage.held += 1;
        if cloud.instance(holder).map(|instance| instance.turn) != turns.get(holder).copied() {
            continue;
        }
        match slots.get(name) {
            Some(parts) if parts.is_all_on(holder) => outage.unaffected += 1,
            parts => {
                let parts = parts.map(ToString::to_string).unwrap_or_default();
                let (fleet, slot) = name;
                outage.faults.push(format!("{holder} ran through and lost {fleet}/{slot}: {parts}"));
            }
        }
    }
    outage
}
