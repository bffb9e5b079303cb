//! What somebody sees who deploys by the console: parameters in groups, with labels; outputs that lead on.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use template::Template;

const INTERFACE: &str = "/Metadata/AWS::CloudFormation::Interface";

#[test]
fn every_parameter_is_in_one_group_and_has_a_label() {
    let template = Template::read().unwrap();
    let parameters: BTreeSet<_> = template.section("Parameters").unwrap().keys().cloned().collect();
    let groups = template.at(&format!("{INTERFACE}/ParameterGroups")).unwrap().as_array().unwrap();
    let mut grouped = BTreeSet::new();
    for group in groups {
        assert!(group.pointer("/Label/default").and_then(Value::as_str).is_some(), "{group}");
        for name in group.get("Parameters").unwrap().as_array().unwrap() {
            let name = name.as_str().unwrap().to_owned();
            assert!(grouped.insert(name.clone()), "{name} is in two groups");
        }
    }
    assert_eq!(grouped, parameters);
    let labels = template.at(&format!("{INTERFACE}/ParameterLabels")).unwrap().as_object().unwrap();
    assert_eq!(labels.keys().cloned().collect::<BTreeSet<_>>(), parameters);
    for (name, label) in labels {
        let text = label.get("default").and_then(Value::as_str).unwrap();
        assert!(text.len() > 5 && text != name, "{name}: {text}");
    }
}

#[test]
fn the_outputs_lead_on() {
    let template = Template::read().unwrap();
    for name in ["DashboardUrl", "AlarmTopicArn", "DeadLetterQueueUrl", "ReconcileByHand"] {
        template.at(&format!("/Outputs/{name}/Value")).unwrap();
    }
    assert_eq!(template.at("/Outputs/AlarmTopicArn/Value").unwrap(), &json!({"Ref": "Alarms"}));
    let url = template.at("/Outputs/DashboardUrl/Value/Fn::Sub/0").unwrap().as_str().unwrap();
    assert!(url.ends_with("#dashboards:name=${Dashboard}"), "{url}");
}

#[test]
fn two_stacks_in_one_region_do_not_clash() {
    let template = Template::read().unwrap();
    let mut named = 0;
    for (resource, declared) in template.section("Resources").unwrap() {
        let properties = declared.get("Properties").and_then(Value::as_object).into_iter().flatten();
        let name_properties =
            ["FunctionName", "LogGroupName", "AlarmName", "DashboardName", "TopicName", "QueueName"];
        let own = ["RoleName", "ManagedPolicyName", "Name"];
        for (property, name) in properties {
            assert!(!own.contains(&property.as_str()), "{resource} needs no name of its own: {property}");
            if name_properties.contains(&property.as_str()) {
                let is_of_the_stack = *name == json!({"Ref": "AWS::StackName"})
                    || name
                        .get("Fn::Sub")
                        .and_then(Value::as_str)
                        .is_some_and(|it| it.contains("${AWS::StackName}"));
                assert!(is_of_the_stack, "{resource}: {property} is {name}");
                named += 1;
            }
        }
    }
    assert!(named > 10, "{named} names were found");
}
