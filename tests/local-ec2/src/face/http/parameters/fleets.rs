//! What the parameters of Spot Fleets and of EC2 Fleets have in common.

use super::Form;
use crate::actions::{LaunchTemplateConfig, Override, RebalanceSpec, TemplateSpec};
use crate::error::ApiError;

pub(super) fn template(form: &mut Form) -> TemplateSpec {
    TemplateSpec {
        launch_template_id: form.text("LaunchTemplateId"),
        launch_template_name: form.text("LaunchTemplateName"),
        version: form.text("Version"),
    }
}

pub(super) fn configs(form: &mut Form) -> Result<Vec<LaunchTemplateConfig>, ApiError> {
    form.list("LaunchTemplateConfigs", |config| {
        let template = template(config.group("LaunchTemplateSpecification"));
        Ok(LaunchTemplateConfig { template, overrides: config.list("Overrides", |form| Ok(over(form)))? })
    })
}

fn over(form: &mut Form) -> Override {
    // The cheapest and the first come as good as any other.
    form.skip(&["MaxPrice", "Priority", "SpotPrice"]);
    Override {
        instance_type: form.text("InstanceType"),
        subnet_id: form.text("SubnetId"),
        availability_zone: form.text("AvailabilityZone"),
    }
}

/// What the fleet does about rebalance recommendations, from `…MaintenanceStrategies`.
pub(super) fn rebalance(strategies: &mut Form) -> Result<Option<RebalanceSpec>, ApiError> {
    if !strategies.has("CapacityRebalance") {
        return Ok(None);
    }
    let form = strategies.group("CapacityRebalance");
    let replacement_strategy = form.text("ReplacementStrategy");
    Ok(Some(RebalanceSpec { replacement_strategy, termination_delay: form.number("TerminationDelay")? }))
}

/// Fleets have instances of one market here: refuses any of the other.
pub(super) fn none_of(form: &mut Form, name: &str) -> Result<(), ApiError> {
    match form.number::<u32>(name)? {
        None | Some(0) => Ok(()),
        Some(_) => {
            let message = format!("{name}: a fleet has instances of one market in the local EC2.");
            Err(ApiError::refusal("UnsupportedOperation", message))
        }
    }
}
