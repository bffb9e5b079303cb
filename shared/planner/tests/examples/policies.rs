//! Policies: which one a slot has, and what none of them touches. What `drain` and `terminate` do about a draining holder
//! has a module for each.

use crate::expected::{Expected, blocked, check, detach, held, moving, waiting};
use planner::fixtures::{InstanceBuilder, Look, VolumeBuilder, address, instance, look, volume};
use planner::observation::InstanceState;
use planner::tags::{HANDOVER, Policy};

/// A slot of one volume on instance 1, with a candidate.
fn held_by(holder: InstanceBuilder, volume: VolumeBuilder) -> Look {
    look().sees(holder).sees(instance(2)).sees(volume.on(1))
}

fn with_policy(policy: Policy) -> VolumeBuilder {
    volume(1).tagged(&[(HANDOVER, policy.as_str())])
}

/// Compares under a policy that the tag names, and under the same as the default.
fn check_policy(policy: Policy, holder: &InstanceBuilder, expected: &Expected) {
    check(held_by(holder.clone(), with_policy(policy)), expected.clone());
    check(held_by(holder.clone(), volume(1)).but(|seen| seen.default_policy = policy), expected.clone());
}

#[test]
fn on_release_leaves_the_volume_on_a_draining_holder() {
    check_policy(Policy::OnRelease, &instance(1).draining("by hand"), &waiting("holder-draining").on(1));
}

#[test]
fn healthy_holder_keeps_the_slot_under_every_policy() {
    for policy in Policy::ALL {
        check_policy(policy, &instance(1), &held(1));
    }
}

#[test]
fn stopped_holder_gives_the_volume_under_every_policy() {
    let stopped = instance(1).is(InstanceState::Stopped);
    for policy in Policy::ALL {
        check_policy(policy, &stopped, &moving().on(1).lead(detach(1, 1)));
    }
}

#[test]
fn tag_wins_over_the_default() {
    let seen = held_by(instance(1), with_policy(Policy::OnRelease));
    check(seen.but(|seen| seen.default_policy = Policy::Terminate), held(1));
}

#[test]
fn policy_of_an_address_is_the_policy_of_its_slot() {
    check(
        held_by(instance(1).draining("by hand"), volume(1))
            .sees(address(1).on(1).tagged(&[(HANDOVER, "terminate")])),
        moving().on(1).told("holder-draining").lead(crate::expected::terminate(1)),
    );
}

#[test]
fn unknown_policy_blocks() {
    for value in ["Drain", "on_release", "force", " drain"] {
        check(
            held_by(instance(1).is(InstanceState::Stopped), volume(1).tagged(&[(HANDOVER, value)])),
            blocked("unknown-policy").on(1),
        );
    }
}

#[test]
fn policies_that_disagree_block() {
    check(
        held_by(instance(1).is(InstanceState::Stopped), with_policy(Policy::OnRelease))
            .sees(address(1).tagged(&[(HANDOVER, "drain")])),
        blocked("policies-disagree").on(1),
    );
}

#[test]
fn delete_on_termination_is_told_under_every_policy() {
    let doomed = |volume: VolumeBuilder| {
        volume.on(1).but(|v| v.attachments.iter_mut().for_each(|a| a.delete_on_termination = true))
    };
    let seen = |policy| look().sees(instance(1)).sees(doomed(with_policy(policy)));
    for policy in Policy::ALL {
        check(seen(policy), held(1).told("delete-on-termination"));
    }
}
