//! Writes Auto Scaling's answers: elements are those of its API reference.

use super::Xml;
use crate::autoscaling::{Activity, GroupView, MemberView};
use crate::error::ApiError;
use crate::listing::Page;
use crate::state::{Group, Hook, LaunchTemplate};

const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";
/// The actions whose answers have no result, not even an empty one.
const WITHOUT_RESULT: [&str; 3] =
    ["CreateAutoScalingGroup", "DeleteAutoScalingGroup", "UpdateAutoScalingGroup"];

/// The document that answers a call.
pub(super) fn document(action: &str, request_id: &str, fill: impl FnOnce(&mut Xml)) -> Vec<u8> {
    Xml::document(&format!("{action}Response"), Some(NAMESPACE), |xml| {
        if !WITHOUT_RESULT.contains(&action) {
            xml.group(&format!("{action}Result"), fill);
        }
        xml.group("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    })
}

/// The document that refuses a call.
pub(super) fn refusal(error: &ApiError, request_id: &str) -> Vec<u8> {
    Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.group("Error", |xml| {
            xml.text("Type", if error.status < 500 { "Sender" } else { "Receiver" });
            xml.text("Code", error.code);
            xml.text("Message", &error.message);
        });
        xml.text("RequestId", request_id);
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "all writers are alike")]
pub(super) fn nothing(_: &mut Xml, (): &()) {}

pub(super) fn groups(xml: &mut Xml, page: &Page<GroupView>) {
    xml.members("AutoScalingGroups", &page.items, group);
    xml.option("NextToken", page.next_token.as_ref());
}

fn group(xml: &mut Xml, view: &GroupView) {
    let Group { name, sizes, .. } = &view.group;
    xml.text("AutoScalingGroupName", name);
    xml.text("AutoScalingGroupARN", &view.arn);
    template(xml, view.template.as_ref());
    xml.text("MinSize", sizes.min);
    xml.text("MaxSize", sizes.max);
    xml.text("DesiredCapacity", sizes.desired);
    xml.text("DefaultCooldown", 300);
    xml.members_of_texts("AvailabilityZones", &view.group.zones);
    xml.text("HealthCheckType", "EC2");
    xml.text("HealthCheckGracePeriod", 0);
    xml.members("Instances", &view.members, |xml, view| {
        // Here in this spelling; by `DescribeAutoScalingInstances` in capitals.
        member(xml, view, if view.member.healthy { "Healthy" } else { "Unhealthy" });
    });
    xml.time("CreatedTime", view.group.created);
    xml.given("VPCZoneIdentifier", &view.group.subnets.join(","));
    xml.option("Status", Some("Delete in progress").filter(|_| view.group.deleting));
    xml.members("Tags", &view.group.tags, |xml, tag| {
        xml.text("ResourceId", name);
        xml.text("ResourceType", "auto-scaling-group");
        xml.text("Key", &tag.key);
        xml.text("Value", &tag.value);
        xml.text("PropagateAtLaunch", tag.propagate_at_launch);
    });
    xml.members_of_texts("TerminationPolicies", ["Default"]);
    xml.text("NewInstancesProtectedFromScaleIn", false);
    xml.text("CapacityRebalance", view.group.rebalances);
}

fn template(xml: &mut Xml, template: Option<&LaunchTemplate>) {
    if let Some(template) = template {
        xml.group("LaunchTemplate", |xml| {
            xml.text("LaunchTemplateId", &template.id);
            xml.text("LaunchTemplateName", &template.name);
            xml.text("Version", 1);
        });
    }
}

pub(super) fn instances(xml: &mut Xml, page: &Page<MemberView>) {
    xml.members("AutoScalingInstances", &page.items, |xml, view| {
        xml.text("AutoScalingGroupName", &view.member.group);
        member(xml, view, if view.member.healthy { "HEALTHY" } else { "UNHEALTHY" });
    });
    xml.option("NextToken", page.next_token.as_ref());
}

fn member(xml: &mut Xml, view: &MemberView, health: &str) {
    xml.text("InstanceId", &view.member.instance);
    xml.text("InstanceType", &view.instance_type);
    xml.text("AvailabilityZone", &view.zone);
    xml.text("LifecycleState", view.member.lifecycle.as_str());
    xml.text("HealthStatus", health);
    template(xml, view.template.as_ref());
    xml.text("ProtectedFromScaleIn", false);
}

pub(super) fn hooks(xml: &mut Xml, hooks: &Vec<Hook>) {
    xml.members("LifecycleHooks", hooks, |xml, hook| {
        xml.text("LifecycleHookName", &hook.name);
        xml.text("AutoScalingGroupName", &hook.group);
        xml.text("LifecycleTransition", hook.transition.as_str());
        xml.given("NotificationMetadata", &hook.metadata);
        xml.text("HeartbeatTimeout", hook.timeout.num_seconds());
        xml.text("GlobalTimeout", hook.global_timeout().num_seconds());
        xml.text("DefaultResult", hook.default_result.as_str());
    });
}

pub(super) fn activity(xml: &mut Xml, activity: &Activity) {
    xml.group("Activity", |xml| written(xml, activity));
}

pub(super) fn activities(xml: &mut Xml, activities: &Vec<Activity>) {
    xml.members("Activities", activities, written);
}

fn written(xml: &mut Xml, activity: &Activity) {
    xml.text("ActivityId", &activity.id);
    xml.text("AutoScalingGroupName", &activity.group);
    xml.text("Description", &activity.description);
    xml.text("Cause", "At the request of a user.");
    xml.time("StartTime", activity.started);
    xml.text("StatusCode", activity.status.as_str());
    xml.text("Progress", 0);
}
