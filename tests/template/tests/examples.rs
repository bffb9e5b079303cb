//! The examples: both ship one user data, and what they tag and hook is what Holdfast looks for. What the user data does is
//! for tests/mount.

use serde_json::json;
use template::Template;

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
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                let kept = template.at(&format!("/Resources/{resource}/{policy}")).unwrap();
                assert_eq!(kept, "Retain", "{name}: {resource}");
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
