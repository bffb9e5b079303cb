//! What must survive a replacement: volumes and addresses, and the answer to "who has it", from EC2 and nobody else.

use super::{World, given, lacks, refused, specification};
use crate::Error;
use aws_sdk_ec2::types::{DomainType, ResourceType};

/// An Elastic IP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Its allocation id.
    pub allocation: String,
    /// The address itself.
    pub public: String,
}

/// Where a volume is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The instance.
    pub instance: String,
    /// The device name.
    pub device: String,
}

impl World {
    /// Creates a volume.
    pub async fn volume(&self, zone: &str, tags: &[(&str, &str)]) -> Result<String, Error> {
        let specification = specification(ResourceType::Volume, tags);
        let call = self.ec2.create_volume().availability_zone(zone).size(8);
        let answer =
            call.set_tag_specifications(specification).send().await.map_err(refused("CreateVolume"))?;
        answer.volume_id.ok_or_else(|| lacks("CreateVolume", "an id"))
    }

    /// Allocates an address.
    pub async fn address(&self, tags: &[(&str, &str)]) -> Result<Address, Error> {
        let specification = specification(ResourceType::ElasticIp, tags);
        let call = self.ec2.allocate_address().domain(DomainType::Vpc).set_tag_specifications(specification);
        let answer = call.send().await.map_err(refused("AllocateAddress"))?;
        let allocation = answer.allocation_id.ok_or_else(|| lacks("AllocateAddress", "an id"))?;
        let public = answer.public_ip.ok_or_else(|| lacks("AllocateAddress", "an address"))?;
        Ok(Address { allocation, public })
    }

    /// Attaches a volume, as somebody other than Holdfast does.
    pub async fn attach(&self, volume: &str, instance: &str, device: &str) -> Result<(), Error> {
        let call = self.ec2.attach_volume().volume_id(volume).instance_id(instance).device(device);
        call.send().await.map(drop).map_err(refused("AttachVolume"))
    }

    /// Associates an address, as somebody other than Holdfast does.
    pub async fn associate(&self, address: &Address, instance: &str) -> Result<(), Error> {
        let call = self.ec2.associate_address().allocation_id(&address.allocation).instance_id(instance);
        call.send().await.map(drop).map_err(refused("AssociateAddress"))
    }

    /// Where the volume is, by `DescribeVolumes`.
    pub async fn volume_is_at(&self, volume: &str) -> Result<Option<Attachment>, Error> {
        let answer = self.ec2.describe_volumes().volume_ids(volume).send().await;
        let answer = answer.map_err(refused("DescribeVolumes"))?;
        let mut attachments = answer.volumes().iter().flat_map(aws_sdk_ec2::types::Volume::attachments);
        Ok(attachments.next().and_then(|attachment| {
            Some(Attachment {
                instance: given(attachment.instance_id())?,
                device: given(attachment.device()).unwrap_or_default(),
            })
        }))
    }

    /// Which instance has the address, by `DescribeAddresses`. moto names the network interface alone where the
    /// association was asked for by interface; the instance is then asked for by the interface.
    pub async fn address_is_at(&self, address: &Address) -> Result<Option<String>, Error> {
        let answer = self.ec2.describe_addresses().allocation_ids(&address.allocation).send().await;
        let answer = answer.map_err(refused("DescribeAddresses"))?;
        let Some(found) = answer.addresses().first() else { return Ok(None) };
        if let Some(instance) = given(found.instance_id()) {
            return Ok(Some(instance));
        }
        match given(found.network_interface_id()) {
            Some(interface) => self.instance_of(&interface).await,
            None => Ok(None),
        }
    }

    /// The association of an address.
    pub(super) async fn association(&self, allocation: &str) -> Result<Option<String>, Error> {
        let answer = self.ec2.describe_addresses().allocation_ids(allocation).send().await;
        let answer = answer.map_err(refused("DescribeAddresses"))?;
        Ok(answer.addresses().first().and_then(|address| given(address.association_id())))
    }
}
