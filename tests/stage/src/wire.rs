//! As much HTTP as passing on and recording take. On sockets of its own, and not a library's, so that a proxy can also
//! reset a connection or answer by half.

use crate::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request, its body read to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `POST`, say.
    pub method: String,
    /// The path, and what comes with it.
    pub target: String,
    /// Names, in lower case where it was read, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response, its body read to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A POST without headers.
    pub fn post(target: &str, body: &[u8]) -> Self {
        Self {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.to_vec(),
        }
    }

    /// The next request of a connection; none once the other side has closed it.
    pub async fn read(from: &mut BufReader<TcpStream>) -> Result<Option<Self>, Error> {
        let mut line = String::new();
        if read_line(from, &mut line).await? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(wrong("client", format!("the request line `{}`", line.trim_end())));
        };
        let mut headers = Vec::new();
        loop {
            line.clear();
            read_line(from, &mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = match length {
            Some((_, text)) => {
                text.parse().map_err(|_| wrong("client", format!("content-length: {text}")))?
            }
            None => 0,
        };
        let mut body = vec![0; length];
        from.read_exact(&mut body).await.map_err(Error::io("read a request's body"))?;
        Ok(Some(Self { method, target, headers, body }))
    }

    /// Sends the request over a connection of its own. By HTTP/1.0, so that the end of the answer is the end of the
    /// connection, and no server sends it in chunks.
    pub async fn send(&self, to: SocketAddr) -> Result<Response, Error> {
        let peer = || format!("http://{to}");
        let failed = |what: &str| Error::io(format!("{what} http://{to}"));
        let mut stream = TcpStream::connect(to).await.map_err(failed("connect to"))?;
        let mut message = format!("{} {} HTTP/1.0\r\n", self.method, self.target);
        let own = ["content-length", "connection", "transfer-encoding"];
        for (name, value) in self.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            message.extend([name, ": ", value, "\r\n"]);
        }
        message.extend(["content-length: ", &self.body.len().to_string(), "\r\n\r\n"]);
        let mut message = message.into_bytes();
        message.extend_from_slice(&self.body);
        stream.write_all(&message).await.map_err(failed("write to"))?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.map_err(failed("read from"))?;
        Response::parse(&answer).map_err(|reason| wrong(&peer(), reason))
    }
}

impl Response {
    fn parse(answer: &[u8]) -> Result<Self, String> {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("the head has no end")?;
        let (head, body) = answer.split_at(end);
        let head = String::from_utf8_lossy(head);
        let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        let body = body.get(4..).unwrap_or_default().to_vec();
        Ok(Self { status: status.ok_or_else(|| format!("the head `{head}`"))?, body })
    }

    /// Answers a request. The connection stays open for the next.
    pub async fn write(&self, to: &mut BufReader<TcpStream>) -> Result<(), Error> {
        let head = format!(
            "HTTP/1.1 {} Passed On\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n",
            self.status,
            self.body.len()
        );
        let message = [head.as_bytes(), &self.body].concat();
        to.write_all(&message).await.map_err(Error::io("write a response"))
    }
}

async fn read_line(from: &mut BufReader<TcpStream>, line: &mut String) -> Result<usize, Error> {
    from.read_line(line).await.map_err(Error::io("read a request"))
}

fn wrong(peer: &str, reason: String) -> Error {
    Error::Wire { peer: peer.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn what_is_sent_is_what_is_read_and_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let request = Request::read(&mut stream).await.unwrap().unwrap();
            Response { status: 418, body: b"a\r\n\r\nb".to_vec() }.write(&mut stream).await.unwrap();
            request
        });
        let mut request = Request::post("/path", b"Action=DescribeVolumes");
        request.headers.push(("x-moto-account-id".to_owned(), "1".to_owned()));
        let response = request.send(address).await.unwrap();
        assert_eq!(response, Response { status: 418, body: b"a\r\n\r\nb".to_vec() });
        let read = server.await.unwrap();
        assert_eq!((read.method.as_str(), read.target.as_str()), ("POST", "/path"));
        assert_eq!(read.body, request.body);
        assert!(read.headers.contains(&request.headers[0]));
    }
}
