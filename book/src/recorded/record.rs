//! Runs the programs that the chapters show, and records what they printed and did.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::SystemTime;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};

use super::{FILE, Recorded};
use crate::figure::timeline::Timeline;
use crate::measured::{Machine, Python};
use crate::project::Project;
use crate::run::{Client, Event, Language, Listed, Programs, Rules, Run};

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    #[error("{0}")]
    Programs(String),
    #[error("{program} cannot be built:\n{text}")]
    NotBuilt { program: String, text: String },
    #[error("{program}: {source}")]
    Run {
        program: String,
        source: std::io::Error,
    },
    #[error("cannot write `{FILE}`: {0}")]
    NotWritten(std::io::Error),
}

impl Recorded {
    /// Runs the programs that the chapters show, one after another.
    ///
    /// # Errors
    /// If a program cannot be built or run. One that fails on purpose is no error.
    pub async fn of(project: &Project, rules: &Rules) -> Result<Self, RunsError> {
        let programs = Programs::of(project).await.map_err(RunsError::Programs)?;
        let mut recorded = Self {
            machine: Machine::this(SystemTime::now()),
            python: Python::on_path(),
            timelines: BTreeMap::new(),
            printed: BTreeMap::new(),
        };
        let texts = named(project, &["{{#recorded "]);
        for name in named(project, &["{{#output ", "{{#timeline ", "{{#recorded "]) {
            let Some(listed) = programs.get(&name) else {
                continue;
            };
            println!("{name}");
            let (timeline, printed) = traced(project, rules, &name, listed).await?;
            if texts.contains(&name) {
                recorded.printed.insert(name.clone(), printed);
            }
            if let Some(timeline) = timeline {
                recorded.timelines.insert(name, timeline);
            }
        }
        Ok(recorded)
    }

    /// One line per program, so that diffs stay small.
    pub fn write(&self, project: &Project) -> Result<(), RunsError> {
        let text = format!(
            "{{\n\"machine\": {},\n\"python\": {},\n\"timelines\": {},\n\"printed\": {}\n}}\n",
            json(&self.machine),
            json(&self.python),
            lines(&self.timelines),
            lines(&self.printed)
        );
        let path = project.file(FILE);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(RunsError::NotWritten)
    }
}

async fn traced(
    project: &Project,
    rules: &Rules,
    name: &str,
    listed: &Listed,
) -> Result<(Option<Timeline>, String), RunsError> {
    let (events, mut received) = mpsc::channel(16);
    let run = async move {
        let run = Run {
            project,
            rules,
            listed,
            language: Language::Rust,
            arguments: &[],
            client: Client {
                events: &events,
                stop: &Notify::new(),
                unread: rules.unread,
            },
        };
        run.perform().await
    };
    let listen = async {
        let mut problem = None;
        let mut printed = String::new();
        while let Some(event) = received.recv().await {
            match event {
                Event::NotBuilt { text } => problem = Some(text),
                Event::Output { text } => printed.push_str(&text),
                _ => {}
            }
        }
        (problem, printed)
    };
    match tokio::join!(run, listen) {
        (_, (Some(text), _)) => Err(RunsError::NotBuilt {
            program: name.to_owned(),
            text,
        }),
        (Err(source), (None, _)) => Err(RunsError::Run {
            program: name.to_owned(),
            source,
        }),
        (Ok(timeline), (None, printed)) => Ok((timeline, printed)),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("names and numbers become JSON")
}

fn lines(programs: &BTreeMap<String, impl Serialize>) -> String {
    let lines = programs
        .iter()
        .map(|(name, what)| format!("{}: {}", json(name), json(what)));
    format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join(",\n"))
}

/// The programs that a chapter names in one of these `directives`.
fn named(project: &Project, directives: &[&str]) -> BTreeSet<String> {
    let files = walkdir::WalkDir::new(project.chapters()).into_iter();
    let texts = files.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    let names = |text: String| {
        let names = text.lines().filter_map(|line| {
            let argument = directives
                .iter()
                .find_map(|start| line.trim_start().strip_prefix(start))?;
            let name = argument.split([' ', '}']).next()?;
            Some(name.to_owned())
        });
        names.collect::<Vec<_>>()
    };
    texts.flat_map(names).collect()
}
