//! Draws calls for hostile callers: of every kind, mostly sensible, sometimes anything.

use crate::stage::{ZONE, data};
use local_ec2::actions::{
    Action, AllocateAddress, AssignPrivateIpAddresses, AssociateAddress, AttachNetworkInterface,
    AttachVolume, CancelSpotFleetRequests, CreateFleet, CreateLaunchTemplate, CreateNetworkInterface,
    CreateTags, CreateVolume, DeleteTags, DeleteVolume, DescribeInstances, DescribeTags, DescribeVolumes,
    DetachVolume, DeviceChange, DisassociateAddress, LaunchTemplateConfig, ModifyInstanceAttribute,
    ModifySpotFleetRequest, Override, RebootInstances, ReleaseAddress, RequestSpotFleet, RunInstances,
    StartInstances, StopInstances, TemplateSpec, TerminateInstances,
};
use local_ec2::state::{BlockDevice, Interruption, LaunchData, Market, NetworkSpec};
use local_ec2::{Filter, Listing};
use planner::tags::Tags;

/// Draws parameters: mostly ids that there are, sometimes anything else.
pub(crate) struct Drawer {
    pub(crate) random: fastrand::Rng,
    /// The ids that there are.
    pub(crate) ids: Vec<String>,
}

const JUNK: [&str; 14] = [
    "",
    "banana",
    "i-",
    "i-00000000000000001",
    "vol-x",
    "sfr-",
    "*",
    "?",
    "\\",
    "é\u{0}",
    "/dev/sdf",
    "/dev/xvdf",
    "/dev/sdg",
    "aws:x",
];

impl Drawer {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), ids: Vec::new() }
    }

    fn text(&mut self) -> String {
        if self.ids.is_empty() || self.random.u8(..10) == 0 {
            self.random.choice(JUNK).unwrap().to_owned()
        } else {
            self.random.choice(&self.ids).unwrap().clone()
        }
    }

    /// An id of that kind, mostly.
    fn id(&mut self, prefix: &str) -> String {
        let own: Vec<_> = self.ids.iter().filter(|id| id.starts_with(prefix)).cloned().collect();
        match self.random.choice(&own) {
            Some(id) if self.random.u8(..20) > 0 => id.clone(),
            Some(_) | None => self.text(),
        }
    }

    fn some(&mut self, prefix: &str) -> Vec<String> {
        (0..self.random.usize(..3)).map(|_| self.id(prefix)).collect()
    }

    fn device(&mut self) -> String {
        let letter = char::from(self.random.u8(b'a'..=b'j'));
        if self.random.u8(..8) == 0 { self.text() } else { format!("/dev/sd{letter}") }
    }

    fn count(&mut self) -> u32 {
        if self.random.u8(..30) == 0 { u32::MAX } else { self.random.u32(..4) }
    }

    fn tags(&mut self) -> Tags {
        (0..self.random.usize(..3)).map(|_| (self.text(), self.text())).collect()
    }

    fn launch_data(&mut self) -> LaunchData {
        let device = BlockDevice { device: self.device(), size: Some(1), ..BlockDevice::default() };
        let network = NetworkSpec { device_index: 0, secondary_private_ip_address_count: self.count() };
        let interruption = *self
            .random
            .choice(&[Interruption::Terminate, Interruption::Stop, Interruption::Hibernate])
            .unwrap();
        let market = Market { persistent: self.random.bool(), interruption };
        LaunchData {
            block_device_mappings: if self.random.bool() { vec![device] } else { Vec::new() },
            network_interfaces: vec![network],
            hibernation: Some(self.random.bool()),
            market: self.random.bool().then_some(market),
            ..data(if self.random.u8(..5) == 0 { "us-east-1b" } else { ZONE })
        }
    }

    fn configs(&mut self) -> Vec<LaunchTemplateConfig> {
        let over = Override { availability_zone: ZONE.to_owned(), ..Override::default() };
        let template = TemplateSpec { launch_template_id: self.id("lt-"), ..TemplateSpec::default() };
        vec![LaunchTemplateConfig { template, overrides: vec![over] }]
    }

    fn listing(&mut self) -> Listing {
        let names = ["instance-id", "tag:a", "tag-key", "volume-id", "key", "banana"];
        let name = self.random.choice(names).unwrap();
        let filter = Filter { name: name.to_owned(), values: vec![self.text(), self.text()] };
        Listing {
            ids: if self.random.u8(..4) == 0 { vec![self.text()] } else { Vec::new() },
            filters: if self.random.bool() { vec![filter] } else { Vec::new() },
            max_results: self.random.bool().then(|| self.random.u32(..20)),
            next_token: if self.random.u8(..9) == 0 { self.text() } else { String::new() },
        }
    }

    /// A call of any kind.
    pub(crate) fn call(&mut self) -> Action {
        match self.random.u8(..36) {
            0..=5 => self.attach(),
            6..=9 => self.detach(),
            10..=13 => self.associate(),
            14..=18 => self.power(),
            19..=20 => self.interface(),
            21..=24 => self.make(),
            25..=28 => self.tag_or_end(),
            29..=31 => self.fleet(),
            _ => self.ask(),
        }
    }

    fn attach(&mut self) -> Action {
        let (volume_id, instance_id, device) = (self.id("vol-"), self.id("i-"), self.device());
        AttachVolume { volume_id, instance_id, device }.into()
    }

    fn detach(&mut self) -> Action {
        let instance_id = if self.random.bool() { self.id("i-") } else { String::new() };
        let force = self.random.u8(..5) == 0;
        DetachVolume { volume_id: self.id("vol-"), instance_id, device: String::new(), force }.into()
    }

    fn associate(&mut self) -> Action {
        if self.random.u8(..4) == 0 {
            let association_id = self.id("eipassoc-");
            return DisassociateAddress { association_id, public_ip: String::new() }.into();
        }
        let by_instance = self.random.bool();
        AssociateAddress {
            allocation_id: self.id("eipalloc-"),
            instance_id: if by_instance { self.id("i-") } else { String::new() },
            network_interface_id: if by_instance { String::new() } else { self.id("eni-") },
            private_ip_address: if self.random.u8(..4) == 0 { self.text() } else { String::new() },
            allow_reassociation: Some(self.random.bool()),
        }
        .into()
    }

    fn power(&mut self) -> Action {
        let instance_ids = self.some("i-");
        match self.random.u8(..6) {
            0 => StartInstances { instance_ids }.into(),
            1 | 2 => StopInstances { instance_ids, hibernate: self.random.bool() }.into(),
            3 => RebootInstances { instance_ids }.into(),
            4 => TerminateInstances { instance_ids }.into(),
            _ => {
                let (device_name, delete_on_termination) = (self.device(), self.random.bool());
                let block_device_mappings = vec![DeviceChange { device_name, delete_on_termination }];
                ModifyInstanceAttribute { instance_id: self.id("i-"), block_device_mappings }.into()
            }
        }
    }

    fn interface(&mut self) -> Action {
        let (network_interface_id, secondary_private_ip_address_count) = (self.id("eni-"), self.count());
        match self.random.u8(..3) {
            0 => {
                let private_ip_addresses = self.some("10.");
                AssignPrivateIpAddresses {
                    network_interface_id,
                    secondary_private_ip_address_count,
                    private_ip_addresses,
                }
                .into()
            }
            1 => {
                let (instance_id, device_index) = (self.id("i-"), self.count());
                AttachNetworkInterface { network_interface_id, instance_id, device_index }.into()
            }
            _ => {
                let subnet_id = "subnet-00000000000000001".to_owned();
                let tags = self.tags();
                CreateNetworkInterface { subnet_id, secondary_private_ip_address_count, tags }.into()
            }
        }
    }

    fn make(&mut self) -> Action {
        match self.random.u8(..5) {
            0 => AllocateAddress { tags: self.tags() }.into(),
            1 => CreateLaunchTemplate {
                launch_template_name: format!("t-{}", self.random.u32(..)),
                data: self.launch_data(),
                ..CreateLaunchTemplate::default()
            }
            .into(),
            2 => RunInstances {
                data: self.launch_data(),
                min_count: 1,
                max_count: self.count(),
                ..RunInstances::default()
            }
            .into(),
            _ => CreateVolume {
                availability_zone: ZONE.to_owned(),
                size: Some(1),
                volume_type: "io2".to_owned(),
                multi_attach_enabled: self.random.u8(..4) == 0,
                ..CreateVolume::default()
            }
            .into(),
        }
    }

    fn tag_or_end(&mut self) -> Action {
        match self.random.u8(..4) {
            0 => CreateTags { resources: self.some(""), tags: self.tags() }.into(),
            1 => DeleteTags { resources: self.some(""), tags: vec![(self.text(), None)] }.into(),
            2 => DeleteVolume { volume_id: self.id("vol-") }.into(),
            _ => ReleaseAddress { allocation_id: self.id("eipalloc-") }.into(),
        }
    }

    fn fleet(&mut self) -> Action {
        match self.random.u8(..4) {
            0 => CancelSpotFleetRequests {
                spot_fleet_request_ids: self.some("sfr-"),
                terminate_instances: self.random.bool(),
            }
            .into(),
            1 => CreateFleet {
                total_target_capacity: self.count(),
                fleet_type: self.random.choice(["", "instant", "request", "pray"]).unwrap().to_owned(),
                launch_template_configs: self.configs(),
                ..CreateFleet::default()
            }
            .into(),
            2 => RequestSpotFleet {
                target_capacity: self.count(),
                launch_template_configs: self.configs(),
                ..RequestSpotFleet::default()
            }
            .into(),
            _ => ModifySpotFleetRequest {
                spot_fleet_request_id: self.id("sfr-"),
                target_capacity: self.count(),
                ..ModifySpotFleetRequest::default()
            }
            .into(),
        }
    }

    fn ask(&mut self) -> Action {
        match self.random.u8(..3) {
            0 => DescribeInstances(self.listing()).into(),
            1 => DescribeVolumes(self.listing()).into(),
            _ => DescribeTags(self.listing()).into(),
        }
    }
}
