//! Lifecycle actions: which instances still wait for Holdfast, and which have to.
//!
//! What keeps one waiting is told only where that is beyond doubt: nobody else could take the slot, or nothing that could
//! have kept it from being drained has happened.

use super::instances::{self, Standing};
use super::slots::{Parts, slots};
use super::{Name, managed};
use local_ec2::Cloud;
use local_ec2::ssm::Status;
use local_ec2::state::{Instance, Lifecycle, LifecycleAction, Member, Usage, VolumeLife};
use planner::ids::InstanceId;
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::FLEET;
use std::collections::BTreeMap;

/// What the names of Holdfast's hooks begin with (docs/groups.md).
const PREFIX: &str = "holdfast";
/// For how many seconds after its announcement the end of a holder is surely put off, for a candidate that may come (the
/// same: 75).
const PUT_OFF: i64 = 60;

/// The instances that wait for an action which Holdfast is to complete, in words; in a quiet world nobody does.
pub fn waiting(cloud: &Cloud) -> Vec<String> {
    let managed = managed(cloud);
    let waiting = members(cloud)
        .filter(|member| managed.contains(member.group.as_str()) && !is_left_to_its_time_out(member, cloud));
    let told = waiting.map(|member| {
        format!("{} is {} in {} and still waits", member.instance, member.lifecycle.as_str(), member.group)
    });
    told.collect()
}

/// Whether nobody may let it go before the hook's own time-out: EC2 would delete a volume of the fleet with it, several managed
/// fleets claim it, or it is paused, or something of a slot on it is.
pub fn is_left_to_its_time_out(member: &Member, cloud: &Cloud) -> bool {
    let managed = managed(cloud);
    let claims = cloud.instance(&member.instance).map(instances::fleets).unwrap_or_default();
    let is_rivalled = claims.iter().filter(|fleet| managed.contains(**fleet)).count() > 1;
    let tagged = cloud.volumes().filter(|volume| volume.tags.get(FLEET).is_some());
    let mut attachments = tagged.flat_map(|volume| &volume.attachments);
    let has_paused = |parts: &Parts<'_>| {
        let on = parts.volumes.iter().flat_map(|volume| &volume.attachments);
        let mut on = on.map(|own| &own.instance).chain(parts.pointed_at.iter().flatten());
        on.any(|id| *id == member.instance) && (parts.is_paused() || parts.is_bad())
    };
    member.lifecycle == Lifecycle::TerminatingWait
        && (is_rivalled
            || cloud.instance(&member.instance).is_some_and(instances::is_paused)
            || slots(cloud).values().any(has_paused)
            || attachments.any(|own| own.instance == member.instance && own.delete_on_termination))
}

/// The members that one of Holdfast's hooks keeps waiting.
fn members(cloud: &Cloud) -> impl Iterator<Item = &Member> {
    let is_ours = |action: &LifecycleAction| action.hook.starts_with(PREFIX);
    let members = cloud.instances().filter_map(|instance| cloud.member(&instance.id));
    members.filter(move |member| member.actions.iter().any(is_ours))
}

/// The instances that must not go on yet, and why.
pub fn kept(cloud: &Cloud) -> BTreeMap<InstanceId, String> {
    if members(cloud).next().is_none() {
        return BTreeMap::new();
    }
    let all = slots(cloud);
    let standing = Standing::read(&all, cloud);
    let mut kept = BTreeMap::new();
    for member in members(cloud) {
        let own = || all.iter().filter(|((fleet, _), _)| fleet == member.group.as_str());
        let Some(instance) = cloud.instance(&member.instance) else { continue };
        // A slot without room for its addresses is blocked, and holds nobody up, though it may take the instance.
        let has_room =
            own().all(|(_, parts)| parts.holder(cloud).is_some() || standing.has_room(parts, instance));
        for (name, parts) in own() {
            let reason = match member.lifecycle {
                Lifecycle::PendingWait if instance.state == InstanceState::Pending => {
                    Some("it does not run yet".to_owned())
                }
                Lifecycle::PendingWait => (has_room && is_bound_for(name, parts, instance, &standing, cloud))
                    .then(|| format!("{}/{} is on its way to it", name.0, name.1)),
                Lifecycle::TerminatingWait => is_to_leave(name, parts, instance, &standing, cloud)
                    .then(|| format!("{}/{} is to come off it", name.0, name.1)),
                Lifecycle::Pending
                | Lifecycle::PendingProceed
                | Lifecycle::InService
                | Lifecycle::Terminating
                | Lifecycle::TerminatingProceed
                | Lifecycle::EnteringStandby
                | Lifecycle::Standby
                | Lifecycle::Detaching => None,
            };
            kept.extend(reason.map(|reason| (instance.id.clone(), reason)));
        }
    }
    kept
}

/// Whether the slot is to be on the instance and is not whole there, and no other instance may take one.
fn is_bound_for(
    name: &Name,
    parts: &Parts<'_>,
    instance: &Instance,
    standing: &Standing<'_>,
    cloud: &Cloud,
) -> bool {
    parts.holder(cloud).is_none()
        && parts.volumes.iter().all(|volume| volume.life == VolumeLife::Ready)
        && standing.who_could_hold(name, parts) == [instance.id.clone()]
        && !cloud.instances().any(|other| other.id != instance.id && standing.is_fit(name, other))
}

/// Whether the slot is on the instance, has to come off before that ends, and can.
fn is_to_leave(
    name: &Name,
    parts: &Parts<'_>,
    instance: &Instance,
    standing: &Standing<'_>,
    cloud: &Cloud,
) -> bool {
    let is_here = parts.volumes.iter().all(|volume| {
        let on = volume.attachments.as_slice();
        matches!(on, [on] if on.instance == instance.id
            && on.state == AttachmentState::Attached
            && on.usage != Usage::Drained
            && !on.delete_on_termination)
    });
    let may_leave = !parts.volumes.is_empty()
        && is_here
        && instance.state == InstanceState::Running
        && standing.is_open(name, parts)
        && standing.is_alone(name, &instance.id);
    may_leave
        && match parts.policy() {
            Some("drain") => !has_failed(instance, cloud),
            Some("terminate") => {
                was_announced_lately(instance, cloud)
                    && standing.has_one_fleet(instance)
                    && has_nothing_else(parts, instance, cloud)
                    && !cloud.instances().any(|other| {
                        other.id != instance.id
                            && other.zone == instance.zone
                            && other.state == InstanceState::Running
                    })
            }
            Some(_) | None => false,
        }
}

/// Whether a command to drain it has ever failed: then it may be let go undrained.
fn has_failed(instance: &Instance, cloud: &Cloud) -> bool {
    let mut of_it = cloud.commands().filter(|command| command.instances.contains(&instance.id));
    of_it.any(|command| match command.status {
        Status::Failed | Status::DeliveryTimedOut | Status::ExecutionTimedOut => true,
        Status::Pending | Status::InProgress | Status::Success => false,
    })
}

fn was_announced_lately(instance: &Instance, cloud: &Cloud) -> bool {
    let since = instances::marked_since(instance);
    let mark = instance.tags.get("holdfast:draining").unwrap_or_default();
    mark.starts_with("terminate-lifecycle-action ")
        && since.is_some_and(|since| (0..PUT_OFF).contains(&(cloud.now() - since).num_seconds()))
}

fn has_nothing_else(parts: &Parts<'_>, instance: &Instance, cloud: &Cloud) -> bool {
    let mut attached =
        cloud.volumes().filter_map(|volume| Some((volume, volume.attachment_to(&instance.id)?)));
    attached.all(|(volume, on)| {
        on.device == instance.root_device || parts.volumes.iter().any(|own| own.id == volume.id)
    })
}
