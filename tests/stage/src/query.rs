//! EC2's query protocol, for whoever sets a scene and checks what became of it. Not for Holdfast: its calls are those
//! of the real binaries.

use crate::wire::Request;
use crate::{Element, Error};
use std::net::SocketAddr;

const VERSION: &str = "2016-11-15";
/// The version of EC2 Auto Scaling's API, on the same address.
const SCALING_VERSION: &str = "2011-01-01";

/// A client of the EC2 API, whose calls meet no faults and are not judged.
#[derive(Debug, Clone, Copy)]
pub struct Ec2 {
    address: SocketAddr,
}

impl Ec2 {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Calls an action with its parameters, as the query protocol spells them: `("Filter.1.Name", "tag:web")`.
    pub async fn call(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<Element, Error> {
        self.ask(VERSION, action, parameters).await
    }

    /// The same of EC2 Auto Scaling.
    pub async fn scale(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<Element, Error> {
        self.ask(SCALING_VERSION, action, parameters).await
    }

    async fn ask(
        &self,
        version: &str,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Element, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", version).extend_pairs(parameters);
        let response = Request::post("/", form.finish().as_bytes()).send(self.address).await?;
        let answer = Element::parse(&String::from_utf8_lossy(&response.body)).map_err(|reason| {
            Error::Wire { peer: format!("http://{}, to {action},", self.address), reason }
        })?;
        if response.status == 200 {
            return Ok(answer);
        }
        let told = |part: &str| {
            [answer.text(&format!("Errors/Error/{part}")), answer.text(&format!("Error/{part}"))].concat()
        };
        let (code, message) = (told("Code"), told("Message"));
        Err(Error::Ec2 { action, reason: format!("{code}: {message}") })
    }
}
