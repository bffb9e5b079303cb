//! What each function may do, and that it may do nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use template::{Error, Function, Statement, Template, Values, rendered};

/// The tags that say which fleet an instance belongs to.
const FLEET_TAGS: [&str; 4] =
    ["holdfast:fleet", "aws:ec2spot:fleet-request-id", "aws:ec2:fleet-id", "aws:autoscaling:groupName"];

/// What it takes to keep a failed event in a queue that a key may encrypt.
const FAILURES: [&str; 3] = ["kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage"];

/// What it takes to let instances go that Auto Scaling groups keep waiting.
const ACTIONS: [&str; 3] = [
    "autoscaling:CompleteLifecycleAction",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:RecordLifecycleActionHeartbeat",
];

/// Every statement of every function, with the function that has it.
fn statements() -> Result<Vec<(Function, Statement)>, Error> {
    let template = Template::read()?;
    let mut all = Vec::new();
    for function in template.functions()? {
        for statement in template.statements_of(&function)? {
            all.push((template.function_of(&function.binary)?, statement));
        }
    }
    Ok(all)
}

fn reads_only(statement: &Statement) -> bool {
    statement.actions.iter().all(|action| reads(action))
}

fn reads(action: &str) -> bool {
    ["ec2:Describe", "autoscaling:Describe", "ssm:List"].iter().any(|read| action.starts_with(read))
}

/// The condition that a resource has this tag, whatever its value.
fn tagged(key: &str) -> Value {
    json!({"Null": {format!("aws:ResourceTag/{key}"): "false"}})
}

/// The statements that allow this action on EC2 resources of this type.
fn on<'all>(
    all: &'all [(Function, Statement)],
    binary: &str,
    action: &str,
    kind: &str,
) -> Vec<&'all Statement> {
    let own = all.iter().filter(|(function, _)| function.binary == binary).map(|(_, statement)| statement);
    own.filter(|statement| statement.actions.contains(action) && statement.is_about(kind)).collect()
}

#[test]
fn every_function_may_do_what_it_does_and_nothing_else() {
    let common = [
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:AssociateAddress",
        "ec2:AttachVolume",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstances",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeVolumes",
        "ec2:DetachVolume",
        "ec2:DisassociateAddress",
        "ec2:TerminateInstances",
        "events:PutEvents",
        "kms:CreateGrant",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ssm:ListCommands",
        "ssm:SendCommand",
    ];
    let more = BTreeMap::from([
        ("instance-state-change", FAILURES.to_vec()),
        ("spot-interruption-warning", [&["ec2:CreateTags"], &FAILURES[..]].concat()),
        ("rebalance-recommendation", [&["ec2:CreateTags"], &FAILURES[..]].concat()),
        ("lifecycle-action", [&["ec2:CreateTags"], &ACTIONS[..], &FAILURES[..]].concat()),
        ("reconcile", ACTIONS.to_vec()),
    ]);
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        let Some(own) = more.get(function.binary.as_str()) else {
            panic!("say here what {} may do", function.binary)
        };
        let expected: BTreeSet<_> = common.iter().chain(own).map(ToString::to_string).collect();
        assert_eq!(template.actions_of(&function).unwrap(), expected, "{}", function.logical_id);
    }
}

#[test]
fn every_function_has_its_own_role() {
    let template = Template::read().unwrap();
    let functions = template.functions().unwrap();
    let roles: BTreeSet<_> = functions.iter().map(|function| template.role_of(function).unwrap()).collect();
    assert_eq!(roles.len(), functions.len(), "a role is shared: {roles:?}");
    let by_lambda = json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole"}]);
    for role in roles {
        let properties = template.properties(&role, "AWS::IAM::Role").unwrap();
        assert_eq!(properties.pointer("/AssumeRolePolicyDocument/Statement"), Some(&by_lambda), "{role}");
    }
}

#[test]
fn no_write_is_allowed_on_everything() {
    for (function, statement) in statements().unwrap().iter().filter(|(_, statement)| !reads_only(statement))
    {
        for resource in &statement.resources {
            // A plain string names no account and no region, so that it is too wide or belongs to somebody else.
            assert!(resource.is_object(), "{}: {statement:?}", function.logical_id);
            if let Some(arn) = resource.get("Fn::Sub").and_then(Value::as_str) {
                assert!(arn.contains(":${AWS::Region}:${AWS::AccountId}:"), "{}: {arn}", function.logical_id);
                assert!(arn.matches('*').count() <= 1, "{}: {arn}", function.logical_id);
            }
        }
        assert!(!statement.resources.is_empty(), "{}: {statement:?}", function.logical_id);
    }
}

#[test]
fn no_write_to_ec2_or_kms_is_allowed_without_a_condition() {
    for (function, statement) in statements().unwrap().iter().filter(|(_, statement)| !reads_only(statement))
    {
        let outward = ["ec2:", "kms:", "autoscaling:"]
            .iter()
            .any(|it| statement.actions.iter().any(|action| action.starts_with(it)));
        // A network interface carries no tag to ask for; the address that comes with it does.
        let excused = statement.is_about("network-interface")
            && statement.actions.iter().all(|action| action.ends_with("ssociateAddress"));
        let conditional = statement.condition.as_object().is_some_and(|condition| !condition.is_empty());
        assert!(!outward || excused || conditional, "{}: {statement:?}", function.logical_id);
    }
}

#[test]
fn reads_and_writes_are_not_mixed_in_a_statement() {
    for (function, statement) in statements().unwrap() {
        let any = statement.actions.iter().any(|action| reads(action));
        assert_eq!(any, reads_only(&statement), "{}: {statement:?}", function.logical_id);
    }
}

#[test]
fn only_actions_of_groups_with_a_fleet_are_completed() {
    let all = statements().unwrap();
    for function in ["lifecycle-action", "reconcile"] {
        for action in ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"] {
            let own = all.iter().filter(|(of, it)| of.binary == function && it.actions.contains(action));
            let found: Vec<_> = own.map(|(_, statement)| statement).collect();
            let [statement] = found.as_slice() else { panic!("{function}: {action}: {found:?}") };
            assert_eq!(statement.condition, tagged("holdfast:fleet"), "{function}: {action}");
        }
    }
}

#[test]
fn only_volumes_and_addresses_with_a_fleet_move() {
    let all = statements().unwrap();
    for function in Template::read().unwrap().functions().unwrap() {
        for (action, kind) in [
            ("ec2:AttachVolume", "volume"),
            ("ec2:DetachVolume", "volume"),
            ("ec2:AssociateAddress", "elastic-ip"),
            ("ec2:DisassociateAddress", "elastic-ip"),
        ] {
            let found = on(&all, &function.binary, action, kind);
            let [statement] = found.as_slice() else {
                panic!("{}: {action}: {found:?}", function.logical_id)
            };
            assert_eq!(statement.condition, tagged("holdfast:fleet"), "{}: {action}", function.logical_id);
        }
    }
}

#[test]
fn volumes_move_between_instances_of_fleets_only_whichever_tag_says_so() {
    let all = statements().unwrap();
    for function in Template::read().unwrap().functions().unwrap() {
        for action in ["ec2:AttachVolume", "ec2:DetachVolume", "ec2:AssociateAddress"] {
            let mut conditions: Vec<_> = on(&all, &function.binary, action, "instance")
                .iter()
                .map(|it| it.condition.to_string())
                .collect();
            let mut expected = FLEET_TAGS.map(|key| tagged(key).to_string());
            conditions.sort();
            expected.sort();
            assert_eq!(conditions, expected, "{}: {action}", function.logical_id);
        }
    }
}

#[test]
fn an_address_may_go_to_and_come_from_any_network_interface_of_the_account() {
    let all = statements().unwrap();
    for function in Template::read().unwrap().functions().unwrap() {
        for action in ["ec2:AssociateAddress", "ec2:DisassociateAddress"] {
            assert_eq!(
                on(&all, &function.binary, action, "network-interface").len(),
                1,
                "{}",
                function.logical_id
            );
        }
    }
}

#[test]
fn the_only_tag_that_can_be_written_is_draining_and_only_on_instances_of_fleets() {
    let all = statements().unwrap();
    let writers: Vec<_> = all.iter().filter(|(_, it)| it.actions.contains("ec2:CreateTags")).collect();
    let mut conditions = BTreeSet::new();
    for (function, statement) in &writers {
        let warned = ["spot-interruption-warning", "rebalance-recommendation", "lifecycle-action"];
        assert!(warned.contains(&function.binary.as_str()), "{} writes tags", function.logical_id);
        assert!(statement.is_about("instance"), "{statement:?}");
        assert_eq!(statement.actions.len(), 1, "{statement:?}");
        conditions.insert(statement.condition.to_string());
    }
    let expected = FLEET_TAGS.map(|key| {
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["holdfast:draining"]},
            "Null": {"aws:TagKeys": "false", format!("aws:ResourceTag/{key}"): "false"}})
        .to_string()
    });
    assert_eq!(conditions, BTreeSet::from(expected));
    assert_eq!(writers.len(), 3 * FLEET_TAGS.len());
}

/// The service by the name that it has everywhere, and in China by its own there, too.
fn by_way_of(service: &str) -> Value {
    let china = json!({"Fn::Sub": format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")});
    json!([{"Fn::Sub": format!("{service}.${{AWS::Region}}.amazonaws.com")},
        {"Fn::If": ["InChina", china, {"Ref": "AWS::NoValue"}]}])
}

#[test]
fn keys_are_granted_to_ec2_only_and_only_those_that_are_given() {
    let condition = json!({"Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:ViaService": by_way_of("ec2")}});
    for (_, statement) in statements().unwrap() {
        if statement.actions.contains("kms:CreateGrant") {
            assert_eq!(statement.actions.len(), 1);
            assert_eq!(statement.resources, [json!({"Ref": "VolumeKeyArns"})]);
            assert_eq!(statement.condition, condition);
            assert_eq!(statement.only_if.as_deref(), Some("HasVolumeKeys"));
        }
    }
    let template = Template::read().unwrap();
    assert_eq!(template.at("/Parameters/VolumeKeyArns/Default").unwrap(), "");
    let given = json!({"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "VolumeKeyArns"}]}, ""]}]});
    assert_eq!(template.at("/Conditions/HasVolumeKeys").unwrap(), &given);
}

#[test]
fn only_these_permissions_depend_on_a_parameter() {
    let conditional = BTreeMap::from([
        ("ec2:TerminateInstances", "MayTerminate"),
        ("events:PutEvents", "HasNotifications"),
        ("kms:CreateGrant", "HasVolumeKeys"),
        ("kms:Decrypt", "HasEncryptionKey"),
        ("kms:GenerateDataKey", "HasEncryptionKey"),
        ("ssm:ListCommands", "MayDrain"),
        ("ssm:SendCommand", "MayDrain"),
    ]);
    for (function, statement) in statements().unwrap() {
        for action in &statement.actions {
            let expected = conditional.get(action.as_str()).copied();
            assert_eq!(statement.only_if.as_deref(), expected, "{}: {action}", function.logical_id);
        }
    }
}

#[test]
fn events_are_put_on_the_default_bus_only_and_in_holdfast_s_name_only() {
    let bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default";
    let mut count = 0;
    for (_, statement) in statements().unwrap() {
        if statement.actions.contains("events:PutEvents") {
            count += 1;
            assert_eq!(statement.actions.len(), 1);
            assert_eq!(statement.resources, [json!({"Fn::Sub": bus})]);
            let own = json!({"ForAllValues:StringEquals": {"events:source": [reconciler::notifications::SOURCE]},
                "Null": {"events:source": "false"}});
            assert_eq!(statement.condition, own);
        }
    }
    let template = Template::read().unwrap();
    assert_eq!(count, template.functions().unwrap().len());
    assert_eq!(template.at("/Parameters/Notifications/Default").unwrap(), "false");
    let asked = json!({"Fn::Equals": [{"Ref": "Notifications"}, "true"]});
    assert_eq!(template.at("/Conditions/HasNotifications").unwrap(), &asked);
}

#[test]
fn the_queue_s_key_is_used_through_the_queue_only() {
    let condition = json!({"StringEquals": {"kms:ViaService": by_way_of("sqs")}});
    for (_, statement) in statements().unwrap() {
        if statement.actions.contains("kms:Decrypt") || statement.actions.contains("kms:GenerateDataKey") {
            assert_eq!(statement.resources, [json!({"Ref": "EncryptionKeyArn"})]);
            assert_eq!(statement.condition, condition);
        }
    }
}

#[test]
fn instances_of_fleets_are_terminated_only_where_a_parameter_asks_for_it() {
    let all = statements().unwrap();
    let template = Template::read().unwrap();
    for function in template.functions().unwrap() {
        let mut conditions = BTreeSet::new();
        for statement in on(&all, &function.binary, "ec2:TerminateInstances", "instance") {
            assert_eq!(statement.actions.len(), 1);
            assert_eq!(statement.only_if.as_deref(), Some("MayTerminate"));
            conditions.insert(statement.condition.to_string());
        }
        let expected = FLEET_TAGS.map(|key| tagged(key).to_string());
        assert_eq!(conditions, BTreeSet::from(expected), "{}", function.logical_id);
    }
    assert_eq!(template.at("/Parameters/AllowTerminate/Default").unwrap(), "false");
    assert_eq!(template.at("/Parameters/Handover/Default").unwrap(), "on-release");
    let asked = json!({"Fn::Or": [{"Fn::Equals": [{"Ref": "Handover"}, "terminate"]},
        {"Fn::Equals": [{"Ref": "AllowTerminate"}, "true"]}]});
    assert_eq!(template.at("/Conditions/MayTerminate").unwrap(), &asked);
}

#[test]
fn the_drain_document_alone_is_run_on_instances_of_fleets_alone_where_a_parameter_asks_for_it() {
    let all = statements().unwrap();
    let template = Template::read().unwrap();
    let document = json!({"Fn::Sub": [
        "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:document/${Document}",
        {"Document": {"Fn::If": ["HasDrainDocument", {"Ref": "DrainDocument"}, {"Ref": "DrainVolumes"}]}}
    ]});
    for function in template.functions().unwrap() {
        let own =
            all.iter().filter(|(other, _)| other.binary == function.binary).map(|(_, statement)| statement);
        let (mut conditions, mut documents) = (BTreeSet::new(), 0);
        for statement in own.filter(|statement| statement.actions.contains("ssm:SendCommand")) {
            assert_eq!(statement.actions.len(), 1);
            if statement.is_about("instance") {
                conditions.insert(statement.condition.to_string());
            } else {
                assert_eq!(statement.resources, std::slice::from_ref(&document));
                documents += 1;
            }
        }
        let tagged = |key| json!({"Null": {format!("ssm:resourceTag/{key}"): "false"}}).to_string();
        assert_eq!(conditions, BTreeSet::from(FLEET_TAGS.map(tagged)), "{}", function.logical_id);
        assert_eq!(documents, 1);
    }
    assert_eq!(template.at("/Parameters/AllowDrain/Default").unwrap(), "false");
    let asked = json!({"Fn::Equals": [{"Ref": "AllowDrain"}, "true"]});
    assert_eq!(template.at("/Conditions/MayDrain").unwrap(), &asked);
    let given = json!({"Fn::If": ["MayDrain",
        {"Fn::If": ["HasDrainDocument", {"Ref": "DrainDocument"}, {"Ref": "DrainVolumes"}]}, ""]});
    let setting = "/Globals/Function/Environment/Variables/HOLDFAST_DRAIN_DOCUMENT";
    assert_eq!(template.at(setting).unwrap(), &given);
}

#[test]
fn a_function_writes_its_own_logs_and_to_the_queue_of_failures() {
    for (function, statement) in statements().unwrap() {
        let own_logs = json!({"Fn::GetAtt": [format!("{}Logs", function.logical_id), "Arn"]});
        if statement.actions.iter().any(|action| action.starts_with("logs:")) {
            assert_eq!(statement.resources, [own_logs], "{}", function.logical_id);
        }
        if statement.actions.contains("sqs:SendMessage") {
            assert_eq!(statement.resources, [json!({"Fn::GetAtt": ["Failures", "Arn"]})]);
        }
    }
}

/// IAM counts a managed policy without its white space (IAM user guide, "IAM and AWS STS quotas"). A deployment with everything
/// switched on must fit as well, in the partition with the longest names and with ten keys.
#[test]
fn every_managed_policy_fits_with_everything_switched_on() {
    let key = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let queue = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:a-stack-of-thirty-eight-characters-ab-Failures-0123456789AB";
    let values = Values::from([
        ("AWS::AccountId", json!("123456789012")),
        ("AWS::Partition", json!("aws-us-gov")),
        ("AWS::Region", json!("us-gov-west-1")),
        ("AWS::URLSuffix", json!("amazonaws.com.cn")),
        ("DrainDocument", json!("d".repeat(128))),
        ("EncryptionKeyArn", json!(key)),
        ("Failures.Arn", json!(queue)),
        ("VolumeKeyArns", json!(vec![key; 10])),
    ]);
    let template = Template::read().unwrap();
    let resources = template.section("Resources").unwrap().iter();
    let policies: Vec<_> = resources.filter(|(_, it)| it["Type"] == "AWS::IAM::ManagedPolicy").collect();
    assert!(policies.iter().any(|(name, _)| *name == "HoldVolumesAndAddresses"), "{}", policies.len());
    for (name, policy) in policies {
        let document = rendered(&policy["Properties"]["PolicyDocument"], &values).unwrap();
        let characters = document.to_string().chars().filter(|it| !it.is_whitespace()).count();
        assert!(characters <= 6144, "{name} has {characters} characters");
    }
}
