//! Connections: the first calls use those that the start-up opened.

use crate::replay::{base, response};
use aws::Ec2Client;
use aws::client::{WARM_CONNECTIONS, warm_up};
use aws_sdk_ec2::Client;
use planner::ids::{FleetName, InstanceId, VolumeId};
use reconciler::ec2::{Ec2, InstanceQuery};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_mins(1);

/// A server on the loopback interface that keeps its connections open.
#[derive(Debug)]
struct Server {
    address: SocketAddr,
    /// The first line and the authorization of every request, by connection.
    connections: Arc<Mutex<Vec<Vec<Request>>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    line: String,
    signed: bool,
}

impl Server {
    fn start(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let log = connections.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                log.lock().unwrap().push(Vec::new());
                let (log, stream) = (log.clone(), stream.unwrap());
                std::thread::spawn(move || {
                    serve(&stream, status, |request| log.lock().unwrap()[number].push(request));
                });
            }
        });
        Self { address, connections }
    }

    fn client(&self) -> Client {
        let url = format!("http://{}", self.address);
        Client::from_conf(base().endpoint_url(url).build())
    }

    fn connections(&self) -> Vec<Vec<Request>> {
        self.connections.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, status: &str, log: impl Fn(Request)) {
    let mut reader = BufReader::new(stream);
    loop {
        let head: Vec<_> =
            reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let Some(line) = head.first() else { return };
        let header = |name: &str| head.iter().find_map(|line| line.strip_prefix(name));
        let length = header("content-length: ").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        log(Request { line: line.clone(), signed: header("authorization: ").is_some() });
        let body = String::from_utf8(body).unwrap();
        let (status, answer) = match body.split(['=', '&']).nth(1) {
            Some(action) => ("200 OK", response(action, "")),
            None => (status, "<html>a page for people</html>".to_owned()),
        };
        let length = answer.len();
        write!(&*stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{answer}").unwrap();
    }
}

async fn check(status: &'static str) {
    let server = Server::start(status);
    let client = server.client();
    warm_up(&client, LONG).await;
    let greeting = Request { line: "GET / HTTP/1.1".to_owned(), signed: false };
    assert_eq!(server.connections(), vec![vec![greeting]; WARM_CONNECTIONS]);

    let ec2 = Ec2Client::new(client, crate::replay::no_manager(), crate::replay::no_groups());
    let web = BTreeSet::from([FleetName::new("sfr-1")]);
    let (volumes, addresses) = tokio::join!(ec2.volumes(), ec2.addresses());
    assert_eq!((volumes, addresses), (Ok(vec![]), Ok(vec![])));
    assert_eq!(ec2.instances(InstanceQuery::Fleets(&web)).await, Ok(vec![]));
    let volume = VolumeId::parse("vol-0a1b2c3d").unwrap();
    let instance = InstanceId::parse("i-01234567").unwrap();
    assert_eq!(ec2.detach_volume(&volume, &instance).await, Ok(()));

    let connections = server.connections();
    assert_eq!(connections.len(), WARM_CONNECTIONS, "{connections:#?}");
    let calls = connections.concat();
    let calls: Vec<_> = calls.iter().filter(|request| request.signed).collect();
    assert_eq!(calls.len(), 6, "{calls:#?}");
}

#[tokio::test]
async fn the_first_calls_use_the_connections_that_the_start_up_opened() {
    check("302 Found").await;
}

#[tokio::test]
async fn a_connection_is_kept_whatever_the_greeting_is_answered() {
    check("500 Internal Server Error").await;
    check("400 Bad Request").await;
}

#[tokio::test]
async fn a_start_up_without_an_endpoint_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    warm_up(&Client::from_conf(base().endpoint_url(url).build()), LONG).await;
}

#[tokio::test]
async fn a_start_up_before_a_silent_endpoint_goes_on_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::from_conf(base().endpoint_url(url).build());
    warm_up(&client, Duration::from_millis(50)).await;
}
