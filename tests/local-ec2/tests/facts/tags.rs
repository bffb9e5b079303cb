//! `CreateTags`, `DeleteTags`, `DescribeTags`.

use crate::stage::{Stage, tags};
use local_ec2::Listing;
use local_ec2::actions::{CreateTags, DeleteTags, DescribeTags};
use planner::tags::Tags;

fn create(resource: &(impl ToString + ?Sized), tags: Tags) -> CreateTags {
    CreateTags { resources: vec![resource.to_string()], tags }
}

fn delete(resource: &(impl ToString + ?Sized), key: &str, value: Option<&str>) -> DeleteTags {
    let tags = vec![(key.to_owned(), value.map(str::to_owned))];
    DeleteTags { resources: vec![resource.to_string()], tags }
}

#[test]
fn tags_are_set_overwritten_and_listed() {
    let mut stage = Stage::new();
    let (id, volume) = (stage.instance(), stage.volume());
    let resources = vec![id.to_string(), volume.to_string()];
    stage.asks(&CreateTags { resources, tags: tags(&[("a", "1"), ("b", "2")]) });
    stage.asks(&create(&volume, tags(&[("a", "3")])));
    let mut found = stage.asks(&DescribeTags(Listing::by("resource-id", volume.as_str()))).items;
    found.sort_by(|one, other| one.key.cmp(&other.key));
    let pairs: Vec<_> = found.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(pairs, [("a", "3"), ("b", "2")]);
    let found = stage.asks(&DescribeTags(Listing::by("key", "a"))).items;
    let kinds: std::collections::BTreeSet<_> = found.iter().map(|tag| tag.resource_type).collect();
    assert_eq!(Vec::from_iter(kinds), ["instance", "volume"]);
}

#[test]
fn tags_of_aws_are_not_for_users() {
    let mut stage = Stage::new();
    let id = stage.instance();
    for key in ["aws:ec2spot:fleet-request-id", "AWS:x"] {
        let words = format!(
            "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved"
        );
        stage.refuses(&create(&id, tags(&[(key, "x")])), "InvalidParameterValue", &words);
    }
    stage.refuses(&create(&id, tags(&[("", "x")])), "InvalidTagKey.Malformed", "ag key");
    stage.refuses(&delete(&id, "aws:x", None), "InvalidParameterValue", "reserved");
}

#[test]
fn the_fifty_first_tag_is_one_too_many() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let many: Tags = (0..50).map(|n| (format!("key{n}"), String::new())).collect();
    stage.asks(&create(&id, many.clone()));
    stage.asks(&create(&id, many));
    stage.refuses(&create(&id, tags(&[("another", "")])), "TagLimitExceeded", "50");
    stage.refuses(&create(&id, tags(&[("key1", &"x".repeat(257))])), "InvalidParameterValue", "256");
    stage.refuses(&create(&id, tags(&[(&"k".repeat(129), "x")])), "InvalidTagKey.Malformed", "128");
}

#[test]
fn a_tag_of_another_value_is_not_deleted() {
    let mut stage = Stage::new();
    let id = stage.instance();
    stage.asks(&create(&id, tags(&[("a", "1"), ("b", "2")])));
    stage.asks(&delete(&id, "a", Some("2")));
    stage.asks(&delete(&id, "a", Some("")));
    stage.asks(&delete(&id, "none", None));
    assert_eq!(stage.shown(&id).instance.tags.get("a"), Some("1"));
    stage.asks(&delete(&id, "a", Some("1")));
    stage.asks(&delete(&id, "b", None));
    assert!(stage.shown(&id).instance.tags.all().is_empty());
}

#[test]
fn each_kind_of_unknown_resource_is_refused_in_its_own_way() {
    let mut stage = Stage::new();
    for (resource, code) in [
        ("i-00000000000000001", "InvalidInstanceID.NotFound"),
        ("i-banana", "InvalidInstanceID.Malformed"),
        ("vol-00000000000000001", "InvalidVolume.NotFound"),
        ("eipalloc-00000000000000001", "InvalidAllocationID.NotFound"),
        ("eni-00000000000000001", "InvalidNetworkInterfaceID.NotFound"),
        ("sir-00000000", "InvalidSpotInstanceRequestID.NotFound"),
        ("sfr-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55", "InvalidSpotFleetRequestId.NotFound"),
        ("fleet-4b6d274d-0cea-4b2c-b3be-9dc627ad1f55", "InvalidFleetId.NotFound"),
        ("lt-00000000000000001", "InvalidLaunchTemplateId.NotFound"),
        ("banana", "InvalidID"),
        ("ban-ana", "InvalidID"),
    ] {
        stage.refuses(&create(resource, tags(&[("a", "1")])), code, resource);
    }
}

#[test]
fn one_unknown_resource_and_none_is_tagged() {
    let mut stage = Stage::new();
    let id = stage.instance();
    let resources = vec![id.to_string(), "vol-00000000000000001".to_owned()];
    let call = CreateTags { resources, tags: tags(&[("a", "1")]) };
    stage.refuses(&call, "InvalidVolume.NotFound", "vol-00000000000000001");
    assert!(stage.shown(&id).instance.tags.all().is_empty());
}
