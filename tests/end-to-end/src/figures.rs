//! What a function's release binary costs: its size, the processor time of its start, its memory.

use crate::{Error, Stage};
use ::stage::paths;
use ::stage::wire::Request;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How long starting and handling one event may take.
const LIMIT: Duration = Duration::from_mins(1);

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Of the file, in bytes.
    pub size: u64,
    /// Processor time from the start of the process to its first request for work, the connection to EC2 without TLS.
    pub start: Duration,
    /// The most memory that was resident until an event had been handled, in bytes.
    pub memory: u64,
}

/// Starts a binary, has it handle an event against the stage's EC2, and measures it meanwhile.
pub async fn measure(binary: &Path, stage: &Stage, event: &Value) -> Result<Figures, Error> {
    let size = std::fs::metadata(binary).map_err(Error::io(format!("look at {}", binary.display())))?.len();
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::io("open a port"))?;
    let address = listener.local_addr().map_err(Error::io("open a port"))?;
    let mut child = Command::new(paths::root().join(binary))
        .env_clear()
        .envs(stage.environment().iter().map(|(name, value)| (name, value)))
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "figures"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Error::io(format!("start {}", binary.display())))?;
    let handled = tokio::time::timeout(LIMIT, hand_over(&listener, &child, event)).await;
    // It may have ended by itself; either way it is gone after this.
    child.kill().ok();
    child.wait().ok();
    let (start, memory) = handled.map_err(|late| Error::Story(late.to_string()))??;
    Ok(Figures { size, start, memory })
}

/// Plays Lambda's runtime API: one event, and no second one.
async fn hand_over(listener: &TcpListener, child: &Child, event: &Value) -> Result<(Duration, u64), Error> {
    let mut start = None;
    loop {
        let (stream, _) = listener.accept().await.map_err(Error::io("accept a connection"))?;
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream).await? {
            if request.method == "POST" {
                answer(&mut stream, "202 Accepted", "").await?;
            } else if let Some(start) = start {
                return Ok((start, peak_memory(child.id())?));
            } else {
                start = Some(processor_time(child.id())?);
                answer(&mut stream, "200 OK", &event.to_string()).await?;
            }
        }
    }
}

async fn answer(to: &mut BufReader<TcpStream>, status: &str, body: &str) -> Result<(), Error> {
    let deadline = (crate::now() + LIMIT).timestamp_millis();
    let message = format!(
        "HTTP/1.1 {status}\r\nlambda-runtime-aws-request-id: figures\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:figures\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    to.write_all(message.as_bytes()).await.map_err(Error::io("answer a function"))
}

/// Of all threads, from `/proc/<pid>/task/<tid>/schedstat`, whose first number is nanoseconds on a processor.
fn processor_time(process: u32) -> Result<Duration, Error> {
    let tasks = format!("/proc/{process}/task");
    let entries = std::fs::read_dir(&tasks).map_err(Error::io(format!("look at {tasks}")))?;
    let texts =
        entries.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    let nanoseconds = texts.filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok()).sum();
    Ok(Duration::from_nanos(nanoseconds))
}

/// `VmHWM` of `/proc/<pid>/status`, which is in kB.
fn peak_memory(process: u32) -> Result<u64, Error> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).map_err(Error::io(format!("read {path}")))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| Error::Story(format!("{path} has no VmHWM")))
}
