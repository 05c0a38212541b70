//! The web service, asked over a real connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

use lesson_testing::{insta, snapshot_settings};

struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_service"))
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("stdout is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it listens");
        let address = line.trim_start_matches("http://");
        let address = address.split('/').next().expect("an address").to_owned();
        Self { process, address }
    }

    /// The status and the text of the answer.
    fn ask(&self, start: u64) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("GET /steps/{start} HTTP/1.0\r\n\r\n");
        connection
            .write_all(request.as_bytes())
            .expect("it takes requests");
        let mut answer = String::new();
        connection
            .read_to_string(&mut answer)
            .expect("it answers in text");
        let (head, text) = answer.split_once("\r\n\r\n").expect("head and text");
        let status = head.split(' ').nth(1).expect("a status");
        (status.parse().expect("a number"), text.to_owned())
    }

    /// The text of an answer in time. On a busy machine, not each is.
    fn answer(&self, start: u64) -> String {
        let mut answers = (0..100).map(|_| self.ask(start));
        let (_, text) = answers.find(|(status, _)| *status == 200).expect("one");
        text
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn assert_is_snapshot(name: &str, text: &str) {
    snapshot_settings().bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_hundred_time_outs_leave_it_as_it_was() {
    let service = Service::start();
    assert_is_snapshot("service", &service.answer(27));
    let (status, text) = service.ask(0);
    assert_eq!(status, 503);
    assert_is_snapshot("service_timeout", &text);

    let ask_25_times = || {
        for _ in 0..25 {
            assert_eq!(service.ask(0).0, 503);
        }
    };
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(ask_25_times);
        }
    });
    assert_is_snapshot("service", &service.answer(27));
}
