//! Spot requests: which are asked for, and which status code belongs to which instance.

use crate::replay::{Exchange, Replay, exchange, filter, response};
use planner::ids::InstanceId;
use reconciler::ec2::Ec2;
use std::collections::{BTreeMap, BTreeSet};

async fn check(asked: &[&str], exchanges: Vec<Exchange>, expected: &[(&str, &str)]) {
    let (replay, ec2) = Replay::new(exchanges);
    let asked: BTreeSet<_> = asked.iter().map(|id| instance(id)).collect();
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(id, code)| (instance(id), (*code).to_owned())).collect();
    assert_eq!(ec2.spot_request_codes(&asked).await, Ok(expected));
    replay.assert_complete();
}

fn instance(id: &str) -> InstanceId {
    InstanceId::parse(id).unwrap()
}

fn request(ids: &[&str]) -> String {
    let filter = filter("instance-id", ids);
    format!("Action=DescribeSpotInstanceRequests&Version=2016-11-15&MaxResults=1000{filter}")
}

fn answer(requests: &str) -> String {
    response(
        "DescribeSpotInstanceRequests",
        &format!("<spotInstanceRequestSet>{requests}</spotInstanceRequestSet>"),
    )
}

fn spot_request(instance: &str, code: &str) -> String {
    format!(
        "<item>
            <spotInstanceRequestId>sir-abcd1234</spotInstanceRequestId>
            <spotPrice>0.092000</spotPrice>
            <type>one-time</type>
            <state>active</state>
            <status>
                <code>{code}</code>
                <updateTime>2026-11-23T12:00:00.000Z</updateTime>
                <message>whatever EC2 has to say about it</message>
            </status>
            <instanceId>{instance}</instanceId>
            <createTime>2026-11-23T11:00:00.000Z</createTime>
            <productDescription>Linux/UNIX</productDescription>
            <launchedAvailabilityZone>us-east-1a</launchedAvailabilityZone>
        </item>"
    )
}

#[tokio::test]
async fn the_status_code_is_taken_as_it_is() {
    let ids = ["i-0123456789abcdef0", "i-0fedcba9876543210"];
    let requests = spot_request(ids[0], "instance-terminated-no-capacity")
        + &spot_request(ids[1], "request-canceled-and-instance-running");
    check(
        &ids,
        vec![exchange(&request(&ids), 200, &answer(&requests))],
        &[(ids[0], "instance-terminated-no-capacity"), (ids[1], "request-canceled-and-instance-running")],
    )
    .await;
}

#[tokio::test]
async fn a_request_without_an_instance_or_a_code_says_nothing() {
    let ids = ["i-0123456789abcdef0"];
    let requests = spot_request("", "pending-fulfillment") + &spot_request(ids[0], "");
    check(&ids, vec![exchange(&request(&ids), 200, &answer(&requests))], &[]).await;
}

#[tokio::test]
async fn all_pages_are_read() {
    let ids = ["i-0123456789abcdef0", "i-0fedcba9876543210"];
    let first = answer(&spot_request(ids[0], "fulfilled"))
        .replace("</spotInstanceRequestSet>", "</spotInstanceRequestSet><nextToken>two</nextToken>");
    let second = answer(&spot_request(ids[1], "marked-for-termination"));
    let next = request(&ids).replace("&MaxResults", "&NextToken=two&MaxResults");
    check(
        &ids,
        vec![exchange(&request(&ids), 200, &first), exchange(&next, 200, &second)],
        &[(ids[0], "fulfilled"), (ids[1], "marked-for-termination")],
    )
    .await;
}

#[tokio::test]
async fn nobody_is_asked_about_no_instances() {
    check(&[], vec![], &[]).await;
}
