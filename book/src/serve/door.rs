//! Who may come in: this book's own pages, and nobody else.
//!
//! Only this machine can connect, but that includes every page that is open in its
//! browser. A foreign page gives itself away by `Origin`, or by `Sec-Fetch-Site` where
//! there is no origin. A foreign name that was made to lead here (DNS rebinding) stands
//! in `Host`. And no foreign page can read the token that an order must show.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The header that shows the token.
const TOKEN: &str = "run-token";

#[derive(Debug)]
pub(super) struct Door {
    /// The names by which pages may call this server.
    hosts: [String; 2],
    /// Made anew at each start.
    pub(super) token: String,
}

/// Why a request is refused, in words for the page.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

fn forbidden(reason: &str) -> Refusal {
    Refusal(StatusCode::FORBIDDEN, reason.to_owned())
}

impl Door {
    pub(super) fn at(address: SocketAddr) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let mut token = String::new();
        for byte in bytes {
            let _ = write!(token, "{byte:02x}");
        }
        let hosts = [address.to_string(), format!("localhost:{}", address.port())];
        Ok(Self { hosts, token })
    }

    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let site = text(headers, "sec-fetch-site");
        let origin = text(headers, header::ORIGIN.as_str());
        site.is_none_or(|site| site == "same-origin")
            && origin.is_none_or(|origin| self.is_own_origin(origin))
    }

    fn is_own_origin(&self, origin: &str) -> bool {
        let host = origin.strip_prefix("http://");
        host.is_some_and(|host| self.hosts.iter().any(|own| own == host))
    }

    /// Takes as long for a wrong token as for the right one.
    fn is_token(&self, shown: &str) -> bool {
        let both = self.token.bytes().zip(shown.bytes());
        let differences = both.fold(0, |found, (own, shown)| found | (own ^ shown));
        shown.len() == self.token.len() && differences == 0
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // What is no text is nothing that we know.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// For everything that is served: this server is called by its own name.
pub(super) async fn host(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let host = text(request.headers(), header::HOST.as_str()).unwrap_or_default();
    if door.hosts.iter().any(|own| own == host) {
        Ok(next.run(request).await)
    } else {
        Err(forbidden("This server is called by another name."))
    }
}

/// For what runs programs: a page of this book asks.
pub(super) async fn own_page(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if door.is_own_page(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(forbidden("Only this book's own pages may ask for that."))
    }
}

/// For orders: a page of this book asks, says so, and shows the token.
pub(super) async fn with_token(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    if text(headers, header::ORIGIN.as_str()).is_none() {
        return Err(forbidden("An order must say which page it comes from."));
    }
    if !door.is_token(text(headers, TOKEN).unwrap_or_default()) {
        return Err(forbidden(
            "The book was started anew since this page was loaded. Load the page again.",
        ));
    }
    Ok(next.run(request).await)
}
