//! What to launch: launch templates, and the same data as it stands in a call.

use crate::ids::TemplateId;
use crate::state::Interruption;
use crate::tags::TagSet;
use crate::time::Time;
use planner::tags::Tags;

/// A launch template. It has one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Time,
    /// What it launches.
    pub data: LaunchData,
    /// Its own tags.
    pub tags: TagSet,
}

/// What to launch. An empty text is an absent one, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is EC2's own parameter")]
pub struct LaunchData {
    pub image_id: String,
    pub instance_type: String,
    pub key_name: String,
    pub availability_zone: String,
    pub subnet_id: String,
    pub tag_specifications: Vec<TagSpecification>,
    pub hibernation: Option<bool>,
    pub market: Option<Market>,
    pub block_device_mappings: Vec<BlockDevice>,
    pub network_interfaces: Vec<NetworkSpec>,
}

/// That the instance is to be a spot instance, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Market {
    /// Whether the request is opened again after an interruption.
    pub persistent: bool,
    /// What EC2 does when it needs the capacity.
    pub interruption: Interruption,
}

/// Tags for what a call makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagSpecification {
    /// Such as `instance`.
    pub resource_type: String,
    /// The tags.
    pub tags: Tags,
}

/// A volume to be made with an instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockDevice {
    /// The device name.
    pub device: String,
    /// In GiB; 8 when absent.
    pub size: Option<u32>,
    /// Its type; `gp3` when empty.
    pub volume_type: String,
    /// What it is to be made from, which is not there.
    pub snapshot_id: String,
    /// Whether it goes with the instance: yes when absent, as for every volume of a launch (EC2 user guide,
    /// "Preserve data when an instance is terminated").
    pub delete_on_termination: Option<bool>,
}

/// A network interface to be made with an instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkSpec {
    /// 0 is the primary interface.
    pub device_index: u32,
    /// How many private addresses it has besides the primary one.
    pub secondary_private_ip_address_count: u32,
}

impl LaunchData {
    /// This, with what `over` says instead wherever it says something.
    #[must_use]
    pub(crate) fn overridden_by(&self, over: &Self) -> Self {
        let text = |own: &String, over: &String| if over.is_empty() { own.clone() } else { over.clone() };
        Self {
            image_id: text(&self.image_id, &over.image_id),
            instance_type: text(&self.instance_type, &over.instance_type),
            key_name: text(&self.key_name, &over.key_name),
            availability_zone: text(&self.availability_zone, &over.availability_zone),
            subnet_id: text(&self.subnet_id, &over.subnet_id),
            tag_specifications: list(&self.tag_specifications, &over.tag_specifications),
            hibernation: over.hibernation.or(self.hibernation),
            market: over.market.or(self.market),
            block_device_mappings: list(&self.block_device_mappings, &over.block_device_mappings),
            network_interfaces: list(&self.network_interfaces, &over.network_interfaces),
        }
    }

    /// The tags for resources of a type.
    pub(crate) fn tags_for(&self, resource_type: &str) -> Tags {
        let of_type = self.tag_specifications.iter().filter(|tags| tags.resource_type == resource_type);
        of_type.flat_map(|tags| tags.tags.clone()).collect()
    }
}

fn list<T: Clone>(own: &[T], over: &[T]) -> Vec<T> {
    if over.is_empty() { own.to_vec() } else { over.to_vec() }
}
