//! The template as SAM sees it: functions with the global properties merged in, and what they refer to.

use serde_json::{Map, Value};

use crate::{Error, Pattern, files, yaml};

/// `template.yaml`, or one of `examples/`, in its JSON form.
#[derive(Debug)]
pub struct Template {
    file: String,
    json: Value,
}

/// One `AWS::Serverless::Function`.
#[derive(Debug)]
pub struct Function {
    /// Its name in the template, such as `Reconcile`.
    pub logical_id: String,
    /// The binary that it runs, such as `reconcile`.
    pub binary: String,
    /// Its properties, those of `Globals` included.
    pub properties: Value,
}

impl Template {
    /// Reads the repository's template.
    pub fn read() -> Result<Self, Error> {
        Self::read_file("template.yaml")
    }

    /// Reads a template of `examples/`, such as `persistent-fleet`.
    pub fn example(name: &str) -> Result<Self, Error> {
        Self::read_file(&format!("examples/{name}.yaml"))
    }

    fn read_file(file: &str) -> Result<Self, Error> {
        Ok(Self { file: file.into(), json: yaml::to_json(&files::read(&files::root().join(file))?)? })
    }

    /// What stands at a path such as `/Parameters/LogLevel`.
    pub fn at(&self, path: &str) -> Result<&Value, Error> {
        self.json.pointer(path).ok_or_else(|| Error::missing(&self.file, path))
    }

    /// A top-level section such as `Parameters`.
    pub fn section(&self, name: &str) -> Result<&Map<String, Value>, Error> {
        self.json.get(name).and_then(Value::as_object).ok_or_else(|| Error::missing(&self.file, name))
    }

    /// The properties of a resource, which must be of this type.
    pub fn properties(&self, logical_id: &str, kind: &str) -> Result<&Value, Error> {
        let found = self.at(&format!("/Resources/{logical_id}/Type"))?;
        if found != kind {
            return Err(Error::not_understood(logical_id, &format!("{found} in the place of {kind}")));
        }
        self.at(&format!("/Resources/{logical_id}/Properties"))
    }

    /// All functions, in the order of their names.
    pub fn functions(&self) -> Result<Vec<Function>, Error> {
        let resources = self.section("Resources")?.iter();
        let functions = resources.filter(|(_, resource)| is(resource, "AWS::Serverless::Function"));
        functions.map(|(logical_id, resource)| self.function(logical_id, resource)).collect()
    }

    /// The function that runs this binary.
    pub fn function_of(&self, binary: &str) -> Result<Function, Error> {
        let mut functions = self.functions()?.into_iter();
        functions.find(|function| function.binary == binary).ok_or_else(|| Error::missing(&self.file, binary))
    }

    /// The functions that have a rule with a pattern, each with that pattern; a schedule wakes the others.
    pub fn functions_woken_by_events(&self) -> Result<Vec<(Function, Pattern)>, Error> {
        let functions = self.functions()?.into_iter().map(|function| Ok((function.pattern()?, function)));
        let functions = functions.collect::<Result<Vec<_>, Error>>()?;
        Ok(functions.into_iter().filter_map(|(pattern, function)| Some((function, pattern?))).collect())
    }

    fn function(&self, logical_id: &str, resource: &Value) -> Result<Function, Error> {
        let binary = resource.pointer("/Metadata/BuildProperties/Binary").and_then(Value::as_str);
        let own = resource.get("Properties").ok_or_else(|| Error::missing(logical_id, "Properties"))?;
        Ok(Function {
            logical_id: logical_id.into(),
            binary: binary.ok_or_else(|| Error::missing(logical_id, "Binary"))?.into(),
            properties: merged(self.at("/Globals/Function")?.clone(), own.clone()),
        })
    }
}

impl Function {
    /// A property such as `/Timeout`.
    pub fn at(&self, path: &str) -> Result<&Value, Error> {
        self.properties.pointer(path).ok_or_else(|| Error::missing(&self.logical_id, path))
    }

    /// The function's only event source: the logical id of the rule that SAM makes of it, and the source itself.
    pub fn rule(&self) -> Result<(String, &Value), Error> {
        let mut events = self.at("/Events")?.as_object().into_iter().flatten();
        match (events.next(), events.next()) {
            (Some((name, source)), None) => Ok((format!("{}{name}", self.logical_id), source)),
            _ => Err(Error::not_understood(&self.logical_id, &"other than one event source")),
        }
    }

    /// The pattern of the rule, or nothing where a schedule wakes the function.
    pub fn pattern(&self) -> Result<Option<Pattern>, Error> {
        let (name, source) = self.rule()?;
        match source.get("Type").and_then(Value::as_str) {
            Some("Schedule") => Ok(None),
            Some("EventBridgeRule") => {
                let pattern = source.pointer("/Properties/Pattern");
                Pattern::parse(pattern.ok_or_else(|| Error::missing(&name, "Pattern"))?).map(Some)
            }
            other => Err(Error::not_understood(&name, &format!("{other:?}"))),
        }
    }
}

fn is(resource: &Value, kind: &str) -> bool {
    resource.get("Type").is_some_and(|found| found == kind)
}

/// SAM's rule for `Globals`: maps are merged, lists are appended, and of two values the function's own counts.
fn merged(global: Value, own: Value) -> Value {
    match (global, own) {
        (Value::Object(global), Value::Object(own)) => Value::Object(merged_entries(global, own)),
        (Value::Array(global), Value::Array(own)) => Value::Array(global.into_iter().chain(own).collect()),
        (_, own) => own,
    }
}

fn merged_entries(mut global: Map<String, Value>, own: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in own {
        let value = match global.remove(&key) {
            Some(below) => merged(below, value),
            None => value,
        };
        global.insert(key, value);
    }
    global
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn globals_are_merged_as_sam_does() {
        let global = json!({"Env": {"A": 1, "B": 2}, "List": [1], "Memory": 256});
        let own = json!({"Env": {"B": 3}, "List": [2], "Timeout": 55});
        let expected = json!({"Env": {"A": 1, "B": 3}, "List": [1, 2], "Memory": 256, "Timeout": 55});
        assert_eq!(merged(global, own), expected);
    }
}
