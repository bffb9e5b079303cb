//! Holdfast as template.yaml deploys it: which events wake which function, for how long it may run, and one running
//! copy of it for each invocation at a time, as on Lambda.

use crate::Error;
use serde_json::Value;
use stage::{Answer, Function};
use std::collections::BTreeMap;
use std::time::Duration;
use template::{Pattern, Template};
use tokio::task::JoinSet;

/// The functions, and their invocations that go on.
#[derive(Debug)]
pub(crate) struct Deployment {
    functions: Vec<Deployed>,
    settings: Vec<(&'static str, String)>,
    /// Copies that have answered and wait for another invocation.
    idle: BTreeMap<String, Vec<Function>>,
    at_work: JoinSet<Done>,
}

#[derive(Debug)]
struct Deployed {
    name: String,
    timeout: Duration,
    /// None: a schedule wakes it.
    pattern: Option<Pattern>,
}

#[derive(Debug)]
struct Done {
    number: usize,
    name: String,
    outcome: Result<(Function, Answer), stage::Error>,
}

impl Deployment {
    /// Reads the template.
    pub(crate) fn read(settings: impl IntoIterator<Item = (&'static str, String)>) -> Result<Self, Error> {
        let functions = Template::read()?.functions()?;
        let functions = functions.iter().map(|function| {
            let timeout = function.at("/Timeout")?.as_u64();
            let timeout =
                timeout.ok_or_else(|| Error::Unexpected { what: "a Timeout that is no number".into() })?;
            let (name, timeout) = (function.binary.clone(), Duration::from_secs(timeout));
            Ok(Deployed { name, timeout, pattern: function.pattern()? })
        });
        Ok(Self {
            functions: functions.collect::<Result<_, Error>>()?,
            settings: settings.into_iter().collect(),
            idle: BTreeMap::new(),
            at_work: JoinSet::new(),
        })
    }

    /// The functions that an event wakes.
    pub(crate) fn woken_by(&self, event: &Value) -> Vec<String> {
        let woken =
            |function: &&Deployed| function.pattern.as_ref().is_some_and(|pattern| pattern.matches(event));
        self.functions.iter().filter(woken).map(|function| function.name.clone()).collect()
    }

    /// The functions that the schedule wakes.
    pub(crate) fn scheduled(&self) -> Vec<String> {
        let scheduled = self.functions.iter().filter(|function| function.pattern.is_none());
        scheduled.map(|function| function.name.clone()).collect()
    }

    /// Invokes a function, on the present [`LocalSet`](tokio::task::LocalSet); the number tells the invocation from others.
    pub(crate) fn invoke(&mut self, number: usize, name: &str, event: &Value) {
        let Some(deployed) = self.functions.iter().find(|function| function.name == name) else { return };
        let (timeout, name, payload) = (deployed.timeout, name.to_owned(), event.to_string());
        let copy = self.idle.get_mut(&name).and_then(Vec::pop);
        let settings = self.settings.clone();
        self.at_work.spawn_local(async move {
            let outcome = run(copy, &name, timeout, &settings, payload.as_bytes()).await;
            Done { number, name, outcome }
        });
    }

    /// An invocation that has ended: its number and what it answered, or why it did not.
    pub(crate) fn answered(&mut self) -> Option<(usize, Result<Answer, String>)> {
        let Done { number, name, outcome } = match self.at_work.try_join_next()? {
            Ok(done) => done,
            // Nothing here cancels, and what panics ends the program.
            Err(error) => return Some((usize::MAX, Err(error.to_string()))),
        };
        match outcome {
            Ok((function, answer)) => {
                self.idle.entry(name).or_default().push(function);
                Some((number, Ok(answer)))
            }
            Err(error) => Some((number, Err(error.to_string()))),
        }
    }

    /// Whether no invocation goes on.
    pub(crate) fn is_idle(&self) -> bool {
        self.at_work.is_empty()
    }
}

async fn run(
    copy: Option<Function>,
    name: &str,
    timeout: Duration,
    settings: &[(&'static str, String)],
    payload: &[u8],
) -> Result<(Function, Answer), stage::Error> {
    let function = if let Some(function) = copy {
        function
    } else {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Function::start(name, timeout, &settings).await?
    };
    let answer = function.invoke(payload).await?;
    Ok((function, answer))
}

#[cfg(test)]
impl Deployment {
    /// Functions of these names, which the event wakes that an instance runs.
    pub(crate) fn of(names: &[&str]) -> Self {
        let mut deployment = Self::read([]).unwrap();
        let pattern = serde_json::json!({"detail": {"state": ["running"]}});
        let deployed = names.iter().map(|name| Deployed {
            name: (*name).to_owned(),
            timeout: Duration::from_secs(9),
            pattern: Some(Pattern::parse(&pattern).unwrap()),
        });
        deployment.functions = deployed.collect();
        deployment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stage::events::event_file;

    #[test]
    fn events_wake_what_the_template_says() {
        let deployment = Deployment::read([]).unwrap();
        for (event, woken) in [
            ("instance-state-change-running", "instance-state-change"),
            ("instance-state-change-shutting-down", "instance-state-change"),
            ("spot-interruption-warning-terminate", "spot-interruption-warning"),
            ("rebalance-recommendation", "rebalance-recommendation"),
            ("lifecycle-action-launch", "lifecycle-action"),
            ("lifecycle-action-terminate", "lifecycle-action"),
        ] {
            assert_eq!(deployment.woken_by(&event_file(event).unwrap()), [woken], "{event}");
        }
        let mut pending = event_file("instance-state-change-running").unwrap();
        pending["detail"]["state"] = "pending".into();
        assert!(deployment.woken_by(&pending).is_empty());
        assert_eq!(deployment.scheduled(), ["reconcile"]);
    }

    #[tokio::test]
    async fn a_function_that_is_not_built_gives_no_answer() {
        let mut deployment = Deployment::read([]).unwrap();
        deployment.functions[0].name = "banana".to_owned();
        let answer = async {
            deployment.invoke(7, "banana", &Value::Null);
            loop {
                tokio::task::yield_now().await;
                if let Some(answered) = deployment.answered() {
                    return answered;
                }
            }
        };
        let (number, outcome) = tokio::task::LocalSet::new().run_until(answer).await;
        assert_eq!(number, 7);
        // Either is missing on a machine that has not run `make functions`.
        assert!(outcome.unwrap_err().contains("is missing: run `make"));
        assert!(deployment.is_idle());
    }
}
