//! The reader's own figures beside the recorded ones: at once, and in whatever state they are.

use std::fs;
use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use book::build::build;

use crate::fixture::Fixture;
use crate::results::{Left, folder, leave_row};
use crate::served::{self, PATIENCE, ask, get, rules};

const PYTHON: [&str; 3] = ["A task", "by Python", ""];

fn serve(fixture: &Fixture) -> SocketAddr {
    served::serve(fixture.project(), fixture.path("served"), rules())
}

fn criterion(fixture: &Fixture) -> PathBuf {
    fixture.path("target/criterion")
}

/// The page with all charts, as a reader with these figures gets it.
fn page_with(leave: impl FnOnce(PathBuf)) -> String {
    let fixture = Fixture::new();
    leave(criterion(&fixture));
    get(serve(&fixture), "/everything.html")
}

/// Follows the events until figures have changed and `is_there`.
#[track_caller]
fn wait_until(news: &mut impl BufRead, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    for line in news.lines() {
        if line.unwrap() == "event: measured" && is_there() {
            return;
        }
        assert!(Instant::now() < deadline, "no such event");
    }
    panic!("the server closed the stream of events");
}

#[test]
fn figures_appear_as_they_are_measured_and_go_with_their_folder() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    let shows = |text: &str| get(address, "/everything.html").contains(text);
    assert!(!shows("yours"));
    let mut news = ask(address, "/reload", "keep-alive");

    Left::of(PYTHON, 21e6).leave(&criterion(&fixture));
    wait_until(&mut news, || shows("yours 21\u{202f}000 µs"));
    Left::of(PYTHON, 22e6).leave(&criterion(&fixture));
    wait_until(&mut news, || shows("yours 22\u{202f}000 µs"));
    leave_row(&criterion(&fixture), "apply", "Python 3.15", [4e-6, 2e-6]);
    wait_until(&mut news, || shows("yours 4 µs"));

    fs::remove_dir_all(fixture.path("target")).unwrap();
    wait_until(&mut news, || !shows("yours"));
    Left::of(PYTHON, 23e6).leave(&criterion(&fixture));
    wait_until(&mut news, || shows("yours 23\u{202f}000 µs"));
}

#[test]
fn a_page_is_sent_again_when_only_its_figures_are_new() {
    let fixture = Fixture::new();
    let address = serve(&fixture);
    let unconditional = get(address, "/everything.html");
    assert!(!unconditional.to_lowercase().contains("last-modified:"));
    let head =
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\nIf-None-Match: *\r\nConnection: close";
    let request = format!("GET /everything.html HTTP/1.1\r\nHost: {address}\r\n{head}\r\n\r\n");
    let mut first = String::new();
    served::send(address, &request)
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
}

#[test]
fn a_chart_says_what_is_noisy_and_what_comes_from_a_short_run() {
    let quiet = page_with(|criterion| Left::of(PYTHON, 21e6).leave(&criterion));
    assert!(quiet.contains("Yours: "), "{quiet}");
    assert!(
        !quiet.contains("noisy") && !quiet.contains("short run"),
        "{quiet}"
    );

    let noisy = Left {
        low: 18e6,
        high: 23e6,
        ..Left::of(PYTHON, 21e6)
    };
    let noisy = page_with(|criterion| noisy.leave(&criterion));
    assert!(
        noisy.contains("yours 21\u{202f}000 µs, noisy</text>"),
        "the picture: {noisy}"
    );
    assert!(
        noisy.contains("yours 21\u{202f}000, noisy</span>"),
        "the table: {noisy}"
    );
    assert!(
        noisy.contains("Pool 21\u{202f}000 µs, noisy"),
        "the description: {noisy}"
    );
    assert!(noisy.contains("It is noisy: the 95 % interval"), "{noisy}");

    let short = Left {
        samples: 10,
        ..Left::of(PYTHON, 21e6)
    };
    let short = page_with(|criterion| short.leave(&criterion));
    assert!(short.contains("A short run, so they are rough."), "{short}");
}

#[test]
fn a_machine_of_other_size_has_places_of_its_own() {
    let page = page_with(|criterion| {
        for (workers, median) in [("1", 700e6), ("16", 50e6), ("64", 20e6)] {
            Left::of(["A task", "by processes", workers], median).leave(&criterion);
        }
    });
    let rows = r#"<th scope="row">64</th><td>none <span class="own">yours 2</span></td>"#;
    assert!(page.contains(rows), "{page}");
    assert!(
        page.contains(r#"<td>80 <span class="own">yours 70</span></td>"#),
        "{page}"
    );
}

#[test]
fn what_fits_no_chart_is_left_out() {
    let page = page_with(|criterion| {
        Left::of(["A task", "by magic", "1"], 1e6).leave(&criterion);
        Left::of(["Another task", "by Python", ""], 1e6).leave(&criterion);
        Left::of(["A task", "by threads", "many"], 1e6).leave(&criterion);
        Left::of(["A task", "by threads", "-1"], 1e6).leave(&criterion);
        Left::of(["A task", "by threads", "2"], 0.0).leave(&criterion);
        leave_row(&criterion, "renamed", "Python 3.15", [1e-6, 1e-6]);
    });
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(!page.contains("yours"), "{page}");
}

#[test]
fn half_a_figure_is_left_out() {
    for file in ["benchmark.json", "estimates.json", "sample.json"] {
        for rest in ["", "{\"median\":", "[1]", "\u{0}"] {
            let page = page_with(|criterion| {
                Left::of(PYTHON, 21e6).leave(&criterion);
                Left::of(["A task", "by processes", "1"], 21e6).leave(&criterion);
                fs::write(folder(&criterion, PYTHON).join(file), rest).unwrap();
                fs::write(criterion.join("report"), "no folder").unwrap();
            });
            assert!(
                !page.contains("42\u{202f}000 <span"),
                "{file} is {rest:?}: {page}"
            );
            assert!(
                page.contains("800\u{202f}000 <span"),
                "{file} is {rest:?}: {page}"
            );
        }
    }
}

#[test]
fn rows_of_two_pythons_never_stand_in_one_table() {
    let fixture = Fixture::new();
    leave_row(&criterion(&fixture), "apply", "Python 3.11", [4e-6, 2e-6]);
    let old = criterion(&fixture).join("versus_python/apply.json");
    crate::results::age(&old, std::time::Duration::from_secs(60));
    leave_row(&criterion(&fixture), "map", "Python 3.15", [4e-6, 2e-6]);
    let page = get(serve(&fixture), "/everything.html");
    assert!(page.contains("Yours: Python 3.15"), "{page}");
    assert!(!page.contains("yours 4 µs"), "{page}");
}

#[test]
fn a_book_as_files_shows_what_is_recorded_and_nothing_else() {
    let fixture = Fixture::new();
    Left::of(PYTHON, 21e6).leave(&criterion(&fixture));
    build(&fixture.project(), &fixture.path("out"), None).unwrap();
    let page = fs::read_to_string(fixture.path("out/everything.html")).unwrap();
    assert!(page.contains("The cost of one task") && !page.contains("yours"));
}
