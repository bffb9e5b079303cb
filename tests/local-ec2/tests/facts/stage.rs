//! A cloud with what tests need again and again.

use local_ec2::actions::{
    AllocateAddress, AssociateAddress, AttachVolume, CreateVolume, DescribeInstances, DescribeVolumes,
    DetachVolume, InstanceView, Operation, RunInstances,
};
use local_ec2::state::{Attachment, LaunchData, Market, TagSpecification, Volume};
use local_ec2::{ApiError, Cloud, Listing, Principal, Setup, Throttling, Timing};
use planner::ids::{AllocationId, AssociationId, InstanceId, VolumeId};
use planner::observation::{AttachmentState, InstanceState};
use planner::tags::Tags;

pub(crate) const ZONE: &str = "us-east-1a";
pub(crate) const OTHER_ZONE: &str = "us-east-1b";

pub(crate) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Data that EC2 launches, in that zone.
pub(crate) fn data(zone: &str) -> LaunchData {
    LaunchData {
        image_id: "ami-0123456789abcdef0".to_owned(),
        instance_type: "t3.micro".to_owned(),
        availability_zone: zone.to_owned(),
        ..LaunchData::default()
    }
}

/// The same, with tags on the instance.
pub(crate) fn tagged_data(zone: &str, pairs: &[(&str, &str)]) -> LaunchData {
    let specification = TagSpecification { resource_type: "instance".to_owned(), tags: tags(pairs) };
    LaunchData { tag_specifications: vec![specification], ..data(zone) }
}

pub(crate) fn run(data: LaunchData) -> RunInstances {
    RunInstances { data, min_count: 1, max_count: 1, ..RunInstances::default() }
}

/// A cloud, and everything asked of it by somebody who is not Holdfast.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        Self { cloud: Cloud::new(Setup { throttling: Throttling::Off, ..setup }) }
    }

    /// Everything happens at once.
    pub(crate) fn instant() -> Self {
        Self::with(Setup { timing: Timing::instant(), ..Setup::default() })
    }

    pub(crate) fn tries<O: Operation>(&mut self, call: &O) -> Result<O::Answer, ApiError> {
        self.cloud.perform(call, Principal::Other)
    }

    #[track_caller]
    pub(crate) fn asks<O: Operation>(&mut self, call: &O) -> O::Answer {
        let answer = self.tries(call);
        answer.unwrap_or_else(|error| panic!("{call:?}: {error}"))
    }

    /// Checks that the call is refused, with the code and words in which that part occurs.
    #[track_caller]
    pub(crate) fn refuses<O: Operation<Answer: std::fmt::Debug>>(
        &mut self,
        call: &O,
        code: &str,
        words: &str,
    ) {
        let error = self.tries(call).expect_err("a refusal");
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(words), "{error} does not say {words}");
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.cloud.pass(seconds);
    }

    /// An instance of that data, running.
    #[track_caller]
    pub(crate) fn runs(&mut self, data: LaunchData) -> InstanceId {
        let launched = self.asks(&run(data));
        self.pass(60);
        let id = launched.first().expect("an instance").instance.id.clone();
        assert_eq!(self.state(&id), InstanceState::Running);
        id
    }

    #[track_caller]
    pub(crate) fn instance(&mut self) -> InstanceId {
        self.runs(data(ZONE))
    }

    /// A spot instance, running.
    #[track_caller]
    pub(crate) fn spot_instance(&mut self, market: Market) -> InstanceId {
        self.runs(LaunchData { market: Some(market), ..data(ZONE) })
    }

    /// A volume in that zone, available.
    #[track_caller]
    pub(crate) fn volume_in(&mut self, zone: &str, pairs: &[(&str, &str)]) -> VolumeId {
        let call = CreateVolume {
            availability_zone: zone.to_owned(),
            size: Some(1),
            tags: tags(pairs),
            ..CreateVolume::default()
        };
        let id = self.asks(&call).id;
        self.pass(10);
        id
    }

    #[track_caller]
    pub(crate) fn volume(&mut self) -> VolumeId {
        self.volume_in(ZONE, &[])
    }

    #[track_caller]
    pub(crate) fn address(&mut self) -> AllocationId {
        self.asks(&AllocateAddress::default()).allocation
    }

    /// Attaches the volume, and waits until it is attached.
    #[track_caller]
    pub(crate) fn attaches(&mut self, volume: &VolumeId, instance: &InstanceId, device: &str) {
        self.asks(&attach(volume, instance, device));
        self.pass(5);
        assert_eq!(self.attachment(volume).unwrap().state, AttachmentState::Attached);
    }

    /// Attaches the volume, and waits until it is mounted.
    #[track_caller]
    pub(crate) fn mounts(&mut self, volume: &VolumeId, instance: &InstanceId, device: &str) {
        self.attaches(volume, instance, device);
        self.pass(30);
    }

    #[track_caller]
    pub(crate) fn state(&self, id: &InstanceId) -> InstanceState {
        self.cloud.instance(id).expect("an instance").state
    }

    #[track_caller]
    pub(crate) fn shown(&mut self, id: &InstanceId) -> InstanceView {
        self.asks(&DescribeInstances(Listing::of([id]))).items.pop().expect("an instance")
    }

    #[track_caller]
    pub(crate) fn shown_volume(&mut self, id: &VolumeId) -> Volume {
        self.asks(&DescribeVolumes(Listing::of([id]))).items.pop().expect("a volume")
    }

    pub(crate) fn attachment(&self, volume: &VolumeId) -> Option<&Attachment> {
        self.cloud.volume(volume)?.attachments.first()
    }

    /// Points the address at the instance's only interface.
    #[track_caller]
    pub(crate) fn associates(&mut self, address: &AllocationId, instance: &InstanceId) -> AssociationId {
        self.asks(&associate(address, instance))
    }

    pub(crate) fn association(&self, address: &AllocationId) -> Option<AssociationId> {
        Some(self.cloud.address(address)?.association.as_ref()?.id.clone())
    }
}

pub(crate) fn attach(volume: &VolumeId, instance: &InstanceId, device: &str) -> AttachVolume {
    let (volume_id, instance_id) = (volume.to_string(), instance.to_string());
    AttachVolume { volume_id, instance_id, device: device.to_owned() }
}

pub(crate) fn detach(volume: &VolumeId, instance: &InstanceId) -> DetachVolume {
    let (volume_id, instance_id) = (volume.to_string(), instance.to_string());
    DetachVolume { volume_id, instance_id, ..DetachVolume::default() }
}

pub(crate) fn associate(address: &AllocationId, instance: &InstanceId) -> AssociateAddress {
    let (allocation_id, instance_id) = (address.to_string(), instance.to_string());
    AssociateAddress { allocation_id, instance_id, ..AssociateAddress::default() }
}
