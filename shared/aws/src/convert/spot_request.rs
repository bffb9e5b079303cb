//! What a spot request says of its instance (EC2 API reference, `SpotInstanceRequest`).

use super::{Garbled, optional, text};
use aws_sdk_ec2::types;
use planner::ids::InstanceId;
use reconciler::ec2::SpotRequest;

/// The instance of a spot request, and what the request says of it. One without an instance says nothing.
pub(crate) fn spot_request(
    request: &types::SpotInstanceRequest,
) -> Result<Option<(InstanceId, SpotRequest)>, Garbled> {
    let instance = optional("SpotInstanceRequest.InstanceId", request.instance_id(), InstanceId::parse)
        .map_err(|garbled| garbled.of(request.spot_instance_request_id()))?;
    let code = text(request.status().and_then(types::SpotInstanceStatus::code));
    let code = code.unwrap_or_default().to_owned();
    let hibernates =
        request.instance_interruption_behavior() == Some(&types::InstanceInterruptionBehavior::Hibernate);
    Ok(instance.map(|instance| (instance, SpotRequest { code, hibernates })))
}
