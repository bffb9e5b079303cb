//! Describe calls: filters, pages, dry runs.

use crate::stage::{Stage, ZONE, attach, data, run};
use local_ec2::actions::{
    Action, DeleteVolume, DescribeAddresses, DescribeInstances, DescribeSpotInstanceRequests, DescribeTags,
    DescribeVolumes, Request, Response, RunInstances,
};
use local_ec2::state::Market;
use local_ec2::{Filter, Listing, Principal, Setup};
use planner::ids::VolumeId;
use planner::observation::InstanceState;
use std::collections::BTreeSet;

#[test]
fn an_unknown_filter_is_refused_whether_or_not_there_is_anything() {
    let mut stage = Stage::new();
    let listing = || Listing::by("attachment.instance-Id", "i-1");
    let words = "The filter 'attachment.instance-Id' is invalid";
    stage.refuses(&DescribeVolumes(listing()), "InvalidParameterValue", words);
    stage.refuses(&DescribeInstances(listing()), "InvalidParameterValue", words);
    stage.refuses(&DescribeAddresses(listing()), "InvalidParameterValue", words);
    stage.refuses(&DescribeSpotInstanceRequests(listing()), "InvalidParameterValue", words);
    stage.refuses(&DescribeTags(Listing::by("tag:Name", "x")), "InvalidParameterValue", "tag:Name");
}

#[test]
fn every_filter_must_match_and_any_value_of_each() {
    let mut stage = Stage::new();
    let (one, other) = (stage.instance(), stage.instance());
    let by_id = Filter { name: "instance-id".to_owned(), values: vec![one.to_string(), other.to_string()] };
    let running = Filter::new("instance-state-name", "run*");
    let stopped = Filter::new("instance-state-name", "stopped");
    let ask = |filters: &[&Filter]| {
        DescribeInstances(Listing {
            filters: filters.iter().copied().cloned().collect(),
            ..Listing::default()
        })
    };
    assert_eq!(stage.asks(&ask(&[&by_id, &running])).items.len(), 2);
    assert_eq!(stage.asks(&ask(&[&by_id, &stopped])).items.len(), 0);
}

#[test]
fn instances_are_found_by_what_they_are() {
    let mut stage = Stage::new();
    let (id, volume, address) = (stage.spot_instance(Market::default()), stage.volume(), stage.address());
    stage.attaches(&volume, &id, "/dev/sdf");
    stage.associates(&address, &id);
    let shown = stage.shown(&id);
    for (name, value) in [
        ("availability-zone", ZONE.to_owned()),
        ("block-device-mapping.volume-id", volume.to_string()),
        ("block-device-mapping.device-name", "/dev/sdf".to_owned()),
        ("block-device-mapping.status", "attached".to_owned()),
        ("block-device-mapping.delete-on-termination", "false".to_owned()),
        ("instance-lifecycle", "spot".to_owned()),
        ("instance-state-code", "16".to_owned()),
        ("ip-address", shown.public().unwrap().to_string()),
        ("private-ip-address", shown.private().unwrap().to_string()),
        ("network-interface.network-interface-id", shown.interfaces[0].interface.id.to_string()),
        ("network-interface.addresses.private-ip-address", shown.private().unwrap().to_string()),
        ("reservation-id", shown.instance.reservation.to_string()),
        ("root-device-name", "/dev/xvda".to_owned()),
        ("spot-instance-request-id", shown.instance.spot.unwrap().to_string()),
        ("subnet-id", shown.subnet),
        ("image-id", "ami-*".to_owned()),
        ("instance-type", "t3.*".to_owned()),
    ] {
        let found = stage.asks(&DescribeInstances(Listing::by(name, &value))).items;
        assert_eq!(found.len(), 1, "{name}={value}");
        let none = stage.asks(&DescribeInstances(Listing::by(name, format!("{value}-not")))).items;
        assert_eq!(none.len(), 0, "{name}={value}-not");
    }
}

#[test]
fn too_many_values_are_refused() {
    let mut stage = Stage::new();
    let values = (0..201).map(|n| n.to_string()).collect();
    let filters = vec![Filter { name: "volume-id".to_owned(), values }];
    let call = DescribeVolumes(Listing { filters, ..Listing::default() });
    stage.refuses(&call, "FilterLimitExceeded", "200");
}

/// The volumes of a listing in pages, each with the others of its page.
fn in_pages(stage: &mut Stage, size: u32) -> Vec<Vec<VolumeId>> {
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let call =
            DescribeVolumes(Listing { max_results: Some(size), next_token: token, ..Listing::default() });
        let page = stage.asks(&call);
        pages.push(page.items.into_iter().map(|volume| volume.id).collect());
        match page.next_token {
            Some(next) => token = next,
            None => return pages,
        }
    }
}

#[test]
fn pages_together_are_the_whole() {
    let mut stage = Stage::new();
    let made: BTreeSet<_> = (0..13).map(|_| stage.volume()).collect();
    for _ in 0..20 {
        let pages = in_pages(&mut stage, 5);
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 3]);
        assert_eq!(pages.into_iter().flatten().collect::<BTreeSet<_>>(), made);
    }
}

#[test]
fn listings_come_in_no_order_and_the_same_seed_brings_the_same() {
    let listed = |seed| {
        let mut stage = Stage::with(Setup { seed, ..Setup::default() });
        let made: BTreeSet<_> = (0..13).map(|_| stage.volume()).collect();
        let sorted: Vec<_> = made.into_iter().collect();
        let found: Vec<_> = (0..20).map(|_| in_pages(&mut stage, 5).concat()).collect();
        assert!(found.iter().all(|found| *found != sorted));
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 20);
        // Who names them is told of them in no order either.
        let call = DescribeVolumes(Listing::of(&sorted));
        let named: Vec<_> = stage.asks(&call).items.into_iter().map(|volume| volume.id).collect();
        assert_ne!(named, sorted);
        (found, named)
    };
    assert_eq!(listed(7), listed(7));
}

#[test]
fn a_page_goes_on_where_the_one_before_ended_whatever_is_made_or_gone_meanwhile() {
    let mut stage = Stage::new();
    let kept: BTreeSet<_> = (0..13).map(|_| stage.volume()).collect();
    let gone = stage.volume();
    let first = stage.asks(&DescribeVolumes(Listing::default().paged(5)));
    stage.asks(&DeleteVolume { volume_id: gone.to_string() });
    let new = stage.volume();
    let listing = Listing { next_token: first.next_token.unwrap(), ..Listing::default() };
    let rest = stage.asks(&DescribeVolumes(listing));
    let ids: Vec<_> = first.items.into_iter().chain(rest.items).map(|volume| volume.id).collect();
    assert_eq!(ids.iter().filter(|id| **id != gone && **id != new).count(), 13);
    assert!(ids.iter().collect::<BTreeSet<_>>().len() == ids.len() && kept.iter().all(|id| ids.contains(id)));
}

#[test]
fn page_sizes_and_tokens_are_checked() {
    let mut stage = Stage::new();
    let sized = |size| Listing { max_results: Some(size), ..Listing::default() };
    let words = "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.";
    stage.refuses(&DescribeInstances(sized(4)), "InvalidParameterValue", words);
    stage.refuses(&DescribeInstances(sized(1001)), "InvalidParameterValue", "less than 1000");
    stage.refuses(&DescribeVolumes(sized(1001)), "InvalidParameterValue", "less than 1000");
    for token in ["banana", "00", "ééé"] {
        let listing = Listing { next_token: token.to_owned(), ..Listing::default() };
        stage.refuses(&DescribeVolumes(listing), "InvalidNextToken", token);
    }
    let id = stage.instance();
    let listing = Listing { max_results: Some(5), ..Listing::of([&id]) };
    let words = "The parameter instancesSet cannot be used with the parameter maxResults";
    stage.refuses(&DescribeInstances(listing), "InvalidParameterCombination", words);
}

#[test]
fn a_page_has_five_hundred_volumes_even_when_more_are_asked_for() {
    let mut stage = Stage::new();
    for _ in 0..501 {
        stage.volume();
    }
    let page = stage.asks(&DescribeVolumes(Listing::default().paged(1000)));
    assert_eq!((page.items.len(), page.next_token.is_some()), (500, true));
}

#[test]
fn a_token_is_good_for_its_own_action() {
    let mut stage = Stage::new();
    for _ in 0..6 {
        stage.volume();
    }
    let page = stage.asks(&DescribeVolumes(Listing::default().paged(5)));
    let listing = Listing { next_token: page.next_token.unwrap(), ..Listing::default() };
    stage.refuses(&DescribeInstances(listing), "InvalidNextToken", "token");
}

#[test]
fn a_dry_run_does_nothing_whatever_it_asks_for() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    for action in [
        Action::from(attach(&volume, &id, "/dev/sdf")),
        Action::from(run(data(ZONE))),
        Action::from(DescribeVolumes::default()),
    ] {
        let request = Request { action, dry_run: true };
        let error = stage.cloud.call(&request, Principal::Holdfast).unwrap_err();
        assert_eq!((error.code, error.status), ("DryRunOperation", 412));
    }
    assert_eq!(stage.shown_volume(&volume).state(), "available");
    assert_eq!(stage.cloud.instances().count(), 1);
    assert!(stage.cloud.judge().violations().is_empty());
}

#[test]
fn each_action_is_answered_in_its_own_kind() {
    let mut stage = Stage::new();
    let request = Request::from(RunInstances { ..run(data(ZONE)) });
    let response = stage.cloud.call(&request, Principal::Other).unwrap();
    let Response::RunInstances(views) = response else { panic!("{response:?}") };
    assert_eq!(views[0].instance.state, InstanceState::Pending);
    assert_eq!(request.action, Action::RunInstances(run(data(ZONE))));
    assert!(Action::NAMES.contains(&"RunInstances"));
}
