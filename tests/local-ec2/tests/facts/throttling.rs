//! Throttling: EC2's buckets.

use local_ec2::actions::{
    AllocateAddress, AttachVolume, CreateTags, CreateVolume, DeleteTags, DescribeInstances,
    DescribeSpotFleetInstances, DescribeSpotFleetRequests, DescribeVolumes, Operation, RunInstances,
    TerminateInstances,
};
use local_ec2::{Cloud, Listing, Principal, Setup, Throttling};

/// How many calls at one moment are admitted.
fn burst<O: Operation>(cloud: &mut Cloud, call: &O) -> usize {
    let throttled = |cloud: &mut Cloud| {
        let error = cloud.perform(call, Principal::Other).err();
        error.is_some_and(|error| error.code == "RequestLimitExceeded" && error.status == 503)
    };
    (0..1000).take_while(|_| !throttled(cloud)).count()
}

#[test]
fn each_kind_of_call_has_its_burst_and_its_rate() {
    let mut cloud = Cloud::new(Setup::default());
    let filtered = DescribeVolumes(Listing::by("tag-key", "Name"));
    let paged = DescribeInstances(Listing::default().paged(5));
    assert_eq!(burst(&mut cloud, &filtered), 100);
    assert_eq!(burst(&mut cloud, &paged), 100);
    assert_eq!(burst(&mut cloud, &DescribeVolumes::default()), 50);
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 50);
    assert_eq!(burst(&mut cloud, &AllocateAddress::default()), 50);
    assert_eq!(burst(&mut cloud, &CreateTags::default()), 100);
    assert_eq!(burst(&mut cloud, &RunInstances::default()), 5);
    cloud.pass(2);
    assert_eq!(burst(&mut cloud, &filtered), 40);
    assert_eq!(burst(&mut cloud, &DescribeVolumes::default()), 20);
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 10);
    assert_eq!(burst(&mut cloud, &CreateTags::default()), 20);
    assert_eq!(burst(&mut cloud, &RunInstances::default()), 4);
    cloud.pass(3600);
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 50);
    assert!(cloud.throttled() > 0);
}

#[test]
fn what_has_a_size_of_its_own_has_that() {
    let mut cloud = Cloud::new(Setup::default());
    assert_eq!(burst(&mut cloud, &DescribeSpotFleetInstances::default()), 100);
    assert_eq!(burst(&mut cloud, &DescribeSpotFleetRequests::default()), 50);
    assert_eq!(burst(&mut cloud, &CreateVolume::default()), 100);
    assert_eq!(burst(&mut cloud, &TerminateInstances::default()), 100);
    assert_eq!(burst(&mut cloud, &DeleteTags::default()), 100);
    cloud.pass(2);
    assert_eq!(burst(&mut cloud, &DescribeSpotFleetInstances::default()), 10);
    assert_eq!(burst(&mut cloud, &DescribeSpotFleetRequests::default()), 6);
    assert_eq!(burst(&mut cloud, &CreateVolume::default()), 10);
    assert_eq!(burst(&mut cloud, &TerminateInstances::default()), 10);
    assert_eq!(burst(&mut cloud, &DeleteTags::default()), 20);
}

#[test]
fn ids_alone_are_no_filter() {
    let mut cloud = Cloud::new(Setup::default());
    let by_ids = DescribeVolumes(Listing::of(["vol-00000000000000001"]));
    assert_eq!(burst(&mut cloud, &by_ids), 50);
    assert_eq!(burst(&mut cloud, &DescribeVolumes::default()), 0);
}

#[test]
fn buckets_are_as_many_times_larger_as_asked() {
    let mut cloud = Cloud::new(Setup { throttling: Throttling::Times(3), ..Setup::default() });
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 150);
    cloud.pass(2);
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 30);
}

#[test]
fn throttling_can_be_switched_off() {
    let mut cloud = Cloud::new(Setup { throttling: Throttling::Off, ..Setup::default() });
    assert_eq!(burst(&mut cloud, &AttachVolume::default()), 1000);
}
