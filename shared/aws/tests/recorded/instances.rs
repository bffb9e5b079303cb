//! Instances: how states, devices, interfaces and tags are read.

use crate::replay::{Replay, exchange, response};
use planner::device::DeviceName;
use planner::ids::{FleetName, InstanceId, InterfaceId, VolumeId, Zone};
use planner::observation::{BlockDevice, Instance, InstanceState, Interface, PrivateAddress};
use planner::tags::{DrainingTag, InstanceTags, Setting};
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error, InstanceQuery};
use std::collections::BTreeSet;

const REQUEST: &str = "Action=DescribeInstances&Version=2016-11-15\
    &Filter.1.Name=instance-id&Filter.1.Value.1=i-0123456789abcdef0&MaxResults=1000";

async fn check(instance: &str, expected: Result<Instance, &str>) {
    let reservation = format!(
        "<reservationSet><item>
            <reservationId>r-0a1b2c3d4e5f60718</reservationId>
            <ownerId>123456789012</ownerId>
            <groupSet/>
            <instancesSet><item>{instance}</item></instancesSet>
        </item></reservationSet>"
    );
    let answer = response("DescribeInstances", &reservation);
    let (replay, ec2) = Replay::new([exchange(REQUEST, 200, &answer)]);
    let expected = expected.map_or_else(
        |problem| {
            Err(Ec2Error { action: Action::DescribeInstances, cause: Cause::Garbled(problem.to_owned()) })
        },
        |instance| Ok(vec![instance]),
    );
    let asked = BTreeSet::from([InstanceId::parse("i-0123456789abcdef0").unwrap()]);
    assert_eq!(ec2.instances(InstanceQuery::Ids(&asked)).await, expected);
    replay.assert_complete();
}

/// The least that EC2 says of an instance.
const BARE: &str = "
    <instanceId>i-0123456789abcdef0</instanceId>
    <instanceState><code>16</code><name>running</name></instanceState>
    <launchTime>2026-11-23T11:58:07.000Z</launchTime>
    <placement><availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement>";

fn bare() -> Instance {
    Instance {
        id: InstanceId::parse("i-0123456789abcdef0").unwrap(),
        state: InstanceState::Running,
        zone: Zone::new("us-east-1a"),
        launched: "2026-11-23T11:58:07Z".parse().unwrap(),
        spot: false,
        doomed: None,
        lifecycle: None,
        hibernation: false,
        root_device: None,
        devices: vec![],
        interfaces: vec![],
        tags: InstanceTags { fleets: BTreeSet::new(), group: None, draining: None, paused: Setting::Absent },
    }
}

#[tokio::test]
async fn the_least_that_ec2_says_is_enough() {
    check(BARE, Ok(bare())).await;
}

#[tokio::test]
async fn every_state_is_told_apart() {
    for (said, read) in [
        ("pending", InstanceState::Pending),
        ("running", InstanceState::Running),
        ("stopping", InstanceState::Stopping),
        ("stopped", InstanceState::Stopped),
        ("shutting-down", InstanceState::ShuttingDown),
        ("terminated", InstanceState::Terminated),
        ("levitating", InstanceState::Stopping),
    ] {
        let answer = BARE.replace("<name>running</name>", &format!("<name>{said}</name>"));
        let expected = Instance { state: read, ..bare() };
        check(&answer, Ok(expected)).await;
    }
}

#[tokio::test]
async fn a_spot_instance_is_told_by_its_lifecycle() {
    for (said, spot) in [("spot", true), ("scheduled", false), ("capacity-block", false)] {
        let answer = format!("{BARE}<instanceLifecycle>{said}</instanceLifecycle>");
        check(&answer, Ok(Instance { spot, ..bare() })).await;
    }
}

#[tokio::test]
async fn hibernation_counts_when_it_is_configured() {
    for hibernation in [true, false] {
        let answer =
            format!("{BARE}<hibernationOptions><configured>{hibernation}</configured></hibernationOptions>");
        let expected = Instance { hibernation, ..bare() };
        check(&answer, Ok(expected)).await;
    }
}

#[tokio::test]
async fn devices_are_those_with_a_volume() {
    let answer = format!(
        "{BARE}
        <rootDeviceType>ebs</rootDeviceType>
        <rootDeviceName>/dev/xvda</rootDeviceName>
        <blockDeviceMapping>
            <item><deviceName>/dev/xvda</deviceName><ebs>
                <volumeId>vol-0fedcba9876543210</volumeId><status>attached</status>
                <attachTime>2026-11-23T11:58:08.000Z</attachTime>
                <deleteOnTermination>true</deleteOnTermination></ebs></item>
            <item><deviceName>/dev/sdf</deviceName><ebs>
                <volumeId>vol-0a1b2c3d4e5f60718</volumeId><status>attaching</status>
                <attachTime>2026-11-23T12:00:00.000Z</attachTime>
                <deleteOnTermination>false</deleteOnTermination></ebs></item>
            <item><deviceName>/dev/sdb</deviceName></item>
        </blockDeviceMapping>"
    );
    let device = |device: &str, volume: &str| BlockDevice {
        device: DeviceName::reported(device),
        volume: VolumeId::parse(volume).unwrap(),
    };
    let expected = Instance {
        root_device: Some(DeviceName::reported("/dev/xvda")),
        devices: vec![
            device("/dev/xvda", "vol-0fedcba9876543210"),
            device("/dev/sdf", "vol-0a1b2c3d4e5f60718"),
        ],
        ..bare()
    };
    check(&answer, Ok(expected)).await;
}

fn interface_item(id: &str, index: i32, card: &str, addresses: &str) -> String {
    format!(
        "<item>
            <networkInterfaceId>{id}</networkInterfaceId>
            <status>in-use</status>
            <attachment><attachmentId>eni-attach-0a1b2c3d</attachmentId><deviceIndex>{index}</deviceIndex>
                <status>attached</status>{card}</attachment>
            <privateIpAddressesSet>{addresses}</privateIpAddressesSet>
        </item>"
    )
}

fn address_item(private: &str, primary: bool, association: &str) -> String {
    format!(
        "<item><privateIpAddress>{private}</privateIpAddress><primary>{primary}</primary>{association}</item>"
    )
}

fn owned_by(owner: &str) -> String {
    format!(
        "<association><publicIp>203.0.113.10</publicIp><publicDnsName/><ipOwnerId>{owner}</ipOwnerId></association>"
    )
}

fn interface(id: &str, primary: bool, addresses: Vec<PrivateAddress>) -> Interface {
    Interface { id: InterfaceId::parse(id).unwrap(), primary, addresses }
}

fn private(private: [u8; 4], elastic: Option<[u8; 4]>) -> PrivateAddress {
    PrivateAddress { private: private.into(), elastic: elastic.map(Into::into) }
}

#[tokio::test]
async fn the_interface_of_device_0_on_the_first_card_is_primary() {
    let none = address_item("10.0.1.17", true, "");
    let card = |index| format!("<networkCardIndex>{index}</networkCardIndex>");
    let answer = format!(
        "{BARE}<networkInterfaceSet>{}{}{}</networkInterfaceSet>",
        interface_item("eni-1a1b2c3d", 1, &card(0), &none),
        interface_item("eni-2a1b2c3d", 0, &card(1), &none),
        interface_item("eni-3a1b2c3d", 0, "", &none),
    );
    let address = private([10, 0, 1, 17], None);
    let expected = Instance {
        interfaces: vec![
            interface("eni-1a1b2c3d", false, vec![address.clone()]),
            interface("eni-2a1b2c3d", false, vec![address.clone()]),
            interface("eni-3a1b2c3d", true, vec![address]),
        ],
        ..bare()
    };
    check(&answer, Ok(expected)).await;
}

#[tokio::test]
async fn the_primary_private_address_comes_first() {
    let addresses = [
        address_item("10.0.1.18", false, ""),
        address_item("10.0.1.17", true, &owned_by("123456789012")),
        address_item("10.0.1.16", false, ""),
    ];
    let item = interface_item("eni-1a1b2c3d", 0, "", &addresses.concat());
    let answer = format!("{BARE}<networkInterfaceSet>{item}</networkInterfaceSet>");
    let addresses = vec![
        private([10, 0, 1, 17], Some([203, 0, 113, 10])),
        private([10, 0, 1, 18], None),
        private([10, 0, 1, 16], None),
    ];
    let expected = Instance { interfaces: vec![interface("eni-1a1b2c3d", true, addresses)], ..bare() };
    check(&answer, Ok(expected)).await;
}

#[tokio::test]
async fn an_address_that_amazon_owns_is_no_elastic_ip() {
    let elastic = Some([203, 0, 113, 10]);
    for (owner, elastic) in [
        ("amazon", None),
        ("amazon-elb", None),
        ("123456789012", elastic),
        ("", elastic),
        ("amazonas", elastic),
    ] {
        let item = interface_item("eni-1a1b2c3d", 0, "", &address_item("10.0.1.17", true, &owned_by(owner)));
        let answer = format!("{BARE}<networkInterfaceSet>{item}</networkInterfaceSet>");
        let expected = Instance {
            interfaces: vec![interface("eni-1a1b2c3d", true, vec![private([10, 0, 1, 17], elastic)])],
            ..bare()
        };
        check(&answer, Ok(expected)).await;
    }
}

#[tokio::test]
async fn tags_name_fleets_and_marks() {
    let answer = format!(
        "{BARE}<tagSet>
            <item><key>Name</key><value/></item>
            <item><key>aws:autoscaling:groupName</key><value>web &amp; more</value></item>
            <item><key>aws:ec2:fleet-id</key><value>fleet-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE</value></item>
            <item><key>aws:ec2launchtemplate:version</key><value>3</value></item>
            <item><key>holdfast:fleet</key><value></value></item>
            <item><key>holdfast:draining</key><value>kernel update</value></item>
            <item><key>holdfast:paused</key><value>false</value></item>
        </tagSet>"
    );
    let expected = Instance {
        tags: InstanceTags {
            group: Some(FleetName::new("web & more")),
            fleets: BTreeSet::from([
                FleetName::new("web & more"),
                FleetName::new("fleet-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE"),
            ]),
            draining: Some(DrainingTag::read("kernel update")),
            paused: Setting::Value(false),
        },
        ..bare()
    };
    check(&answer, Ok(expected)).await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_named() {
    for (said, instead, problem) in [
        ("i-0123456789abcdef0", "", "a resource: Instance.InstanceId is missing"),
        ("us-east-1a", "", "i-0123456789abcdef0: Placement.AvailabilityZone is missing"),
        (
            "<launchTime>2026-11-23T11:58:07.000Z</launchTime>",
            "",
            "i-0123456789abcdef0: Instance.LaunchTime is missing",
        ),
    ] {
        check(&BARE.replace(said, instead), Err(problem)).await;
    }
    let item = interface_item("eni-1a1b2c3d", 0, "", &address_item("nowhere", true, ""));
    check(
        &format!("{BARE}<networkInterfaceSet>{item}</networkInterfaceSet>"),
        Err("i-0123456789abcdef0: InstancePrivateIpAddress.PrivateIpAddress is wrong: `nowhere` is no IPv4 address"),
    )
    .await;
}
