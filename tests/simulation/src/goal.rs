//! The goal, by the cloud's own truth: which slots are held, and which are not although they could be.
//!
//! It reads tags and states itself and asks nothing of the planner, whose work it judges. A slot that is not held
//! needs an excuse that the contract knows; one that could be held by some instance which nothing keeps from it has none.

mod instances;
mod places;
mod slots;
mod waits;

pub use instances::Standing;
pub use slots::{Parts, slots};
pub use waits::{is_left_to_its_time_out, kept, waiting};

use local_ec2::Cloud;
use planner::ids::InstanceId;
use std::collections::{BTreeMap, BTreeSet};

/// The name of a slot: its fleet and its own.
pub type Name = (String, String);

/// The names of all managed fleets.
pub fn managed(cloud: &Cloud) -> BTreeSet<String> {
    slots(cloud).into_keys().map(|(fleet, _)| fleet).collect()
}

/// Every slot that is all on one healthy instance, and that instance.
pub fn held(cloud: &Cloud) -> BTreeMap<Name, InstanceId> {
    let held = slots(cloud).into_iter().filter_map(|(name, parts)| Some((name, parts.holder(cloud)?)));
    held.collect()
}

/// What is not held although it could be, in words; nothing, if all is well.
pub fn shortfalls(cloud: &Cloud) -> Vec<String> {
    let all = slots(cloud);
    let standing = Standing::read(&all, cloud);
    let short = all.iter().filter(|(_, parts)| parts.holder(cloud).is_none()).filter_map(|(name, parts)| {
        let instance = standing.who_could_hold(name, parts).into_iter().next()?;
        Some(format!("{}/{} is not held, and {instance} could hold it: {parts}", name.0, name.1))
    });
    short.collect()
}
