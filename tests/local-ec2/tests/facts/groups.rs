//! Auto Scaling groups: how they keep their capacity, what they launch, how they end.

use crate::instances::terminate;
use crate::stage::{OTHER_ZONE, Stage, ZONE, tagged_data};
use local_ec2::actions::{CreateLaunchTemplate, StopInstances, TemplateSpec};
use local_ec2::autoscaling::{
    CreateAutoScalingGroup, DeleteAutoScalingGroup, DescribeAutoScalingGroups, DescribeAutoScalingInstances,
    HookSpec, TerminateInstanceInAutoScalingGroup, UpdateAutoScalingGroup,
};
use local_ec2::state::{GroupTag, LaunchData, Lifecycle, Market, Sizes};
use local_ec2::{GroupName, Setup, Throttling, Timing};
use planner::ids::{InstanceId, Zone};
use planner::observation::InstanceState;

pub(crate) const LAUNCHING: &str = "autoscaling:EC2_INSTANCE_LAUNCHING";
pub(crate) const TERMINATING: &str = "autoscaling:EC2_INSTANCE_TERMINATING";

pub(crate) fn web() -> GroupName {
    GroupName::parse("web").unwrap()
}

/// A hook of 300 s with the default result.
pub(crate) fn hook(name: &str, transition: &str, default_result: &str) -> HookSpec {
    HookSpec {
        lifecycle_hook_name: name.to_owned(),
        lifecycle_transition: transition.to_owned(),
        heartbeat_timeout: Some(300),
        default_result: default_result.to_owned(),
        notification_metadata: String::new(),
    }
}

/// A launch template of that data.
fn template(stage: &mut Stage, data: LaunchData) -> TemplateSpec {
    let call = CreateLaunchTemplate { launch_template_name: "web".to_owned(), data, ..Default::default() };
    TemplateSpec { launch_template_id: stage.asks(&call).id.to_string(), ..TemplateSpec::default() }
}

/// A group `web` of as many instances, at least none and at most four.
pub(crate) fn group(stage: &mut Stage, desired: u32) -> CreateAutoScalingGroup {
    CreateAutoScalingGroup {
        auto_scaling_group_name: "web".to_owned(),
        launch_template: template(stage, tagged_data("", &[("Name", "of the template"), ("kept", "1")])),
        min_size: Some(0),
        max_size: Some(4),
        desired_capacity: Some(desired),
        availability_zones: vec![ZONE.to_owned()],
        ..CreateAutoScalingGroup::default()
    }
}

/// Makes the group, and waits until its instances run.
pub(crate) fn started(stage: &mut Stage, call: &CreateAutoScalingGroup) -> Vec<InstanceId> {
    stage.asks(call);
    stage.pass(80);
    let ids = members(stage);
    assert_eq!(u32::try_from(ids.len()).unwrap(), call.desired_capacity.or(call.min_size).unwrap());
    ids
}

/// The group's instances, the oldest first.
pub(crate) fn members(stage: &Stage) -> Vec<InstanceId> {
    let name = web();
    let mut ids: Vec<_> = stage.cloud.group_members(&name).map(|member| member.instance.clone()).collect();
    ids.sort_by_key(|id| (stage.cloud.instance(id).map(|own| own.launched), id.clone()));
    ids
}

/// Its instances by state.
pub(crate) fn lifecycles(stage: &Stage) -> Vec<Lifecycle> {
    let name = web();
    let mut all: Vec<_> = stage.cloud.group_members(&name).map(|member| member.lifecycle).collect();
    all.sort();
    all
}

#[track_caller]
pub(crate) fn lifecycle(stage: &Stage, id: &InstanceId) -> Lifecycle {
    stage.cloud.member(id).expect("a member").lifecycle
}

pub(crate) fn scale(desired: u32) -> UpdateAutoScalingGroup {
    UpdateAutoScalingGroup {
        auto_scaling_group_name: "web".to_owned(),
        desired_capacity: Some(desired),
        ..UpdateAutoScalingGroup::default()
    }
}

pub(crate) fn end(id: &InstanceId, decrement: bool) -> TerminateInstanceInAutoScalingGroup {
    let should_decrement_desired_capacity = Some(decrement);
    TerminateInstanceInAutoScalingGroup { instance_id: id.to_string(), should_decrement_desired_capacity }
}

fn sizes(stage: &Stage) -> Sizes {
    stage.cloud.group(&web()).expect("a group").sizes
}

#[test]
fn a_group_launches_tagged_instances_that_go_into_service() {
    let mut stage = Stage::new();
    let tag = |key: &str, propagate_at_launch| GroupTag {
        key: key.to_owned(),
        value: "of the group".to_owned(),
        propagate_at_launch,
    };
    let tags = vec![tag("Name", true), tag("own", false)];
    let call = CreateAutoScalingGroup { tags, ..group(&mut stage, 2) };
    stage.asks(&call);
    stage.pass(31);
    assert_eq!(lifecycles(&stage), [Lifecycle::Pending; 2]);
    stage.pass(40);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService; 2]);
    for id in members(&stage) {
        let instance = stage.shown(&id).instance;
        assert_eq!(instance.state, InstanceState::Running);
        let tags = ["aws:autoscaling:groupName", "Name", "kept", "own"].map(|key| instance.tags.get(key));
        assert_eq!(tags, [Some("web"), Some("of the group"), Some("1"), None]);
        assert_eq!(stage.cloud.spot_request(&id), None);
    }
    let call = DescribeAutoScalingGroups::default();
    let [view] = stage.asks(&call).items.try_into().unwrap();
    let auto_scaling_group_names = vec!["web".to_owned(); 51];
    let too_many = DescribeAutoScalingGroups { auto_scaling_group_names, ..call };
    stage.refuses(&too_many, "ValidationError", "limited to 50");
    let larger = DescribeAutoScalingGroups { max_records: Some(51), ..too_many };
    assert_eq!(stage.asks(&larger).items.len(), 1);
    assert_eq!(view.members.len(), 2);
    assert!(view.arn.starts_with("arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:"));
    assert!(view.arn.ends_with(":autoScalingGroupName/web"), "{}", view.arn);
}

#[test]
fn of_a_tag_key_that_is_given_twice_the_last_counts() {
    let mut stage = Stage::new();
    let tags = ["first", "last"].map(|value| GroupTag {
        key: "Name".to_owned(),
        value: value.to_owned(),
        propagate_at_launch: value == "last",
    });
    let [_, last] = tags.clone();
    let call = CreateAutoScalingGroup { tags: tags.into(), ..group(&mut stage, 1) };
    let [id] = started(&mut stage, &call).try_into().unwrap();
    assert_eq!(stage.cloud.group(&web()).unwrap().tags, [last]);
    assert_eq!(stage.shown(&id).instance.tags.get("Name"), Some("last"));
}

#[test]
fn a_template_of_spot_instances_makes_a_group_of_them() {
    let mut stage = Stage::new();
    let market = Some(Market::default());
    let call = group(&mut stage, 1);
    let data = LaunchData { market, ..crate::stage::data("") };
    let other = CreateLaunchTemplate { launch_template_name: "spot".to_owned(), data, ..Default::default() };
    let launch_template =
        TemplateSpec { launch_template_id: stage.asks(&other).id.to_string(), ..TemplateSpec::default() };
    let ids = started(&mut stage, &CreateAutoScalingGroup { launch_template, ..call });
    assert!(stage.cloud.spot_request(&ids[0]).is_some());
    stage.cloud.interrupt(&ids[0]).unwrap();
    stage.pass(120 + 90 + 60 + 40 + 90);
    let now = members(&stage);
    assert_eq!((now.len(), now.contains(&ids[0])), (1, false));
}

#[test]
fn instances_are_spread_over_the_zones_that_have_capacity() {
    let mut stage = Stage::new();
    let subnets = format!("{}, {}", "subnet-00000000000000001", "subnet-00000000000000002");
    let call = CreateAutoScalingGroup { vpc_zone_identifier: subnets, ..group(&mut stage, 4) };
    let ids = started(&mut stage, &call);
    let zones = |stage: &Stage, ids: &[InstanceId]| {
        let mut zones: Vec<Zone> =
            ids.iter().map(|id| stage.cloud.instance(id).unwrap().zone.clone()).collect();
        zones.sort();
        zones
    };
    assert_eq!(zones(&stage, &ids), [ZONE, ZONE, OTHER_ZONE, OTHER_ZONE].map(Zone::new));
    stage.asks(&scale(2));
    stage.pass(130);
    let rest = members(&stage);
    assert_eq!(zones(&stage, &rest), [ZONE, OTHER_ZONE].map(Zone::new));
    stage.cloud.starve(&Zone::new(ZONE));
    stage.asks(&scale(4));
    stage.pass(70);
    assert_eq!(zones(&stage, &members(&stage)), [ZONE, OTHER_ZONE, OTHER_ZONE, OTHER_ZONE].map(Zone::new));
}

#[test]
fn without_capacity_a_group_waits_for_it() {
    let mut stage = Stage::new();
    stage.cloud.starve(&Zone::new(ZONE));
    let call = group(&mut stage, 1);
    stage.asks(&call);
    stage.pass(300);
    assert_eq!(members(&stage), []);
    stage.cloud.feed(&Zone::new(ZONE));
    stage.pass(120 + 41);
    assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
}

#[test]
fn scaling_in_ends_the_oldest_and_scaling_out_launches() {
    let mut stage = Stage::new();
    let call = group(&mut stage, 1);
    let [first] = started(&mut stage, &call).try_into().unwrap();
    stage.asks(&scale(2));
    stage.pass(80);
    let both = members(&stage);
    assert_eq!((both.len(), &both[0]), (2, &first));
    stage.asks(&scale(1));
    stage.pass(40);
    assert!(matches!(stage.state(&first), InstanceState::ShuttingDown | InstanceState::Terminated));
    stage.pass(90);
    assert_eq!(members(&stage), both[1..]);
}

#[test]
fn what_ends_or_stops_outside_is_noticed_and_replaced() {
    for stop in [false, true] {
        let mut stage = Stage::new();
        let call = group(&mut stage, 1);
        let [first] = started(&mut stage, &call).try_into().unwrap();
        if stop {
            stage.asks(&StopInstances { instance_ids: vec![first.to_string()], hibernate: false });
        } else {
            stage.asks(&terminate(&first));
        }
        stage.pass(9);
        assert_eq!(lifecycles(&stage), [Lifecycle::InService], "the group has not noticed yet");
        stage.pass(60 + 30 + 40 + 10 + 90);
        let now = members(&stage);
        assert_eq!((now.len(), now.contains(&first)), (1, false), "stop {stop}");
        assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
        assert_eq!(stage.state(&first), InstanceState::Terminated);
    }
}

#[test]
fn an_instance_is_ended_in_its_group_with_or_without_another_in_its_place() {
    let mut stage = Stage::new();
    let call = CreateAutoScalingGroup { min_size: Some(1), ..group(&mut stage, 2) };
    let [first, second] = started(&mut stage, &call).try_into().unwrap();
    let activity = stage.asks(&end(&first, true));
    assert_eq!(activity.description, format!("Terminating EC2 instance: {first}"));
    // Asked for again, it goes no sooner, and the group shrinks no further.
    stage.asks(&end(&first, true));
    assert_eq!(sizes(&stage).desired, 1);
    stage.pass(200);
    assert_eq!(members(&stage), std::slice::from_ref(&second));
    let words = "Currently, desiredSize equals minSize (1). Terminating instance without replacement";
    stage.refuses(&end(&second, true), "ValidationError", words);
    stage.asks(&end(&second, false));
    stage.pass(200);
    let now = members(&stage);
    assert_eq!((now.len(), now.contains(&second), sizes(&stage).desired), (1, false, 1));
    stage.refuses(&end(&second, false), "ValidationError", "No managed instance found for instance ID i-");
}

#[test]
fn a_group_that_rebalances_ends_the_one_at_risk_once_another_is_in_service() {
    for capacity_rebalance in [true, false] {
        let mut stage = Stage::new();
        let spot = LaunchData { market: Some(Market::default()), ..crate::stage::data("") };
        let launch_template = template(&mut stage, spot);
        let call = CreateAutoScalingGroup {
            auto_scaling_group_name: "web".to_owned(),
            launch_template,
            min_size: Some(1),
            max_size: Some(1),
            availability_zones: vec![ZONE.to_owned()],
            capacity_rebalance,
            ..CreateAutoScalingGroup::default()
        };
        let [first] = started(&mut stage, &call).try_into().unwrap();
        stage.cloud.recommend(&first).unwrap();
        stage.pass(32);
        let states = [Lifecycle::Pending, Lifecycle::InService];
        assert_eq!(lifecycles(&stage), if capacity_rebalance { &states[..] } else { &states[1..] });
        stage.pass(40 + 30 + 10 + 90);
        assert_eq!(members(&stage) == [first], !capacity_rebalance);
        assert_eq!(lifecycles(&stage), [Lifecycle::InService]);
    }
}

#[test]
fn sizes_and_places_that_do_not_go_together_are_refused() {
    let mut stage = Stage::new();
    let good = group(&mut stage, 2);
    for (call, words) in [
        (
            CreateAutoScalingGroup { auto_scaling_group_name: String::new(), ..good.clone() },
            "'autoScalingGroupName'",
        ),
        (CreateAutoScalingGroup { auto_scaling_group_name: "a:b".to_owned(), ..good.clone() }, "not allowed"),
        (CreateAutoScalingGroup { min_size: None, ..good.clone() }, "'minSize'"),
        (
            CreateAutoScalingGroup { max_size: Some(1), min_size: Some(2), ..good.clone() },
            "Max bound, 1, must be greater than or equal to min bound, 2",
        ),
        (
            CreateAutoScalingGroup { desired_capacity: Some(5), ..good.clone() },
            "Desired capacity:5 must be between the specified min size:0 and max size:4",
        ),
        (
            CreateAutoScalingGroup {
                max_size: Some(u32::MAX),
                desired_capacity: Some(10_001),
                ..good.clone()
            },
            "Desired capacity:10001 is more than 10000",
        ),
        (
            CreateAutoScalingGroup { availability_zones: Vec::new(), ..good.clone() },
            "At least one Availability Zone or VPC Subnet is required.",
        ),
        (
            CreateAutoScalingGroup { launch_template: TemplateSpec::default(), ..good.clone() },
            "must contain either LaunchTemplate",
        ),
        (
            CreateAutoScalingGroup {
                launch_template: TemplateSpec {
                    launch_template_name: "none".to_owned(),
                    ..Default::default()
                },
                ..good.clone()
            },
            "valid fully-formed launch template. The specified launch template",
        ),
        (
            CreateAutoScalingGroup {
                tags: vec![GroupTag { key: "aws:x".to_owned(), ..Default::default() }],
                ..good.clone()
            },
            "reserved for internal use",
        ),
    ] {
        stage.refuses(&call, "ValidationError", words);
    }
    stage.asks(&good);
    stage.refuses(&good, "AlreadyExists", "A group with the name web already exists");
    stage.refuses(&scale(5), "ValidationError", "Desired capacity:5 must be between");
    let other = UpdateAutoScalingGroup { auto_scaling_group_name: "other".to_owned(), ..scale(1) };
    stage.refuses(&other, "ValidationError", "AutoScalingGroup name not found");
    // A desired capacity that is not named goes along.
    for (min_size, max_size, desired) in [(Some(3), None, 3), (Some(0), Some(1), 1)] {
        let call = UpdateAutoScalingGroup { min_size, max_size, desired_capacity: None, ..scale(0) };
        stage.asks(&call);
        assert_eq!(sizes(&stage).desired, desired);
    }
}

#[test]
fn a_group_is_deleted_when_it_is_empty_or_by_force() {
    let delete =
        |force_delete| DeleteAutoScalingGroup { auto_scaling_group_name: "web".to_owned(), force_delete };
    let mut stage = Stage::new();
    let call = group(&mut stage, 1);
    let [id] = started(&mut stage, &call).try_into().unwrap();
    stage.refuses(&delete(false), "ResourceInUse", "while there are instances");
    stage.asks(&delete(true));
    assert!(stage.cloud.group(&web()).unwrap().deleting);
    stage.refuses(&scale(2), "ValidationError", "may not be modified while it is pending delete");
    stage.pass(100);
    assert_eq!((stage.cloud.group(&web()), stage.state(&id)), (None, InstanceState::Terminated));
    stage.refuses(&delete(true), "ValidationError", "AutoScalingGroup name not found");
    let call = CreateAutoScalingGroup {
        desired_capacity: None,
        launch_template: call.launch_template.clone(),
        ..call
    };
    stage.asks(&call);
    stage.asks(&delete(false));
    assert_eq!(stage.cloud.group(&web()), None);
}

#[test]
fn instances_are_listed_by_id_and_in_pages_and_unknown_ones_left_out() {
    let mut stage = Stage::new();
    let call = group(&mut stage, 3);
    let ids = started(&mut stage, &call);
    let outside = stage.instance();
    let ask =
        |ids: &[String]| DescribeAutoScalingInstances { instance_ids: ids.to_vec(), ..Default::default() };
    let listed = stage.asks(&ask(&[
        ids[1].to_string(),
        outside.to_string(),
        "i-00000000000000001".to_owned(),
        "banana".to_owned(),
    ]));
    assert_eq!(listed.items.len(), 1);
    let view = &listed.items[0];
    assert_eq!((&view.member.instance, view.member.group.as_str()), (&ids[1], "web"));
    assert_eq!((view.zone.as_str(), view.instance_type.as_str()), (ZONE, "t3.micro"));
    let paged = |next_token| DescribeAutoScalingInstances {
        max_records: Some(2),
        next_token,
        ..DescribeAutoScalingInstances::default()
    };
    let first = stage.asks(&paged(String::new()));
    let second = stage.asks(&paged(first.next_token.clone().unwrap()));
    assert_eq!((first.items.len(), second.items.len(), second.next_token), (2, 1, None));
    let mut all: Vec<_> =
        [first.items, second.items].concat().into_iter().map(|view| view.member.instance).collect();
    all.sort();
    let mut expected = ids;
    expected.sort();
    assert_eq!(all, expected);
    stage.refuses(&paged("banana".to_owned()), "InvalidNextToken", "");
    stage.refuses(&ask(&vec!["i-00000000000000001".to_owned(); 51]), "ValidationError", "limited to 50");
    let call = DescribeAutoScalingInstances { max_records: Some(51), ..paged(String::new()) };
    stage.refuses(&call, "ValidationError", "'maxRecords'");
}

#[test]
fn what_is_shown_of_an_instance_may_be_old() {
    let timing = Timing { stale_share: 1.0, ..Timing::default().with_lag(5) };
    let mut stage = Stage::with(Setup { timing, throttling: Throttling::Off, ..Setup::default() });
    let call = group(&mut stage, 1);
    let [id] = started(&mut stage, &call).try_into().unwrap();
    let ask = DescribeAutoScalingInstances { instance_ids: vec![id.to_string()], ..Default::default() };
    stage.pass(10);
    stage.asks(&end(&id, false));
    let shown: Vec<Lifecycle> =
        (0..20).filter_map(|_| Some(stage.asks(&ask).items.first()?.member.lifecycle)).collect();
    assert!(shown.contains(&Lifecycle::InService), "{shown:?}");
    stage.pass(10);
    assert!(stage.asks(&ask).items.iter().all(|view| view.member.lifecycle != Lifecycle::InService));
}
