//! What `CloudFormation` makes of a part of a template where every condition holds: intrinsic functions are gone, and values are in
//! their place. A function or a name that is not known here is an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Error;

/// Values by name: of parameters and resources for `Ref`, such as `AWS::Region`, and of attributes such as `Failures.Arn`.
pub type Values<'names> = BTreeMap<&'names str, Value>;

/// The part as it is deployed with these values.
pub fn rendered(part: &Value, values: &Values) -> Result<Value, Error> {
    match part {
        Value::Array(items) => items.iter().map(|item| rendered(item, values)).collect(),
        Value::Object(fields) => match only(fields) {
            Some((name, argument)) if name == "Ref" || name.starts_with("Fn::") => {
                intrinsic(name, argument, values)
            }
            _ => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), rendered(value, values)?)));
                Ok(Value::Object(fields.collect::<Result<_, Error>>()?))
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(part.clone()),
    }
}

fn only(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut fields = fields.iter();
    match (fields.next(), fields.next()) {
        (Some((name, value)), None) => Some((name, value)),
        _ => None,
    }
}

fn intrinsic(name: &str, argument: &Value, values: &Values) -> Result<Value, Error> {
    let unknown = || Error::not_understood(name, argument);
    match (name, argument) {
        ("Ref", Value::String(name)) => known(name, values),
        ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
            [Value::String(resource), Value::String(attribute)] => {
                known(&format!("{resource}.{attribute}"), values)
            }
            _ => Err(unknown()),
        },
        ("Fn::If", Value::Array(branches)) => match branches.as_slice() {
            [_, then, _] => rendered(then, values),
            _ => Err(unknown()),
        },
        ("Fn::Sub", Value::String(text)) => substituted(text, values),
        ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(text), Value::Object(own)] => {
                let mut values = values.clone();
                for (name, value) in own {
                    values.insert(name, rendered(value, &values)?);
                }
                substituted(text, &values)
            }
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

fn known(name: &str, values: &Values) -> Result<Value, Error> {
    values.get(name).cloned().ok_or_else(|| Error::missing("the values", name))
}

/// The text with every `${name}` replaced.
fn substituted(text: &str, values: &Values) -> Result<Value, Error> {
    let mut pieces = text.split("${");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').ok_or_else(|| Error::not_understood("Fn::Sub", &text))?;
        let value = known(name, values)?;
        whole += value.as_str().ok_or_else(|| Error::not_understood(name, &value))?;
        whole += rest;
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(part: &Value, expected: &Value) {
        let values = Values::from([
            ("AWS::Region", json!("us-east-1")),
            ("Keys", json!(["one", "two"])),
            ("Queue.Arn", json!("arn:queue")),
        ]);
        assert_eq!(
            rendered(part, &values).ok().as_ref(),
            Some(expected).filter(|it| !it.is_null()),
            "{part}"
        );
    }

    #[test]
    fn functions_give_way_to_values_wherever_they_stand() {
        check(&json!({"A": [{"Ref": "Keys"}], "B": 1}), &json!({"A": [["one", "two"]], "B": 1}));
        check(&json!({"Fn::GetAtt": ["Queue", "Arn"]}), &json!("arn:queue"));
        check(&json!({"Fn::Sub": "ec2.${AWS::Region}.aws"}), &json!("ec2.us-east-1.aws"));
        let own = json!({"Fn::Sub": ["${AWS::Region}/${Own}/*", {"Own": {"Ref": "AWS::Region"}}]});
        check(&own, &json!("us-east-1/us-east-1/*"));
    }

    #[test]
    fn every_condition_holds() {
        check(
            &json!([{"Fn::If": ["Any", {"Ref": "Keys"}, {"Ref": "AWS::NoValue"}]}]),
            &json!([["one", "two"]]),
        );
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for unknown in [
            json!({"Ref": "Other"}),
            json!({"Fn::Sub": "${Other}"}),
            json!({"Fn::Sub": "${AWS::Region"}),
            json!({"Fn::Sub": "${Keys}"}),
            json!({"Fn::Join": ["", ["a"]]}),
            json!({"Fn::If": ["Any", 1]}),
        ] {
            check(&unknown, &Value::Null);
        }
    }
}
