//! Which resources EC2 is asked for, as filters.
//!
//! Always a filter, never a list of ids: an id that EC2 does not know makes a list fail, and unfiltered calls have
//! a smaller share of EC2's patience (EC2 API reference, "Request throttling").

use aws_sdk_ec2::types::Filter;
use planner::ids::{FleetName, InstanceId};
use planner::observation::Instance;
use planner::tags;
use reconciler::ec2::InstanceQuery;
use std::collections::BTreeSet;

/// How many values EC2 takes in one filter (EC2 user guide, "List and filter using the CLI and API").
const MOST_VALUES: usize = 200;

/// Every resource that Holdfast is to look after.
pub(crate) fn managed() -> Filter {
    Filter::builder().name("tag-key").values(tags::FLEET).build()
}

/// The filters, each for a call of its own, that together find what is asked for.
pub(crate) fn of_instances(query: InstanceQuery<'_>) -> Vec<Filter> {
    match query {
        InstanceQuery::Ids(ids) => by_id(ids),
        InstanceQuery::Fleets(names) => tags::FLEET_KEYS.iter().flat_map(|key| by_tag(key, names)).collect(),
    }
}

/// The filters that find what belongs to these instances.
pub(crate) fn by_id(instances: &BTreeSet<InstanceId>) -> Vec<Filter> {
    filters("instance-id", instances.iter().map(|id| id.as_str().to_owned()))
}

fn by_tag(key: &str, names: &BTreeSet<FleetName>) -> Vec<Filter> {
    let names = names.iter().filter(|name| name.is_usable() && name.as_str().starts_with(prefix(key)));
    filters(&format!("tag:{key}"), names.map(|name| escape(name.as_str())))
}

/// What the names in a tag begin with, where EC2 gives them.
fn prefix(key: &str) -> &'static str {
    match key {
        tags::SPOT_FLEET => "sfr-",
        tags::EC2_FLEET => "fleet-",
        _ => "",
    }
}

fn filters(name: &str, values: impl Iterator<Item = String>) -> Vec<Filter> {
    let values: Vec<_> = values.collect();
    let chunks = values.chunks(MOST_VALUES);
    chunks.map(|chunk| Filter::builder().name(name).set_values(Some(chunk.to_vec())).build()).collect()
}

/// The value that a filter matches literally: `*`, `?` and `\` mean themselves only after a `\` (EC2 user guide,
/// "List and filter using the CLI and API").
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '\\' | '*' | '?') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Whether the instance is one that was asked for, whatever EC2 took the filter for.
pub(crate) fn asks_for(query: InstanceQuery<'_>, instance: &Instance) -> bool {
    match query {
        InstanceQuery::Ids(ids) => ids.contains(&instance.id),
        InstanceQuery::Fleets(names) => !names.is_disjoint(&instance.tags.fleets),
    }
}
