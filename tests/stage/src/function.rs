//! A function's binary under AWS's Lambda runtime interface emulator.

use crate::leash::Leash;
use crate::wire::Request;
use crate::{Error, paths};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// How long the emulator may take to come up; the function itself starts with its first invocation.
const START: Duration = Duration::from_secs(20);

/// How much longer than the function an answer may take.
const GRACE: Duration = Duration::from_secs(10);

/// How many pairs of ports are tried.
const TRIES: u32 = 5;

/// Where the emulator takes invocations, whatever the function's name.
const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its report.
    Report(Value),
    /// An error.
    Error {
        /// Lambda's `errorType`.
        kind: String,
        /// Lambda's `errorMessage`.
        message: String,
    },
}

/// A started function, which ends with this value.
#[derive(Debug)]
pub struct Function {
    name: String,
    timeout: Duration,
    address: SocketAddr,
    leash: Leash,
}

impl Function {
    /// Starts a function by the name of its binary. Its environment is what is given and what Lambda always sets.
    pub async fn start(name: &str, timeout: Duration, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let (emulator, binary) = (paths::emulator()?, paths::function(name)?);
        let mut tries = 0;
        loop {
            let (invocations, runtime) = (free_port()?, free_port()?);
            let arguments = [
                emulator.as_os_str(),
                "--runtime-interface-emulator-address".as_ref(),
                invocations.to_string().as_ref(),
                "--runtime-api-address".as_ref(),
                runtime.to_string().as_ref(),
                binary.as_os_str(),
            ]
            .map(ToOwned::to_owned);
            let seconds = timeout.as_secs().to_string();
            let mut environment = vec![("AWS_LAMBDA_FUNCTION_TIMEOUT", seconds.as_str())];
            environment.extend_from_slice(settings);
            let leash = Leash::start(name, &arguments, &environment)?;
            // Some other process may have taken a port meanwhile.
            let up = leash.ready(START, |output| match TcpStream::connect(invocations) {
                _ if output.contains("address already in use") => Some(false),
                Ok(_) => Some(true),
                Err(_) => None,
            });
            let up = up.await?;
            tries += 1;
            if up || tries == TRIES {
                return Ok(Self { name: name.to_owned(), timeout, address: invocations, leash });
            }
        }
    }

    /// Invokes the function with a payload, byte by byte.
    pub async fn invoke(&self, payload: &[u8]) -> Result<Answer, Error> {
        let request = Request::post(INVOCATIONS, payload);
        let response = match tokio::time::timeout(self.timeout + GRACE, request.send(self.address)).await {
            Ok(response) => response?,
            Err(late) => return Err(self.no_answer(late.to_string())),
        };
        let text = String::from_utf8_lossy(&response.body);
        // The emulator answers with a sentence when the function was too slow, and 502 when it died.
        let answer: Value = match serde_json::from_str(&text) {
            Ok(answer) if response.status == 200 => answer,
            Ok(_) | Err(_) => return Err(self.no_answer(format!("{} {text}", response.status))),
        };
        let field = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(match (field("errorType"), field("errorMessage")) {
            (Some(kind), Some(message)) => Answer::Error { kind, message },
            (Some(_), None) | (None, _) => Answer::Report(answer),
        })
    }

    /// Invokes the function with an event that it is to answer with its report.
    pub async fn report(&self, event: &Value) -> Result<Value, Error> {
        match self.invoke(event.to_string().as_bytes()).await? {
            Answer::Report(report) => Ok(report),
            Answer::Error { kind, message } => Err(Error::Story(format!("{kind}: {message}"))),
        }
    }

    /// What the function, and the emulator around it, have logged so far.
    pub fn log(&self) -> String {
        self.leash.output()
    }

    fn no_answer(&self, reason: String) -> Error {
        Error::NoAnswer { function: self.name.clone(), reason, log: self.log() }
    }
}

/// A loopback port that nobody listens on, below those that the kernel hands out by itself (32768 and up on Linux),
/// and another one each time.
fn free_port() -> Result<SocketAddr, Error> {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time begin at different places.
    let start = u16::try_from(std::process::id() % 200).unwrap_or_default() * 100;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(Error::io("find a free port")(std::io::ErrorKind::AddrInUse.into()))
}
