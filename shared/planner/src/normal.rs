//! The normal form of an observation: everything once and in one order, so that the order in which EC2 lists things is
//! of no account.

use crate::observation::{InstanceState, Observation};

/// Sorts what was seen, and shows an instance that EC2 accepted to terminate as one that ends, whatever an older answer
/// says of it. Of a resource that was listed twice, as when the pages of an answer are of different moments,
/// the listing that says more remains: a volume that is in use rather than one that is free, and an instance that may be
/// using its volumes rather than one that is stopped.
pub(crate) fn normal(observation: &Observation) -> Observation {
    let mut seen = observation.clone();
    for volume in &mut seen.volumes {
        volume.attachments.sort();
    }
    for instance in &mut seen.instances {
        instance.devices.sort();
    }
    seen.hooks.sort();
    seen.hooks.dedup();
    sort_each_once(&mut seen.volumes, |volume| volume.id.clone(), |_| true);
    sort_each_once(&mut seen.addresses, |address| address.allocation.clone(), |_| true);
    sort_each_once(
        &mut seen.instances,
        |instance| instance.id.clone(),
        |instance| instance.state != InstanceState::Stopped,
    );
    for instance in &mut seen.instances {
        if observation.memory.terminated.contains_key(&instance.id)
            && instance.state != InstanceState::Terminated
        {
            instance.state = InstanceState::ShuttingDown;
        }
    }
    seen
}

/// Of several of one id, one that is `better` remains, and of several such the greatest.
fn sort_each_once<T: Ord, I: Ord>(row: &mut Vec<T>, id: fn(&T) -> I, better: fn(&T) -> bool) {
    row.sort_by(|one, other| (id(other), better(other), other).cmp(&(id(one), better(one), one)));
    row.dedup_by_key(|one| id(one));
    row.reverse();
}
