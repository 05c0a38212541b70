//! The served book: its pages, and the events it sends them.

use std::io::{BufRead, Read};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::fixture::Fixture;
use book::serve::{Options, ServeError, Server};

use crate::served::{self, PATIENCE, ask, get, rules, send, serve_with};

fn serve(fixture: &Fixture) -> SocketAddr {
    served::serve(fixture.project(), fixture.path("served"), rules())
}

/// The name of the next event, except those of figures. The server sends something every 15 s even
/// without an event, so only the deadline ends a wait in case of a fault.
fn next_event(news: &mut impl BufRead) -> String {
    let deadline = Instant::now() + PATIENCE;
    for line in news.lines() {
        let line = line.unwrap();
        let name = line.strip_prefix("event: ");
        if let Some(name) = name.filter(|name| *name != "measured") {
            return name.to_owned();
        }
        assert!(Instant::now() < deadline, "no event");
    }
    panic!("the server closed the stream of events");
}

/// The data of the next event, except those of figures.
fn next_news(news: &mut impl BufRead) -> serde_json::Value {
    let deadline = Instant::now() + PATIENCE;
    for line in news.lines() {
        if let Some(data) = line.unwrap().strip_prefix("data: ") {
            let news: serde_json::Value = serde_json::from_str(data).unwrap();
            if news.get("measured").is_none() {
                return news;
            }
        }
        assert!(Instant::now() < deadline, "no event");
    }
    panic!("the server closed the stream of events");
}

#[test]
fn pages_come_with_a_strict_policy() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    assert!(address.ip().is_loopback());
    let page = get(address, "/everything.html");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("script-src 'self';"), "{page}");
    assert!(page.contains("<h1 id=\"everything\">"), "{page}");
    assert!(
        page.contains("cross-origin-opener-policy: same-origin"),
        "{page}"
    );
    assert!(get(address, "/").contains("<h1 id=\"everything\">"));
    assert!(get(address, "/../book/book.toml").starts_with("HTTP/1.1 404"));
}

#[test]
fn nothing_leads_to_another_host() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    // `deep` is a folder of the book, and `//deep/` would be a host.
    for path in [
        "//deep",
        "/deep",
        "/\\deep",
        "/%2fdeep",
        "//deep/",
        "//deep/..",
    ] {
        let answer = get(address, path);
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(!answer.contains("location:"), "{path}: {answer}");
    }
}

#[test]
fn a_page_that_is_not_there_leads_back_into_the_book() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    for path in ["/none.html", "/deep/none.html", "/none/"] {
        let answer = get(address, path);
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert!(answer.contains("There is no such page"), "{answer}");
        // In whatever folder it seems to be, its links start at the root.
        assert!(answer.contains("<base href=\"/\">"), "{answer}");
    }
}

#[test]
fn a_client_that_sends_nothing_is_disconnected() {
    let fixture = Fixture::new();
    let options = Options {
        timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let address = serve_with(fixture.project(), fixture.path("served"), rules(), options);
    for begun in ["", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut answer = String::new();
        send(address, begun).read_to_string(&mut answer).unwrap();
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    // A head without its body.
    let order = format!(
        "POST /run HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nContent-Length: 9\r\n\r\n{{"
    );
    send(address, &order)
        .read_to_string(&mut String::new())
        .unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let fixture = Fixture::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = Options {
        port: Some(port),
        ..Options::default()
    };
    let folder = fixture.path("served");
    let refused = Server::start(fixture.project(), rules(), &folder, options).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, ServeError::PortTaken { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with(&format!("port {port} is taken"))
    );
}

#[test]
fn a_change_that_changes_no_page_causes_no_event() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    let mut news = ask(address, "/reload", "keep-alive");
    let first = next_news(&mut news);
    fixture.write("book/chapters/notes.tmp", "a file that no page shows\n");
    let page = "book/chapters/deep/page.md";
    let text = std::fs::read_to_string(fixture.path(page)).unwrap();
    fixture.write(page, &text);
    fixture.write(page, &format!("{text}\nMore.\n"));
    // One event, and it says which page it is.
    let next = next_news(&mut news);
    let pages = |news: &serde_json::Value| news["pages"].as_object().unwrap().clone();
    let (first, next) = (pages(&first), pages(&next));
    assert_ne!(first["deep/page.html"], next["deep/page.html"]);
    assert_eq!(first["everything.html"], next["everything.html"]);
}

#[test]
fn a_change_is_built_and_announced_and_a_mistake_leaves_the_last_book() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    let mut news = ask(address, "/reload", "keep-alive");
    assert_eq!(next_event(&mut news), "built");

    let page = "book/chapters/deep/page.md";
    fixture.write(page, "# Deeper\n\n## A heading\n\nA new sentence.\n");
    assert_eq!(next_event(&mut news), "built");
    assert!(get(address, "/deep/page.html").contains("A new sentence."));

    fixture.write(page, "# Deeper\n\n{{#listing lesson1/none}}\n");
    assert_eq!(next_event(&mut news), "problem");
    assert!(get(address, "/deep/page.html").contains("A new sentence."));

    let snapshot = "lessons/lesson1/tests/snapshots/hello.snap";
    fixture.write(page, "# Deeper\n\n## A heading\n");
    assert_eq!(next_event(&mut news), "built");
    fixture.write(snapshot, "---\nsource: x\n---\nPrinted anew\n");
    assert_eq!(next_event(&mut news), "built");
    assert!(get(address, "/everything.html").contains("<samp>Printed anew</samp>"));

    fixture.write(
        "lessons/support/exercises/.progress/lesson1/greet",
        "solved\n",
    );
    assert_eq!(next_event(&mut news), "built");
    assert!(get(address, "/everything.html").contains("Solved"));
}
