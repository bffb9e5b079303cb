//! The parameters of calls about instances that there are.

use super::Form;
use crate::actions::{
    DeviceChange, ModifyInstanceAttribute, RebootInstances, StartInstances, StopInstances, TerminateInstances,
};
use crate::error::ApiError;

pub(super) fn start(form: &mut Form) -> StartInstances {
    StartInstances { instance_ids: form.texts("InstanceId") }
}

pub(super) fn stop(form: &mut Form) -> Result<StopInstances, ApiError> {
    // Every instance here stops when it is told to.
    form.skip(&["Force", "SkipOsShutdown"]);
    let hibernate = form.flag("Hibernate")?.unwrap_or(false);
    Ok(StopInstances { instance_ids: form.texts("InstanceId"), hibernate })
}

pub(super) fn reboot(form: &mut Form) -> RebootInstances {
    RebootInstances { instance_ids: form.texts("InstanceId") }
}

pub(super) fn terminate(form: &mut Form) -> TerminateInstances {
    form.skip(&["Force", "SkipOsShutdown"]);
    TerminateInstances { instance_ids: form.texts("InstanceId") }
}

pub(super) fn modify_attribute(form: &mut Form) -> Result<ModifyInstanceAttribute, ApiError> {
    let block_device_mappings = form.list("BlockDeviceMapping", |device| {
        let device_name = device.required("DeviceName")?;
        let ebs = device.group("Ebs");
        let delete_on_termination = ebs.flag("DeleteOnTermination")?;
        let delete_on_termination = delete_on_termination
            .ok_or_else(|| ApiError::missing("BlockDeviceMapping.Ebs.DeleteOnTermination"))?;
        Ok(DeviceChange { device_name, delete_on_termination })
    })?;
    Ok(ModifyInstanceAttribute { instance_id: form.text("InstanceId"), block_device_mappings })
}
