//! `DescribeSpotInstanceRequests`.

use super::{Operation, question};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::ids::SpotRequestId;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::no_spot_requests;
use crate::state::SpotRequest;
use crate::throttle::CallKind;
use crate::time::{Time, written};
use planner::tags::Tags;

/// `DescribeSpotInstanceRequests`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeSpotInstanceRequests(pub Listing);

impl View for SpotRequest {
    const FILTERS: &'static [&'static str] = &[
        "create-time",
        "instance-id",
        "launched-availability-zone",
        "spot-instance-request-id",
        "state",
        "status-code",
        "status-update-time",
        "type",
    ];

    fn values(&self, filter: &str) -> Vec<String> {
        vec![match filter {
            "create-time" => written(self.created),
            "instance-id" => self.instance.to_string(),
            "launched-availability-zone" => self.zone.to_string(),
            "spot-instance-request-id" => self.id.to_string(),
            "state" => self.state.as_str().to_owned(),
            "status-code" => self.code.as_str().to_owned(),
            "status-update-time" => written(self.updated),
            "type" => if self.persistent { "persistent" } else { "one-time" }.to_owned(),
            _ => return Vec::new(),
        }]
    }

    fn tags(&self) -> Option<&Tags> {
        Some(self.tags.all())
    }
}

impl Operation for DescribeSpotInstanceRequests {
    type Answer = Page<SpotRequest>;

    fn name(&self) -> &'static str {
        "DescribeSpotInstanceRequests"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<SpotRequest>, ApiError> {
        let paging = Paging { action: self.name(), ids: "spotInstanceRequestIds", sizes: (5, 1000) };
        let parse = |id: &String| {
            SpotRequestId::parse(id).ok_or_else(|| {
                let message = format!("Invalid id: \"{id}\" (expecting \"sir-...\")");
                ApiError::refusal("InvalidSpotInstanceRequestID.Malformed", message)
            })
        };
        let asked = self.0.ids.iter().map(parse).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &SpotRequestId, at: Time| cloud.spot_requests.as_of(id, at).cloned();
        let all = cloud.spot_requests.ids().cloned().collect();
        cloud.list(&self.0, &paging, Subject { all, asked, view, unknown: no_spot_requests })
    }
}
