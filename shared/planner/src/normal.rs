//! The normal form of an observation: everything once and in one order, so that the order in which EC2 lists things is
//! of no account.

use crate::observation::Observation;

/// Sorts what was seen. Of a resource that was listed twice, as when the pages of an answer are of different moments,
/// the listing that says more remains: a volume that is in use rather than one that is free.
pub(crate) fn normal(observation: &Observation) -> Observation {
    let mut seen = observation.clone();
    for volume in &mut seen.volumes {
        volume.attachments.sort();
    }
    for instance in &mut seen.instances {
        instance.devices.sort();
    }
    sort_each_once(&mut seen.volumes, |volume| volume.id.clone());
    sort_each_once(&mut seen.addresses, |address| address.allocation.clone());
    sort_each_once(&mut seen.instances, |instance| instance.id.clone());
    seen
}

fn sort_each_once<T: Ord, I: PartialEq>(row: &mut Vec<T>, id: fn(&T) -> I) {
    row.sort_by(|one, other| other.cmp(one));
    row.dedup_by_key(|one| id(one));
    row.reverse();
}
