//! Routing: which function an event wakes, and how Lambda treats that function, as the shipped template has it.

use chrono::TimeDelta;
use reconciler::events::{
    InvalidEvent, Trigger, instance_state_change, lifecycle_action, rebalance_recommendation, reconcile,
    spot_interruption_warning,
};
use serde_json::{Value, json};
use template::{Error, Function, Pattern, Template};

/// What parses a function's events.
type Parse = fn(Value) -> Result<Trigger, InvalidEvent>;

/// The functions' binaries and their parsers.
const PARSERS: [(&str, Parse); 5] = [
    (instance_state_change::FUNCTION, instance_state_change::parse),
    (spot_interruption_warning::FUNCTION, spot_interruption_warning::parse),
    (rebalance_recommendation::FUNCTION, rebalance_recommendation::parse),
    (lifecycle_action::FUNCTION, lifecycle_action::parse),
    (reconcile::FUNCTION, reconcile::parse),
];

/// The rules of the deployment.
#[derive(Debug)]
pub struct Rules {
    functions: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    limits: Limits,
    /// None: a schedule wakes it.
    pattern: Option<Pattern>,
    parse: Parse,
}

/// How Lambda treats the invocations of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After how long it ends one.
    pub timeout: TimeDelta,
    /// How often it tries again.
    pub retries: u64,
    /// How old an event may be when it does.
    pub age: TimeDelta,
}

/// Something that a function is to do, and how Lambda treats it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What.
    pub trigger: Trigger,
    /// How.
    pub limits: Limits,
}

/// A deployment that cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum Unroutable {
    /// The template is not understood.
    #[error(transparent)]
    Template(#[from] Error),
    /// An event that was routed is not what its function takes.
    #[error(transparent)]
    Event(#[from] InvalidEvent),
    /// The template has a function that the simulation does not know.
    #[error("the simulation does not know the function {0}: name its parser in `routing`")]
    Unknown(String),
    /// A limit that is no number.
    #[error("{0} of a function is no number: the simulation cannot go by it")]
    NoNumber(&'static str),
}

impl Rules {
    /// Reads the rules of the shipped template.
    pub fn read() -> Result<Self, Unroutable> {
        let functions = Template::read()?.functions()?;
        Ok(Self { functions: functions.iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// What the event makes functions do.
    pub fn route(&self, event: &Value) -> Result<Vec<Call>, Unroutable> {
        let woken =
            self.functions.iter().filter(|rule| rule.pattern.as_ref().is_some_and(|p| p.matches(event)));
        woken.map(|rule| rule.call(event.clone())).collect()
    }

    /// What the schedule makes functions do each minute.
    pub fn sweep(&self) -> Result<Vec<Call>, Unroutable> {
        let scheduled = self.functions.iter().filter(|rule| rule.pattern.is_none());
        scheduled.map(|rule| rule.call(json!({}))).collect()
    }
}

impl Rule {
    fn call(&self, payload: Value) -> Result<Call, Unroutable> {
        Ok(Call { trigger: (self.parse)(payload)?, limits: self.limits })
    }
}

fn rule(function: &Function) -> Result<Rule, Unroutable> {
    let found = PARSERS.iter().find(|(binary, _)| *binary == function.binary);
    let (_, parse) = found.ok_or_else(|| Unroutable::Unknown(function.binary.clone()))?;
    Ok(Rule { limits: limits(function)?, pattern: function.pattern()?, parse: *parse })
}

fn limits(function: &Function) -> Result<Limits, Unroutable> {
    let number = |path: &'static str| function.at(path)?.as_i64().ok_or(Unroutable::NoNumber(path));
    Ok(Limits {
        timeout: TimeDelta::seconds(number("/Timeout")?),
        retries: number("/EventInvokeConfig/MaximumRetryAttempts")?.unsigned_abs(),
        age: TimeDelta::seconds(number("/EventInvokeConfig/MaximumEventAgeInSeconds")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_how_each_function_is_tried_again() {
        let rules = Rules::read().unwrap();
        let found: Vec<_> =
            rules.sweep().unwrap().iter().map(|call| (call.limits.timeout, call.limits.retries)).collect();
        assert_eq!(found, [(TimeDelta::seconds(55), 0)]);
        let event = json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification",
            "time": "2026-11-23T12:00:00Z", "detail": {"instance-id": "i-0123456789abcdef0", "state": "stopped"}});
        let [call] = rules.route(&event).unwrap().try_into().unwrap();
        assert_eq!(call.limits.retries, 2);
        assert_eq!(
            rules.route(&json!({"source": "aws.ec2", "detail-type": "EBS Volume Notification"})).unwrap(),
            []
        );
    }
}
