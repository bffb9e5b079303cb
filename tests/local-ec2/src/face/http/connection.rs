//! Connections: each is served until its client closes it, or a call is to lose it.

use super::{Keys, Server, call, control};
use crate::face::Region;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::any;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// In place of an answer: that the connection is to be dropped without one.
#[derive(Debug, Clone)]
struct Cut;

/// Has the connection dropped without an answer.
pub(super) fn cut() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Cut);
    response
}

/// Offers the region over HTTP. This never ends by itself; when it is dropped, so is every connection.
pub async fn serve(listener: TcpListener, region: Region, keys: Keys) {
    let server = Arc::new(Server { region, keys, requests: AtomicU64::new(0) });
    let router =
        Router::new().route("/_/{*command}", any(control::obey)).fallback(call::answer).with_state(server);
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { open.spawn(converse(stream, router.clone())); }
                // Such as too many open files: some will be closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let answer = router.call(request);
        async move {
            let Ok(response) = answer.await;
            // hyper drops a connection whose service fails.
            let is_cut = response.extensions().get::<Cut>().is_some();
            if is_cut { Err(Error::from(ErrorKind::ConnectionReset)) } else { Ok(response) }
        }
    });
    // A connection that breaks is the client's to notice.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
