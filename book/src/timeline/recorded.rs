//! The timelines that the book keeps: `book/data/timelines.json`.
//!
//! `cargo run -p book -- trace` runs every program whose output or timeline a chapter
//! shows, and keeps what it finds. `{{#output lesson3/hello}}` then has the timeline below
//! it, and `{{#timeline lesson4/main}}` draws it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::time::SystemTime;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use super::{Timeline, draw};
use crate::project::Project;
use crate::record::Machine;
use crate::run::{Event, Language, Listed, Programs, Rules, Run};

const FILE: &str = "book/data/timelines.json";

#[derive(Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub machine: Machine,
    /// By the names of the programs.
    pub timelines: BTreeMap<String, Timeline>,
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("{0}")]
    Programs(String),
    #[error("{program} cannot be built:\n{text}")]
    NotBuilt { program: String, text: String },
    #[error("{program}: {source}")]
    Run {
        program: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Machine(#[from] crate::record::RecordError),
    #[error("cannot write `{FILE}`: {0}")]
    NotWritten(std::io::Error),
}

impl Recorded {
    /// Runs the programs that the chapters show, one after the other.
    ///
    /// # Errors
    /// If a program cannot be built or run. One that fails on purpose is no error.
    pub async fn of(project: &Project, rules: &Rules) -> Result<Self, TraceError> {
        let programs = Programs::of(project).await.map_err(TraceError::Programs)?;
        let mut timelines = BTreeMap::new();
        for name in shown(project) {
            if let Some(listed) = programs.get(&name) {
                println!("{name}");
                if let Some(timeline) = traced(project, rules, &name, listed).await? {
                    timelines.insert(name, timeline);
                }
            }
        }
        Ok(Self {
            machine: Machine::this(SystemTime::now())?,
            timelines,
        })
    }

    /// A timeline a line, so that a change of one is a change of one line.
    pub fn write(&self, project: &Project) -> Result<(), TraceError> {
        let lines = self.timelines.iter();
        let lines = lines.map(|(name, timeline)| format!("{}: {}", json(name), json(timeline)));
        let lines: Vec<String> = lines.collect();
        let text = format!(
            "{{\n\"machine\": {},\n\"timelines\": {{\n{}\n}}\n}}\n",
            json(&self.machine),
            lines.join(",\n")
        );
        let path = project.file(FILE);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(TraceError::NotWritten)
    }

    /// `None`: nothing was recorded yet.
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

async fn traced(
    project: &Project,
    rules: &Rules,
    name: &str,
    listed: &Listed,
) -> Result<Option<Timeline>, TraceError> {
    let (events, mut told) = mpsc::channel(16);
    let run = async move {
        let run = Run {
            project,
            rules,
            listed,
            language: Language::Rust,
            arguments: &[],
            events: &events,
            stop: &Notify::new(),
        };
        run.perform().await
    };
    let listen = async {
        let mut problem = None;
        while let Some(event) = told.recv().await {
            if let Event::NotBuilt { text } = event {
                problem = Some(text);
            }
        }
        problem
    };
    match tokio::join!(run, listen) {
        (_, Some(text)) => Err(TraceError::NotBuilt {
            program: name.to_owned(),
            text,
        }),
        (Err(source), None) => Err(TraceError::Run {
            program: name.to_owned(),
            source,
        }),
        (Ok(timeline), None) => Ok(timeline),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("names and numbers become JSON")
}

/// The programs whose output or timeline a chapter shows.
fn shown(project: &Project) -> BTreeSet<String> {
    let files = walkdir::WalkDir::new(project.chapters()).into_iter();
    let texts = files.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    let names = |text: String| {
        let names = text.lines().filter_map(|line| {
            let argument = ["{{#output ", "{{#timeline "]
                .iter()
                .find_map(|start| line.trim_start().strip_prefix(start))?;
            let name = argument.split([' ', '}']).next()?;
            Some(name.to_owned())
        });
        names.collect::<Vec<_>>()
    };
    texts.flat_map(names).collect()
}

/// `{{#timeline lesson4/main}}`
pub(crate) fn timeline(project: &Project, name: &str) -> Result<Markup, String> {
    let drawn = of_program(project, name)?;
    drawn.ok_or_else(|| {
        format!("no timeline of `{name}` in `{FILE}`; `cargo run -p book -- trace` records it")
    })
}

/// The program's timeline, if one is recorded.
pub(crate) fn of_program(project: &Project, name: &str) -> Result<Option<Markup>, String> {
    let Some(recorded) = Recorded::read(project)? else {
        return Ok(None);
    };
    let source = html! {
        "Recorded on " (recorded.machine) " with " code { "cargo run -p book -- trace" } "."
    };
    let timeline = recorded.timelines.get(name);
    Ok(timeline.map(|timeline| draw::figure(timeline, &source)))
}
