//! Running programs from a page: refusals, endings, and what is shown.

mod ends;
mod refusals;
mod shows;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

use book::run::Rules;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::served::{PATIENCE, get, send, serve};

/// The first request of a page that shows two programs.
pub(crate) const OFFER: &str = "/run?programs=lesson1/choosy,lesson1/endless";

/// A page of a served book.
pub(crate) struct Page {
    address: SocketAddr,
    token: String,
    number: u64,
}

/// A socket to which the test programs connect; a connection lasts as long as its process.
pub(crate) struct Alive(UnixListener);

/// The fixture's book, a page of it, and the socket for its programs.
pub(crate) fn served(rules: Rules) -> (Fixture, Page, Alive) {
    let fixture = Fixture::with_programs();
    let alive = Alive(UnixListener::bind(fixture.path("alive")).unwrap());
    let address = serve(fixture.project(), fixture.path("served"), rules);
    (fixture, Page::load(address), alive)
}

impl Page {
    pub(crate) fn load(address: SocketAddr) -> Self {
        let mut page = Self {
            address,
            token: String::new(),
            number: 0,
        };
        let offer = page.offer();
        offer["token"].as_str().unwrap().clone_into(&mut page.token);
        page.number = offer["page"].as_u64().unwrap();
        page
    }

    /// What it receives when it is loaded.
    pub(crate) fn offer(&self) -> Value {
        body(&get(self.address, OFFER))
    }

    /// The headers that the page's browser sends.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Host", self.address.to_string()),
            ("Origin", format!("http://{}", self.address)),
            ("Sec-Fetch-Site", "same-origin".to_owned()),
            ("Run-Token", self.token.clone()),
            ("Content-Type", "application/json".to_owned()),
        ]
    }

    pub(crate) fn post(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: &Value,
    ) -> BufReader<TcpStream> {
        let body = body.to_string();
        let mut head = format!("POST {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        send(
            self.address,
            &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
        )
    }

    pub(crate) fn order(&self, program: &str, language: &str) -> BufReader<TcpStream> {
        let order = json!({ "page": self.number, "program": program, "language": language });
        self.post("/run", &self.headers(), &order)
    }
}

impl Alive {
    /// Waits for `count` processes to connect.
    pub(crate) fn lines(&self, count: usize) -> Vec<UnixStream> {
        let lines = (0..count).map(|_| self.0.accept().unwrap().0);
        lines.collect()
    }
}

/// Waits until all processes with these connections have ended.
pub(crate) fn assert_all_end(lines: Vec<UnixStream>) {
    for mut line in lines {
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        let read = line.read_to_end(&mut Vec::new());
        read.expect("the process ends");
    }
}

pub(crate) fn all(mut answer: BufReader<TcpStream>) -> String {
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    text
}

/// The events of a run, as they come. The sizes of HTTP chunks are skipped.
pub(crate) fn events(answer: BufReader<TcpStream>) -> impl Iterator<Item = Value> {
    let lines = answer.lines().map(Result::unwrap);
    lines
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(&line).unwrap())
}

/// The one event of this kind.
#[track_caller]
pub(crate) fn the<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    let found = events.iter().find(|event| event["event"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {events:?}"))
}

fn body(answer: &str) -> Value {
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
