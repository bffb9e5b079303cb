//! Spot requests: which are asked for, and which status code belongs to which instance.

use crate::replay::{Exchange, Replay, exchange, filter, response};
use planner::ids::InstanceId;
use reconciler::ec2::{Ec2, SpotRequest};
use std::collections::{BTreeMap, BTreeSet};

async fn check(asked: &[&str], exchanges: Vec<Exchange>, expected: &[(&str, &str, bool)]) {
    let (replay, ec2) = Replay::new(exchanges);
    let asked: BTreeSet<_> = asked.iter().map(|id| instance(id)).collect();
    let request = |code: &str, hibernates| SpotRequest { code: code.to_owned(), hibernates };
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(id, code, hibernates)| (instance(id), request(code, *hibernates))).collect();
    assert_eq!(ec2.spot_requests(&asked).await, Ok(expected));
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
        &[
            (ids[0], "instance-terminated-no-capacity", false),
            (ids[1], "request-canceled-and-instance-running", false),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_request_without_an_instance_says_nothing_and_one_without_a_code_has_none() {
    let ids = ["i-0123456789abcdef0"];
    let requests = spot_request("", "pending-fulfillment") + &spot_request(ids[0], "");
    check(&ids, vec![exchange(&request(&ids), 200, &answer(&requests))], &[(ids[0], "", false)]).await;
}

#[tokio::test]
async fn the_behaviour_says_who_is_hibernated() {
    let ids = ["i-0123456789abcdef0", "i-0fedcba9876543210"];
    let behaves = |id: &str, behaviour: &str| {
        let element =
            format!("<instanceInterruptionBehavior>{behaviour}</instanceInterruptionBehavior></item>");
        spot_request(id, "instance-stopped-no-capacity").replace("</item>", &element)
    };
    let requests = behaves(ids[0], "hibernate") + &behaves(ids[1], "stop");
    let code = "instance-stopped-no-capacity";
    let expected = [(ids[0], code, true), (ids[1], code, false)];
    check(&ids, vec![exchange(&request(&ids), 200, &answer(&requests))], &expected).await;
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
        &[(ids[0], "fulfilled", false), (ids[1], "marked-for-termination", false)],
    )
    .await;
}

#[tokio::test]
async fn nobody_is_asked_about_no_instances() {
    check(&[], vec![], &[]).await;
}
