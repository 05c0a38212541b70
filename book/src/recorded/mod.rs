//! Recorded runs: `book/data/runs.json`.
//!
//! `cargo run -p book -- runs` runs every program whose output or timeline a chapter shows and
//! records it. `{{#output lesson3/hello}}` then has the timeline below it, and
//! `{{#timeline lesson4/main}}` draws it alone. Output that differs from machine to machine is
//! shown as recorded: `{{#recorded lesson2/race}}`, or one line of it inside a text,
//! `{{seen lesson2/race "no lock"}}`.
//!
//! | file | what it is for |
//! |---|---|
//! | `record` | runs the programs and writes the file |
//! | `line` | a line inside a text |

mod line;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

pub(crate) use line::fill_in;

use crate::code::console;
use crate::figure::timeline::Timeline;
use crate::measured::{Machine, Python};
use crate::project::{Program, Project};

const FILE: &str = "book/data/runs.json";

#[derive(Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub machine: Machine,
    /// For the programs that also run their twin.
    #[serde(default)]
    pub python: Option<Python>,
    /// By the names of the programs.
    pub timelines: BTreeMap<String, Timeline>,
    /// The output of programs that a chapter shows as recorded.
    pub printed: BTreeMap<String, String>,
}

impl Recorded {
    /// `None` if nothing was recorded yet.
    fn read(project: &Project) -> Result<Option<Self>, String> {
        match fs::read_to_string(project.file(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{FILE}: {error}")),
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| format!("{FILE}:{}: {error}", error.line())),
        }
    }
}

/// `{{#timeline lesson4/main}}`
pub(crate) fn timeline(project: &Project, name: &str) -> Result<Markup, String> {
    let drawn = timeline_of(project, name)?;
    drawn.ok_or_else(|| {
        format!("no timeline of `{name}` in `{FILE}`; `cargo run -p book -- runs` records it")
    })
}

/// `{{#recorded lesson2/race}}`
pub(crate) fn output(project: &Project, name: &str) -> Result<Markup, String> {
    let program = Program::parse(name)?;
    let recorded = Recorded::read(project)?;
    let printed = recorded.as_ref().and_then(|all| all.printed.get(name));
    let (Some(recorded), Some(printed)) = (&recorded, printed) else {
        return Err(not_recorded(name));
    };
    Ok(html! {
        (console::run(&program.command(), printed.trim_end(), Some((name, "rust"))))
        p.source {
            "Recorded on " (recorded.machine)
            @if let Some(python) = recorded.python.as_ref().filter(|_| printed.contains("Python")) {
                ", " (python)
            }
            "."
        }
    })
}

fn not_recorded(name: &str) -> String {
    format!("no run of `{name}` in `{FILE}`; `cargo run -p book -- runs` records it")
}

/// The program's timeline, if one is recorded.
pub(crate) fn timeline_of(project: &Project, name: &str) -> Result<Option<Markup>, String> {
    let Some(recorded) = Recorded::read(project)? else {
        return Ok(None);
    };
    let source = html! {
        "Recorded on " (recorded.machine) " with " code { "cargo run -p book -- runs" } "."
    };
    let timeline = recorded.timelines.get(name);
    Ok(timeline.map(|timeline| timeline.figure(&source)))
}
