//! Which instances are asked for: one call for each tag, names to the letter, and none twice.

use crate::replay::{Exchange, Replay, exchange, filter, response};
use planner::ids::{FleetName, InstanceId};
use reconciler::ec2::{Ec2, InstanceQuery};
use std::collections::BTreeSet;

async fn check(query: InstanceQuery<'_>, exchanges: Vec<Exchange>, expected: &[&str]) {
    let (replay, ec2) = Replay::new(exchanges);
    let found = ec2.instances(query).await.unwrap();
    let found: Vec<_> = found.iter().map(|instance| instance.id.as_str()).collect();
    assert_eq!(found, expected);
    replay.assert_complete();
}

fn fleets<N: AsRef<str>>(names: &[N]) -> BTreeSet<FleetName> {
    names.iter().map(|name| FleetName::new(name.as_ref())).collect()
}

fn request(name: &str, values: &[impl AsRef<str>]) -> String {
    format!("Action=DescribeInstances&Version=2016-11-15{}&MaxResults=1000", filter(name, values))
}

/// An answer with these instances, each with a tag `key` of `value`, one to a reservation.
fn answer(instances: &[(&str, &str, &str)]) -> String {
    let item = |(id, key, value): &(&str, &str, &str)| {
        format!(
            "<item><reservationId>r-0a1b2c3d</reservationId><instancesSet><item>
                <instanceId>{id}</instanceId>
                <instanceState><code>16</code><name>running</name></instanceState>
                <launchTime>2026-11-23T11:58:07.000Z</launchTime>
                <placement><availabilityZone>us-east-1a</availabilityZone></placement>
                <tagSet><item><key>{key}</key><value>{value}</value></item></tagSet>
            </item></instancesSet></item>"
        )
    };
    let items: String = instances.iter().map(item).collect();
    response("DescribeInstances", &format!("<reservationSet>{items}</reservationSet>"))
}

#[tokio::test]
async fn a_fleet_is_looked_for_in_every_tag_that_can_name_it() {
    let names = fleets(&["fleet-1", "sfr-1", "web"]);
    let all = ["fleet-1", "sfr-1", "web"];
    check(
        InstanceQuery::Fleets(&names),
        vec![
            exchange(
                &request("tag%3Aholdfast%3Afleet", &all),
                200,
                &answer(&[("i-00000001", "holdfast:fleet", "web")]),
            ),
            exchange(
                &request("tag%3Aaws%3Aautoscaling%3AgroupName", &all),
                200,
                &answer(&[("i-00000002", "aws:autoscaling:groupName", "web")]),
            ),
            exchange(
                &request("tag%3Aaws%3Aec2spot%3Afleet-request-id", &["sfr-1"]),
                200,
                &answer(&[("i-00000003", "aws:ec2spot:fleet-request-id", "sfr-1")]),
            ),
            exchange(
                &request("tag%3Aaws%3Aec2%3Afleet-id", &["fleet-1"]),
                200,
                &answer(&[("i-00000004", "aws:ec2:fleet-id", "fleet-1")]),
            ),
        ],
        &["i-00000001", "i-00000002", "i-00000003", "i-00000004"],
    )
    .await;
}

#[tokio::test]
async fn an_instance_that_several_tags_find_is_returned_once() {
    let names = fleets(&["web"]);
    let one = answer(&[("i-00000001", "holdfast:fleet", "web")]);
    check(
        InstanceQuery::Fleets(&names),
        vec![
            exchange(&request("tag%3Aholdfast%3Afleet", &["web"]), 200, &one),
            exchange(&request("tag%3Aaws%3Aautoscaling%3AgroupName", &["web"]), 200, &one),
        ],
        &["i-00000001"],
    )
    .await;
}

#[tokio::test]
async fn a_name_with_wildcards_finds_itself_alone() {
    let names = fleets(&[r"a\b?c*"]);
    let escaped = ["a%5C%5Cb%5C%3Fc%5C%2A"];
    let instances = [
        ("i-00000001", "holdfast:fleet", r"a\b?c*"),
        ("i-00000002", "holdfast:fleet", r"a\bXcY"),
        ("i-00000003", "Name", r"a\b?c*"),
    ];
    check(
        InstanceQuery::Fleets(&names),
        vec![
            exchange(&request("tag%3Aholdfast%3Afleet", &escaped), 200, &answer(&instances)),
            exchange(&request("tag%3Aaws%3Aautoscaling%3AgroupName", &escaped), 200, &answer(&[])),
        ],
        &["i-00000001"],
    )
    .await;
}

#[tokio::test]
async fn names_that_can_name_no_fleet_are_not_asked_for() {
    let names = fleets(&["", "*", " "]);
    check(InstanceQuery::Fleets(&names), vec![], &[]).await;
    check(InstanceQuery::Fleets(&fleets::<&str>(&[])), vec![], &[]).await;
}

#[tokio::test]
async fn more_than_200_names_take_another_call() {
    let names: Vec<_> = (0..201).map(|number| format!("web-{number:03}")).collect();
    let exchanges = ["tag%3Aholdfast%3Afleet", "tag%3Aaws%3Aautoscaling%3AgroupName"]
        .into_iter()
        .flat_map(|filter| names.chunks(200).map(move |chunk| request(filter, chunk)))
        .map(|request| exchange(&request, 200, &answer(&[])))
        .collect();
    check(InstanceQuery::Fleets(&fleets(&names)), exchanges, &[]).await;
}

#[tokio::test]
async fn ids_that_ec2_does_not_know_are_left_out() {
    let ids = ["i-00000001", "i-00000002"];
    let asked = ids.map(|id| InstanceId::parse(id).unwrap()).into();
    let known = answer(&[("i-00000002", "Name", "web")]);
    check(
        InstanceQuery::Ids(&asked),
        vec![exchange(&request("instance-id", &ids), 200, &known)],
        &["i-00000002"],
    )
    .await;
}

#[tokio::test]
async fn nobody_is_asked_about_no_ids() {
    check(InstanceQuery::Ids(&BTreeSet::new()), vec![], &[]).await;
}

#[tokio::test]
async fn all_pages_are_read() {
    let ids = ["i-00000001", "i-00000002"];
    let asked = ids.map(|id| InstanceId::parse(id).unwrap()).into();
    let page = |id| answer(&[(id, "Name", "web")]);
    let first = page(ids[0]).replace("</reservationSet>", "</reservationSet><nextToken>two</nextToken>");
    let next = request("instance-id", &ids).replace("&MaxResults=1000", "&NextToken=two&MaxResults=1000");
    check(
        InstanceQuery::Ids(&asked),
        vec![exchange(&request("instance-id", &ids), 200, &first), exchange(&next, 200, &page(ids[1]))],
        &ids,
    )
    .await;
}
