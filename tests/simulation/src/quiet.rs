//! The quiet world: looks, one after the other, until they do nothing; and what must be so then.

use crate::caller::{Caller, Looks};
use crate::deployment::{self, Ended};
use crate::goal;
use crate::groups;
use crate::mistake::Mistake;
use crate::routing::{Call, Limits};
use crate::trace::Trace;
use chrono::TimeDelta;
use local_ec2::state::Instance;
use local_ec2::{Cloud, Region};
use planner::ids::{FleetName, InstanceId};
use planner::observation::InstanceState;
use reconciler::events::{Patience, Scope, Trigger, reconcile};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many looks that act the promise allows (README).
pub const LOOKS: u64 = 8;
/// After how many sweeps a fleet that is never done is given up.
const ROUNDS: u64 = 20;

/// After how many sweeps in a row that do nothing a fleet is done: a holder that was terminated has ended by then.
const IDLE: u64 = 3;

/// How long a slot rests with its holder before a recommendation alone moves it.
pub const REST: TimeDelta = TimeDelta::seconds(300);

/// A sweep of one fleet, as by hand: so its looks are told from those of other fleets.
fn sweep(fleet: &str) -> Call {
    let trigger = Trigger {
        function: reconcile::FUNCTION,
        scope: Scope::Fleet(FleetName::new(fleet)),
        warning: None,
        dry_run: false,
        completes_actions: true,
        patience: Patience::Transitions,
    };
    let limits = Limits { timeout: TimeDelta::seconds(55), retries: 0, age: TimeDelta::seconds(60) };
    Call { trigger, limits }
}

/// Looks at a quiet world until looks do nothing. Tells what is not as it should be; nothing, if all is well.
pub async fn settle(region: &Region, trace: &Trace, mistake: Option<Mistake>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut acting: BTreeMap<String, u64> = BTreeMap::new();
    let mut before = turns(&region.cloud());
    let mut idle = 0;
    for round in 0.. {
        // A fleet whose group has been at work is quiet only since then.
        let now = turns(&region.cloud());
        acting.retain(|fleet, _| before.get(fleet) == now.get(fleet));
        let at_rest = before == now
            && now.keys().all(|fleet| groups::is_at_rest(&region.cloud(), fleet))
            && !moves_on(&region.cloud());
        before = now;
        let acted = look_at_all(region, trace, mistake, &mut faults).await;
        for (fleet, looks) in &acted {
            *acting.entry(fleet.clone()).or_default() += looks.acting;
        }
        let is_idle = at_rest && acted.values().all(|looks| looks.acting == 0 && looks.waiting == 0);
        idle = if is_idle { idle + 1 } else { 0 };
        if idle == IDLE {
            break;
        }
        if round == ROUNDS {
            faults.push(format!(
                "after {ROUNDS} sweeps of a quiet world there is still something to do: {acted:?}"
            ));
            break;
        }
        minute().await;
    }
    for (fleet, looks) in acting.iter().filter(|(_, looks)| **looks > LOOKS) {
        faults.push(format!("{fleet} took {looks} looks that acted, and {LOOKS} are promised"));
    }
    faults.extend(goal::shortfalls(&region.cloud()));
    faults.extend(goal::waiting(&region.cloud()));
    let before = turns(&region.cloud());
    tokio::time::sleep(Duration::from_mins(10)).await;
    // Where a hook's time-out came meanwhile, there is something to do.
    let now = turns(&region.cloud());
    let again = look_at_all(region, trace, mistake, &mut faults).await;
    let again = again.iter().filter(|(fleet, _)| before.get(*fleet) == now.get(*fleet));
    for (fleet, Looks { acting, .. }) in again.filter(|(_, looks)| looks.acting > 0) {
        faults.push(format!("{fleet} was done, and a further sweep acted in {acting} looks"));
    }
    faults.extend(judged(&region.cloud()));
    faults
}

/// How often each instance of each managed fleet has changed its state in its Auto Scaling group.
fn turns(cloud: &Cloud) -> BTreeMap<String, BTreeMap<InstanceId, u32>> {
    let managed = goal::managed(cloud).into_iter();
    managed.map(|fleet| (fleet.clone(), groups::turns(cloud, &fleet))).collect()
}

/// Whether a slot has come so lately to an instance which EC2 recommends to replace that it may move on later.
fn moves_on(cloud: &Cloud) -> bool {
    let is_recommended = |instance: &Instance| {
        let mark = instance.tags.get("holdfast:draining");
        instance.state == InstanceState::Running
            && mark.is_some_and(|mark| mark.starts_with("rebalance-recommendation"))
    };
    let managed = cloud.volumes().filter(|volume| volume.tags.get("holdfast:fleet").is_some());
    let mut recent =
        managed.flat_map(|volume| &volume.attachments).filter(|on| cloud.now() - on.since <= REST);
    recent.any(|on| cloud.instance(&on.instance).is_some_and(is_recommended))
}

async fn look_at_all(
    region: &Region,
    trace: &Trace,
    mistake: Option<Mistake>,
    faults: &mut Vec<String>,
) -> BTreeMap<String, Looks> {
    let mut acted = BTreeMap::new();
    let fleets = goal::managed(&region.cloud());
    for fleet in fleets {
        let caller = Caller::new(region, 0, trace, mistake);
        let ended = deployment::invoke(&caller, &sweep(&fleet)).await;
        trace.line(region.cloud().now(), || {
            format!("quiet sweep of {fleet}: {}", deployment::describe(&ended))
        });
        if let Ended::Crashed | Ended::TimedOut = ended {
            faults.push(format!("a sweep of {fleet} in a quiet world did not come to its end"));
        }
        acted.insert(fleet, caller.looks());
    }
    acted
}

/// What the judge found.
pub fn judged(cloud: &Cloud) -> Vec<String> {
    cloud.judge().violations().iter().map(|violation| format!("VIOLATION {violation}")).collect()
}

/// Until the next sweep.
pub async fn minute() {
    tokio::time::sleep(Duration::from_mins(1)).await;
}
