//! The examples: both ship one user data, and what they tag and hook is what Holdfast looks for. What the user data does is
//! for tests/mount.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use template::{Error, Template};

const EXAMPLES: [&str; 2] = ["persistent-fleet", "persistent-group"];
const LAUNCH: &str = "/Resources/Template/Properties/LaunchTemplateData";

#[test]
fn both_ship_the_same_user_data_and_take_the_same_parameters() {
    let [fleet, group] = EXAMPLES.map(|name| Template::example(name).unwrap());
    let user_data = format!("{LAUNCH}/UserData");
    assert_eq!(fleet.at(&user_data).unwrap(), group.at(&user_data).unwrap());
    assert!(fleet.at(&format!("{user_data}/Fn::Base64/Fn::Sub/0")).is_ok_and(|text| text.as_str().is_some()));
    for section in ["Parameters", "Rules", "Conditions", "Metadata"] {
        assert_eq!(fleet.section(section).unwrap(), group.section(section).unwrap());
    }
}

#[test]
fn the_volume_and_the_address_name_the_fleet_and_outlive_the_stack() {
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        for (resource, kind) in [("Data", "AWS::EC2::Volume"), ("Address", "AWS::EC2::EIP")] {
            let tags = template.properties(resource, kind).unwrap()["Tags"].as_array().unwrap();
            for (key, value) in [("fleet", "AWS::StackName"), ("handover", "Handover")] {
                let tag = json!({"Key": format!("holdfast:{key}"), "Value": {"Ref": value}});
                assert!(tags.contains(&tag), "{name}: {resource} has no tag {tag}");
            }
            // Left behind by a first deployment that failed, they would spoil the next one.
            for (policy, expected) in
                [("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain")]
            {
                let kept = template.at(&format!("/Resources/{resource}/{policy}")).unwrap();
                assert_eq!(kept, expected, "{name}: {resource}");
            }
        }
    }
}

/// `CloudFormation` refuses to change what a volume was made from, so another one comes from outside.
#[test]
fn a_volume_that_is_given_takes_the_place_of_the_stack_s_own_everywhere() {
    let volume = json!({"Fn::If": ["HasVolume", {"Ref": "VolumeId"}, {"Ref": "Data"}]});
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        let given = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "VolumeId"}, ""]}]});
        assert_eq!(template.at("/Conditions/HasVolume").unwrap(), &given, "{name}");
        let makes = json!({"Fn::Not": [{"Condition": "HasVolume"}]});
        assert_eq!(template.at("/Conditions/MakesVolume").unwrap(), &makes, "{name}");
        assert_eq!(template.at("/Resources/Data/Condition").unwrap(), "MakesVolume", "{name}");
        assert_eq!(template.at("/Parameters/VolumeId/Default").unwrap(), "", "{name}");
        let serial = json!({"Fn::Join": ["", {"Fn::Split": ["-", volume]}]});
        let mounted = template.at(&format!("{LAUNCH}/UserData/Fn::Base64/Fn::Sub/1/Serial")).unwrap();
        assert_eq!(mounted, &serial, "{name}");
        assert_eq!(template.at("/Outputs/VolumeId/Value").unwrap(), &volume, "{name}");
        assert_eq!(template.at("/Outputs/Holder/Value/Fn::Sub/1/Volume").unwrap(), &volume, "{name}");
        let holder = template.at("/Outputs/Holder/Value/Fn::Sub/0").unwrap().as_str().unwrap();
        assert!(holder.contains("--volume-ids ${Volume}"), "{name}: {holder}");
    }
}

/// A volume of somebody's is never formatted, whatever is on it.
#[test]
fn only_a_volume_that_the_stack_makes_blank_is_formatted() {
    let given = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "SnapshotId"}, ""]}]});
    let format = json!({"Fn::If": ["HasVolume", "no", {"Fn::If": ["HasSnapshot", "no", "yes"]}]});
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        assert_eq!(template.at("/Conditions/HasSnapshot").unwrap(), &given, "{name}");
        let user_data = format!("{LAUNCH}/UserData/Fn::Base64/Fn::Sub");
        assert_eq!(template.at(&format!("{user_data}/1/Format")).unwrap(), &format, "{name}");
        let script = template.at(&format!("{user_data}/0")).unwrap().as_str().unwrap();
        assert!(script.contains("ExecStart=/usr/local/sbin/prepare-data $device ${Format}\n"), "{name}");
    }
}

#[test]
fn the_instances_are_of_the_fleet_that_the_volume_names() {
    let stack = json!({"Ref": "AWS::StackName"});
    let fleet = Template::example("persistent-fleet").unwrap();
    let tagged = fleet.at(&format!("{LAUNCH}/TagSpecifications")).unwrap();
    assert_eq!(tagged[0]["ResourceType"], "instance");
    let tags = tagged[0]["Tags"].as_array().unwrap();
    assert!(tags.contains(&json!({"Key": "holdfast:fleet", "Value": stack})), "{tags:?}");
    let group = Template::example("persistent-group").unwrap();
    let group = group.properties("Group", "AWS::AutoScaling::AutoScalingGroup").unwrap();
    assert_eq!(group["AutoScalingGroupName"], stack);
}

/// Holdfast leaves a hook of another name alone, and a hook that it does not complete must not stop the group.
#[test]
fn the_hooks_of_the_group_are_holdfasts_and_go_on_without_it() {
    let template = Template::example("persistent-group").unwrap();
    let group = template.properties("Group", "AWS::AutoScaling::AutoScalingGroup").unwrap();
    let tag = json!({"Key": "holdfast:fleet", "Value": {"Ref": "AWS::StackName"}, "PropagateAtLaunch": true});
    let tags = group["Tags"].as_array().unwrap();
    assert!(tags.contains(&tag), "nobody may complete them: {tags:?}");
    let hooks = group["LifecycleHookSpecificationList"].as_array().unwrap();
    let transitions = hooks.iter().map(|hook| hook["LifecycleTransition"].as_str().unwrap());
    let expected = ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"];
    assert_eq!(transitions.collect::<Vec<_>>(), expected);
    for hook in hooks {
        assert!(hook["LifecycleHookName"].as_str().unwrap().starts_with("holdfast"), "{hook}");
        assert_eq!(hook["DefaultResult"], "CONTINUE", "{hook}");
        assert!((30..=600).contains(&hook["HeartbeatTimeout"].as_u64().unwrap()), "{hook}");
    }
}

#[test]
fn an_instance_has_imds_v2_only_an_encrypted_root_that_ends_with_it_and_no_credentials() {
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        let launch = template.at(LAUNCH).unwrap();
        assert_eq!(launch["MetadataOptions"]["HttpTokens"], "required", "{name}");
        let root = json!([{"DeviceName": "/dev/xvda",
            "Ebs": {"VolumeType": "gp3", "Encrypted": true, "DeleteOnTermination": true}}]);
        assert_eq!(launch["BlockDeviceMappings"], root, "{name}");
        let profile = json!({"Fn::If": ["HasSystemsManager",
            {"Arn": {"Fn::GetAtt": ["Profile", "Arn"]}}, {"Ref": "AWS::NoValue"}]});
        assert_eq!(launch["IamInstanceProfile"], profile, "{name}");
        assert_eq!(template.at("/Parameters/SystemsManager/Default").unwrap(), "false", "{name}");
    }
}

#[test]
fn the_volume_of_the_stack_is_encrypted_gp3() {
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        let volume = template.properties("Data", "AWS::EC2::Volume").unwrap();
        assert_eq!(volume["VolumeType"], "gp3", "{name}");
        assert_eq!(volume["Encrypted"], true, "{name}");
    }
}

/// A volume never leaves its zone, so an instance in another could hold nothing.
#[test]
fn all_instances_start_in_the_volume_s_zone() {
    let (zone, subnet) = (json!({"Ref": "AvailabilityZone"}), json!({"Ref": "Subnet"}));
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        for (resource, kind) in [("Data", "AWS::EC2::Volume"), ("Subnet", "AWS::EC2::Subnet")] {
            assert_eq!(template.properties(resource, kind).unwrap()["AvailabilityZone"], zone, "{name}");
        }
        let resources = template.section("Resources").unwrap().values();
        assert_eq!(resources.filter(|it| it["Type"] == "AWS::EC2::Subnet").count(), 1, "{name}");
    }
    let instances = overrides("persistent-fleet").unwrap();
    assert!(instances.iter().all(|it| it["SubnetId"] == subnet), "{instances:?}");
    let group = Template::example("persistent-group").unwrap();
    let group = group.properties("Group", "AWS::AutoScaling::AutoScalingGroup").unwrap();
    assert_eq!(group["VPCZoneIdentifier"], json!([subnet]));
}

#[test]
fn five_families_at_least_compete_on_each_processor() {
    for name in EXAMPLES {
        let (mut arm, mut x86) = (BTreeSet::new(), BTreeSet::new());
        for instance in overrides(name).unwrap() {
            let kind = &instance["InstanceType"]["Fn::Sub"];
            assert_eq!(kind[0], "${Family}.${Size}", "{name}");
            let families = &kind[1]["Family"]["Fn::If"];
            assert_eq!(families[0], "IsArm", "{name}");
            arm.insert(families[1].as_str().unwrap().to_owned());
            x86.insert(families[2].as_str().unwrap().to_owned());
        }
        assert!(arm.len() >= 5 && x86.len() >= 5, "{name}: {arm:?} and {x86:?}");
    }
}

#[test]
fn the_fleet_keeps_spot_instances_up_and_launches_before_it_terminates() {
    let template = Template::example("persistent-fleet").unwrap();
    let fleet = template.properties("Fleet", "AWS::EC2::EC2Fleet").unwrap();
    assert_eq!(fleet["Type"], "maintain");
    assert_eq!(fleet["TargetCapacitySpecification"]["DefaultTargetCapacityType"], "spot");
    let spot = &fleet["SpotOptions"];
    assert_eq!(spot["AllocationStrategy"], "price-capacity-optimized");
    let rebalance = &spot["MaintenanceStrategies"]["CapacityRebalance"];
    assert_eq!(rebalance["ReplacementStrategy"], "launch-before-terminate");
    assert!(rebalance["TerminationDelay"].as_u64().unwrap() >= 120, "{rebalance}");
}

#[test]
fn the_group_keeps_spot_instances_up_and_rebalances() {
    let template = Template::example("persistent-group").unwrap();
    let group = template.properties("Group", "AWS::AutoScaling::AutoScalingGroup").unwrap();
    assert_eq!(group["CapacityRebalance"], true);
    let instances = &group["MixedInstancesPolicy"]["InstancesDistribution"];
    assert_eq!(instances["SpotAllocationStrategy"], "price-capacity-optimized");
    for on_demand in ["OnDemandBaseCapacity", "OnDemandPercentageAboveBaseCapacity"] {
        assert_eq!(instances[on_demand], 0, "{on_demand}");
    }
}

#[test]
fn nobody_reaches_the_service_unless_a_parameter_says_who() {
    for name in EXAMPLES {
        let template = Template::example(name).unwrap();
        assert_eq!(template.at("/Parameters/ServiceCidr/Default").unwrap(), "127.0.0.1/32", "{name}");
        let group = template.properties("SecurityGroup", "AWS::EC2::SecurityGroup").unwrap();
        let rules = group["SecurityGroupIngress"].as_array().unwrap();
        let [rule] = rules.as_slice() else { panic!("{name}: {rules:?}") };
        assert_eq!(rule["CidrIp"], json!({"Ref": "ServiceCidr"}), "{name}");
        for port in ["FromPort", "ToPort"] {
            assert_eq!(rule[port], json!({"Ref": "ServicePort"}), "{name}");
        }
        for other in ["CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId"] {
            assert_eq!(rule.get(other), None, "{name}");
        }
        let resources = template.section("Resources").unwrap().values();
        let opened = resources.filter(|it| it["Type"] == "AWS::EC2::SecurityGroupIngress").count();
        assert_eq!(opened, 0, "{name}");
    }
}

/// What an instance of the example may be, one of each.
fn overrides(name: &str) -> Result<Vec<Value>, Error> {
    let path = match name {
        "persistent-fleet" => "/Resources/Fleet/Properties/LaunchTemplateConfigs/0/Overrides",
        _ => "/Resources/Group/Properties/MixedInstancesPolicy/LaunchTemplate/Overrides",
    };
    let template = Template::example(name)?;
    Ok(template.at(path)?.as_array().into_iter().flatten().cloned().collect())
}
