//! How the functions are set up: what they run, with which settings and limits, and where they log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use template::{Template, function_folders};

/// The settings of the contract that come from a parameter, each with that. Whence the document comes is a matter of what
/// the functions may do.
const SETTINGS: [(&str, &str); 4] = [
    ("HOLDFAST_HANDOVER", "Handover"),
    ("HOLDFAST_ABANDON_WRONG_ZONE", "AbandonWrongZone"),
    ("HOLDFAST_DRY_RUN", "DryRun"),
    ("HOLDFAST_NOTIFICATIONS", "Notifications"),
];

/// How long a function's name may be (AWS Lambda API reference, "CreateFunction": `FunctionName`).
const LONGEST_NAME: usize = 64;

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide.md"));
const SOURCE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));

fn pascal_case(binary: &str) -> String {
    let words = binary.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

#[test]
fn every_function_folder_is_exactly_one_resource_and_vice_versa() {
    let template = Template::read().unwrap();
    let binaries: Vec<_> =
        template.functions().unwrap().into_iter().map(|function| function.binary).collect();
    assert_eq!(binaries.iter().cloned().collect::<BTreeSet<_>>(), function_folders().unwrap());
    assert_eq!(
        binaries.len(),
        function_folders().unwrap().len(),
        "one binary in two resources: {binaries:?}"
    );
}

#[test]
fn every_function_is_built_by_cargo_lambda_and_named_after_its_binary() {
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        assert_eq!(function.logical_id, pascal_case(&function.binary));
        let method = template.at(&format!("/Resources/{}/Metadata/BuildMethod", function.logical_id));
        assert_eq!(method.unwrap(), "rust-cargolambda", "{}", function.logical_id);
        let name = format!("${{AWS::StackName}}-{}", function.binary);
        assert_eq!(function.at("/FunctionName").unwrap(), &json!({"Fn::Sub": name}));
        assert_eq!(function.at("/CodeUri").unwrap(), ".");
        assert_eq!(function.at("/Handler").unwrap(), "bootstrap");
        assert_eq!(function.at("/Runtime").unwrap(), "provided.al2023");
        assert_eq!(function.at("/Architectures").unwrap(), &json!([{"Ref": "Architecture"}]));
    }
}

#[test]
fn the_stack_s_name_may_be_as_long_as_the_docs_say_and_no_longer() {
    let template = Template::read().unwrap();
    let functions = template.functions().unwrap();
    let names =
        functions.iter().map(|function| function.at("/FunctionName/Fn::Sub").unwrap().as_str().unwrap());
    let longest = names.map(|name| name.strip_prefix("${AWS::StackName}").unwrap().len()).max().unwrap();
    let room = LONGEST_NAME - longest;
    for (page, text, words) in [
        ("guide.md", GUIDE, format!("({room} characters at most)")),
        ("template.yaml", SOURCE, format!("its name may thus have {room} characters.")),
    ] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&words), "{page} does not say {words}");
    }
}

#[test]
fn arm64_is_the_default_and_x86_64_the_alternative() {
    let template = Template::read().unwrap();
    assert_eq!(template.at("/Parameters/Architecture/Default").unwrap(), "arm64");
    assert_eq!(template.at("/Parameters/Architecture/AllowedValues").unwrap(), &json!(["arm64", "x86_64"]));
}

#[test]
fn every_function_has_the_timeout_and_memory_of_its_part() {
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        let timeout = match function.binary.as_str() {
            "instance-state-change" | "rebalance-recommendation" | "lifecycle-action" => 300,
            "spot-interruption-warning" => 150,
            "reconcile" => 55,
            other => panic!("say here how long {other} may take"),
        };
        assert_eq!(function.at("/Timeout").unwrap(), timeout, "{}", function.logical_id);
        assert_eq!(function.at("/MemorySize").unwrap(), &json!({"Ref": "MemorySize"}));
    }
    assert_eq!(template.at("/Parameters/MemorySize/Default").unwrap(), 256);
    assert_eq!(template.at("/Parameters/MemorySize/MinValue").unwrap(), 128);
    assert_eq!(template.at("/Parameters/MemorySize/MaxValue").unwrap(), 256);
}

#[test]
fn no_function_reserves_concurrency() {
    for function in Template::read().unwrap().functions().unwrap() {
        for reserved in ["ReservedConcurrentExecutions", "ProvisionedConcurrencyConfig"] {
            assert_eq!(function.properties.get(reserved), None, "{}", function.logical_id);
        }
    }
}

#[test]
fn every_setting_is_declared_for_each_function() {
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        let variables = function.at("/Environment/Variables").unwrap().as_object().unwrap();
        assert!(variables.contains_key("HOLDFAST_DRAIN_DOCUMENT"), "{}", function.logical_id);
        let declared = variables.iter().filter(|(name, _)| name.starts_with("HOLDFAST_"));
        let declared = declared.filter(|(name, _)| *name != "HOLDFAST_DRAIN_DOCUMENT");
        let declared: BTreeMap<_, _> = declared.map(|(name, value)| (name.as_str(), value.clone())).collect();
        let expected = SETTINGS.map(|(setting, parameter)| (setting, json!({"Ref": parameter})));
        assert_eq!(declared, BTreeMap::from(expected), "{}", function.logical_id);
    }
}

#[test]
fn settings_offer_what_the_contract_allows_and_default_to_the_harmless_value() {
    let template = Template::read().unwrap();
    let handover = template.at("/Parameters/Handover").unwrap();
    assert_eq!(handover.get("AllowedValues"), Some(&json!(["on-release", "drain", "terminate"])));
    assert_eq!(handover.get("Default"), Some(&json!("on-release")));
    let dry_run = template.at("/Parameters/DryRun").unwrap();
    assert_eq!(dry_run.get("AllowedValues"), Some(&json!(["true", "false"])));
    assert_eq!(dry_run.get("Default"), Some(&json!("false")));
    assert_eq!(template.at("/Parameters/DrainDocument/Default").unwrap(), "");
}

#[test]
fn the_endpoint_of_ec2_is_declared_but_absent_unless_one_is_given() {
    let template = Template::read().unwrap();
    let only_if_given =
        json!({"Fn::If": ["HasEc2Endpoint", {"Ref": "Ec2Endpoint"}, {"Ref": "AWS::NoValue"}]});
    for function in template.functions().unwrap() {
        assert_eq!(function.at("/Environment/Variables/AWS_ENDPOINT_URL_EC2").unwrap(), &only_if_given);
    }
    assert_eq!(template.at("/Parameters/Ec2Endpoint/Default").unwrap(), "");
    let given = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Ec2Endpoint"}, ""]}]});
    assert_eq!(template.at("/Conditions/HasEc2Endpoint").unwrap(), &given);
}

#[test]
fn every_function_logs_json_to_a_group_of_its_own_that_is_kept_for_a_while() {
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        let group = format!("{}Logs", function.logical_id);
        let logging = json!({"LogFormat": "JSON", "ApplicationLogLevel": {"Ref": "LogLevel"}, "LogGroup": {"Ref": group}});
        assert_eq!(function.at("/LoggingConfig").unwrap(), &logging);
        let properties = template.properties(&group, "AWS::Logs::LogGroup").unwrap();
        assert_eq!(properties.get("RetentionInDays"), Some(&json!({"Ref": "LogRetentionDays"})));
        let name = format!("/aws/lambda/${{AWS::StackName}}-{}", function.binary);
        assert_eq!(properties.get("LogGroupName"), Some(&json!({"Fn::Sub": name})));
    }
}

#[test]
fn no_log_level_hides_the_report_and_the_metrics() {
    // Neither has a level of its own, so that Lambda takes them for INFO.
    let template = Template::read().unwrap();
    let offered = template.at("/Parameters/LogLevel/AllowedValues").unwrap();
    assert_eq!(offered, &json!(["TRACE", "DEBUG", "INFO"]));
}

#[test]
fn every_parameter_says_what_it_is_and_what_it_takes() {
    for (name, parameter) in Template::read().unwrap().section("Parameters").unwrap() {
        for text in ["Description", "ConstraintDescription"] {
            assert!(
                parameter.get(text).and_then(Value::as_str).is_some_and(|it| it.len() > 15),
                "{name}: {text}"
            );
        }
        let limits = ["AllowedValues", "AllowedPattern", "MinValue"];
        assert!(limits.iter().any(|limit| parameter.get(limit).is_some()), "{name} takes anything");
        assert!(
            parameter.get("Default").is_some(),
            "{name} has no default, so a first deployment has to guess"
        );
    }
}

#[test]
fn the_outputs_name_every_function() {
    let template = Template::read().unwrap();
    let outputs = template.section("Outputs").unwrap();
    for function in template.functions().unwrap() {
        let named = json!({"Ref": function.logical_id});
        assert!(
            outputs.values().any(|output| output.get("Value") == Some(&named)),
            "{}",
            function.logical_id
        );
    }
}
