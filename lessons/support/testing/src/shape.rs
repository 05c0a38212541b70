//! The shape of what a program prints that measures: all but the figures.

use regex::Regex;

/// Masks what differs from run to run and from machine to machine: times, sizes, factors, bars, and
/// what the figures say about a claim.
pub fn shape(printed: &str) -> String {
    assert_fits_a_terminal(printed);
    let masks = [
        (r" {2,}", " "),
        (r"\d+(\.\d+)?( ± \d+(\.\d+)?)? (ns|µs|ms|s)\b", "[time]"),
        (r"-?\d+(\.\d+)?( ± \d+(\.\d+)?)? ×", "[n] ×"),
        (r"-?\d+ kB", "[n] kB"),
        (r"[█▏▎▍▌▋▊▉·]+$", "[bar]"),
        (
            r"(On this run|This run cannot tell)(.|\n)*?\.(\n|$)",
            "[verdict]\n",
        ),
        (r"^.*(core\(s\)|cores busy).*\n+", ""),
        (r"^.*PoolWorker-\d.*\n(.*PoolWorker-\d.*\n)*", "[lanes]\n"),
    ];
    let mut shape = printed.to_owned();
    for (figure, mask) in masks {
        let figure = Regex::new(&format!("(?m){figure}")).expect("a pattern");
        shape = figure.replace_all(&shape, mask).into_owned();
    }
    shape
}

/// Tables fit the usual 80 columns.
fn assert_fits_a_terminal(printed: &str) {
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
}
