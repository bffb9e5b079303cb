//! `CreateTags`, `DeleteTags` and `DescribeTags`, for every kind of resource that has tags here.

use super::{Operation, question};
use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::filter::View;
use crate::ids::{FleetId, SpotRequestId, TemplateId};
use crate::judge::{self, Offence};
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::{
    allocation_id, instance_id, interface_id, no_addresses, no_ec2_fleets, no_instances, no_interface,
    no_spot_fleets, no_spot_requests, no_templates, no_volumes, volume_id,
};
use crate::tags::{TagSet, check_keys};
use crate::throttle::CallKind;
use crate::time::Time;
use planner::ids::{AllocationId, InstanceId, InterfaceId, VolumeId};
use planner::tags::Tags;

/// `CreateTags`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CreateTags {
    pub resources: Vec<String>,
    pub tags: Tags,
}

/// `DeleteTags`. A tag without a value goes whatever its value is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DeleteTags {
    pub resources: Vec<String>,
    pub tags: Vec<(String, Option<String>)>,
}

/// `DescribeTags`. It takes no ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeTags(pub Listing);

/// A tag, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagView {
    /// The resource's id.
    pub resource: String,
    /// Such as `instance`.
    pub resource_type: &'static str,
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A resource that has tags.
enum Tagged {
    Instance(InstanceId),
    Volume(VolumeId),
    Address(AllocationId),
    Interface(InterfaceId),
    Spot(SpotRequestId),
    Fleet(FleetId),
    Template(TemplateId),
}

impl Tagged {
    /// The resource of that id, by what it begins with.
    fn parse(text: &str) -> Result<Self, ApiError> {
        let kind = text.split_once('-').map_or("", |(kind, _)| kind);
        let unknown = || ApiError::refusal("InvalidID", format!("The ID '{text}' is not valid"));
        match kind {
            "i" => instance_id(text).map(Self::Instance),
            "vol" => volume_id(text).map(Self::Volume),
            "eipalloc" => allocation_id(text).map(Self::Address),
            "eni" => interface_id(text).map(Self::Interface),
            "sir" => SpotRequestId::parse(text).map(Self::Spot).ok_or_else(unknown),
            "sfr" | "fleet" => FleetId::parse(text).map(Self::Fleet).ok_or_else(unknown),
            "lt" => TemplateId::parse(text).map(Self::Template).ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }

    fn unknown(&self) -> ApiError {
        match self {
            Self::Instance(id) => no_instances(&[id.to_string()]),
            Self::Volume(id) => no_volumes(&[id.to_string()]),
            Self::Address(id) => no_addresses(&[id.to_string()]),
            Self::Interface(id) => no_interface(id),
            Self::Spot(id) => no_spot_requests(&[id.to_string()]),
            Self::Fleet(id) if id.is_spot_fleet() => no_spot_fleets(&[id.to_string()]),
            Self::Fleet(id) => no_ec2_fleets(&[id.to_string()]),
            Self::Template(id) => no_templates(&[id.to_string()]),
        }
    }
}

impl Cloud {
    /// The tags of every resource that is named; none that is unknown, or too fresh to be known.
    fn tagged(&mut self, resources: &[String]) -> Result<Vec<Tagged>, ApiError> {
        if resources.is_empty() {
            return Err(ApiError::missing("resourceIdSet"));
        }
        let named: Vec<Tagged> = resources.iter().map(|id| Tagged::parse(id)).collect::<Result<_, _>>()?;
        for resource in &named {
            let at = self.glance();
            self.tags_as_of(resource, at).ok_or_else(|| resource.unknown())?;
            self.tags_of(resource).ok_or_else(|| resource.unknown())?;
        }
        Ok(named)
    }

    fn tags_as_of(&self, resource: &Tagged, at: Time) -> Option<&TagSet> {
        match resource {
            Tagged::Instance(id) => self.instances.as_of(id, at).map(|own| &own.tags),
            Tagged::Volume(id) => self.volumes.as_of(id, at).map(|own| &own.tags),
            Tagged::Address(id) => self.addresses.as_of(id, at).map(|own| &own.tags),
            Tagged::Interface(id) => self.interfaces.as_of(id, at).map(|own| &own.tags),
            Tagged::Spot(id) => self.spot_requests.as_of(id, at).map(|own| &own.tags),
            Tagged::Fleet(id) => self.fleets.as_of(id, at).map(|own| &own.tags),
            Tagged::Template(id) => self.templates.as_of(id, at).map(|own| &own.tags),
        }
    }

    fn tags_of(&mut self, resource: &Tagged) -> Option<&mut TagSet> {
        let now = self.now;
        match resource {
            Tagged::Instance(id) => self.instances.edit(id, now).map(|own| &mut own.tags),
            Tagged::Volume(id) => self.volumes.edit(id, now).map(|own| &mut own.tags),
            Tagged::Address(id) => self.addresses.edit(id, now).map(|own| &mut own.tags),
            Tagged::Interface(id) => self.interfaces.edit(id, now).map(|own| &mut own.tags),
            Tagged::Spot(id) => self.spot_requests.edit(id, now).map(|own| &mut own.tags),
            Tagged::Fleet(id) => self.fleets.edit(id, now).map(|own| &mut own.tags),
            Tagged::Template(id) => self.templates.edit(id, now).map(|own| &mut own.tags),
        }
    }
}

impl Operation for CreateTags {
    type Answer = ();

    fn name(&self) -> &'static str {
        "CreateTags"
    }

    fn charges(&self, cloud: &Cloud) -> Vec<Offence> {
        judge::of_create_tags(self, cloud)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        if self.tags.is_empty() {
            return Err(ApiError::missing("Tag"));
        }
        let (named, now) = (cloud.tagged(&self.resources)?, cloud.now);
        for resource in &named {
            cloud.tags_of(resource).map_or(Ok(()), |tags| tags.check(&self.tags))?;
        }
        for resource in &named {
            if let Some(tags) = cloud.tags_of(resource) {
                tags.set(&self.tags, now);
            }
        }
        Ok(())
    }
}

impl Operation for DeleteTags {
    type Answer = ();

    fn name(&self) -> &'static str {
        "DeleteTags"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        check_keys(self.tags.iter().map(|(key, _)| key))?;
        let (named, now) = (cloud.tagged(&self.resources)?, cloud.now);
        for resource in &named {
            let Some(tags) = cloud.tags_of(resource) else { continue };
            for (key, value) in &self.tags {
                tags.remove(key, value.as_deref(), now);
            }
        }
        Ok(())
    }
}

impl View for TagView {
    const FILTERS: &'static [&'static str] = &["key", "resource-id", "resource-type", "value"];
    const TAGGED: bool = false;

    fn values(&self, filter: &str) -> Vec<String> {
        vec![match filter {
            "key" => self.key.clone(),
            "resource-id" => self.resource.clone(),
            "resource-type" => self.resource_type.to_owned(),
            "value" => self.value.clone(),
            _ => return Vec::new(),
        }]
    }

    fn tags(&self) -> Option<&Tags> {
        None
    }
}

impl Operation for DescribeTags {
    type Answer = Page<TagView>;

    fn name(&self) -> &'static str {
        "DescribeTags"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<TagView>, ApiError> {
        let paging = Paging { action: self.name(), ids: "resourceIdSet", sizes: (5, 1000) };
        let at = cloud.glance();
        let tags = cloud.every_tag(at);
        let all = tags.iter().map(position).collect();
        let view =
            &|_: &Cloud, place: &String, _: Time| tags.iter().find(|tag| position(tag) == *place).cloned();
        let listing = Listing { ids: Vec::new(), ..self.0.clone() };
        cloud.list(&listing, &paging, Subject { all, asked: Vec::new(), view, unknown: no_instances })
    }
}

/// Where a tag stands among all.
fn position(tag: &TagView) -> String {
    format!("{} {}", tag.resource, tag.key)
}

impl Cloud {
    fn every_tag(&self, at: Time) -> Vec<TagView> {
        let mut all = Vec::new();
        let mut add = |resource: &str, resource_type: &'static str, tags: Option<&TagSet>| {
            for (key, value) in tags.map(TagSet::all).into_iter().flatten() {
                let (resource, key, value) = (resource.to_owned(), key.clone(), value.clone());
                all.push(TagView { resource, resource_type, key, value });
            }
        };
        for id in self.instances.ids() {
            add(id.as_str(), "instance", self.instances.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.volumes.ids() {
            add(id.as_str(), "volume", self.volumes.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.addresses.ids() {
            add(id.as_str(), "elastic-ip", self.addresses.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.interfaces.ids() {
            add(id.as_str(), "network-interface", self.interfaces.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.spot_requests.ids() {
            add(id.as_str(), "spot-instances-request", self.spot_requests.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.fleets.ids() {
            let kind = if id.is_spot_fleet() { "spot-fleet-request" } else { "fleet" };
            add(id.as_str(), kind, self.fleets.as_of(id, at).map(|own| &own.tags));
        }
        for id in self.templates.ids() {
            add(id.as_str(), "launch-template", self.templates.as_of(id, at).map(|own| &own.tags));
        }
        all
    }
}
