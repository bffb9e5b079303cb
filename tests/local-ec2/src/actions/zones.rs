//! `DescribeAvailabilityZones`, and the one default subnet that each zone has here.

use super::{Operation, question};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::listing::{Listing, Paging, Subject};
use crate::state::LaunchData;
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::Zone;
use planner::tags::Tags;

/// The one network of the account.
pub(crate) const VPC: &str = "vpc-00000000000000001";

/// `DescribeAvailabilityZones`. Its ids are the names of zones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeAvailabilityZones(pub Listing);

/// A zone, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneView {
    /// Its name.
    pub zone: Zone,
    /// Its id, which is the same in every account.
    pub id: String,
    /// Its region.
    pub region: String,
    /// Its default subnet.
    pub subnet: String,
}

impl View for ZoneView {
    const FILTERS: &'static [&'static str] =
        &["group-name", "opt-in-status", "region-name", "state", "zone-id", "zone-name", "zone-type"];
    const TAGGED: bool = false;

    fn values(&self, filter: &str) -> Vec<String> {
        vec![match filter {
            "group-name" | "region-name" => self.region.clone(),
            "opt-in-status" => "opt-in-not-required".to_owned(),
            "state" => "available".to_owned(),
            "zone-id" => self.id.clone(),
            "zone-name" => self.zone.to_string(),
            "zone-type" => "availability-zone".to_owned(),
            _ => return Vec::new(),
        }]
    }

    fn tags(&self) -> Option<&Tags> {
        None
    }
}

impl Operation for DescribeAvailabilityZones {
    type Answer = Vec<ZoneView>;

    fn name(&self) -> &'static str {
        "DescribeAvailabilityZones"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Vec<ZoneView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "zoneName", sizes: (0, u32::MAX) };
        let asked = self.0.ids.iter().map(|name| cloud.zone(name)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, zone: &Zone, _: Time| Some(cloud.zone_view(zone));
        let all = cloud.setup.zones.clone();
        let unknown = |_: &[String]| ApiError::refusal("InvalidZone.NotFound", "The zone does not exist.");
        let listing = Listing { max_results: None, next_token: String::new(), ..self.0.clone() };
        Ok(cloud.list(&listing, &paging, Subject { all, asked, view, unknown })?.items)
    }
}

impl Cloud {
    fn number_of(&self, zone: &Zone) -> usize {
        1 + self.setup.zones.iter().take_while(|own| *own != zone).count()
    }

    fn zone_view(&self, zone: &Zone) -> ZoneView {
        let (id, region) = (format!("use1-az{}", self.number_of(zone)), self.setup.region.clone());
        ZoneView { zone: zone.clone(), id, region, subnet: self.subnet_of(zone) }
    }

    /// The default subnet of the zone.
    pub(crate) fn subnet_of(&self, zone: &Zone) -> String {
        format!("subnet-{:017x}", self.number_of(zone))
    }

    /// The zone of a subnet.
    pub(crate) fn zone_of_subnet(&self, subnet: &str) -> Result<Zone, ApiError> {
        let zone = self.setup.zones.iter().find(|zone| self.subnet_of(zone) == subnet);
        zone.cloned().ok_or_else(|| {
            let message = format!("The subnet ID '{subnet}' does not exist");
            ApiError::refusal("InvalidSubnetID.NotFound", message)
        })
    }

    /// The zone that launch data or an override names, by itself or by a subnet.
    pub(crate) fn zone_named(&self, zone: &str, subnet: &str) -> Result<Option<Zone>, ApiError> {
        match (zone.is_empty(), subnet.is_empty()) {
            (_, false) => self.zone_of_subnet(subnet).map(Some),
            (false, true) => self.zone(zone).map(Some),
            (true, true) => Ok(None),
        }
    }

    /// The zone of a launch. Where none is named EC2 chooses.
    pub(crate) fn zone_for(&mut self, data: &LaunchData) -> Result<Zone, ApiError> {
        if let Some(zone) = self.zone_named(&data.availability_zone, &data.subnet_id)? {
            return Ok(zone);
        }
        let zone = self.chance.pick(&self.setup.zones).cloned();
        zone.ok_or_else(|| ApiError::refusal("InvalidZone.NotFound", "The region has no zone."))
    }
}
