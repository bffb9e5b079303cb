//! A proxy that tells the functions of some instances that they have stopped.

use stage::wire::{Request, Response};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const RUNNING: &str = "<instanceState><code>16</code><name>running</name></instanceState>";
const STOPPED: &str = "<instanceState><code>80</code><name>stopped</name></instanceState>";

/// A running proxy, which ends with this value.
pub(crate) struct Liar {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Liar {
    /// Starts one before an EC2, that lies about these instances.
    pub(crate) async fn start(ec2: SocketAddr, instances: BTreeSet<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, instances) = (listener.local_addr().unwrap(), Arc::new(instances));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let instances = Arc::clone(&instances);
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Ok(Some(request)) = Request::read(&mut stream).await {
                        let answer = request.send(ec2).await.unwrap();
                        let body = lie(&String::from_utf8(answer.body).unwrap(), &instances).into_bytes();
                        Response { body, ..answer }.write(&mut stream).await.unwrap();
                    }
                });
            }
        });
        Self { address, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lie(answer: &str, instances: &BTreeSet<String>) -> String {
    let mut parts = answer.split("<instanceId>");
    let mut lied = parts.next().unwrap().to_owned();
    for part in parts {
        let is_meant = instances.iter().any(|id| part.starts_with(id.as_str()));
        lied += "<instanceId>";
        lied += &if is_meant { part.replacen(RUNNING, STOPPED, 1) } else { part.to_owned() };
    }
    lied
}
