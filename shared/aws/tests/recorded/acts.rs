//! Acts: each request to the letter, so that none does more than it must.

use crate::replay::{Replay, exchange, response};
use aws::Ec2Client;
use planner::device::DeviceName;
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId, VolumeId};
use reconciler::ec2::{Ec2, Ec2Error};

async fn check(request: &str, content: &str, act: impl AsyncFnOnce(Ec2Client) -> Result<(), Ec2Error>) {
    let action = request.split(['=', '&']).nth(1).unwrap();
    let (replay, ec2) = Replay::new([exchange(request, 200, &response(action, content))]);
    assert_eq!(act(ec2).await, Ok(()));
    replay.assert_complete();
}

fn volume() -> VolumeId {
    VolumeId::parse("vol-0a1b2c3d4e5f60718").unwrap()
}

fn instance() -> InstanceId {
    InstanceId::parse("i-0123456789abcdef0").unwrap()
}

#[tokio::test]
async fn attaching_names_volume_instance_and_device() {
    check(
        "Action=AttachVolume&Version=2016-11-15\
            &Device=%2Fdev%2Fsdf&InstanceId=i-0123456789abcdef0&VolumeId=vol-0a1b2c3d4e5f60718",
        "<volumeId>vol-0a1b2c3d4e5f60718</volumeId><instanceId>i-0123456789abcdef0</instanceId>
            <device>/dev/sdf</device><status>attaching</status><attachTime>2026-11-23T12:00:00.000Z</attachTime>",
        async |ec2| {
            let device = DeviceName::parse("/dev/sdf").unwrap();
            ec2.attach_volume(&volume(), &instance(), &device).await
        },
    )
    .await;
}

#[tokio::test]
async fn detaching_names_the_instance_and_forces_nothing() {
    check(
        "Action=DetachVolume&Version=2016-11-15&InstanceId=i-0123456789abcdef0&VolumeId=vol-0a1b2c3d4e5f60718",
        "<volumeId>vol-0a1b2c3d4e5f60718</volumeId><instanceId>i-0123456789abcdef0</instanceId>
            <device>/dev/sdf</device><status>detaching</status><attachTime>2026-11-23T12:00:00.000Z</attachTime>",
        async |ec2| ec2.detach_volume(&volume(), &instance()).await,
    )
    .await;
}

#[tokio::test]
async fn associating_takes_the_address_from_nobody() {
    check(
        "Action=AssociateAddress&Version=2016-11-15\
            &AllocationId=eipalloc-0a1b2c3d4e5f60718&NetworkInterfaceId=eni-0a1b2c3d4e5f60718\
            &PrivateIpAddress=10.0.1.17&AllowReassociation=false",
        "<return>true</return><associationId>eipassoc-0a1b2c3d4e5f60718</associationId>",
        async |ec2| {
            let address = AllocationId::parse("eipalloc-0a1b2c3d4e5f60718").unwrap();
            let interface = InterfaceId::parse("eni-0a1b2c3d4e5f60718").unwrap();
            ec2.associate_address(&address, &interface, [10, 0, 1, 17].into()).await
        },
    )
    .await;
}

#[tokio::test]
async fn disassociating_names_the_association() {
    check(
        "Action=DisassociateAddress&Version=2016-11-15&AssociationId=eipassoc-0a1b2c3d4e5f60718",
        "<return>true</return>",
        async |ec2| {
            let association = AssociationId::parse("eipassoc-0a1b2c3d4e5f60718").unwrap();
            ec2.disassociate_address(&association).await
        },
    )
    .await;
}

#[tokio::test]
async fn terminating_names_one_instance() {
    check(
        "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0",
        "<instancesSet/>",
        async |ec2| ec2.terminate_instance(&instance()).await,
    )
    .await;
}

#[tokio::test]
async fn marking_writes_one_tag() {
    check(
        "Action=CreateTags&Version=2016-11-15&ResourceId.1=i-0123456789abcdef0\
            &Tag.1.Key=holdfast%3Adraining&Tag.1.Value=spot-interruption-warning%202026-11-23T12%3A00%3A00Z",
        "<return>true</return>",
        async |ec2| {
            let mark = "spot-interruption-warning 2026-11-23T12:00:00Z";
            ec2.mark_draining(&instance(), mark).await
        },
    )
    .await;
}
