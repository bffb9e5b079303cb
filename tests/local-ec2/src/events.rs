//! Events: what EventBridge would send, in the forms of `reference-events/`.
//!
//! This module builds payloads and sends none.

mod groups;

pub(crate) use groups::{Told, lifecycle_action, member_launched, member_terminated};

use crate::ids::{FleetId, SpotRequestId};
use crate::state::{Fleet, FleetKind, FleetState, Instance, Interruption};
use crate::time::{Time, written};
use planner::ids::{InstanceId, VolumeId};
use planner::observation::InstanceState;
use serde_json::{Value, json};

/// An event before it has an envelope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    source: &'static str,
    detail_type: String,
    /// ARNs without their beginning, such as `instance/i-…`, or whole. Of those without, Auto Scaling's alone have a
    /// colon.
    resources: Vec<String>,
    detail: Value,
}

impl Event {
    fn of_ec2(detail_type: &str, resource: String, detail: Value) -> Self {
        Self { source: "aws.ec2", detail_type: detail_type.to_owned(), resources: vec![resource], detail }
    }

    /// With its envelope.
    pub(crate) fn payload(&self, id: u64, time: Time, region: &str, account: &str) -> Value {
        let arn = |resource: &String| match resource.split_once(':') {
            Some(("arn", _)) => resource.clone(),
            Some(_) => format!("arn:aws:autoscaling:{region}:{account}:{resource}"),
            None => format!("arn:aws:ec2:{region}:{account}:{resource}"),
        };
        json!({
            "version": "0",
            "id": format!("00000000-0000-4000-8000-{id:012x}"),
            "detail-type": self.detail_type,
            "source": self.source,
            "account": account,
            "time": written(time),
            "region": region,
            "resources": self.resources.iter().map(arn).collect::<Vec<_>>(),
            "detail": self.detail,
        })
    }
}

pub(crate) fn instance_state(instance: &InstanceId, state: InstanceState) -> Event {
    let detail = json!({"instance-id": instance.as_str(), "state": state.to_string()});
    Event::of_ec2("EC2 Instance State-change Notification", format!("instance/{instance}"), detail)
}

pub(crate) fn interruption(instance: &InstanceId, action: Interruption) -> Event {
    let detail = json!({"instance-id": instance.as_str(), "instance-action": action.as_str()});
    Event::of_ec2("EC2 Spot Instance Interruption Warning", format!("instance/{instance}"), detail)
}

pub(crate) fn rebalance(instance: &InstanceId) -> Event {
    let detail = json!({"instance-id": instance.as_str()});
    Event::of_ec2("EC2 Instance Rebalance Recommendation", format!("instance/{instance}"), detail)
}

pub(crate) fn fulfillment(request: &SpotRequestId, instance: &InstanceId) -> Event {
    let detail = json!({"spot-instance-request-id": request.as_str(), "instance-id": instance.as_str()});
    Event::of_ec2("EC2 Spot Instance Request Fulfillment", format!("instance/{instance}"), detail)
}

/// An `EBS Volume Notification`: of a volume's making and end, and of an attachment that failed. There is none for
/// an attachment that succeeds, nor for any detachment (EBS user guide, "Amazon EventBridge events for Amazon EBS").
pub(crate) fn volume(volume: &VolumeId, event: &str, result: &str, request_id: &str) -> Event {
    let detail = json!({"result": result, "cause": "", "event": event, "request-id": request_id});
    Event::of_ec2("EBS Volume Notification", format!("volume/{volume}"), detail)
}

pub(crate) fn attachment_failed(volume: &VolumeId, key: &str) -> Event {
    let cause = format!("{key} is disabled.");
    let detail = json!({"event": "attachVolume", "result": "failed", "cause": cause, "request-id": ""});
    let event = Event::of_ec2("EBS Volume Notification", format!("volume/{volume}"), detail);
    let resources = event.resources.into_iter().chain([key.to_owned()]).collect();
    Event { resources, ..event }
}

/// What became of one of a fleet's instances: `launched`, `terminated` or `termination_notified`.
pub(crate) fn fleet_instance(fleet: &Fleet, instance: &Instance, sub_type: &str) -> Option<Event> {
    let description = json!({
        "instanceType": instance.instance_type,
        "image": instance.image,
        "productDescription": "Linux/UNIX",
        "availabilityZone": instance.zone.as_str(),
    });
    let detail = json!({
        "instance-id": instance.id.as_str(),
        "description": description.to_string(),
        "sub-type": sub_type,
    });
    of_fleet(fleet, "Instance Change", detail)
}

/// What became of one of a fleet's spot requests, such as `active`.
pub(crate) fn fleet_request(
    fleet: &Fleet,
    request: &SpotRequestId,
    previous: &str,
    sub_type: &str,
) -> Option<Event> {
    let detail = json!({
        "spot-instance-request-id": request.as_str(),
        "description": format!("SpotInstanceRequestId {request}, PreviousState: {previous}"),
        "sub-type": sub_type,
    });
    of_fleet(fleet, "Spot Instance Request Change", detail)
}

pub(crate) fn fleet_state(fleet: &Fleet, state: FleetState) -> Option<Event> {
    of_fleet(fleet, "State Change", json!({"sub-type": state.name(&fleet.id)}))
}

/// That a fleet cannot launch for now.
pub(crate) fn fleet_halted(fleet: &Fleet) -> Option<Event> {
    let description = "There is no capacity in the fleet's zones";
    let sub_type = "allLaunchSpecsTemporarilyBlacklisted";
    of_fleet(fleet, "Error", json!({"description": description, "sub-type": sub_type}))
}

/// Fleets of the type `instant` tell of nothing (EC2 user guide, "Monitor your EC2 Fleet using EventBridge").
fn of_fleet(fleet: &Fleet, what: &str, detail: Value) -> Option<Event> {
    let FleetArn { source, family, resource } = FleetArn::of(&fleet.id);
    (fleet.kind != FleetKind::Instant).then(|| Event {
        source,
        detail_type: format!("{family} {what}"),
        resources: vec![resource],
        detail,
    })
}

struct FleetArn {
    source: &'static str,
    family: &'static str,
    resource: String,
}

impl FleetArn {
    fn of(id: &FleetId) -> Self {
        if id.is_spot_fleet() {
            let resource = format!("spot-fleet-request/{id}");
            Self { source: "aws.ec2spotfleet", family: "EC2 Spot Fleet", resource }
        } else {
            Self { source: "aws.ec2fleet", family: "EC2 Fleet", resource: format!("fleet/{id}") }
        }
    }
}
