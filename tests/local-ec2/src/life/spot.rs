//! Spot requests: fulfilled, interrupted, resumed.

use super::launches::Launch;
use crate::cloud::Cloud;
use crate::ids::SpotRequestId;
use crate::state::{Market, SpotCode, SpotRequest, SpotState};
use crate::tags::TagSet;
use planner::ids::InstanceId;

impl Cloud {
    /// Makes a request that is fulfilled at once by the instance.
    pub(crate) fn fulfil(&mut self, instance: &InstanceId, market: Market, launch: &Launch) -> SpotRequestId {
        let id = self.mint.spot_request();
        let mut tags = TagSet::default();
        tags.set(&launch.data.tags_for("spot-instances-request"), self.now);
        tags.set(&launch.service_tags, self.now);
        let request = SpotRequest {
            id: id.clone(),
            state: SpotState::Active,
            code: SpotCode::Fulfilled,
            updated: self.now,
            created: self.now,
            instance: instance.clone(),
            interruption: market.interruption,
            persistent: market.persistent,
            zone: launch.zone.clone(),
            tags,
        };
        self.spot_requests.insert(id.clone(), request, self.now);
        id
    }

    pub(crate) fn spot_request_of(&self, instance: &InstanceId) -> Option<&SpotRequest> {
        self.spot_requests.get(self.instances.get(instance)?.spot.as_ref()?)
    }

    /// Sets the status of the instance's spot request, if it is of one.
    pub(crate) fn set_spot_status(&mut self, instance: &InstanceId, state: SpotState, code: SpotCode) {
        let request = self.spot_request_of(instance).map(|request| request.id.clone());
        let now = self.now;
        if let Some(request) = request.and_then(|request| self.spot_requests.edit(&request, now)) {
            (request.state, request.code, request.updated) = (state, code, now);
        }
    }

    /// Tells the spot request of an instance that it has stopped.
    pub(crate) fn spot_stopped(&mut self, instance: &InstanceId) {
        let Some(code) = self.spot_request_of(instance).map(|request| request.code) else { return };
        let code = match code {
            SpotCode::MarkedForStop => self.market.pick(&SpotCode::STOPPED).copied().unwrap_or(code),
            SpotCode::InstanceStoppedNoCapacity | SpotCode::InstanceStoppedByPrice => code,
            SpotCode::Fulfilled
            | SpotCode::MarkedForTermination
            | SpotCode::InstanceTerminatedNoCapacity
            | SpotCode::InstanceTerminatedByPrice
            | SpotCode::InstanceTerminatedByUser
            | SpotCode::InstanceTerminatedByService
            | SpotCode::InstanceStoppedByUser => SpotCode::InstanceStoppedByUser,
        };
        self.set_spot_status(instance, SpotState::Disabled, code);
    }
}
