//! A proxy between a function and the local EC2. It writes down every call, and changes none.

use crate::{Error, Moto};
use ::stage::wire::{Request, Response};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long each answer takes at least, as EC2's does. Calls that were sent side by side then overlap, and those
/// that wait for each other's answers do not.
const LATENCY: Duration = Duration::from_millis(40);

/// A call of the EC2 API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `DescribeVolumes`, say.
    pub action: String,
    /// The parameters as the query protocol spells them, such as `Filter.1.Name`.
    pub parameters: BTreeMap<String, String>,
    /// The HTTP status of the answer.
    pub status: u16,
    began: Instant,
    ended: Instant,
}

impl Call {
    /// Whether it only asks.
    pub fn asks(&self) -> bool {
        self.action.starts_with("Describe") || self.action == "ListCommands"
    }
}

/// Calls in the order of their beginning.
#[derive(Debug, Clone, Default)]
pub struct Journal(Vec<Call>);

impl Journal {
    /// Every call.
    pub fn calls(&self) -> &[Call] {
        &self.0
    }

    /// The calls that only ask.
    pub fn questions(&self) -> impl Iterator<Item = &Call> {
        self.0.iter().filter(|call| call.asks())
    }

    /// The calls that change something.
    pub fn writes(&self) -> Vec<&str> {
        self.0.iter().filter(|call| !call.asks()).map(|call| call.action.as_str()).collect()
    }

    /// How many rounds of questions came before the first write, or in all when nothing was written. Calls of one
    /// round go side by side: a round is over when each of its answers has come.
    pub fn rounds(&self) -> usize {
        let mut rounds = 0;
        let mut over: Option<Instant> = None;
        for call in self.0.iter().take_while(|call| call.asks()) {
            if over.is_none_or(|over| call.began >= over) {
                rounds += 1;
            }
            over = over.max(Some(call.ended));
        }
        rounds
    }
}

/// A running proxy, which ends with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy to one of moto's accounts, each of which is an EC2 of its own.
    pub async fn start(moto: &Moto, account: &str) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::io("open a port"))?;
        let address = listener.local_addr().map_err(Error::io("open a port"))?;
        let calls = Arc::default();
        let passage =
            Passage { moto: moto.address(), account: account.to_owned(), calls: Arc::clone(&calls) };
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let passage = passage.clone();
                // A connection that breaks is the client's to notice.
                tokio::spawn(async move { passage.serve(stream).await.ok() });
            }
        });
        Ok(Self { address, calls, server })
    }

    /// The endpoint to give to a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls since the last time that this was asked.
    pub fn take(&self) -> Journal {
        let mut calls = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        calls.sort_by_key(|call| call.began);
        Journal(calls)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a connection of the proxy needs to know.
#[derive(Debug, Clone)]
struct Passage {
    moto: SocketAddr,
    account: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Passage {
    async fn serve(&self, stream: TcpStream) -> Result<(), Error> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream).await? {
            self.pass_on(request).await?.write(&mut stream).await?;
        }
        Ok(())
    }

    async fn pass_on(&self, mut request: Request) -> Result<Response, Error> {
        let parameters: BTreeMap<String, String> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        request.headers.push(("x-moto-account-id".to_owned(), self.account.clone()));
        let began = Instant::now();
        let response = request.send(self.moto).await?;
        tokio::time::sleep_until(began + LATENCY).await;
        // The greeting that opens a connection is no call: it has no action.
        if let Some(action) = parameters.get("Action").cloned() {
            let call = Call { action, parameters, status: response.status, began, ended: Instant::now() };
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(calls: &[(&str, u64, u64)]) -> Journal {
        let start = Instant::now();
        let call = |&(action, began, ended): &(&str, u64, u64)| Call {
            action: action.to_owned(),
            parameters: BTreeMap::new(),
            status: 200,
            began: start + Duration::from_millis(began),
            ended: start + Duration::from_millis(ended),
        };
        Journal(calls.iter().map(call).collect())
    }

    #[test]
    fn calls_that_overlap_are_one_round() {
        let side_by_side =
            [("DescribeVolumes", 0, 40), ("DescribeAddresses", 1, 90), ("DescribeInstances", 50, 60)];
        assert_eq!(journal(&side_by_side).rounds(), 1);
        assert_eq!(journal(&[("DescribeVolumes", 0, 40), ("DescribeAddresses", 40, 80)]).rounds(), 2);
    }

    #[test]
    fn rounds_after_the_first_write_do_not_count() {
        let calls = [("DescribeVolumes", 0, 40), ("AttachVolume", 50, 90), ("DescribeVolumes", 100, 140)];
        assert_eq!(journal(&calls).rounds(), 1);
        assert_eq!(journal(&calls).writes(), ["AttachVolume"]);
        assert_eq!(journal(&[]).rounds(), 0);
    }
}
