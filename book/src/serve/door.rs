//! Who may come in: this book's own pages, opened by the account that serves them.
//!
//! Only this machine can connect, but that includes every account on it, and every page
//! that is open in a browser. Another account is told by the kernel ([`Account`]). A page
//! from elsewhere gives itself away by `Origin`, or by `Sec-Fetch-Site` where there is no
//! origin. A foreign name made to lead here (DNS rebinding) stands in `Host`; the port
//! does not matter there, as the reader may have forwarded it from another one. And no
//! page from elsewhere can read the token that an order must show.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::account::Account;

/// The header that shows the token.
const TOKEN: &str = "run-token";

#[derive(Debug)]
pub(super) struct Door {
    /// Names that this server answers to, beside those of every machine.
    names: Vec<String>,
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
    /// One that lets in who calls this machine by one of `names`, or as every machine is
    /// called by itself.
    pub(super) fn named(names: Vec<String>) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let mut token = String::new();
        for byte in bytes {
            let _ = write!(token, "{byte:02x}");
        }
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

    /// The same name and port as in `Host`: another port of this machine is another's page.
    /// What forwards a port may put its own name into `Host`; then the page's is one of
    /// those that were allowed.
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

    /// Takes as long for a wrong token as for the right one.
    fn is_token(&self, shown: &str) -> bool {
        let both = self.token.bytes().zip(shown.bytes());
        let differences = both.fold(0, |found, (own, shown)| found | (own ^ shown));
        shown.len() == self.token.len() && differences == 0
    }
}

/// `localhost`, `127.0.0.1`, `::1`: a name that no other machine can have.
fn is_this_machine(name: &str) -> bool {
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// An address of IPv6 stands in brackets.
fn bare(host: &str) -> &str {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inside.unwrap_or(host)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // What is no text is nothing that we know.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// For everything that is served: the reader's own account, by this machine's own name.
pub(super) async fn own_reader(
    State(door): State<Arc<Door>>,
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
    if called.as_ref().is_ok_and(|called| door.is_own_name(called)) {
        return Ok(next.run(request).await);
    }
    let name = called.as_ref().map_or(host, Authority::host);
    Err(forbidden(&format!(
        "This book answers to localhost and 127.0.0.1, at any port. It was called by another \
         name, {name:?}. If that name is yours, start the book with --allow-host {name}"
    )))
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
        Err(forbidden(
            "Only this book's own pages may ask for that. If the page has a name of its own, \
             start the book with --allow-host and that name.",
        ))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn may_call(names: &[&str], host: &str) -> bool {
        let names = names.iter().map(ToString::to_string).collect();
        let door = Door::named(names).unwrap();
        host.parse().is_ok_and(|called| door.is_own_name(&called))
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
