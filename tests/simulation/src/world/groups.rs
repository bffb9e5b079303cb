//! Random Auto Scaling groups, and their hooks.

use super::{Fleet, chance};
use crate::groups::{self, Wanted};
use crate::stage;
use local_ec2::autoscaling::HookSpec;
use local_ec2::state::{Interruption, LaunchData, Market, Transition};
use local_ec2::{ApiError, Cloud};
use planner::ids::Zone;
use planner::tags::Tags;

/// The part of a fleet's draws that a group shares with the others.
pub(super) struct Plain {
    pub(super) name: String,
    pub(super) zones: Vec<Zone>,
    pub(super) places: u32,
    pub(super) size: usize,
    /// Tags of another fleet that its instances have as well, if so.
    pub(super) rival: Tags,
}

/// Makes a group of random hooks.
pub(super) fn draw(cloud: &mut Cloud, plain: Plain, random: &mut fastrand::Rng) -> Result<Fleet, ApiError> {
    let Plain { name, zones, places, size, rival } = plain;
    let spot = Market { persistent: false, interruption: Interruption::Terminate };
    let data = stage::data(places, false, chance(random, 0.4).then_some(spot));
    let hooks = hooks(random);
    let wanted = Wanted {
        name: &name,
        data: LaunchData { tag_specifications: super::specification(&rival), ..data.clone() },
        zones: &zones,
        size,
        hooks: hooks.clone(),
        tags: if random.bool() { stage::tags(&[("holdfast:fleet", &name)]) } else { Tags::new() },
        rebalances: chance(random, 0.3),
    };
    groups::make(cloud, wanted)?;
    Ok(Fleet { name, zones, data, tags: Tags::new(), size, kept: true, hooks: Some(hooks) })
}

fn hooks(random: &mut fastrand::Rng) -> Vec<HookSpec> {
    let mut hooks = Vec::new();
    let mut timeout =
        |shortest: &[i64]| random.choice([shortest, &[120, 300, 3600][..]].concat()).unwrap_or(300);
    // A group that ends what it has just launched for want of an answer, faster than sweeps come, goes on for ever.
    let (patient, hasty) = (timeout(&[]), timeout(&[30, 60]));
    let terminating = timeout(&[30, 60]);
    if chance(random, 0.8) {
        let (timeout, result) = if random.bool() { (patient, "ABANDON") } else { (hasty, "CONTINUE") };
        hooks.push(groups::hook("holdfast-launch", Transition::Launching, timeout, result));
    }
    if chance(random, 0.8) {
        let result = random.choice(["ABANDON", "CONTINUE"]).unwrap_or_default();
        hooks.push(groups::hook("holdfast-terminate", Transition::Terminating, terminating, result));
    }
    // Somebody else's, which nobody completes.
    if chance(random, 0.15) {
        let transition = if random.bool() { Transition::Launching } else { Transition::Terminating };
        hooks.push(groups::hook("backup", transition, random.i64(30..=120), "CONTINUE"));
    }
    hooks
}
