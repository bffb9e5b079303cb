//! What of a new volume is checked, in `CreateVolume` and in launches: its type, its size and its snapshot.

use crate::error::ApiError;
use crate::lookup::{malformed, no_snapshot};
use crate::state::VolumeType;

/// The type of that name.
pub(super) fn volume_type(name: &str) -> Result<VolumeType, ApiError> {
    let kind = VolumeType::parse(name);
    kind.ok_or_else(|| ApiError::value(format!("Value ({name}) for parameter volumeType is invalid.")))
}

/// Refuses what is larger than any volume of the type. The words are those of fog/fog-aws #186; what is too small for a
/// type is let pass, but for nothing at all.
pub(super) fn check_size(size: u32, kind: VolumeType) -> Result<(), ApiError> {
    let (name, most) = (kind.as_str(), kind.largest());
    if size > most {
        let message =
            format!("Volume of {size}GiB is too large for volume type {name}; maximum is {most}GiB");
        return Err(ApiError::value(message));
    }
    if size == 0 {
        return Err(ApiError::value(format!("Volume of 0GiB is too small for volume type {name}")));
    }
    Ok(())
}

/// Refuses every snapshot, for there are none here. An empty id is none.
pub(super) fn check_snapshot(id: &str) -> Result<(), ApiError> {
    if id.is_empty() {
        return Ok(());
    }
    let digits = id.strip_prefix("snap-").unwrap_or_default();
    let is_hexadecimal = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_hexadecimal && matches!(digits.len(), 8 | 17) {
        Err(no_snapshot(id))
    } else {
        Err(malformed("InvalidSnapshotID.Malformed", id, "snap-"))
    }
}
