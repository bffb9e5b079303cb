//! What each parameter accepts and refuses. `CloudFormation` refuses before anything changes, so whatever is let through here
//! fails later, in the middle of a deployment.

use std::collections::BTreeSet;

use template::{Error, Template};

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md"));
const EXAMPLES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/README.md"));

/// A parameter, values that it accepts, and values that it refuses.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const BOOLEAN: (&[&str], &[&str]) = (&["true", "false"], &["", "True", "yes", "1"]);
const HANDOVER: (&[&str], &[&str]) =
    (&["on-release", "drain", "terminate"], &["", "On-release", "release", "drain,terminate"]);
const PROCESSOR: (&[&str], &[&str]) = (&["arm64", "x86_64"], &["", "arm", "x86-64", "ARM64"]);
const KEY: (&[&str], &[&str]) = (
    &[
        "",
        "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    ],
    &[
        "alias/aws/ebs",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:123456789012:alias/mine",
        "arn:aws:kms:us-east-1:12345678901:key/1234abcd",
        "arn:aws:kms:us-east-1:123456789012:key/*",
        " ",
    ],
);

const HOLDFAST: [Row; 17] = [
    ("AbandonWrongZone", BOOLEAN.0, BOOLEAN.1),
    (
        "AlarmEmail",
        &["", "ops@example.com", "on.call+web@mail.example.com"],
        &["ops", "ops@host", "a b@example.com", "a@b@c.d"],
    ),
    ("AllowDrain", BOOLEAN.0, BOOLEAN.1),
    ("AllowTerminate", BOOLEAN.0, BOOLEAN.1),
    ("Architecture", PROCESSOR.0, PROCESSOR.1),
    (
        "DrainDocument",
        &["", "abc", "My_drain-2.0"],
        &["ab", "AWS-Run Shell", "document/Mine", "a/b", "arn:aws:ssm:x"],
    ),
    (
        "DrainUnits",
        &["", "postgresql.service", "app@1.service other-app.service"],
        &["a;b", "$(reboot)", "a'b", "a\nb", "a,b"],
    ),
    ("DryRun", BOOLEAN.0, BOOLEAN.1),
    (
        "Ec2Endpoint",
        &["", "https://ec2-fips.us-east-1.amazonaws.com", "http://127.0.0.1:4599"],
        &["ec2.us-east-1.amazonaws.com", "https://", "ftp://host", "https://a b"],
    ),
    ("EncryptionKeyArn", KEY.0, KEY.1),
    ("Handover", HANDOVER.0, HANDOVER.1),
    ("LogLevel", &["TRACE", "DEBUG", "INFO"], &["", "info", "WARN", "ERROR"]),
    ("LogRetentionDays", &["1", "30", "3653"], &["", "0", "2", "31", "4000", "forever"]),
    ("MemorySize", &["128", "200", "256"], &["", "127", "257", "256 MB"]),
    ("NotHeldMinutes", &["2", "10", "60"], &["", "1", "61", "ten"]),
    ("Notifications", BOOLEAN.0, BOOLEAN.1),
    (
        "VolumeKeyArns",
        &[
            "",
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:123456789012:key/one,arn:aws:kms:us-east-1:123456789012:key/two",
        ],
        &[
            "alias/aws/ebs",
            "arn:aws:kms:us-east-1:123456789012:key/one,alias/two",
            "arn:aws:kms:us-east-1:123456789012:key/one;arn:aws:kms:us-east-1:123456789012:key/two",
        ],
    ),
];

/// Both examples.
const EXAMPLE: [Row; 12] = [
    ("Architecture", PROCESSOR.0, PROCESSOR.1),
    // The account knows which zones it has, and nothing here.
    ("AvailabilityZone", &["us-east-1a"], &[]),
    ("Handover", HANDOVER.0, HANDOVER.1),
    ("Instances", &["1", "2", "10"], &["", "0", "11", "many"]),
    (
        "ServiceCidr",
        &["127.0.0.1/32", "0.0.0.0/0", "203.0.113.7/32", "10.255.0.0/16", "192.168.249.0/9"],
        &[
            "",
            "203.0.113.7",
            "203.0.113/24",
            "203.0.113.256/32",
            "203.0.113.7/33",
            "::/0",
            "0.0.0.0/0,10.0.0.0/8",
        ],
    ),
    ("ServicePort", &["1", "80", "65535"], &["", "0", "65536", "http"]),
    ("Size", &["medium", "large", "xlarge", "2xlarge"], &["", "micro", "Large", "4xlarge"]),
    (
        "SnapshotId",
        &["", "snap-0123abcd", "snap-0123456789abcdef0"],
        &["snap-", "snap-0123", "snap-0123456789ABCDEF0", "snap-0123456789abcdef01", "vol-0123456789abcdef0"],
    ),
    ("SystemsManager", BOOLEAN.0, BOOLEAN.1),
    (
        "VolumeId",
        &["", "vol-0123abcd", "vol-0123456789abcdef0"],
        &[
            "vol-",
            "vol0123456789abcdef0",
            "vol-0123456789ABCDEF0",
            "vol-0123456789abcdef01",
            "snap-0123456789abcdef0",
            "vol-0123abcd,vol-0123abce",
        ],
    ),
    ("VolumeKeyArn", KEY.0, KEY.1),
    ("VolumeSize", &["1", "10", "16384"], &["", "0", "16385", "10 GiB"]),
];

/// A template with its name and its table.
type Tried = (&'static str, Template, &'static [Row]);

fn all() -> Result<[Tried; 3], Error> {
    Ok([
        ("template.yaml", Template::read()?, &HOLDFAST),
        ("persistent-fleet", Template::example("persistent-fleet")?, &EXAMPLE),
        ("persistent-group", Template::example("persistent-group")?, &EXAMPLE),
    ])
}

#[test]
fn every_parameter_is_in_the_table_once_and_nothing_else() {
    for (file, template, table) in all().unwrap() {
        let declared: BTreeSet<_> = template.parameters().unwrap().into_keys().collect();
        let tried: BTreeSet<_> = table.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(tried, declared, "{file}");
        assert_eq!(tried.len(), table.len(), "{file}");
    }
}

/// The table "Parameters" of a page: what stands in its first two columns, without the marks of code.
fn listed(page: &str) -> Vec<(String, String)> {
    let below = page.lines().skip_while(|line| *line != "## Parameters").skip(1);
    let section = below.take_while(|line| !line.starts_with('#'));
    let rows = section.filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(name, rest)| {
        let default = rest.split('|').next().unwrap_or_default();
        (name.to_owned(), default.trim().trim_matches('`').to_owned())
    })
    .collect()
}

#[test]
fn the_docs_have_a_line_for_every_parameter_with_its_default_and_none_for_others() {
    for (file, template, _) in all().unwrap() {
        let page = if file == "template.yaml" { MANUAL } else { EXAMPLES };
        let mut listed = listed(page);
        listed.sort();
        let declared = template.parameters().unwrap().into_iter().map(|(name, parameter)| {
            let default = match parameter.default {
                None => "required".to_owned(),
                Some(default) if default.is_empty() => "empty".to_owned(),
                Some(default) => default,
            };
            (name, default)
        });
        assert_eq!(listed, declared.collect::<Vec<_>>(), "{file}");
    }
}

#[test]
fn the_manual_names_every_variable_that_a_function_gets() {
    let below = MANUAL.split("## Parameters").nth(1).unwrap();
    let section = below.split("\n## ").next().unwrap();
    for function in Template::read().unwrap().functions().unwrap() {
        for name in function.at("/Environment/Variables").unwrap().as_object().unwrap().keys() {
            assert!(section.contains(&format!("`{name}`")), "{name}");
        }
    }
}

#[test]
fn good_values_are_accepted_and_bad_ones_refused() {
    for (file, template, table) in all().unwrap() {
        let parameters = template.parameters().unwrap();
        for (name, good, bad) in table {
            let parameter = &parameters[*name];
            let refused: Vec<_> = good.iter().filter(|value| !parameter.accepts(value)).collect();
            assert!(refused.is_empty(), "{file}: {name} refuses {refused:?}");
            let accepted: Vec<_> = bad.iter().filter(|value| parameter.accepts(value)).collect();
            assert!(accepted.is_empty(), "{file}: {name} accepts {accepted:?}");
            assert!(!good.is_empty(), "{file}: {name}");
            assert_eq!(bad.is_empty(), !parameter.is_constrained(), "{file}: {name}");
        }
    }
}

#[test]
fn every_default_is_accepted() {
    for (file, template, _) in all().unwrap() {
        for (name, parameter) in template.parameters().unwrap() {
            if let Some(default) = &parameter.default {
                assert!(parameter.accepts(default), "{file}: {name} refuses its default {default:?}");
            }
        }
    }
}

/// The words follow the parameter's name in `CloudFormation`'s message.
#[test]
fn every_constraint_is_told_in_words() {
    for (file, template, _) in all().unwrap() {
        for (name, parameter) in template.parameters().unwrap() {
            let words = parameter.constraint_description.as_deref();
            assert_eq!(words.is_some(), parameter.is_constrained(), "{file}: {name}: {words:?}");
            assert!(words.is_none_or(|words| words.starts_with("must be ")), "{file}: {name}: {words:?}");
        }
    }
}
