//! What a page is told of a run, and why a run is over.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::keeper::{End, Report};
use crate::timeline::duration;

/// What a page is told, in this order; `Building` and `Output` come any number of times.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A line of what cargo says.
    Building {
        text: String,
    },
    /// All that the compiler said.
    NotBuilt {
        text: String,
    },
    Started,
    Output {
        text: String,
    },
    Ended(Ended),
    /// Drawn as HTML.
    Timeline {
        html: String,
    },
}

#[derive(Debug, Serialize)]
pub struct Ended {
    /// Whether it ended by itself, and well.
    pub well: bool,
    /// How it ended, in words.
    pub text: String,
    pub microseconds: u64,
}

/// Why a program is not listened to any more.
#[derive(Debug, PartialEq)]
pub(super) enum Over {
    /// It said all that it had to say.
    Said,
    Stopped,
    /// Nobody takes the events.
    Unwanted,
    TooLong(Duration),
    TooMuch(usize),
}

impl Ended {
    pub(super) fn before_it_began(over: &Over) -> Self {
        Self {
            well: false,
            text: format!("It was not started: {}.", over.reason("cargo")),
            microseconds: 0,
        }
    }

    pub(crate) fn failed(error: &io::Error) -> Self {
        Self {
            well: false,
            text: format!("The run failed: {error}."),
            microseconds: 0,
        }
    }

    pub(super) fn of(over: &Over, report: &Report) -> Self {
        let time = duration(report.microseconds);
        let text = match (&report.end, over) {
            (End::NotStarted(reason), _) => format!("It was not started: {reason}."),
            (End::Code(code), Over::Said) => format!("Exit status {code}, after {time}."),
            (End::Signal(signal), Over::Said) => format!("Killed by {signal}, after {time}."),
            (_, over) => format!("Ended after {time}: {}.", over.reason("it")),
        };
        Self {
            well: report.end == End::Code(0) && *over == Over::Said,
            text,
            microseconds: report.microseconds,
        }
    }
}

impl Over {
    fn reason(&self, who: &str) -> String {
        match self {
            Self::Said => format!("{who} had nothing more to say"),
            Self::Stopped => "you stopped it".to_owned(),
            Self::Unwanted => "the page was closed".to_owned(),
            Self::TooLong(limit) => {
                let limit = duration(limit.as_micros() as u64);
                format!("{who} may run for {limit} at most")
            }
            Self::TooMuch(most) => format!("{who} may print {} kB at most", most / 1000),
        }
    }
}
