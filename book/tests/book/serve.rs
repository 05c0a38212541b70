//! The served book: its pages, and what it tells them.

use std::io::BufRead;
use std::net::SocketAddr;
use std::time::Instant;

use crate::fixture::Fixture;
use crate::served::{self, PATIENCE, ask, get, rules};

fn serve(fixture: &Fixture) -> SocketAddr {
    served::serve(fixture.project(), fixture.path("served"), rules())
}

/// The name of the next event. The server says something every 15 s even without news,
/// so it is the deadline that ends a wait for nothing.
fn next_event(news: &mut impl BufRead) -> String {
    let deadline = Instant::now() + PATIENCE;
    for line in news.lines() {
        if let Some(name) = line.unwrap().strip_prefix("event: ") {
            return name.to_owned();
        }
        assert!(Instant::now() < deadline, "no news");
    }
    panic!("the server closed the stream of news");
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
    assert!(get(address, "/none.html").starts_with("HTTP/1.1 404"));
    assert!(get(address, "/../book/book.toml").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_change_is_built_and_told_and_a_mistake_leaves_the_last_book() {
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

    fixture.write("lessons/exercises/.progress/lesson1/greet", "solved\n");
    assert_eq!(next_event(&mut news), "built");
    assert!(get(address, "/everything.html").contains("Solved"));
}
