//! A local EC2 on a port of its own, and as much of an HTTP client as it takes. It sends what no library would.

use local_ec2::{Cloud, Keys, Region, Setup, Span, Speed, Throttling, Timing, serve};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const HOLDFAST: &str = "HOLDFASTKEY";
pub(crate) const OTHER: &str = "AKIAOTHER";
/// What stands before the parameters of every call of EC2's.
const VERSION: &str = "Version=2016-11-15&Action=";
/// And of Auto Scaling's.
const SCALING: &str = "Version=2011-01-01&Action=";

/// An answer. One without a status is a connection that was closed without one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: Option<u16>,
    pub(crate) body: String,
}

/// A local EC2 that ends with this value.
pub(crate) struct Ec2 {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Ec2 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Ec2 {
    pub(crate) async fn start(setup: Setup, speed: Speed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let region = Region::at_speed(Cloud::new(setup), speed);
        Self { address, server: tokio::spawn(serve(listener, region, Keys::default())) }
    }

    /// One whose clock moves by command alone, or nearly so.
    pub(crate) async fn still() -> Self {
        let timing = Timing { latency: Span::NONE, ..Timing::default() };
        let setup = Setup { timing, throttling: Throttling::Off, ..Setup::default() };
        Self::start(setup, Speed::new(0.0001).unwrap()).await
    }

    /// Sends bytes, and reads until the connection is closed.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may have closed the connection before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read(stream).await
    }

    /// The answer to a request, whatever it is like.
    pub(crate) async fn sent(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        read(stream).await
    }

    fn post(path: &str, service: &str, key: &str, body: &[u8]) -> Vec<u8> {
        let scope = format!("{key}/20261123/us-east-1/{service}/aws4_request");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    /// Sends a body to EC2.
    pub(crate) async fn form(&self, key: &str, body: &[u8]) -> Reply {
        read(self.begin(key, body).await).await
    }

    /// Sends a body to EC2, and does not wait for the answer.
    pub(crate) async fn begin(&self, key: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let _ = stream.write_all(&Self::post("/", "ec2", key, body)).await;
        stream
    }

    /// Sends a body that is signed for Auto Scaling.
    pub(crate) async fn scaling_form(&self, body: &[u8]) -> Reply {
        self.sent(&Self::post("/", "autoscaling", OTHER, body)).await
    }

    /// Calls Auto Scaling with an action and its parameters: `PutLifecycleHook&AutoScalingGroupName=…`.
    pub(crate) async fn scale(&self, key: &str, call: &str) -> Reply {
        self.form(key, format!("{SCALING}{call}").as_bytes()).await
    }

    /// The answer to a call of Auto Scaling that has to succeed.
    pub(crate) async fn scales(&self, call: &str) -> String {
        let reply = self.scale(OTHER, call).await;
        assert_eq!(reply.status, Some(200), "{call}: {}", reply.body);
        reply.body
    }

    /// Calls EC2 with an action and its parameters: `AttachVolume&VolumeId=…`.
    pub(crate) async fn call(&self, key: &str, call: &str) -> Reply {
        self.form(key, format!("{VERSION}{call}").as_bytes()).await
    }

    /// The same, begun only.
    pub(crate) async fn begin_call(&self, key: &str, call: &str) -> TcpStream {
        self.begin(key, format!("{VERSION}{call}").as_bytes()).await
    }

    /// The answer to a call of somebody else's that has to succeed.
    pub(crate) async fn asks(&self, call: &str) -> String {
        let reply = self.call(OTHER, call).await;
        assert_eq!(reply.status, Some(200), "{call}: {}", reply.body);
        reply.body
    }

    /// Calls Systems Manager.
    pub(crate) async fn manage(&self, key: &str, action: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\
             x-amz-target: AmazonSSM.{action}\r\ncontent-type: application/x-amz-json-1.1\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={key}/20261123/us-east-1/ssm/aws4_request, Signature=0\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let reply = read(stream).await;
        (reply.status.unwrap_or_default(), serde_json::from_str(&reply.body).unwrap_or_default())
    }

    /// Calls EC2 by GET.
    pub(crate) async fn get(&self, call: &str) -> Reply {
        let head = format!("GET /?{VERSION}{call} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        self.sent(head.as_bytes()).await
    }

    /// Gives a command whatever its object is like.
    pub(crate) async fn command(&self, command: &str, object: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let path = format!("/_/{command}");
        stream.write_all(&Self::post(&path, "ec2", OTHER, object.as_bytes())).await.unwrap();
        let reply = read(stream).await;
        (reply.status.expect("an answer"), serde_json::from_str(&reply.body).expect("JSON"))
    }

    /// The answer to a command that has to succeed.
    pub(crate) async fn control(&self, command: &str, object: Value) -> Value {
        let (status, answer) = self.command(command, &object.to_string()).await;
        assert_eq!(status, 200, "{command} {object}: {answer}");
        answer
    }

    pub(crate) async fn pass(&self, seconds: u32) {
        self.control("pass", serde_json::json!({"seconds": seconds})).await;
    }

    /// A running instance of the fleet `web`, and a free volume of it.
    pub(crate) async fn instance_and_volume(&self) -> (String, String) {
        let object = serde_json::json!({"zone": "us-east-1a", "tags": {"holdfast:fleet": "web"}, "spot": {}});
        let instance = self.control("launch", object).await["instance"].as_str().unwrap().to_owned();
        let volume = self.volume().await;
        self.pass(60).await;
        (instance, volume)
    }

    /// A volume of the fleet `web`.
    pub(crate) async fn volume(&self) -> String {
        let tags = "TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=holdfast:fleet\
                    &TagSpecification.1.Tag.1.Value=web";
        let made = self.asks(&format!("CreateVolume&AvailabilityZone=us-east-1a&Size=1&{tags}")).await;
        self.pass(10).await;
        text(&made, "volumeId").to_owned()
    }
}

/// Reads the answer until the connection is closed.
pub(crate) async fn read(mut stream: TcpStream) -> Reply {
    let mut answer = Vec::new();
    // A reset ends an answer as well as a close.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("UTF-8");
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        assert_eq!(answer, "", "half an answer");
        return Reply { status: None, body: String::new() };
    };
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    Reply { status: Some(status), body: body.to_owned() }
}

/// The text of the first element of that name.
pub(crate) fn text<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once("</").expect("an end").0
}

/// The document without its declaration, the namespace and the request's id, which are checked here.
pub(crate) fn inner<'x>(xml: &'x str, action: &str) -> &'x str {
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>"
    );
    let rest = xml.strip_prefix(&head).unwrap_or_else(|| panic!("{xml}"));
    let (id, rest) = rest.split_once("</requestId>").expect("an id");
    assert_eq!(id.len(), 36);
    rest.strip_suffix(&format!("</{action}Response>")).expect("an end")
}
