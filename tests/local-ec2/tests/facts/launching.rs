//! `RunInstances` and launch templates.

use crate::stage::{OTHER_ZONE, Stage, ZONE, data, run, tags};
use local_ec2::Listing;
use local_ec2::actions::{
    CreateLaunchTemplate, DescribeAvailabilityZones, DescribeLaunchTemplates, DescribeSpotInstanceRequests,
    RunInstances, TemplateSpec,
};
use local_ec2::state::{BlockDevice, LaunchData, Market, NetworkSpec, TagSpecification};
use planner::ids::Zone;

fn template(stage: &mut Stage, name: &str, data: LaunchData) -> TemplateSpec {
    let call = CreateLaunchTemplate { launch_template_name: name.to_owned(), data, ..Default::default() };
    let launch_template_id = stage.asks(&call).id.to_string();
    TemplateSpec { launch_template_id, ..TemplateSpec::default() }
}

#[test]
fn the_root_volume_goes_with_the_instance_and_is_attached_from_the_beginning() {
    let mut stage = Stage::new();
    let view = stage.asks(&run(data(ZONE))).pop().unwrap();
    let [root] = view.devices.as_slice() else { panic!("{view:?}") };
    assert_eq!((root.attachment.device.as_str(), root.status()), ("/dev/xvda", "attached"));
    assert!(root.attachment.delete_on_termination);
}

#[test]
fn volumes_and_interfaces_are_made_as_asked() {
    let mut stage = Stage::new();
    let device = BlockDevice {
        device: "/dev/sdf".to_owned(),
        size: Some(3),
        delete_on_termination: Some(false),
        ..BlockDevice::default()
    };
    let network = NetworkSpec { device_index: 0, secondary_private_ip_address_count: 2 };
    let data = LaunchData {
        block_device_mappings: vec![device],
        network_interfaces: vec![network, NetworkSpec { device_index: 1, ..NetworkSpec::default() }],
        ..data(ZONE)
    };
    let view = stage.asks(&run(data)).pop().unwrap();
    assert_eq!(view.devices.len(), 2);
    let data_volume = view.devices.iter().find(|device| device.attachment.device == "/dev/sdf").unwrap();
    assert!(!data_volume.attachment.delete_on_termination);
    let places: Vec<_> = view.interfaces.iter().map(|interface| interface.places.len()).collect();
    assert_eq!(places, [3, 1]);
}

#[test]
fn a_template_is_overridden_by_the_call() {
    let mut stage = Stage::new();
    let by_template =
        TagSpecification { resource_type: "instance".to_owned(), tags: tags(&[("from", "template")]) };
    let spec =
        template(&mut stage, "web", LaunchData { tag_specifications: vec![by_template], ..data(ZONE) });
    let over = LaunchData { availability_zone: OTHER_ZONE.to_owned(), ..LaunchData::default() };
    let call = RunInstances { launch_template: Some(spec), ..run(over) };
    let instance = stage.asks(&call).pop().unwrap().instance;
    assert_eq!((instance.zone.as_str(), instance.tags.get("from")), (OTHER_ZONE, Some("template")));
    assert_eq!(instance.instance_type, "t3.micro");
}

#[test]
fn a_template_is_found_by_name_id_and_version_only_when_there_is_one() {
    let mut stage = Stage::new();
    template(&mut stage, "web", data(ZONE));
    let by = |name: &str, id: &str, version: &str| RunInstances {
        launch_template: Some(TemplateSpec {
            launch_template_id: id.to_owned(),
            launch_template_name: name.to_owned(),
            version: version.to_owned(),
        }),
        ..run(LaunchData::default())
    };
    for version in ["", "1", "$Latest", "$Default"] {
        stage.asks(&by("web", "", version));
    }
    stage.refuses(&by("web", "", "2"), "InvalidLaunchTemplateId.VersionNotFound", "2");
    stage.refuses(&by("other", "", ""), "InvalidLaunchTemplateName.NotFoundException", "other");
    stage.refuses(&by("", "lt-banana", ""), "InvalidLaunchTemplateId.Malformed", "lt-banana");
    let unknown = "lt-00000000000000000";
    stage.refuses(&by("", unknown, ""), "InvalidLaunchTemplateId.NotFound", unknown);
    let call = CreateLaunchTemplate { launch_template_name: "web".to_owned(), ..Default::default() };
    stage.refuses(&call, "InvalidLaunchTemplateName.AlreadyExistsException", "in use");
    assert_eq!(stage.asks(&DescribeLaunchTemplates(Listing::default())).items.len(), 1);
}

#[test]
fn what_cannot_be_launched_is_refused() {
    let mut stage = Stage::new();
    let good = data(ZONE);
    let rows = [
        (LaunchData { image_id: String::new(), ..good.clone() }, "MissingParameter", "ImageId"),
        (LaunchData { image_id: "banana".to_owned(), ..good.clone() }, "InvalidAMIID.Malformed", "banana"),
        (LaunchData { instance_type: "t3".to_owned(), ..good.clone() }, "InvalidParameterValue", "'t3'"),
        (data("us-east-1z"), "InvalidZone.NotFound", "us-east-1z"),
        (
            LaunchData { subnet_id: "subnet-1".to_owned(), ..good.clone() },
            "InvalidSubnetID.NotFound",
            "subnet-1",
        ),
        (
            LaunchData {
                block_device_mappings: vec![BlockDevice {
                    device: "banana".to_owned(),
                    ..BlockDevice::default()
                }],
                ..good.clone()
            },
            "InvalidBlockDeviceMapping",
            "banana",
        ),
    ];
    for (data, code, words) in rows {
        stage.refuses(&run(data), code, words);
    }
    let device = |name: &str| BlockDevice { device: name.to_owned(), ..BlockDevice::default() };
    let twice = vec![device("/dev/sdf"), device("/dev/xvdf")];
    let data = LaunchData { block_device_mappings: twice, ..good.clone() };
    stage.refuses(&run(data), "InvalidBlockDeviceMapping", "Duplicate device name /dev/xvdf");
    let unknown = "snap-00000000000000001";
    for (snapshot, size, kind, code, words) in [
        ("banana", 1, "", "InvalidSnapshotID.Malformed", "snap-"),
        (unknown, 1, "", "InvalidSnapshot.NotFound", unknown),
        ("", 65_537, "", "InvalidParameterValue", "65536GiB"),
        ("", 1025, "standard", "InvalidParameterValue", "1024GiB"),
        ("", 1, "gp9", "InvalidParameterValue", "gp9"),
    ] {
        let (snapshot_id, volume_type) = (snapshot.to_owned(), kind.to_owned());
        let disk = BlockDevice { size: Some(size), snapshot_id, volume_type, ..device("/dev/sdf") };
        let data = LaunchData { block_device_mappings: vec![disk], ..good.clone() };
        stage.refuses(&run(data), code, words);
    }
    let many = NetworkSpec { device_index: 0, secondary_private_ip_address_count: u32::MAX };
    let data = LaunchData { network_interfaces: vec![many], ..good.clone() };
    stage.refuses(&run(data), "PrivateIpAddressLimitExceeded", "15");
    stage.refuses(&RunInstances { max_count: 1001, ..run(good.clone()) }, "InstanceLimitExceeded", "1001");
    stage.refuses(&RunInstances { min_count: 0, ..run(good) }, "InvalidParameterValue", "maxCount");
}

#[test]
fn a_client_token_launches_once() {
    let mut stage = Stage::new();
    let call = RunInstances { client_token: "once".to_owned(), max_count: 2, ..run(data(ZONE)) };
    let first: Vec<_> = stage.asks(&call).into_iter().map(|view| view.instance.id).collect();
    let second: Vec<_> = stage.asks(&call).into_iter().map(|view| view.instance.id).collect();
    assert_eq!((first.len(), &first), (2, &second));
    let other = RunInstances { max_count: 1, ..call };
    stage.refuses(&other, "IdempotentParameterMismatch", "client token");
}

#[test]
fn a_spot_launch_has_a_fulfilled_request() {
    let mut stage = Stage::new();
    let id = stage.spot_instance(Market::default());
    let found = stage.asks(&DescribeSpotInstanceRequests(Listing::by("instance-id", id.as_str()))).items;
    let [request] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((request.state.as_str(), request.code.as_str()), ("active", "fulfilled"));
    assert_eq!(stage.shown(&id).instance.spot, Some(request.id.clone()));
}

#[test]
fn a_zone_without_capacity_launches_nothing() {
    let mut stage = Stage::new();
    stage.cloud.starve(&Zone::new(ZONE));
    stage.refuses(&run(data(ZONE)), "InsufficientInstanceCapacity", ZONE);
    stage.cloud.feed(&Zone::new(ZONE));
    stage.asks(&run(data(ZONE)));
}

#[test]
fn zones_are_described_with_their_subnets() {
    let mut stage = Stage::new();
    let zones = stage.asks(&DescribeAvailabilityZones(Listing::by("zone-name", "*b")));
    let [zone] = zones.as_slice() else { panic!("{zones:?}") };
    assert_eq!(zone.zone.as_str(), OTHER_ZONE);
    let data = LaunchData { subnet_id: zone.subnet.clone(), ..data("") };
    assert_eq!(stage.asks(&run(data)).pop().unwrap().instance.zone.as_str(), OTHER_ZONE);
    stage.refuses(&DescribeAvailabilityZones(Listing::of(["mars"])), "InvalidZone.NotFound", "mars");
}

#[test]
fn every_running_instance_has_a_lent_public_address() {
    let mut stage = Stage::new();
    let view = stage.asks(&run(data(ZONE))).pop().unwrap();
    assert_eq!(view.public(), None);
    stage.pass(60);
    let view = stage.shown(&view.instance.id);
    let public = view.interfaces[0].places[0].public.clone().unwrap();
    assert_eq!((Some(public.public), public.elastic), (view.public(), None));
}
