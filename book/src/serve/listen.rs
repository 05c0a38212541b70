//! The port, and the connections that come in on it.

use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tower_service::Service;

use super::account::Account;
use super::{ServeError, USUAL_PORT};

/// Without free file descriptors `accept` fails at once, again and again.
const PAUSE: Duration = Duration::from_millis(100);

/// `port` if it is given; otherwise the usual port, or any free one if that is taken.
pub(super) async fn bind(port: Option<u16>) -> Result<TcpListener, ServeError> {
    let wanted = port.unwrap_or(USUAL_PORT);
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await;
    let bound = match (bound, port) {
        (Err(_), None) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        (bound, _) => bound,
    };
    bound.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ServeError::PortTaken { port: wanted },
        ErrorKind::PermissionDenied => ServeError::PortReserved { port: wanted },
        _ => ServeError::Listen {
            port: wanted,
            source,
        },
    })
}

/// Serves every connection; each request carries the [`Account`] that it comes from. A client
/// that takes longer than `timeout` to send the head of a request is disconnected.
pub(super) async fn answer(
    listener: TcpListener,
    app: Router,
    timeout: Duration,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let account = Account::behind(peer, address);
        let app = app.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(account);
            app.clone().call(request.map(Body::new))
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeout)
            .serve_connection(TokioIo::new(stream), service);
        // A client may break off its connection at any time.
        tokio::spawn(async { drop(connection.await) });
    }
}
