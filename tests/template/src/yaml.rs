//! Turns `CloudFormation`'s YAML into the JSON form that it stands for: `!Ref X` becomes `{"Ref": "X"}`, `!If […]` becomes
//! `{"Fn::If": […]}`, so that everything after this knows one form only.

use serde_json::{Value as Json, json};
use yaml_serde::{Mapping, Value as Yaml};

use crate::Error;

/// The JSON form of a template.
pub(crate) fn to_json(text: &str) -> Result<Json, Error> {
    long_form(yaml_serde::from_str(text)?)
}

fn long_form(yaml: Yaml) -> Result<Json, Error> {
    match yaml {
        Yaml::Null => Ok(Json::Null),
        Yaml::Bool(value) => Ok(Json::Bool(value)),
        Yaml::String(value) => Ok(Json::String(value)),
        Yaml::Number(value) => serde_json::to_value(&value)
            .map_err(|source| Error::NoJson { place: format!("the number {value}"), source }),
        Yaml::Sequence(items) => items.into_iter().map(long_form).collect(),
        Yaml::Mapping(entries) => long_entries(entries),
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            intrinsic(tag.trim_start_matches('!'), long_form(tagged.value)?)
        }
    }
}

fn long_entries(entries: Mapping) -> Result<Json, Error> {
    let entries = entries.into_iter().map(|(key, value)| match key.as_str() {
        Some(name) => Ok((name.to_owned(), long_form(value)?)),
        // IAM's operator `Null` is the trap here: without quotes it is YAML's nothing.
        None => {
            Err(Error::not_understood("a key", &format!("{key:?}, which is no text and may need quotes")))
        }
    });
    Ok(Json::Object(entries.collect::<Result<_, _>>()?))
}

fn intrinsic(name: &str, argument: Json) -> Result<Json, Error> {
    match (name, argument) {
        ("Ref", argument @ Json::String(_)) => Ok(json!({"Ref": argument})),
        ("GetAtt", Json::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => Ok(json!({"Fn::GetAtt": [resource, attribute]})),
            None => Err(Error::not_understood("!GetAtt", &path)),
        },
        ("And" | "Equals" | "If" | "Join" | "Not" | "Or" | "Split" | "Sub", argument) => {
            Ok(Json::Object([(format!("Fn::{name}"), argument)].into_iter().collect()))
        }
        (other, argument) => Err(Error::not_understood(&format!("!{other}"), &argument)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_forms() {
        let json =
            to_json("a: !GetAtt Q.Arn\nb: !If [C, !Ref D, !Ref AWS::NoValue]\nc: !Sub x-${D}").unwrap();
        let expected = json!({
            "a": {"Fn::GetAtt": ["Q", "Arn"]},
            "b": {"Fn::If": ["C", {"Ref": "D"}, {"Ref": "AWS::NoValue"}]},
            "c": {"Fn::Sub": "x-${D}"},
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn an_unknown_tag_is_an_error() {
        assert!(to_json("a: !Transform {Name: x}").is_err());
    }

    #[test]
    fn an_unquoted_null_is_no_condition_operator() {
        assert!(to_json("Condition: {Null: {key: 'false'}}").is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error() {
        assert!(to_json("a: 1\na: 2").is_err());
    }
}
