//! The strict local EC2, on a free port and a thread of its own, with its control API.

use crate::{Control, Ec2, Error};
use local_ec2::{Cloud, Keys, Region, Setup, Speed, serve};
use reconciler::clock::{Clock, WallClock};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A running local EC2, which ends with this value.
#[derive(Debug)]
pub struct LocalEc2 {
    address: SocketAddr,
    region: String,
    /// Dropped, it has the server end.
    end: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl LocalEc2 {
    /// Starts one whose clock shows what the machine's shows now, whatever the setup's `start`: the functions compare
    /// the times of events and launches with the machine's clock. At another [`Speed`] the two part: read what that
    /// does to warnings and to freshness (docs/verification.md, "Wire") before you choose one.
    pub fn start(setup: Setup, speed: Speed) -> Result<Self, Error> {
        Self::start_at(Setup { start: WallClock.now(), ..setup }, speed)
    }

    /// The same, with a clock that begins where the setup says: some way back, say, to be put forward once a scene is
    /// set.
    pub fn start_at(setup: Setup, speed: Speed) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("open a port"))?;
        let address = listener.local_addr().map_err(Error::io("open a port"))?;
        listener.set_nonblocking(true).map_err(Error::io("prepare a port"))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::io("start a runtime"))?;
        let region = setup.region.clone();
        let (end, ended) = oneshot::channel();
        let server = thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let region = Region::at_speed(Cloud::new(setup), speed);
                tokio::select! {
                    () = serve(listener, region, Keys::default()) => {}
                    _ = ended => {}
                }
            });
        });
        Ok(Self { address, region, end: Some(end), server: Some(server) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint to give to a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a function needs in its environment to reach this EC2 and to be known, and so judged, as Holdfast.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", "HOLDFAST".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "HOLDFAST".to_owned()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_ENDPOINT_URL_EC2", self.url()),
            ("AWS_ENDPOINT_URL_AUTO_SCALING", self.url()),
            ("AWS_ENDPOINT_URL_SSM", self.url()),
        ]
    }

    /// Its control API.
    pub fn control(&self) -> Control {
        Control::at(self.address)
    }

    /// Its EC2 API, for whoever is not Holdfast.
    pub fn ec2(&self) -> Ec2 {
        Ec2::at(self.address)
    }
}

impl Drop for LocalEc2 {
    fn drop(&mut self) {
        drop(self.end.take());
        // A server that panicked has said so itself.
        self.server.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn what_is_made_over_http_is_found_and_ends_with_its_owner() {
        let ec2 = LocalEc2::start(Setup::default(), Speed::REAL).unwrap();
        let parameters = [("AvailabilityZone", "us-east-1a"), ("Size", "1")];
        let made = ec2.ec2().call("CreateVolume", &parameters).await.unwrap();
        let told = ec2.ec2().call("DescribeVolumes", &[]).await.unwrap();
        assert_eq!(told.items("volumeSet").count(), 1);
        assert_eq!(told.text("volumeSet/item/volumeId"), made.text("volumeId"));
        let address = ec2.address();
        drop(ec2);
        assert!(std::net::TcpStream::connect(address).is_err());
    }

    #[tokio::test]
    async fn what_is_refused_says_why() {
        let ec2 = LocalEc2::start(Setup::default(), Speed::REAL).unwrap();
        let refused = ec2.ec2().call("DescribeVolumes", &[("VolumeId.1", "banana")]).await.unwrap_err();
        assert!(
            refused.to_string().starts_with("the local EC2 refused DescribeVolumes: Invalid"),
            "{refused}"
        );
        let refused = ec2.control().command("interrupt", &json!({})).await.unwrap_err();
        let words = "the local EC2 refused interrupt: the command's object: missing field `instance`";
        assert!(refused.to_string().starts_with(words), "{refused}");
    }

    #[tokio::test]
    async fn the_control_api_answers() {
        let ec2 = LocalEc2::start(Setup::default(), Speed::REAL).unwrap();
        ec2.control().command("launch", &json!({"zone": "us-east-1a"})).await.unwrap();
        ec2.control().command("pass", &json!({"seconds": 60})).await.unwrap();
        let states: Vec<_> = ec2.control().events().await.unwrap();
        assert_eq!(states.len(), 2, "{states:?}");
        assert!(ec2.control().violations().await.unwrap().is_empty());
    }
}
