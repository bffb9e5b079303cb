//! The control API of the strict local EC2: what happens to an account without a call to EC2, and what the judge saw.

use crate::Error;
use crate::wire::Request;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A client of the control API. The documentation of the crate `local-ec2` lists the commands.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    address: SocketAddr,
}

impl Control {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Gives a command, such as `interrupt` with `{"instance": "i-…"}`.
    pub async fn command(&self, command: &'static str, object: &Value) -> Result<Value, Error> {
        let request = Request::post(&format!("/_/{command}"), object.to_string().as_bytes());
        let response = request.send(self.address).await?;
        let answer: Value = serde_json::from_slice(&response.body).map_err(|error| Error::Wire {
            peer: format!("http://{}/_/{command}", self.address),
            reason: error.to_string(),
        })?;
        match answer.get("error").and_then(Value::as_str) {
            Some(reason) => Err(Error::Ec2 { action: command, reason: reason.to_owned() }),
            None => Ok(answer),
        }
    }

    /// The events that have arrived since this was asked last, as EventBridge hands them to a function.
    pub async fn events(&self) -> Result<Vec<Value>, Error> {
        self.list("events", "events").await
    }

    /// Every call of Holdfast's that broke its promise: when, which and how.
    pub async fn violations(&self) -> Result<Vec<Value>, Error> {
        self.list("judge", "violations").await
    }

    async fn list(&self, command: &'static str, field: &'static str) -> Result<Vec<Value>, Error> {
        let answer = self.command(command, &json!({})).await?;
        let list = answer.get(field).and_then(Value::as_array);
        list.cloned().ok_or(Error::Incomplete { action: command, what: field })
    }
}
