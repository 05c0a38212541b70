//! The events of a run that a page receives, and why a run is over.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::supervisor::{End, Report};
use crate::figure::timeline::duration;

/// Events come in this order; `Building` and `Output` any number of times.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A line of cargo's progress.
    Building {
        text: String,
    },
    /// Everything that the compiler said.
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
    /// It ended by itself with status 0.
    pub well: bool,
    /// How it ended, in words.
    pub text: String,
    pub microseconds: u64,
}

/// Why reading a program's output has stopped.
#[derive(Debug, PartialEq)]
pub(super) enum Over {
    /// It closed its output.
    EndOfOutput,
    Stopped,
    /// Nobody receives the events.
    Gone,
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
            (End::Code(code), Over::EndOfOutput) => format!("Exit status {code}, after {time}."),
            (End::Signal(signal), Over::EndOfOutput) => {
                format!("Killed by {signal}, after {time}.")
            }
            (_, over) => format!("Ended after {time}: {}.", over.reason("it")),
        };
        Self {
            well: report.end == End::Code(0) && *over == Over::EndOfOutput,
            text,
            microseconds: report.microseconds,
        }
    }
}

impl Over {
    fn reason(&self, who: &str) -> String {
        match self {
            Self::EndOfOutput => format!("{who} closed its output"),
            Self::Stopped => "you stopped it".to_owned(),
            Self::Gone => "the page was closed".to_owned(),
            Self::TooLong(limit) => {
                let limit = duration(limit.as_micros() as u64);
                format!("{who} may run for at most {limit}")
            }
            Self::TooMuch(most) => format!("{who} may print at most {} kB", most / 1000),
        }
    }
}
