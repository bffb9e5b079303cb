//! The parameters of calls about Spot Fleets.

use super::{Form, common, fleets};
use crate::actions::{
    CancelSpotFleetRequests, DescribeSpotFleetInstances, ModifySpotFleetRequest, RequestSpotFleet,
};
use crate::error::ApiError;

/// What of a request makes no difference here.
const OF_NO_ACCOUNT: [&str; 7] = [
    "AllocationStrategy",
    "ExcessCapacityTerminationPolicy",
    "InstancePoolsToUseCount",
    "ReplaceUnhealthyInstances",
    "SpotMaxTotalPrice",
    "SpotPrice",
    "TerminateInstancesWithExpiration",
];

pub(super) fn request(form: &mut Form) -> Result<RequestSpotFleet, ApiError> {
    let form = form.group("SpotFleetRequestConfig");
    form.required("IamFleetRole")?;
    form.skip(&OF_NO_ACCOUNT);
    fleets::none_of(form, "OnDemandTargetCapacity")?;
    Ok(RequestSpotFleet {
        target_capacity: form.required_number("TargetCapacity")?,
        launch_template_configs: fleets::configs(form)?,
        fleet_type: form.text("Type"),
        instance_interruption_behavior: form.text("InstanceInterruptionBehavior"),
        capacity_rebalance: fleets::rebalance(form.group("SpotMaintenanceStrategies"))?,
        tags: common::tags_of(form, "spot-fleet-request")?,
        client_token: form.text("ClientToken"),
    })
}

pub(super) fn modify(form: &mut Form) -> Result<ModifySpotFleetRequest, ApiError> {
    fleets::none_of(form, "OnDemandTargetCapacity")?;
    Ok(ModifySpotFleetRequest {
        spot_fleet_request_id: form.text("SpotFleetRequestId"),
        target_capacity: form.required_number("TargetCapacity")?,
        excess_capacity_termination_policy: form.text("ExcessCapacityTerminationPolicy"),
    })
}

pub(super) fn cancel(form: &mut Form) -> Result<CancelSpotFleetRequests, ApiError> {
    let terminate = form.flag("TerminateInstances")?;
    Ok(CancelSpotFleetRequests {
        spot_fleet_request_ids: form.texts("SpotFleetRequestId"),
        terminate_instances: terminate.ok_or_else(|| ApiError::missing("TerminateInstances"))?,
    })
}

pub(super) fn describe_instances(form: &mut Form) -> Result<DescribeSpotFleetInstances, ApiError> {
    Ok(DescribeSpotFleetInstances {
        spot_fleet_request_id: form.text("SpotFleetRequestId"),
        max_results: form.number("MaxResults")?,
        next_token: form.text("NextToken"),
    })
}
