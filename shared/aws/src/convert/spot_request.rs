//! What a spot request says of its instance (EC2 API reference, `SpotInstanceRequest`).

use super::{Garbled, optional, text};
use aws_sdk_ec2::types;
use planner::ids::InstanceId;

/// The instance of a spot request and the request's status code. One without either says nothing.
pub(crate) fn spot_request_code(
    request: &types::SpotInstanceRequest,
) -> Result<Option<(InstanceId, String)>, Garbled> {
    let instance = optional("SpotInstanceRequest.InstanceId", request.instance_id(), InstanceId::parse)
        .map_err(|garbled| garbled.of(request.spot_instance_request_id()))?;
    let code = text(request.status().and_then(types::SpotInstanceStatus::code));
    Ok(instance.zip(code.map(str::to_owned)))
}
