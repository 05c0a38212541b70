//! Access: only this book's own pages, opened by the account that serves them.
//!
//! The port is on loopback, but every account of the machine can connect to it, and so can
//! every page open in a browser. The kernel tells which account a connection belongs to
//! ([`Account`]). Pages of other sites are recognised by `Origin`, or by `Sec-Fetch-Site` where
//! there is no origin. `Host` shows a foreign name that was made to resolve to this machine (DNS
//! rebinding); its port does not matter, as it may be forwarded from another one. A request to
//! run a program also needs a token, which other sites cannot read.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::account::Account;

/// The header with the token.
const TOKEN: &str = "run-token";

#[derive(Debug)]
pub(super) struct Access {
    /// Names that this server answers to, besides `localhost` and loopback addresses.
    names: Vec<String>,
    /// New at each start.
    pub(super) token: String,
}

/// Why a request is refused, for the page to show.
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

impl Access {
    /// Accepts requests to `names`, and to `localhost` and loopback addresses.
    pub(super) fn new(names: Vec<String>) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { names, token })
    }

    fn is_own_name(&self, called: &Authority) -> bool {
        let name = bare(called.host());
        let is_user_named = called.as_str().contains('@');
        !is_user_named && (is_this_machine(name) || self.is_allowed(name))
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|own| bare(own).eq_ignore_ascii_case(name))
    }

    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let site = text(headers, "sec-fetch-site");
        let origin = text(headers, header::ORIGIN.as_str());
        site.is_none_or(|site| site == "same-origin")
            && origin.is_none_or(|origin| self.is_own_origin(origin, headers))
    }

    /// The same name and port as in `Host`: a page on another port is another server's.
    /// A proxy may put its own name into `Host`; then the origin must be an allowed name.
    fn is_own_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        let page = ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme))
            .and_then(|page| page.parse::<Authority>().ok());
        page.is_some_and(|page| {
            let host = text(headers, header::HOST.as_str()).unwrap_or_default();
            host.eq_ignore_ascii_case(page.as_str()) || self.is_allowed(bare(page.host()))
        })
    }

    /// In constant time: how long it takes tells nothing about the token.
    fn is_token(&self, shown: &str) -> bool {
        self.token.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

/// `localhost`, `127.0.0.1`, `::1`: names that always mean this machine.
fn is_this_machine(name: &str) -> bool {
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inside.unwrap_or(host)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // `?` is never valid.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// For every request: the reader's own account, and a name of this machine.
pub(super) async fn own_reader(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if request.extensions().get() != Some(&Account::Own) {
        return Err(forbidden(
            "This book runs programs, so it is shown only to the account that serves it. \
             Start your own: cargo run -p book",
        ));
    }
    let host = text(request.headers(), header::HOST.as_str()).unwrap_or_default();
    let called = host.parse::<Authority>();
    if called
        .as_ref()
        .is_ok_and(|called| access.is_own_name(called))
    {
        return Ok(next.run(request).await);
    }
    let name = called.as_ref().map_or(host, Authority::host);
    Err(forbidden(&format!(
        "This book answers to localhost and 127.0.0.1, at any port. This request \
         went to {name:?}. If that name is yours, start the book with --allow-host {name}"
    )))
}

/// For requests about programs: they come from a page of this book.
pub(super) async fn own_page(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if access.is_own_page(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(forbidden(
            "Only this book's own pages may do that. If this page is served under another name, \
             start the book with --allow-host and that name.",
        ))
    }
}

/// For requests to run a program: the page names its origin and shows the token.
pub(super) async fn with_token(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    if text(headers, header::ORIGIN.as_str()).is_none() {
        return Err(forbidden(
            "A request to run a program must have an Origin header.",
        ));
    }
    if !access.is_token(text(headers, TOKEN).unwrap_or_default()) {
        return Err(forbidden(
            "The book was restarted after this page was loaded. Reload the page.",
        ));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_call(names: &[&str], host: &str) -> bool {
        let names = names.iter().map(ToString::to_string).collect();
        let access = Access::new(names).unwrap();
        host.parse().is_ok_and(|called| access.is_own_name(&called))
    }

    #[test]
    fn this_machine_may_be_called_at_any_port() {
        for host in [
            "localhost",
            "localhost:8080",
            "LocalHost:1",
            "127.0.0.1:65535",
            "127.0.0.2",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(may_call(&[], host), "{host}");
        }
    }

    #[test]
    fn another_name_may_call_only_if_it_is_allowed() {
        for host in [
            "example.org",
            "localhost.example.org:3000",
            "localhost@example.org",
            "example.org@localhost",
            "127.0.0.1.example.org",
            "192.168.1.5:3000",
            "[fe80::1]",
            "",
        ] {
            assert!(!may_call(&[], host), "{host}");
        }
        assert!(may_call(&["box.lan", "::2"], "BOX.lan:8080"));
        assert!(may_call(&["box.lan", "::2"], "[::2]:8080"));
        assert!(!may_call(&["box.lan"], "other.lan"));
    }
}
