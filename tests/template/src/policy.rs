//! What a function may do: the statements of its role, its own and those of the managed policies attached to it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Error, Function, Template};

/// One `Allow` statement of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Full names of actions. Wildcards are an error of their own.
    pub actions: BTreeSet<String>,
    /// Strings, or what `CloudFormation` makes strings of.
    pub resources: Vec<Value>,
    /// The condition, or null.
    pub condition: Value,
    /// The condition of the template under which the statement exists at all.
    pub only_if: Option<String>,
}

impl Statement {
    /// Whether the statement is about resources of this EC2 type, in the stack's own region and account.
    pub fn is_about(&self, kind: &str) -> bool {
        let arn = format!("arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:${{AWS::AccountId}}:{kind}/*");
        self.resources == [serde_json::json!({"Fn::Sub": arn})]
    }
}

impl Template {
    /// The logical id of the function's role.
    pub fn role_of(&self, function: &Function) -> Result<String, Error> {
        let role = function.at("/Role")?;
        match role.pointer("/Fn::GetAtt/0").and_then(Value::as_str) {
            Some(id) => Ok(id.into()),
            None => Err(Error::not_understood(&function.logical_id, role)),
        }
    }

    /// Everything that the function may do.
    pub fn statements_of(&self, function: &Function) -> Result<Vec<Statement>, Error> {
        if function.properties.get("Policies").is_some() {
            return Err(Error::not_understood(&function.logical_id, &"Policies beside a role"));
        }
        let id = self.role_of(function)?;
        let role = self.properties(&id, "AWS::IAM::Role")?;
        let own = documents(role.get("Policies")).map(|policy| policy.get("PolicyDocument"));
        let mut found = Vec::new();
        for document in own {
            found.extend(statements(&id, document)?);
        }
        for reference in documents(role.get("ManagedPolicyArns")) {
            let Some(policy) = reference.get("Ref").and_then(Value::as_str) else {
                return Err(Error::not_understood(&id, reference));
            };
            let policy_properties = self.properties(policy, "AWS::IAM::ManagedPolicy")?;
            found.extend(statements(policy, policy_properties.get("PolicyDocument"))?);
        }
        Ok(found)
    }

    /// The names of all actions that the function may call.
    pub fn actions_of(&self, function: &Function) -> Result<BTreeSet<String>, Error> {
        Ok(self.statements_of(function)?.into_iter().flat_map(|statement| statement.actions).collect())
    }
}

fn documents(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn statements(place: &str, document: Option<&Value>) -> Result<Vec<Statement>, Error> {
    let list = document.and_then(|document| document.get("Statement")).and_then(Value::as_array);
    let list = list.ok_or_else(|| Error::missing(place, "Statement"))?;
    list.iter().map(|statement| possible(place, statement)).collect()
}

/// Sees through `!If [condition, statement, !Ref AWS::NoValue]`.
fn possible(place: &str, statement: &Value) -> Result<Statement, Error> {
    let Some(branches) = statement.get("Fn::If") else {
        return allowed(place, statement, None);
    };
    match branches.as_array().map(Vec::as_slice) {
        Some([Value::String(condition), statement, otherwise])
            if *otherwise == serde_json::json!({"Ref": "AWS::NoValue"}) =>
        {
            allowed(place, statement, Some(condition.clone()))
        }
        _ => Err(Error::not_understood(place, branches)),
    }
}

fn allowed(place: &str, statement: &Value, only_if: Option<String>) -> Result<Statement, Error> {
    let fields = statement.as_object().ok_or_else(|| Error::not_understood(place, statement))?;
    let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
    if let Some(other) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Error::not_understood(place, other));
    }
    if fields.get("Effect").is_none_or(|effect| effect != "Allow") {
        return Err(Error::not_understood(place, statement));
    }
    let actions = one_or_many(fields.get("Action")).into_iter().map(|action| match action.as_str() {
        Some(name) if !name.contains('*') => Ok(name.to_owned()),
        _ => Err(Error::not_understood(place, &action)),
    });
    Ok(Statement {
        actions: actions.collect::<Result<_, _>>()?,
        resources: one_or_many(fields.get("Resource")),
        condition: fields.get("Condition").cloned().unwrap_or_default(),
        only_if,
    })
}

fn one_or_many(value: Option<&Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(many)) => many.clone(),
        Some(one) => vec![one.clone()],
    }
}
