//! Runs the lessons' programs for the pages of the served book.
//!
//! A page orders a run and gets events: what is built, what the program prints, how it
//! ended. Whatever happens to the page, to the program or to this one, nothing is left
//! running: each program has a [`keeper`], a process that sees to that.
//!
//! # Layout
//!
//! | file | what it is for |
//! |---|---|
//! | `programs` | which programs there are |
//! | `options` | which options a program takes, read from its source |
//! | `keeper` | the process that starts a program, and ends it with all its children |
//! | `kept` | the keeper as seen from here |
//! | `make` | builds a program |
//! | `perform` | one run from order to end |
//! | `event` | what a page is told of it |

mod event;
pub mod keeper;
mod kept;
mod make;
mod options;
mod perform;
mod programs;

use std::path::PathBuf;
use std::time::Duration;

pub use event::{Ended, Event};
pub use options::Opt;
pub use perform::Run;
pub use programs::{Listed, Programs};

use serde::{Deserialize, Serialize};

/// What a run may cost, and who sees to its end.
#[derive(Debug, Clone)]
pub struct Rules {
    /// This program, which is also the keeper.
    pub keeper: PathBuf,
    /// How long a program may run.
    pub time: Duration,
    /// How much it may print, in bytes.
    pub output: usize,
    /// How long a page may leave what it is told unread, before it counts as gone.
    pub unread: Duration,
    /// How many runs there may be at once, from all pages.
    pub at_once: usize,
}

impl Rules {
    pub fn usual() -> Self {
        Self {
            // The program that is running, even if its file was replaced meanwhile.
            keeper: "/proc/self/exe".into(),
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
