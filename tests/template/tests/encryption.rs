//! What a key of the user's own encrypts.

use serde_json::{Value, json};
use template::Template;

#[test]
fn one_key_encrypts_the_logs_the_queue_and_the_topic_and_none_is_needed() {
    let template = Template::read().unwrap();
    let given = json!({"Fn::If": ["HasEncryptionKey", {"Ref": "EncryptionKeyArn"}, {"Ref": "AWS::NoValue"}]});
    let mut encrypted = 0;
    for (name, resource) in template.section("Resources").unwrap() {
        let property = match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::Logs::LogGroup") => "KmsKeyId",
            Some("AWS::SQS::Queue" | "AWS::SNS::Topic") => "KmsMasterKeyId",
            _ => continue,
        };
        assert_eq!(resource.pointer(&format!("/Properties/{property}")), Some(&given), "{name}");
        encrypted += 1;
    }
    assert_eq!(encrypted, template.functions().unwrap().len() + 2);
    assert_eq!(template.at("/Parameters/EncryptionKeyArn/Default").unwrap(), "");
    let asked = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "EncryptionKeyArn"}, ""]}]});
    assert_eq!(template.at("/Conditions/HasEncryptionKey").unwrap(), &asked);
}

#[test]
fn the_manual_lets_every_service_that_uses_the_key_use_it() {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md"));
    for service in ["logs.REGION.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"] {
        assert!(page.contains(&format!("\"Service\": \"{service}\"")), "{service}");
    }
}
