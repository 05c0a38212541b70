//! Runs the lessons' programs for the pages of the served book.
//!
//! A page asks for a run and receives events: what is built, what the program prints, how it
//! ended. Each program has a [`supervisor`], a process that leaves nothing running whatever
//! happens to the page, the program or this process.
//!
//! # Layout
//!
//! | file | what it is for |
//! |---|---|
//! | `programs` | which programs there are |
//! | `options` | which options a program takes, read from its source |
//! | `supervisor` | the process that starts a program, and ends it with all its children |
//! | `supervised` | the program behind a supervisor: its output and its end |
//! | `event` | the events that a page receives |
//! | `client` | the page that asked |
//! | `build` | builds a program |
//! | `perform` | one run from start to end |

mod build;
mod client;
mod event;
mod options;
mod perform;
mod programs;
mod supervised;
pub mod supervisor;

use std::path::PathBuf;
use std::time::Duration;

pub use client::Client;
pub use event::{Ended, Event};
pub use options::Opt;
pub use perform::Run;
pub use programs::{Listed, Programs};

use serde::{Deserialize, Serialize};

/// What a run may cost, and which program supervises it.
#[derive(Debug, Clone)]
pub struct Rules {
    /// This program, which is also the supervisor.
    pub supervisor: PathBuf,
    /// How long a program may run.
    pub time: Duration,
    /// How much it may print, in bytes.
    pub output: usize,
    /// A page that leaves an event unread for this long counts as gone.
    pub unread: Duration,
    /// The most runs at a time, over all pages.
    pub at_once: usize,
}

impl Rules {
    pub fn usual() -> Self {
        Self {
            // This very program, even if its file has been replaced.
            supervisor: "/proc/self/exe".into(),
            time: Duration::from_secs(120),
            output: 1_000_000,
            unread: Duration::from_secs(30),
            at_once: 4,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Rust,
    Python,
}
