//! The goal: every slot all on one healthy instance of its fleet, as EC2 tells over HTTP.

use crate::Error;
use crate::world::{Instance, World, by_tag};
use std::collections::{BTreeMap, BTreeSet};

/// Where everything is.
#[derive(Debug)]
struct Places {
    /// Instances that a volume or an address is on; only of what is attached for good.
    of: BTreeMap<String, Vec<String>>,
    instances: BTreeMap<String, Instance>,
}

/// Which slots are not held, and why, in words.
pub async fn not_held(world: &World) -> Result<Vec<String>, Error> {
    let places = places(world).await?;
    let mut holders = BTreeSet::new();
    let mut faults = Vec::new();
    for slot in &world.slots {
        let parts = || slot.volumes.iter().chain(&slot.addresses);
        let on: BTreeSet<&[String]> =
            parts().map(|part| places.of.get(part).map(Vec::as_slice).unwrap_or_default()).collect();
        let on: Vec<_> = on.into_iter().collect();
        let holder = match on.as_slice() {
            [[holder]] => places.instances.get(holder),
            _ => None,
        };
        let holds = |instance: &&Instance| instance.is_healthy() && instance.is_of(&slot.fleet);
        let is_held = holder.filter(holds).is_some_and(|holder| holders.insert(holder.id.clone()));
        if !is_held {
            let told = parts().map(|part| format!("{part} on {:?}", places.of.get(part)));
            let told: Vec<String> = told.collect();
            let state = holder.map(|instance| format!("; it is {} {:?}", instance.state, instance.tags));
            let (fleet, name) = (&slot.fleet, &slot.name);
            faults.push(format!("{fleet}/{name}: {}{}", told.join(", "), state.unwrap_or_default()));
        }
    }
    Ok(faults)
}

async fn places(world: &World) -> Result<Places, Error> {
    let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for volume in world.call("DescribeVolumes", &by_tag()).await?.items("volumeSet") {
        let attached = volume.items("attachmentSet").filter(|a| a.text("status") == "attached");
        let on = attached.map(|attachment| attachment.text("instanceId").to_owned()).collect();
        of.insert(volume.text("volumeId").to_owned(), on);
    }
    for address in world.call("DescribeAddresses", &by_tag()).await?.items("addressesSet") {
        let on = Some(address.text("instanceId").to_owned()).filter(|instance| !instance.is_empty());
        of.insert(address.text("allocationId").to_owned(), on.into_iter().collect());
    }
    let instances = world.instances().await?;
    Ok(Places { of, instances: instances.into_iter().map(|i| (i.id.clone(), i)).collect() })
}
