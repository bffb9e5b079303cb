//! Spot Fleets and EC2 Fleets.

use crate::instances::terminate;
use crate::stage::{OTHER_ZONE, Stage, ZONE, data};
use local_ec2::actions::{
    CancelSpotFleetRequests, CreateFleet, CreateLaunchTemplate, DeleteFleets, DescribeFleetInstances,
    DescribeFleets, DescribeSpotFleetInstances, DescribeSpotFleetRequests, LaunchTemplateConfig,
    ModifySpotFleetRequest, Override, RebalanceSpec, RequestSpotFleet, TemplateSpec,
};
use local_ec2::state::{FleetState, SpotCode};
use local_ec2::{FleetId, Listing};
use planner::ids::{InstanceId, Zone};
use planner::observation::InstanceState;
use std::collections::BTreeSet;

/// A launch template, and launches from it in these zones.
pub(crate) fn configs(stage: &mut Stage, zones: &[&str]) -> Vec<LaunchTemplateConfig> {
    let call =
        CreateLaunchTemplate { launch_template_name: "web".to_owned(), data: data(""), ..Default::default() };
    let launch_template_id = stage.asks(&call).id.to_string();
    let over = |zone: &&str| Override { availability_zone: (*zone).to_owned(), ..Override::default() };
    let template = TemplateSpec { launch_template_id, ..TemplateSpec::default() };
    vec![LaunchTemplateConfig { template, overrides: zones.iter().map(over).collect() }]
}

/// A Spot Fleet that has its capacity.
pub(crate) fn spot_fleet(stage: &mut Stage, target: u32, zones: &[&str]) -> FleetId {
    rebalancing(stage, target, zones, None)
}

fn rebalancing(
    stage: &mut Stage,
    target: u32,
    zones: &[&str],
    capacity_rebalance: Option<RebalanceSpec>,
) -> FleetId {
    let launch_template_configs = configs(stage, zones);
    let call = RequestSpotFleet {
        target_capacity: target,
        launch_template_configs,
        capacity_rebalance,
        ..RequestSpotFleet::default()
    };
    let id = stage.asks(&call);
    stage.pass(80);
    assert_eq!(running(stage, &id).len(), usize::try_from(target).unwrap());
    id
}

pub(crate) fn running(stage: &Stage, fleet: &FleetId) -> Vec<InstanceId> {
    let members = stage.cloud.members_of(fleet);
    members.filter(|member| member.state == InstanceState::Running).map(|member| member.id.clone()).collect()
}

#[test]
fn a_spot_fleet_launches_tagged_spot_instances() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 2, &[ZONE]);
    for id in running(&stage, &fleet) {
        let shown = stage.shown(&id);
        assert_eq!(shown.instance.tags.get("aws:ec2spot:fleet-request-id"), Some(fleet.as_str()));
        let request = stage.cloud.spot_request(&id).unwrap();
        assert_eq!(Some(&request.id), shown.instance.spot.as_ref());
        assert_eq!(request.tags.get("aws:ec2spot:fleet-request-id"), Some(fleet.as_str()));
    }
    let call = DescribeSpotFleetInstances { spot_fleet_request_id: fleet.to_string(), ..Default::default() };
    assert_eq!(stage.asks(&call).items.len(), 2);
    let view = stage.asks(&DescribeSpotFleetRequests(Listing::of([&fleet]))).items.pop().unwrap();
    assert_eq!((view.fleet.state, view.fulfilled, view.activity), (FleetState::Active, 2, "fulfilled"));
}

#[test]
fn an_ec2_fleet_launches_what_it_is_asked_for() {
    let mut stage = Stage::new();
    for (market, spot) in [("spot", true), ("", false)] {
        let call = CreateFleet {
            total_target_capacity: 1,
            default_target_capacity_type: market.to_owned(),
            launch_template_configs: configs(&mut stage, &[ZONE]),
            ..CreateFleet::default()
        };
        let fleet = stage.asks(&call).fleet;
        stage.pass(80);
        let [id] = running(&stage, &fleet).try_into().unwrap();
        let shown = stage.shown(&id);
        assert_eq!(shown.instance.tags.get("aws:ec2:fleet-id"), Some(fleet.as_str()));
        assert_eq!(shown.instance.spot.is_some(), spot);
        let call = DescribeFleetInstances { fleet_id: fleet.to_string(), ..Default::default() };
        assert_eq!(stage.asks(&call).items.len(), 1);
        assert_eq!(stage.asks(&DescribeFleets(Listing::of([&fleet]))).items[0].fulfilled, 1);
        stage = Stage::new();
    }
}

#[test]
fn a_fleet_replaces_what_it_loses() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let [lost] = running(&stage, &fleet).try_into().unwrap();
    stage.asks(&terminate(&lost));
    stage.pass(80);
    let [new] = running(&stage, &fleet).try_into().unwrap();
    assert_ne!(lost, new);
    stage.cloud.interrupt(&new).unwrap();
    stage.pass(119);
    assert_eq!(running(&stage, &fleet), std::slice::from_ref(&new));
    stage.pass(80);
    let [newer] = running(&stage, &fleet).try_into().unwrap();
    assert_ne!(new, newer);
}

#[test]
fn a_fleet_spreads_over_the_zones_that_have_capacity() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 4, &[ZONE, OTHER_ZONE]);
    let zones = |stage: &Stage| -> Vec<String> {
        let live = stage.cloud.members_of(&fleet).filter(|member| member.state == InstanceState::Running);
        live.map(|member| member.zone.to_string()).collect()
    };
    assert_eq!(zones(&stage).iter().filter(|zone| *zone == ZONE).count(), 2);
    stage.cloud.starve(&Zone::new(ZONE));
    for id in running(&stage, &fleet) {
        stage.asks(&terminate(&id));
    }
    stage.pass(100);
    assert_eq!(BTreeSet::from_iter(zones(&stage)), BTreeSet::from([OTHER_ZONE.to_owned()]));
}

#[test]
fn a_fleet_without_capacity_tries_again() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    stage.cloud.starve(&Zone::new(ZONE));
    let [lost] = running(&stage, &fleet).try_into().unwrap();
    stage.asks(&terminate(&lost));
    stage.pass(600);
    assert!(running(&stage, &fleet).is_empty());
    stage.cloud.feed(&Zone::new(ZONE));
    stage.pass(170);
    assert_eq!(running(&stage, &fleet).len(), 1);
}

#[test]
fn capacity_rebalancing_runs_two_instances_side_by_side() {
    let mut stage = Stage::new();
    let spec = RebalanceSpec { replacement_strategy: "launch".to_owned(), termination_delay: None };
    let fleet = rebalancing(&mut stage, 1, &[ZONE], Some(spec));
    let [old] = running(&stage, &fleet).try_into().unwrap();
    stage.cloud.recommend(&old).unwrap();
    stage.pass(80);
    assert_eq!(running(&stage, &fleet).len(), 2);
    stage.pass(36_000);
    assert!(running(&stage, &fleet).contains(&old));
}

#[test]
fn launch_before_terminate_ends_the_old_one_after_its_delay() {
    let mut stage = Stage::new();
    let strategy = "launch-before-terminate".to_owned();
    let spec = RebalanceSpec { replacement_strategy: strategy, termination_delay: Some(120) };
    let fleet = rebalancing(&mut stage, 1, &[ZONE], Some(spec));
    let [old] = running(&stage, &fleet).try_into().unwrap();
    stage.cloud.recommend(&old).unwrap();
    stage.pass(80);
    assert_eq!(running(&stage, &fleet).len(), 2);
    stage.pass(120);
    assert_eq!(running(&stage, &fleet).len(), 1);
    assert_eq!(stage.cloud.spot_request(&old).unwrap().code, SpotCode::InstanceTerminatedByService);
}

#[test]
fn a_fleet_without_rebalancing_takes_no_notice_of_a_recommendation() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let [id] = running(&stage, &fleet).try_into().unwrap();
    stage.cloud.recommend(&id).unwrap();
    stage.pass(600);
    assert_eq!(running(&stage, &fleet), [id]);
}

#[test]
fn a_fleet_is_changed_in_size() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let modify = |target_capacity, policy: &str| ModifySpotFleetRequest {
        spot_fleet_request_id: fleet.to_string(),
        target_capacity,
        excess_capacity_termination_policy: policy.to_owned(),
    };
    stage.asks(&modify(3, ""));
    stage.pass(80);
    assert_eq!(running(&stage, &fleet).len(), 3);
    stage.asks(&modify(2, "NoTermination"));
    stage.pass(80);
    assert_eq!(running(&stage, &fleet).len(), 3);
    stage.asks(&modify(1, ""));
    stage.pass(80);
    assert_eq!(running(&stage, &fleet).len(), 1);
}

#[test]
fn a_cancelled_fleet_ends_with_or_without_its_instances() {
    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let cancel = |terminate_instances| CancelSpotFleetRequests {
        spot_fleet_request_ids: vec![fleet.to_string(), "sfr-x".to_owned()],
        terminate_instances,
    };
    let ended = stage.asks(&cancel(true));
    assert_eq!(
        (ended.successful[0].previous, ended.successful[0].current),
        ("active", "cancelled_terminating")
    );
    assert_eq!(ended.unsuccessful[0].code, "fleetRequestIdMalformed");
    stage.pass(100);
    assert_eq!(stage.cloud.fleet(&fleet).unwrap().state, FleetState::Cancelled);
    assert!(running(&stage, &fleet).is_empty());

    let mut stage = Stage::new();
    let fleet = spot_fleet(&mut stage, 1, &[ZONE]);
    let call = CancelSpotFleetRequests {
        spot_fleet_request_ids: vec![fleet.to_string()],
        terminate_instances: false,
    };
    assert_eq!(stage.asks(&call).successful[0].current, "cancelled_running");
    stage.pass(600);
    let [last] = running(&stage, &fleet).try_into().unwrap();
    stage.asks(&terminate(&last));
    assert_eq!(stage.cloud.fleet(&fleet).unwrap().state, FleetState::CancelledRunning);
    stage.pass(100);
    assert_eq!(stage.cloud.fleet(&fleet).unwrap().state, FleetState::Cancelled);
}

#[test]
fn an_ended_fleet_replaces_nothing() {
    let mut stage = Stage::new();
    let call = CreateFleet {
        total_target_capacity: 1,
        launch_template_configs: configs(&mut stage, &[ZONE]),
        ..CreateFleet::default()
    };
    let fleet = stage.asks(&call).fleet;
    stage.pass(80);
    let ended = stage.asks(&DeleteFleets { fleet_ids: vec![fleet.to_string()], terminate_instances: false });
    assert_eq!((ended.successful[0].previous, ended.successful[0].current), ("active", "deleted_running"));
    let [id] = running(&stage, &fleet).try_into().unwrap();
    stage.asks(&terminate(&id));
    stage.pass(600);
    assert!(running(&stage, &fleet).is_empty());
}

#[test]
fn an_instant_fleet_launches_at_once_and_never_again() {
    let mut stage = Stage::new();
    let call = CreateFleet {
        total_target_capacity: 2,
        fleet_type: "instant".to_owned(),
        launch_template_configs: configs(&mut stage, &[ZONE]),
        ..CreateFleet::default()
    };
    let made = stage.asks(&call);
    assert_eq!(made.instances.len(), 2);
    stage.asks(&terminate(&made.instances[0]));
    stage.pass(600);
    assert_eq!(running(&stage, &made.fleet), [made.instances[1].clone()]);
}

#[test]
fn what_no_fleet_can_be_is_refused() {
    let mut stage = Stage::new();
    let launch_template_configs = configs(&mut stage, &[ZONE]);
    let good = RequestSpotFleet { target_capacity: 1, launch_template_configs, ..Default::default() };
    let rebalance = |strategy: &str, termination_delay| RequestSpotFleet {
        capacity_rebalance: Some(RebalanceSpec {
            replacement_strategy: strategy.to_owned(),
            termination_delay,
        }),
        ..good.clone()
    };
    let rows = [
        (RequestSpotFleet { launch_template_configs: Vec::new(), ..good.clone() }, "MissingParameter"),
        (
            RequestSpotFleet { fleet_type: "instant".to_owned(), ..good.clone() },
            "InvalidSpotFleetRequestConfig",
        ),
        (
            RequestSpotFleet { instance_interruption_behavior: "explode".to_owned(), ..good.clone() },
            "InvalidSpotFleetRequestConfig",
        ),
        (rebalance("launch-before-terminate", Some(60)), "InvalidParameterValue"),
        (rebalance("launch", Some(120)), "InvalidParameterCombination"),
        (rebalance("pray", None), "InvalidParameterValue"),
    ];
    for (call, code) in rows {
        stage.refuses(&call, code, "");
    }
    let unknown = "sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55";
    let call = DescribeSpotFleetInstances { spot_fleet_request_id: unknown.to_owned(), ..Default::default() };
    stage.refuses(&call, "InvalidSpotFleetRequestId.NotFound", unknown);
    let call = DescribeFleetInstances { fleet_id: unknown.to_owned(), ..Default::default() };
    stage.refuses(&call, "InvalidFleetId.Malformed", unknown);
}

#[test]
fn a_client_token_requests_one_fleet() {
    let mut stage = Stage::new();
    let launch_template_configs = configs(&mut stage, &[ZONE]);
    let call = RequestSpotFleet {
        target_capacity: 1,
        launch_template_configs,
        client_token: "once".to_owned(),
        ..Default::default()
    };
    assert_eq!(stage.asks(&call), stage.asks(&call));
}
