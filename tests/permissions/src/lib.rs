//! A guard between one function and AWS, which stands in for IAM: it lets through what the function's role allows, and
//! writes down what was asked for.
//!
//! Of a statement it knows the actions alone. That each write has a condition, and which, is for `tests/template`.

use serde_json::{Value, json};
use stage::Error;
use stage::wire::{Request, Response};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running guard, which ends with this value.
#[derive(Debug)]
pub struct Guard {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    server: JoinHandle<()>,
}

/// What a function asked for.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Every action, by the name that IAM has for it, such as `ec2:AttachVolume`.
    pub asked: BTreeSet<String>,
    /// Those that the role does not allow.
    pub refused: BTreeSet<String>,
    /// The events that it put on a bus.
    pub events: Vec<Value>,
}

impl Guard {
    /// Stands before an EC2, and lets these actions through. Events end here.
    pub async fn before(ec2: SocketAddr, allowed: BTreeSet<String>) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::io("open a port"))?;
        let address = listener.local_addr().map_err(Error::io("open a port"))?;
        let record = Arc::default();
        let post = Post { ec2, allowed: Arc::new(allowed), record: Arc::clone(&record) };
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let post = post.clone();
                // A connection that breaks is the client's to notice.
                tokio::spawn(async move { post.serve(stream).await.ok() });
            }
        });
        Ok(Self { address, record, server })
    }

    /// The endpoint to give to the function.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked for up to now.
    pub fn record(&self) -> Record {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a connection of the guard needs to know.
#[derive(Debug, Clone)]
struct Post {
    ec2: SocketAddr,
    allowed: Arc<BTreeSet<String>>,
    record: Arc<Mutex<Record>>,
}

impl Post {
    async fn serve(&self, stream: TcpStream) -> Result<(), Error> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream).await? {
            self.answer(&request).await?.write(&mut stream).await?;
        }
        Ok(())
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        // The greeting that opens a connection is no call: it has no action.
        let own = action(request).and_then(|action| self.answer_of_its_own(action, &request.body));
        match own {
            Some(response) => Ok(response),
            None => request.send(self.ec2).await,
        }
    }

    /// Writes the action down; the answer, unless it is EC2's to give.
    fn answer_of_its_own(&self, action: String, body: &[u8]) -> Option<Response> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.asked.insert(action.clone());
        if !self.allowed.contains(&action) {
            let body = refusal(&action).into_bytes();
            record.refused.insert(action);
            return Some(Response { status: 403, body });
        }
        (action == "events:PutEvents").then(|| {
            let events = entries(body);
            let told: Vec<_> = events.iter().map(|_| json!({"EventId": "0"})).collect();
            record.events.extend(events);
            let answer = json!({"FailedEntryCount": 0, "Entries": told});
            Response { status: 200, body: answer.to_string().into_bytes() }
        })
    }
}

/// The action that a request asks for: EC2's query protocol has it in the body, the JSON protocols in a header.
fn action(request: &Request) -> Option<String> {
    let target = request.headers.iter().find(|(name, _)| name == "x-amz-target");
    if let Some((_, target)) = target {
        return Some(match target.split_once('.') {
            Some(("AWSEvents", action)) => format!("events:{action}"),
            Some(("AmazonSSM", action)) => format!("ssm:{action}"),
            Some((service, action)) => format!("{service}:{action}"),
            None => target.clone(),
        });
    }
    let find = |wanted: &str| {
        let mut parameters = form_urlencoded::parse(&request.body);
        parameters.find(|(name, _)| name == wanted).map(|(_, value)| value)
    };
    // The query protocol is of several services, each with a version of its own.
    let service = if find("Version").as_deref() == Some("2011-01-01") { "autoscaling" } else { "ec2" };
    find("Action").map(|action| format!("{service}:{action}"))
}

fn entries(body: &[u8]) -> Vec<Value> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// As EC2 refuses (EC2 API reference, "Error codes for the Amazon EC2 API").
fn refusal(action: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>the role does not allow {action}\
         </Message></Error></Errors><RequestID>0</RequestID></Response>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use local_ec2::{Setup, Speed};
    use stage::LocalEc2;

    fn actions(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn what_is_not_allowed_is_refused_and_never_reaches_ec2() {
        let ec2 = LocalEc2::start(Setup::default(), Speed::REAL).unwrap();
        let allowed = Arc::new(actions(&["ec2:DescribeVolumes", "events:PutEvents"]));
        let post = Post { ec2: ec2.address(), allowed, record: Arc::default() };
        let answer = post.answer(&Request::post("/", b"Action=DescribeVolumes&Version=2016-11-15")).await;
        assert_eq!(answer.unwrap().status, 200);
        let create = b"Action=CreateVolume&Version=2016-11-15&AvailabilityZone=us-east-1a&Size=1";
        let refused = post.answer(&Request::post("/", create)).await.unwrap();
        let words = String::from_utf8(refused.body).unwrap();
        assert_eq!(refused.status, 403);
        assert!(words.contains("<Code>UnauthorizedOperation</Code>"), "{words}");
        let told = ec2.ec2().call("DescribeVolumes", &[]).await.unwrap();
        assert_eq!(told.items("volumeSet").count(), 0);
        let record = post.record.lock().unwrap().clone();
        assert_eq!(record.asked, actions(&["ec2:DescribeVolumes", "ec2:CreateVolume"]));
        assert_eq!(record.refused, actions(&["ec2:CreateVolume"]));
    }

    #[tokio::test]
    async fn events_are_kept_and_never_reach_ec2() {
        let allowed = Arc::new(actions(&["events:PutEvents"]));
        // Nobody listens there.
        let post = Post { ec2: SocketAddr::from(([127, 0, 0, 1], 9)), allowed, record: Arc::default() };
        let mut request = Request::post("/", br#"{"Entries": [{"Source": "holdfast"}]}"#);
        request.headers.push(("x-amz-target".to_owned(), "AWSEvents.PutEvents".to_owned()));
        let answer = post.answer(&request).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer, json!({"FailedEntryCount": 0, "Entries": [{"EventId": "0"}]}));
        assert_eq!(post.record.lock().unwrap().events, [json!({"Source": "holdfast"})]);
    }

    #[test]
    fn an_action_is_told_by_the_body_or_by_the_header() {
        let mut request = Request::post("/", b"Action=AttachVolume&Version=2016-11-15");
        assert_eq!(action(&request).as_deref(), Some("ec2:AttachVolume"));
        let of_groups = Request::post("/", b"Action=DescribeLifecycleHooks&Version=2011-01-01");
        assert_eq!(action(&of_groups).as_deref(), Some("autoscaling:DescribeLifecycleHooks"));
        request.headers.push(("x-amz-target".to_owned(), "AWSEvents.PutEvents".to_owned()));
        assert_eq!(action(&request).as_deref(), Some("events:PutEvents"));
        assert_eq!(action(&Request::post("/", b"")), None);
    }
}
