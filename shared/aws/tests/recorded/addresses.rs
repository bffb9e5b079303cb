//! Elastic IPs: what is asked for, and how associations are read.

use crate::replay::{Replay, exchange, response};
use planner::ids::{AllocationId, AssociationId, InstanceId, InterfaceId};
use planner::observation::{Address, Association};
use planner::tags::{ResourceTags, Tags};
use reconciler::ec2::{Action, Cause, Ec2, Ec2Error};

const REQUEST: &str = "Action=DescribeAddresses&Version=2016-11-15\
    &Filter.1.Name=tag-key&Filter.1.Value.1=holdfast%3Afleet";

async fn check(addresses: &str, expected: Result<Vec<Address>, &str>) {
    let answer = response("DescribeAddresses", &format!("<addressesSet>{addresses}</addressesSet>"));
    let (replay, ec2) = Replay::new([exchange(REQUEST, 200, &answer)]);
    let expected = expected.map_err(|problem| Ec2Error {
        action: Action::DescribeAddresses,
        cause: Cause::Garbled(problem.to_owned()),
    });
    assert_eq!(ec2.addresses().await, expected);
    replay.assert_complete();
}

fn address(association: Option<Association>) -> Address {
    Address {
        allocation: AllocationId::parse("eipalloc-0a1b2c3d4e5f60718").unwrap(),
        public: [203, 0, 113, 10].into(),
        association,
        tags: ResourceTags::read(&Tags::from([("holdfast:fleet".to_owned(), "web".to_owned())])),
    }
}

fn saying(association: &str) -> String {
    format!(
        "<item>
            <publicIp>203.0.113.10</publicIp>
            <allocationId>eipalloc-0a1b2c3d4e5f60718</allocationId>
            <domain>vpc</domain>
            {association}
            <tagSet><item><key>holdfast:fleet</key><value>web</value></item></tagSet>
            <publicIpv4Pool>amazon</publicIpv4Pool>
            <networkBorderGroup>us-east-1</networkBorderGroup>
        </item>"
    )
}

const ASSOCIATED: &str = "
    <instanceId>i-0123456789abcdef0</instanceId>
    <associationId>eipassoc-0a1b2c3d4e5f60718</associationId>
    <networkInterfaceId>eni-0a1b2c3d4e5f60718</networkInterfaceId>
    <networkInterfaceOwnerId>123456789012</networkInterfaceOwnerId>
    <privateIpAddress>10.0.1.17</privateIpAddress>";

fn association() -> Association {
    Association {
        id: AssociationId::parse("eipassoc-0a1b2c3d4e5f60718").unwrap(),
        instance: Some(InstanceId::parse("i-0123456789abcdef0").unwrap()),
        interface: Some(InterfaceId::parse("eni-0a1b2c3d4e5f60718").unwrap()),
        private: Some([10, 0, 1, 17].into()),
    }
}

#[tokio::test]
async fn an_associated_address_says_where_it_points() {
    check(&saying(ASSOCIATED), Ok(vec![address(Some(association()))])).await;
}

#[tokio::test]
async fn an_address_on_a_mere_interface_names_no_instance() {
    let answer = saying(ASSOCIATED).replace("<instanceId>i-0123456789abcdef0</instanceId>", "");
    let expected = Association { instance: None, ..association() };
    check(&answer, Ok(vec![address(Some(expected))])).await;
}

#[tokio::test]
async fn an_address_without_an_association_points_nowhere() {
    check(&saying(""), Ok(vec![address(None)])).await;
}

#[tokio::test]
async fn what_an_emulator_leaves_empty_is_absent() {
    let free = "<instanceId></instanceId><associationId></associationId>
        <networkInterfaceId/><privateIpAddress></privateIpAddress>";
    check(&saying(free), Ok(vec![address(None)])).await;
    let on_an_interface = "<instanceId></instanceId>
        <associationId>eipassoc-0a1b2c3d4e5f60718</associationId>
        <networkInterfaceId>eni-0a1b2c3d4e5f60718</networkInterfaceId><privateIpAddress/>";
    let expected = Association { instance: None, private: None, ..association() };
    check(&saying(on_an_interface), Ok(vec![address(Some(expected))])).await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_named() {
    let answer = saying(ASSOCIATED);
    for (said, instead, problem) in [
        ("eipalloc-0a1b2c3d4e5f60718", "", "a resource: Address.AllocationId is missing"),
        (
            "203.0.113.10",
            "203.0.113.256",
            "eipalloc-0a1b2c3d4e5f60718: Address.PublicIp is wrong: `203.0.113.256` is no IPv4 address",
        ),
        ("203.0.113.10", "", "eipalloc-0a1b2c3d4e5f60718: Address.PublicIp is missing"),
        (
            "10.0.1.17",
            "fd00::1",
            "eipalloc-0a1b2c3d4e5f60718: Address.PrivateIpAddress is wrong: `fd00::1` is no IPv4 address",
        ),
        (
            "eipassoc-0a1b2c3d4e5f60718",
            "eipassoc-x",
            "eipalloc-0a1b2c3d4e5f60718: Address.AssociationId is wrong: `eipassoc-x` is no association id: expected `eipassoc-` followed by 8 or 17 hexadecimal digits",
        ),
        (
            "eni-0a1b2c3d4e5f60718",
            "eni-x",
            "eipalloc-0a1b2c3d4e5f60718: Address.NetworkInterfaceId is wrong: `eni-x` is no network interface id: expected `eni-` followed by 8 or 17 hexadecimal digits",
        ),
        (
            "i-0123456789abcdef0",
            "i-x",
            "eipalloc-0a1b2c3d4e5f60718: Address.InstanceId is wrong: `i-x` is no instance id: expected `i-` followed by 8 or 17 hexadecimal digits",
        ),
    ] {
        check(&answer.replace(said, instead), Err(problem)).await;
    }
}

#[tokio::test]
async fn an_address_of_a_carrier_or_a_customer_is_known_by_that() {
    for element in ["carrierIp", "customerOwnedIp"] {
        let outer = format!("<{element}>203.0.113.10</{element}>");
        for answer in [outer.clone(), format!("<publicIp></publicIp>{outer}")] {
            let answer = saying("").replace("<publicIp>203.0.113.10</publicIp>", &answer);
            check(&answer, Ok(vec![address(None)])).await;
        }
    }
}
