//! Spot Fleets and EC2 Fleets. The two spell the same things differently.

use super::Xml;
use crate::actions::{Action, ActiveInstance, FleetCreated, FleetView, FleetsEnded};
use crate::cloud::Cloud;
use crate::ids::TemplateId;
use crate::listing::Page;
use crate::state::{Fleet, FleetKind, LaunchTarget, Rebalance};
use std::collections::BTreeMap;

pub(super) fn created(xml: &mut Xml, cloud: &Cloud, created: &FleetCreated) {
    xml.text("fleetId", &created.fleet);
    let is_instant = |fleet: &&Fleet| fleet.kind == FleetKind::Instant;
    // Only one that launches at once tells of its instances (EC2 API reference, `CreateFleet`).
    if let Some(fleet) = cloud.fleet(&created.fleet).filter(is_instant) {
        xml.list("fleetInstanceSet", &created.instances, |xml, id| {
            xml.text("lifecycle", market(fleet));
            xml.list_of_texts("instanceIds", [id]);
            xml.option("instanceType", cloud.instance(id).map(|instance| &instance.instance_type));
        });
    }
}

fn market(fleet: &Fleet) -> &'static str {
    if fleet.spot { "spot" } else { "on-demand" }
}

pub(super) fn cancelled(xml: &mut Xml, ended: &FleetsEnded) {
    xml.list("successfulFleetRequestSet", &ended.successful, |xml, end| {
        xml.text("spotFleetRequestId", &end.fleet);
        xml.text("currentSpotFleetRequestState", end.current);
        xml.text("previousSpotFleetRequestState", end.previous);
    });
    xml.list("unsuccessfulFleetRequestSet", &ended.unsuccessful, |xml, error| {
        xml.text("spotFleetRequestId", &error.fleet);
        xml.group("error", |xml| {
            xml.text("code", error.code);
            xml.text("message", &error.message);
        });
    });
}

pub(super) fn deleted(xml: &mut Xml, ended: &FleetsEnded) {
    xml.list("successfulFleetDeletionSet", &ended.successful, |xml, end| {
        xml.text("fleetId", &end.fleet);
        xml.text("currentFleetState", end.current);
        xml.text("previousFleetState", end.previous);
    });
    xml.list("unsuccessfulFleetDeletionSet", &ended.unsuccessful, |xml, error| {
        xml.text("fleetId", &error.fleet);
        xml.group("error", |xml| {
            xml.text("code", error.code);
            xml.text("message", &error.message);
        });
    });
}

/// The instances of the fleet that the call names.
pub(super) fn active(xml: &mut Xml, action: &Action, page: &Page<ActiveInstance>) {
    super::page(xml, "activeInstanceSet", page, |xml, own| {
        xml.text("instanceId", &own.instance);
        xml.text("instanceType", &own.instance_type);
        xml.option("spotInstanceRequestId", own.request.as_ref());
        xml.text("instanceHealth", "healthy");
    });
    if let Action::DescribeFleetInstances(call) = action {
        xml.text("fleetId", &call.fleet_id);
    }
    if let Action::DescribeSpotFleetInstances(call) = action {
        xml.text("spotFleetRequestId", &call.spot_fleet_request_id);
    }
}

pub(super) fn ec2_fleet(xml: &mut Xml, view: &FleetView) {
    let fleet = &view.fleet;
    xml.text("fleetId", &fleet.id);
    xml.time("createTime", fleet.created);
    xml.text("fleetState", fleet.state.name(&fleet.id));
    // Fleets that launch at once have no activity (EC2 API reference, `FleetData`).
    xml.option("activityStatus", Some(view.activity).filter(|_| fleet.kind != FleetKind::Instant));
    let (on_demand, of_spot) = if fleet.spot { (0, view.fulfilled) } else { (view.fulfilled, 0) };
    xml.text("fulfilledCapacity", format_args!("{}.0", on_demand + of_spot));
    xml.text("fulfilledOnDemandCapacity", format_args!("{on_demand}.0"));
    xml.list("launchTemplateConfigs", by_template(fleet), launch_template_config);
    xml.group("targetCapacitySpecification", |xml| {
        xml.text("totalTargetCapacity", fleet.target);
        xml.text("defaultTargetCapacityType", market(fleet));
    });
    xml.text("type", fleet.kind.as_str());
    if fleet.spot {
        xml.group("spotOptions", |xml| {
            rebalance(xml, "maintenanceStrategies", fleet);
            xml.text("instanceInterruptionBehavior", fleet.interruption.as_str());
        });
    }
    xml.tags(fleet.tags.all());
}

pub(super) fn spot_fleet(xml: &mut Xml, view: &FleetView) {
    let fleet = &view.fleet;
    xml.text("spotFleetRequestId", &fleet.id);
    xml.text("spotFleetRequestState", fleet.state.name(&fleet.id));
    xml.text("activityStatus", view.activity);
    xml.time("createTime", fleet.created);
    xml.group("spotFleetRequestConfig", |xml| {
        rebalance(xml, "spotMaintenanceStrategies", fleet);
        xml.text("fulfilledCapacity", format_args!("{}.0", view.fulfilled));
        xml.list("launchTemplateConfigs", by_template(fleet), launch_template_config);
        xml.text("targetCapacity", fleet.target);
        xml.text("type", fleet.kind.as_str());
        xml.text("instanceInterruptionBehavior", fleet.interruption.as_str());
    });
    xml.tags(fleet.tags.all());
}

fn by_template(fleet: &Fleet) -> BTreeMap<&TemplateId, Vec<&LaunchTarget>> {
    let mut by_template: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for target in &fleet.launches {
        by_template.entry(&target.template).or_default().push(target);
    }
    by_template
}

fn launch_template_config(xml: &mut Xml, (template, targets): (&TemplateId, Vec<&LaunchTarget>)) {
    xml.group("launchTemplateSpecification", |xml| {
        xml.text("launchTemplateId", template);
        xml.text("version", 1);
    });
    xml.list("overrides", targets, |xml, target| {
        xml.text("instanceType", &target.instance_type);
        xml.option("availabilityZone", target.zone.as_ref());
    });
}

fn rebalance(xml: &mut Xml, strategies: &str, fleet: &Fleet) {
    let (strategy, delay) = match fleet.rebalance {
        None => return,
        Some(Rebalance::Launch) => ("launch", None),
        Some(Rebalance::LaunchBeforeTerminate(delay)) => {
            ("launch-before-terminate", Some(delay.num_seconds()))
        }
    };
    xml.group(strategies, |xml| {
        xml.group("capacityRebalance", |xml| {
            xml.text("replacementStrategy", strategy);
            xml.option("terminationDelay", delay);
        });
    });
}
