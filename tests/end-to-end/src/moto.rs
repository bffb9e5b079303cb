//! moto, the local EC2.

use ::stage::{Error, Leash, paths};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How long it may take to come up: Python imports a lot.
const START: Duration = Duration::from_mins(1);

/// A running moto server, which ends with this value.
///
/// It keeps the resources of each account apart, so that any number of tests can share one server.
#[derive(Debug)]
pub struct Moto {
    address: SocketAddr,
    _leash: Leash,
}

impl Moto {
    /// Starts a server on a free loopback port and waits until it listens.
    pub async fn start() -> Result<Self, Error> {
        let program = paths::tool("moto_server")?;
        let arguments =
            [program.as_os_str(), "-H".as_ref(), "127.0.0.1".as_ref(), "-p".as_ref(), "0".as_ref()];
        // Without the catalogue of machine images an account is there in 5 ms and not in 70.
        let environment = [("PYTHONUNBUFFERED", "1"), ("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")];
        let leash = Leash::start("moto", &arguments, &environment)?;
        let port = leash.ready(START, listening_on).await?;
        Ok(Self { address: (Ipv4Addr::LOCALHOST, port).into(), _leash: leash })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The port, from `* Running on http://127.0.0.1:40539`.
fn listening_on(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("Running on http://127.0.0.1:")?;
    let (port, _) = rest.split_once(|character: char| !character.is_ascii_digit())?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::listening_on;

    #[test]
    fn the_port_is_read_once_it_is_whole() {
        assert_eq!(listening_on(" * Running on http://127.0.0.1:40539\nPress"), Some(40539));
        assert_eq!(listening_on(" * Running on http://127.0.0.1:405"), None);
        assert_eq!(listening_on("WARNING: This is a development server."), None);
    }
}
