//! Whether the sizes of a group go together.

use super::invalid;
use crate::error::ApiError;
use crate::state::Sizes;

/// How many instances a group can have here at one time. EC2's own quotas are of other things.
const MOST_INSTANCES: u32 = 10_000;

impl Sizes {
    /// Says whether they go together (of the desired capacity, in the words of convox/praxis #258).
    pub(super) fn checked(self) -> Result<Self, ApiError> {
        let Self { min, max, desired } = self;
        if max < min {
            let message = format!("Max bound, {max}, must be greater than or equal to min bound, {min}");
            return Err(invalid(message));
        }
        if !(min..=max).contains(&desired) {
            let message = format!(
                "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
            );
            return Err(invalid(message));
        }
        if desired > MOST_INSTANCES {
            return Err(invalid(format!("Desired capacity:{desired} is more than {MOST_INSTANCES}")));
        }
        Ok(self)
    }
}
