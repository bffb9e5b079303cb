//! The parameters of calls about EC2 Fleets.

use super::{Form, common, fleets};
use crate::actions::{CreateFleet, DeleteFleets, DescribeFleetInstances, DescribeFleets};
use crate::error::ApiError;
use crate::listing::Listing;

pub(super) fn create(form: &mut Form) -> Result<CreateFleet, ApiError> {
    form.skip(&[
        "ExcessCapacityTerminationPolicy",
        "OnDemandOptions",
        "ReplaceUnhealthyInstances",
        "TerminateInstancesWithExpiration",
    ]);
    let (total_target_capacity, default_target_capacity_type) =
        target(form.group("TargetCapacitySpecification"))?;
    let spot = form.group("SpotOptions");
    spot.skip(&["AllocationStrategy", "InstancePoolsToUseCount", "MaxTotalPrice"]);
    let instance_interruption_behavior = spot.text("InstanceInterruptionBehavior");
    let capacity_rebalance = fleets::rebalance(spot.group("MaintenanceStrategies"))?;
    Ok(CreateFleet {
        total_target_capacity,
        default_target_capacity_type,
        launch_template_configs: fleets::configs(form)?,
        fleet_type: form.text("Type"),
        instance_interruption_behavior,
        capacity_rebalance,
        tags: common::tags_of(form, "fleet")?,
        client_token: form.text("ClientToken"),
    })
}

/// How many instances, and of which market all of them are.
fn target(form: &mut Form) -> Result<(u32, String), ApiError> {
    let (total, market) =
        (form.required_number("TotalTargetCapacity")?, form.text("DefaultTargetCapacityType"));
    let (own, other) = match market.as_str() {
        "spot" => ("SpotTargetCapacity", "OnDemandTargetCapacity"),
        _ => ("OnDemandTargetCapacity", "SpotTargetCapacity"),
    };
    fleets::none_of(form, other)?;
    match form.number::<u32>(own)? {
        Some(named) if named > total => {
            let message = format!("{own} ({named}) is more than TotalTargetCapacity ({total}).");
            Err(ApiError::combination(message))
        }
        // What is not named is of the default market.
        Some(_) | None => Ok((total, market)),
    }
}

pub(super) fn delete(form: &mut Form) -> Result<DeleteFleets, ApiError> {
    let terminate = form.flag("TerminateInstances")?;
    Ok(DeleteFleets {
        fleet_ids: form.texts("FleetId"),
        terminate_instances: terminate.ok_or_else(|| ApiError::missing("TerminateInstances"))?,
    })
}

pub(super) fn describe(form: &mut Form) -> Result<DescribeFleets, ApiError> {
    common::listing(form, "FleetId").map(DescribeFleets)
}

pub(super) fn describe_instances(form: &mut Form) -> Result<DescribeFleetInstances, ApiError> {
    let Listing { filters, max_results, next_token, .. } = common::listing(form, "")?;
    Ok(DescribeFleetInstances { fleet_id: form.text("FleetId"), filters, max_results, next_token })
}
