//! Which instances are asked for, as filters: those of the adapter over the AWS SDK (`shared/aws`, `query`).

use crate::filter::Filter;
use planner::ids::{FleetName, InstanceId};
use planner::tags;
use reconciler::ec2::InstanceQuery;
use std::collections::BTreeSet;

/// How many values EC2 takes in one filter.
const MOST_VALUES: usize = 200;

/// The filters, each for a call of its own.
pub(super) fn of_instances(query: InstanceQuery<'_>) -> Vec<Filter> {
    match query {
        InstanceQuery::Ids(ids) => by_id(ids),
        InstanceQuery::Fleets(names) => tags::FLEET_KEYS.iter().flat_map(|key| by_tag(key, names)).collect(),
    }
}

/// The filters that find what belongs to these instances.
pub(super) fn by_id(instances: &BTreeSet<InstanceId>) -> Vec<Filter> {
    chunks("instance-id", &instances.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A fleet whose name AWS gives is asked for by its own tag key, and by those that anybody may set.
fn by_tag(key: &str, names: &BTreeSet<FleetName>) -> Vec<Filter> {
    let prefix = match key {
        tags::SPOT_FLEET => "sfr-",
        tags::EC2_FLEET => "fleet-",
        _ => "",
    };
    let names = names.iter().map(FleetName::as_str).filter(|name| name.starts_with(prefix));
    chunks(&format!("tag:{key}"), &names.map(escape).collect::<Vec<_>>())
}

fn chunks(name: &str, values: &[String]) -> Vec<Filter> {
    let chunks = values.chunks(MOST_VALUES);
    chunks.map(|chunk| Filter { name: name.to_owned(), values: chunk.to_vec() }).collect()
}

/// The pattern that matches the text alone.
fn escape(text: &str) -> String {
    let escaped = |c: char| if matches!(c, '\\' | '*' | '?') { vec!['\\', c] } else { vec![c] };
    text.chars().flat_map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::is_match;

    #[test]
    fn a_name_of_wildcards_matches_itself_alone() {
        let name = r"a*b?c\d";
        assert!(is_match(&escape(name), name));
        assert!(!is_match(&escape(name), r"axb1c\d"));
    }
}
