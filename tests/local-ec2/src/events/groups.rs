//! Events of Auto Scaling: of lifecycle actions, and of launches and ends that are complete (Auto Scaling user guide,
//! "EventBridge event reference").

use super::Event;
use crate::state::{Group, Hook, Instance, LifecycleAction, Transition};
use crate::time::{Time, written};
use planner::ids::InstanceId;
use serde_json::{Map, Value, json};

/// That an instance waits for whoever completes the action.
pub(crate) fn lifecycle_action(
    group: &Group,
    hook: &Hook,
    action: &LifecycleAction,
    id: &InstanceId,
) -> Event {
    let what = match hook.transition {
        Transition::Launching => "launch",
        Transition::Terminating => "terminate",
    };
    let mut detail = Map::from_iter([
        ("LifecycleActionToken".to_owned(), json!(action.token)),
        ("AutoScalingGroupName".to_owned(), json!(group.name.as_str())),
        ("LifecycleHookName".to_owned(), json!(hook.name)),
        ("EC2InstanceId".to_owned(), json!(id.as_str())),
        ("LifecycleTransition".to_owned(), json!(hook.transition.as_str())),
    ]);
    if !hook.metadata.is_empty() {
        detail.insert("NotificationMetadata".to_owned(), json!(hook.metadata));
    }
    of_group(group, &format!("EC2 Instance-{what} Lifecycle Action"), Vec::new(), Value::Object(detail))
}

/// What an activity of a group is told with.
pub(crate) struct Told<'t> {
    pub(crate) group: &'t Group,
    pub(crate) instance: &'t Instance,
    pub(crate) subnet: String,
    /// The ids of the activity and of the request, UUIDs.
    pub(crate) ids: [String; 2],
    pub(crate) now: Time,
}

/// That an instance is in service.
pub(crate) fn member_launched(told: &Told<'_>) -> Event {
    activity(told, "EC2 Instance Launch Successful", "Launching a new")
}

/// That an instance has ended.
pub(crate) fn member_terminated(told: &Told<'_>) -> Event {
    activity(told, "EC2 Instance Terminate Successful", "Terminating")
}

fn activity(told: &Told<'_>, detail_type: &str, doing: &str) -> Event {
    let Told { group, instance, subnet, ids: [activity, request], now } = told;
    let detail = json!({
        // So it stands in the reference, of what is complete, too.
        "StatusCode": "InProgress",
        "Description": format!("{doing} EC2 instance: {}", instance.id),
        "AutoScalingGroupName": group.name.as_str(),
        "ActivityId": activity,
        "Details": {"Availability Zone": instance.zone.as_str(), "Subnet ID": subnet},
        "RequestId": request,
        "StatusMessage": "",
        "EndTime": written(*now),
        "EC2InstanceId": instance.id.as_str(),
        "StartTime": written(*now),
        "Cause": format!("At {} the group did so.", written(*now)),
    });
    of_group(group, detail_type, vec![format!("instance/{}", instance.id)], detail)
}

fn of_group(group: &Group, detail_type: &str, others: Vec<String>, detail: Value) -> Event {
    let resources = [vec![group.resource()], others].concat();
    Event { source: "aws.autoscaling", detail_type: detail_type.to_owned(), resources, detail }
}
