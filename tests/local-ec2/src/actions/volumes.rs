//! `DescribeVolumes`, `CreateVolume` and `DeleteVolume`.

use super::disks::{check_size, check_snapshot, volume_type};
use super::{Operation, question};
use crate::agenda::Due;
use crate::cloud::Cloud;
use crate::error::{ApiError, required};
use crate::filter::View;
use crate::listing::{Listing, Page, Paging, Subject};
use crate::lookup::{no_volumes, volume_id};
use crate::state::{Volume, VolumeLife, VolumeType, attachment_state};
use crate::tags::TagSet;
use crate::throttle::CallKind;
use crate::time::written;
use planner::ids::Zone;
use planner::tags::Tags;
use std::collections::BTreeMap;

/// The key that EC2 encrypts with when a call names none.
const DEFAULT_KEY: &str = "alias/aws/ebs";

/// `DescribeVolumes`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeVolumes(pub Listing);

/// `CreateVolume`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct CreateVolume {
    pub availability_zone: String,
    pub size: Option<u32>,
    pub snapshot_id: String,
    pub volume_type: String,
    pub multi_attach_enabled: bool,
    pub encrypted: bool,
    pub kms_key_id: String,
    pub tags: Tags,
    pub client_token: String,
}

/// `DeleteVolume`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct DeleteVolume {
    pub volume_id: String,
}

impl View for Volume {
    const FILTERS: &'static [&'static str] = &[
        "attachment.attach-time",
        "attachment.delete-on-termination",
        "attachment.device",
        "attachment.instance-id",
        "attachment.status",
        "availability-zone",
        "create-time",
        "encrypted",
        "multi-attach-enabled",
        "size",
        "status",
        "volume-id",
        "volume-type",
    ];

    fn values(&self, filter: &str) -> Vec<String> {
        let of_attachments = |value: fn(&crate::state::Attachment) -> String| {
            self.attachments.iter().map(value).collect::<Vec<_>>()
        };
        match filter {
            "attachment.attach-time" => of_attachments(|a| written(a.since)),
            "attachment.delete-on-termination" => of_attachments(|a| a.delete_on_termination.to_string()),
            "attachment.device" => of_attachments(|a| a.device.clone()),
            "attachment.instance-id" => of_attachments(|a| a.instance.to_string()),
            "attachment.status" => of_attachments(|a| attachment_state(a.state).to_owned()),
            "availability-zone" => vec![self.zone.to_string()],
            "create-time" => vec![written(self.created)],
            "encrypted" => vec![self.key.is_some().to_string()],
            "multi-attach-enabled" => vec![self.multi_attach.to_string()],
            "size" => vec![self.size.to_string()],
            "status" => vec![self.state().to_owned()],
            "volume-id" => vec![self.id.to_string()],
            "volume-type" => vec![self.kind.as_str().to_owned()],
            _ => Vec::new(),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(self.tags.all())
    }
}

impl Operation for DescribeVolumes {
    type Answer = Page<Volume>;

    fn name(&self) -> &'static str {
        "DescribeVolumes"
    }

    fn kind(&self) -> CallKind {
        question(&self.0)
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Page<Volume>, ApiError> {
        let paging = Paging { action: self.name(), ids: "volumeSet", sizes: (5, 1000) };
        let asked = self.0.ids.iter().map(|id| volume_id(id)).collect::<Result<_, _>>()?;
        let view = &|cloud: &Cloud, id: &_, at| cloud.volumes.as_of(id, at).cloned();
        let all = cloud.volumes.ids().cloned().collect();
        // "If MaxResults is given a value larger than 500, only 500 results are returned" (EC2 API reference of 2023);
        // the AWS CLI asks for 1000 unless it is told otherwise.
        let max_results = self.0.max_results.map(|size| if size <= 1000 { size.min(500) } else { size });
        let listing = Listing { max_results, ..self.0.clone() };
        cloud.list(&listing, &paging, Subject { all, asked, view, unknown: no_volumes })
    }
}

impl Operation for CreateVolume {
    type Answer = Volume;

    fn name(&self) -> &'static str {
        "CreateVolume"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<Volume, ApiError> {
        let zone = cloud.zone(required("availabilityZone", &self.availability_zone)?)?;
        let kind = self.kind()?;
        check_snapshot(&self.snapshot_id)?;
        let size = self.size.ok_or_else(|| ApiError::missing("size/snapshot"))?;
        check_size(size, kind)?;
        if self.multi_attach_enabled && !kind.can_multi_attach() {
            let message =
                format!("The parameter MultiAttachEnabled is not supported for {} volumes.", kind.as_str());
            return Err(ApiError::combination(message));
        }
        TagSet::default().check(&self.tags)?;
        if let Some(made) = cloud.made_before(self, &self.client_token)? {
            return volume_id(&made)
                .and_then(|id| cloud.volumes.get(&id).cloned().ok_or_else(|| no_volumes(&[made])));
        }
        let volume = cloud.create(self, zone, kind, size);
        cloud.remember(self, &self.client_token, volume.id.as_str());
        Ok(volume)
    }
}

impl CreateVolume {
    fn kind(&self) -> Result<VolumeType, ApiError> {
        if self.volume_type.is_empty() { Ok(VolumeType::Gp2) } else { volume_type(&self.volume_type) }
    }
}

impl Cloud {
    fn create(&mut self, call: &CreateVolume, zone: Zone, kind: VolumeType, size: u32) -> Volume {
        let id = self.mint.volume();
        let mut tags = TagSet::default();
        tags.set(&call.tags, self.now);
        let key = if call.kms_key_id.is_empty() { DEFAULT_KEY } else { &call.kms_key_id };
        let volume = Volume {
            id: id.clone(),
            zone,
            size,
            kind,
            multi_attach: call.multi_attach_enabled,
            key: call.encrypted.then(|| key.to_owned()),
            life: VolumeLife::Creating,
            created: self.now,
            attachments: Vec::new(),
            left: BTreeMap::new(),
            tags,
        };
        self.volumes.insert(id.clone(), volume.clone(), self.now);
        self.after(self.setup.timing.create_volume, Due::Created(id));
        volume
    }

    /// The zone of that name.
    pub(crate) fn zone(&self, name: &str) -> Result<Zone, ApiError> {
        let zone = self.setup.zones.iter().find(|zone| zone.as_str() == name).cloned();
        zone.ok_or_else(|| {
            ApiError::refusal("InvalidZone.NotFound", format!("The zone '{name}' does not exist."))
        })
    }

    /// What an earlier call of the same client token has made. Other parameters under one token are refused (EC2 API
    /// developer guide, "Ensuring idempotency").
    pub(crate) fn made_before(&self, call: &impl Operation, token: &str) -> Result<Option<String>, ApiError> {
        let Some((earlier, made)) = self.client_tokens.get(token).filter(|_| !token.is_empty()) else {
            return Ok(None);
        };
        if *earlier == format!("{call:?}") {
            return Ok(Some(made.clone()));
        }
        let message = "The request uses the same client token as a previous, but non-identical request.";
        Err(ApiError::refusal("IdempotentParameterMismatch", message))
    }

    pub(crate) fn remember(&mut self, call: &impl Operation, token: &str, made: &str) {
        if !token.is_empty() {
            self.client_tokens.insert(token.to_owned(), (format!("{call:?}"), made.to_owned()));
        }
    }
}

impl Operation for DeleteVolume {
    type Answer = ();

    fn name(&self) -> &'static str {
        "DeleteVolume"
    }

    fn run(&self, cloud: &mut Cloud) -> Result<(), ApiError> {
        let volume = cloud.find_volume(&self.volume_id)?;
        if let Some(attachment) = volume.attachments.first() {
            let message = format!("Volume {} is currently attached to {}", volume.id, attachment.instance);
            return Err(ApiError::refusal("VolumeInUse", message));
        }
        match volume.life {
            VolumeLife::Ready | VolumeLife::Failed => {}
            VolumeLife::Creating | VolumeLife::Deleting => {
                let message = format!("Volume '{}'is in the '{}' state.", volume.id, volume.state());
                return Err(ApiError::refusal("IncorrectState", message));
            }
        }
        if let Some(volume) = cloud.volumes.edit(&volume.id, cloud.now) {
            volume.life = VolumeLife::Deleting;
        }
        cloud.after(cloud.setup.timing.delete_volume, Due::Deleted(volume.id));
        Ok(())
    }
}
