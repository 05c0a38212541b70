//! Requests that are refused: from strangers, and for what may not be run.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::Command;

use book::serve::Options;
use serde_json::{Value, json};

use super::{OFFER, Page, all, served};
use crate::fixture::Fixture;
use crate::served::{rules, send, serve_with};

/// A valid request, except for one header.
#[track_caller]
fn assert_refused(page: &Page, header: &str, value: Option<&str>) {
    let mut headers = page.headers();
    headers.retain(|(name, _)| *name != header);
    headers.extend(value.map(|value| (header_name(header), value.to_owned())));
    let order = json!({ "page": page.number, "program": "lesson1/endless", "language": "rust" });
    let answer = all(page.post("/run", &headers, &order));
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

fn header_name(name: &str) -> &'static str {
    let names = ["Host", "Origin", "Sec-Fetch-Site", "Run-Token"];
    names.into_iter().find(|own| *own == name).unwrap()
}

#[test]
fn only_a_page_of_this_book_with_the_token_can_run_a_program() {
    let (_fixture, page, _alive) = served(rules());
    let port = page.address.port();
    assert_refused(&page, "Origin", Some("http://example.org"));
    assert_refused(
        &page,
        "Origin",
        Some(&format!("http://127.0.0.1:{}", port ^ 1)),
    );
    assert_refused(&page, "Origin", Some("null"));
    assert_refused(&page, "Origin", None);
    assert_refused(&page, "Sec-Fetch-Site", Some("cross-site"));
    assert_refused(&page, "Sec-Fetch-Site", Some("same-site"));
    assert_refused(&page, "Host", Some(&format!("rebound.example.org:{port}")));
    assert_refused(&page, "Run-Token", None);
    assert_refused(&page, "Run-Token", Some(""));
    assert_refused(&page, "Run-Token", Some(&page.token[1..]));
    assert_refused(&page, "Run-Token", Some(&"0".repeat(page.token.len())));
}

/// As through `ssh -L 8080:localhost:3000`, or an editor that forwards a port.
#[test]
fn a_page_at_a_forwarded_port_can_run_programs() {
    let (_fixture, page, _alive) = served(rules());
    let may_run = |host: &str, origin: &str| {
        let mut headers = page.headers();
        headers.retain(|(name, _)| !["Host", "Origin"].contains(name));
        headers.extend([("Host", host.to_owned()), ("Origin", origin.to_owned())]);
        let order = json!({ "page": page.number, "program": "none", "language": "rust" });
        let answer = all(page.post("/run", &headers, &order));
        let status = answer.split(' ').nth(1).unwrap().to_owned();
        assert!(["403", "404"].contains(&&*status), "{answer}");
        status == "404"
    };
    assert!(may_run("localhost:8080", "http://localhost:8080"));
    assert!(may_run("[::1]:8080", "http://[::1]:8080"));
    assert!(may_run("127.0.0.1", "http://127.0.0.1"));
    assert!(!may_run("localhost:8080", "http://localhost:8081"));
    assert!(!may_run("localhost:8080", "http://127.0.0.1:8080"));
    assert!(!may_run("localhost:8080", "http://localhost"));
    assert!(!may_run("localhost:8080", "ftp://localhost:8080"));
    assert!(!may_run("box.lan:8080", "http://box.lan:8080"));
}

#[test]
fn a_name_may_be_allowed_and_a_refusal_says_how() {
    let fixture = Fixture::with_programs();
    let options = Options {
        hosts: vec!["box.lan".to_owned()],
        ..Options::default()
    };
    let address = serve_with(fixture.project(), fixture.path("served"), rules(), options);
    let ask = |host: &str| asked_from_elsewhere(address, OFFER, &format!("Host: {host}\r\n"));
    assert!(ask("box.lan:8080").starts_with("HTTP/1.1 200"));
    let refused = ask("other.lan:8080");
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    assert!(refused.ends_with("--allow-host other.lan"), "{refused}");
    // A proxy may put `localhost` into `Host`, and leave the page's own name in `Origin`.
    let forwarded = "Host: localhost:3000\r\nOrigin: https://box.lan\r\n";
    assert!(asked_from_elsewhere(address, OFFER, forwarded).starts_with("HTTP/1.1 200"));
    let forwarded = forwarded.replace("box", "other");
    assert!(asked_from_elsewhere(address, OFFER, &forwarded).starts_with("HTTP/1.1 403"));
}

/// Only root can try it, as another account would.
#[test]
fn another_account_of_this_machine_reads_nothing() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    const NOBODY: u32 = 65534;
    let (_fixture, page, _alive) = served(rules());
    let Page { address, token, .. } = &page;
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET {OFFER} HTTP/1.1\\r\\nHost: {address}\\r\\n\
         Connection: close\\r\\n\\r\\n' >&3; cat <&3",
        address.port()
    );
    let ask = |uid: u32| {
        let mut command = Command::new("bash");
        command.args(["-c", &script]).uid(uid).gid(uid);
        let output = command.current_dir("/").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let answer = ask(NOBODY);
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(!answer.contains(token), "{answer}");
    assert!(ask(0).contains(token));
}

/// The response to a request for `path` with these headers.
fn asked_from_elsewhere(address: SocketAddr, path: &str, headers: &str) -> String {
    let headers = headers.trim_end();
    let head = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n\r\n");
    all(send(address, &head))
}

#[test]
fn nobody_else_reads_the_token() {
    let (_fixture, page, _alive) = served(rules());
    let Page { address, token, .. } = &page;
    for headers in [
        format!("Host: rebound.example.org:{}", address.port()),
        format!("Host: {address}\r\nOrigin: http://example.org"),
        format!("Host: {address}\r\nSec-Fetch-Site: cross-site"),
        format!("Host: {address}\r\nSec-Fetch-Site: none"),
    ] {
        let answer = asked_from_elsewhere(*address, OFFER, &headers);
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(!answer.contains(token), "{answer}");
    }
    let rebound = format!("Host: rebound.example.org:{}", address.port());
    let answer = asked_from_elsewhere(*address, "/everything.html", &rebound);
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");

    let own = asked_from_elsewhere(*address, OFFER, &format!("Host: {address}"));
    assert!(
        own.contains(token) && !own.contains("access-control"),
        "{own}"
    );
    assert!(
        own.contains("cross-origin-resource-policy: same-origin"),
        "{own}"
    );
}

#[track_caller]
fn assert_not_taken(page: &Page, status: u16, order: &Value, reason: &str) {
    let answer = all(page.post("/run", &page.headers(), order));
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{answer}"
    );
    assert!(answer.contains(reason), "{answer}");
}

#[test]
fn only_listed_programs_run() {
    let (_fixture, page, _alive) = served(rules());
    for program in [
        "lesson1/none",
        "book/book",
        "lesson1/../../bin/sh",
        "sh",
        "",
    ] {
        let order = json!({ "page": 0, "program": program, "language": "rust" });
        let reason = format!("There is no program `{program}`.");
        assert_not_taken(&page, 404, &order, &reason);
    }
    let order = json!({ "page": 0, "program": "lesson1/flood", "language": "python" });
    assert_not_taken(&page, 400, &order, "no such program in this language");
    let order = json!({ "page": 0, "program": "lesson1/flood", "language": "sh" });
    assert_not_taken(&page, 422, &order, "unknown variant `sh`");
}

#[test]
fn options_have_a_name_a_type_and_a_range() {
    let (_fixture, page, _alive) = served(rules());
    let order = |options: Value| json!({ "page": 0, "program": "lesson1/choosy", "language": "rust", "options": options });
    let out_of_range = "workers must be from 1 to 16, not";
    assert_not_taken(&page, 400, &order(json!({ "workers": 17 })), out_of_range);
    assert_not_taken(&page, 400, &order(json!({ "workers": 0 })), out_of_range);
    assert_not_taken(&page, 422, &order(json!({ "workers": -1 })), "expected u64");
    assert_not_taken(
        &page,
        422,
        &order(json!({ "workers": "4; reboot" })),
        "expected u64",
    );
    assert_not_taken(
        &page,
        422,
        &order(json!({ "workers": 1.5 })),
        "expected u64",
    );
    let unknown = order(json!({ "help": 1 }));
    assert_not_taken(&page, 400, &unknown, "it takes no option `help`");
    let long = order(json!({ "x".repeat(5000): 1 }));
    assert_not_taken(&page, 413, &long, "");
}
