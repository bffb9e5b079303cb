//! What comes and goes: fleets and instances.

use super::{World, given, lacks, refused, specification};
use crate::Error;
use aws_sdk_ec2::types::{
    AllocationStrategy, Filter, FleetLaunchTemplateSpecification, FleetType, Instance,
    InstanceNetworkInterfaceSpecification, InstanceType, LaunchTemplateConfig, LaunchTemplateOverrides,
    RequestLaunchTemplateData, ResourceType, SpotFleetRequestConfigData,
};
use std::collections::{BTreeMap, BTreeSet};

/// A machine image that moto knows.
const IMAGE: &str = "ami-12c6146b";

/// The tag that EC2 gives to each instance of a Spot Fleet.
const FLEET_TAG: &str = "aws:ec2spot:fleet-request-id";

/// A Spot Fleet of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotFleet {
    /// Its id, `sfr-…`.
    pub id: String,
    /// The launch template that its instances are made of.
    pub launch_template: String,
}

impl World {
    /// Starts an on-demand instance, without a public address that EC2 lends out: of such a one moto says that it
    /// belongs to the account, and EC2 that it is Amazon's.
    pub async fn instance(&self, zone: &str, tags: &[(&str, &str)]) -> Result<String, Error> {
        let interface = InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .subnet_id(self.subnet(zone).await?)
            .associate_public_ip_address(false);
        let call = self
            .ec2
            .run_instances()
            .image_id(IMAGE)
            .instance_type(InstanceType::T4gSmall)
            .network_interfaces(interface.build())
            .set_tag_specifications(specification(ResourceType::Instance, tags));
        let answer = call.min_count(1).max_count(1).send().await.map_err(refused("RunInstances"))?;
        let id = answer.instances().first().and_then(|instance| given(instance.instance_id()));
        id.ok_or_else(|| lacks("RunInstances", "an instance"))
    }

    /// Requests a Spot Fleet that keeps one instance running in a zone, by a launch template of that name.
    pub async fn spot_fleet(&self, name: &str, zone: &str) -> Result<SpotFleet, Error> {
        let launch_template = self.launch_template(name).await?;
        let subnet = self.subnet(zone).await?;
        let template =
            FleetLaunchTemplateSpecification::builder().launch_template_id(&launch_template).version("1");
        let config = SpotFleetRequestConfigData::builder()
            .iam_fleet_role("arn:aws:iam::123456789012:role/aws-ec2-spot-fleet-tagging-role")
            .allocation_strategy(AllocationStrategy::LowestPrice)
            .r#type(FleetType::Maintain)
            .target_capacity(1)
            .launch_template_configs(
                LaunchTemplateConfig::builder()
                    .launch_template_specification(template.build())
                    .overrides(LaunchTemplateOverrides::builder().subnet_id(subnet).build())
                    .build(),
            );
        let call = self.ec2.request_spot_fleet().spot_fleet_request_config(config.build());
        let answer = call.send().await.map_err(refused("RequestSpotFleet"))?;
        let id = answer.spot_fleet_request_id.ok_or_else(|| lacks("RequestSpotFleet", "an id"))?;
        let fleet = SpotFleet { id, launch_template };
        self.tag_instances(&fleet).await?;
        Ok(fleet)
    }

    /// The instances that a fleet counts as its own.
    pub async fn instances_of(&self, fleet: &SpotFleet) -> Result<BTreeSet<String>, Error> {
        let answer = self.ec2.describe_spot_fleet_instances().spot_fleet_request_id(&fleet.id).send().await;
        let answer = answer.map_err(refused("DescribeSpotFleetInstances"))?;
        Ok(answer.active_instances().iter().filter_map(|instance| given(instance.instance_id())).collect())
    }

    /// Plays EC2: a fleet that has lost an instance starts another, and gives it its tag.
    pub async fn replace(&self, fleet: &SpotFleet) -> Result<String, Error> {
        let before = self.instances_of(fleet).await?;
        let call = self.ec2.modify_spot_fleet_request().spot_fleet_request_id(&fleet.id).target_capacity(1);
        call.send().await.map_err(refused("ModifySpotFleetRequest"))?;
        let after = self.tag_instances(fleet).await?;
        let new = after.difference(&before).next().cloned();
        new.ok_or_else(|| lacks("ModifySpotFleetRequest", "a new instance"))
    }

    /// Ends an instance. Plays EC2: moto lets go of the volumes and keeps the addresses, which EC2 takes off as well.
    pub async fn terminate(&self, instance: &str) -> Result<(), Error> {
        let addresses = self.addresses_of(instance).await?;
        let call = self.ec2.terminate_instances().instance_ids(instance).send().await;
        call.map_err(refused("TerminateInstances"))?;
        for address in addresses {
            if let Some(association) = self.association(&address).await? {
                let call = self.ec2.disassociate_address().association_id(association).send().await;
                call.map_err(refused("DisassociateAddress"))?;
            }
        }
        Ok(())
    }

    /// Stops an instance, which keeps its volumes.
    pub async fn stop(&self, instance: &str) -> Result<(), Error> {
        let call = self.ec2.stop_instances().instance_ids(instance).send().await;
        call.map(drop).map_err(refused("StopInstances"))
    }

    /// The tags of an instance.
    pub async fn tags_of(&self, instance: &str) -> Result<BTreeMap<String, String>, Error> {
        let instance = self.find("instance-id", instance).await?;
        let tags = instance.iter().flat_map(Instance::tags);
        Ok(tags
            .filter_map(|tag| Some((given(tag.key())?, tag.value().unwrap_or_default().to_owned())))
            .collect())
    }

    /// The instance that a network interface belongs to.
    pub(super) async fn instance_of(&self, interface: &str) -> Result<Option<String>, Error> {
        let call = self.ec2.describe_network_interfaces().network_interface_ids(interface).send().await;
        let answer = call.map_err(refused("DescribeNetworkInterfaces"))?;
        let attachment = answer.network_interfaces().first().and_then(|interface| interface.attachment());
        Ok(attachment.and_then(|attachment| given(attachment.instance_id())))
    }

    /// Plays EC2: gives the instances of a fleet the tag that names it.
    async fn tag_instances(&self, fleet: &SpotFleet) -> Result<BTreeSet<String>, Error> {
        let instances = self.instances_of(fleet).await?;
        for instance in &instances {
            self.tag(instance, &[(FLEET_TAG, &fleet.id)]).await?;
        }
        Ok(instances)
    }

    async fn launch_template(&self, name: &str) -> Result<String, Error> {
        let data = RequestLaunchTemplateData::builder().image_id(IMAGE).instance_type(InstanceType::T4gSmall);
        let call =
            self.ec2.create_launch_template().launch_template_name(name).launch_template_data(data.build());
        let answer = call.send().await.map_err(refused("CreateLaunchTemplate"))?;
        let id = answer.launch_template.and_then(|template| template.launch_template_id);
        id.ok_or_else(|| lacks("CreateLaunchTemplate", "an id"))
    }

    /// The zone's default subnet, which says to a fleet where to start its instances.
    async fn subnet(&self, zone: &str) -> Result<String, Error> {
        let filter = Filter::builder().name("availability-zone").values(zone).build();
        let answer = self.ec2.describe_subnets().filters(filter).send().await;
        let answer = answer.map_err(refused("DescribeSubnets"))?;
        let id = answer.subnets().first().and_then(|subnet| given(subnet.subnet_id()));
        id.ok_or_else(|| lacks("DescribeSubnets", "a subnet of the zone"))
    }

    async fn addresses_of(&self, instance: &str) -> Result<Vec<String>, Error> {
        let found = self.find("instance-id", instance).await?;
        let interfaces = found.iter().flat_map(Instance::network_interfaces);
        let interfaces: BTreeSet<&str> =
            interfaces.filter_map(|interface| interface.network_interface_id()).collect();
        let answer = self.ec2.describe_addresses().send().await.map_err(refused("DescribeAddresses"))?;
        let own = answer.addresses().iter().filter(|address| {
            address.instance_id() == Some(instance)
                || address.network_interface_id().is_some_and(|id| interfaces.contains(id))
        });
        Ok(own.filter_map(|address| given(address.allocation_id())).collect())
    }

    async fn find(&self, filter: &str, value: &str) -> Result<Option<Instance>, Error> {
        let filter = Filter::builder().name(filter).values(value).build();
        let answer = self.ec2.describe_instances().filters(filter).send().await;
        let answer = answer.map_err(refused("DescribeInstances"))?;
        Ok(answer.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances).next().cloned())
    }
}
