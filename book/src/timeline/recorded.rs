//! The runs that the book keeps: `book/data/runs.json`.
//!
//! `cargo run -p book -- runs` runs every program whose output or timeline a chapter shows,
//! and keeps what it finds. `{{#output lesson3/hello}}` then has the timeline below it, and
//! `{{#timeline lesson4/main}}` draws it alone. `{{#recorded lesson2/race}}` shows what a
//! program printed whose figures are another machine's on another machine, and
//! `{{seen lesson2/race "no lock"}}` a line of it inside a text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::time::SystemTime;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use super::{Timeline, draw};
use crate::output;
use crate::project::{Program, Project};
use crate::record::Machine;
use crate::run::{Event, Language, Listed, Programs, Rules, Run};

const FILE: &str = "book/data/runs.json";

#[derive(Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub machine: Machine,
    /// By the names of the programs.
    pub timelines: BTreeMap<String, Timeline>,
    /// What those printed that a chapter shows as recorded.
    pub printed: BTreeMap<String, String>,
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
        let mut recorded = Self {
            machine: Machine::this(SystemTime::now())?,
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

    /// A program a line, so that a change of one is a change of one line.
    pub fn write(&self, project: &Project) -> Result<(), TraceError> {
        let text = format!(
            "{{\n\"machine\": {},\n\"timelines\": {},\n\"printed\": {}\n}}\n",
            json(&self.machine),
            lines(&self.timelines),
            lines(&self.printed)
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
) -> Result<(Option<Timeline>, String), TraceError> {
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
        let mut printed = String::new();
        while let Some(event) = told.recv().await {
            match event {
                Event::NotBuilt { text } => problem = Some(text),
                Event::Output { text } => printed.push_str(&text),
                _ => {}
            }
        }
        (problem, printed)
    };
    match tokio::join!(run, listen) {
        (_, (Some(text), _)) => Err(TraceError::NotBuilt {
            program: name.to_owned(),
            text,
        }),
        (Err(source), (None, _)) => Err(TraceError::Run {
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

/// `{{#timeline lesson4/main}}`
pub(crate) fn timeline(project: &Project, name: &str) -> Result<Markup, String> {
    let drawn = of_program(project, name)?;
    drawn.ok_or_else(|| {
        format!("no timeline of `{name}` in `{FILE}`; `cargo run -p book -- runs` records it")
    })
}

/// `{{#recorded lesson2/race}}`
pub(crate) fn recorded(project: &Project, name: &str) -> Result<Markup, String> {
    let program = Program::parse(name)?;
    let recorded = Recorded::read(project)?;
    let printed = recorded.as_ref().and_then(|all| all.printed.get(name));
    let (Some(recorded), Some(printed)) = (&recorded, printed) else {
        return Err(not_recorded(name));
    };
    Ok(html! {
        (output::run(&program.command(), printed.trim_end()))
        p.source { "Recorded on " (recorded.machine) "." }
    })
}

/// A chapter's text with each `{{seen lesson2/race "no lock"}}` replaced by the recorded line
/// that starts so. The error says at which byte of the text.
pub(crate) fn fill_in(project: &Project, text: &str) -> Result<String, (usize, String)> {
    const START: &str = "{{seen ";
    let mut places = text.match_indices(START).peekable();
    let Some(&(first, _)) = places.peek() else {
        return Ok(text.to_owned());
    };
    let recorded = Recorded::read(project).map_err(|fault| (first, fault))?;
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for (at, _) in places {
        let inner = text[at + START.len()..].split_once("}}");
        let (inner, rest) = inner.ok_or_else(|| (at, "`{{seen` never ends".to_owned()))?;
        let line = seen(recorded.as_ref(), inner).map_err(|fault| (at, fault))?;
        out.push_str(&text[written..at]);
        out.push_str(&format!("<samp>{line}</samp>"));
        written = text.len() - rest.len();
    }
    out.push_str(&text[written..]);
    Ok(out)
}

fn seen(recorded: Option<&Recorded>, argument: &str) -> Result<String, String> {
    let parts = argument.split_once(" \"");
    let parts = parts.and_then(|(name, start)| Some((name, start.strip_suffix('"')?)));
    let (name, start) =
        parts.ok_or_else(|| format!("`{argument}`: write `lesson2/race \"no lock\"`"))?;
    let printed = recorded.and_then(|all| all.printed.get(name));
    let printed = printed.ok_or_else(|| not_recorded(name))?;
    let line = printed
        .lines()
        .find(|line| line.trim_start().starts_with(start));
    let line = line.ok_or_else(|| format!("no line of `{name}` starts with `{start}`"))?;
    // Columns stand two spaces or more apart, which HTML would make one. Bars are left out.
    let columns = line
        .split("  ")
        .map(str::trim)
        .filter(|column| !column.is_empty() && !column.starts_with('█'));
    let line = columns.collect::<Vec<_>>().join(" · ");
    // A figure stays together.
    let line = line
        .replace(" ± ", "\u{a0}±\u{a0}")
        .replace(" ×", "\u{a0}×");
    Ok(html! { (line) }.into_string())
}

fn not_recorded(name: &str) -> String {
    format!("no run of `{name}` in `{FILE}`; `cargo run -p book -- runs` records it")
}

/// The program's timeline, if one is recorded.
pub(crate) fn of_program(project: &Project, name: &str) -> Result<Option<Markup>, String> {
    let Some(recorded) = Recorded::read(project)? else {
        return Ok(None);
    };
    let source = html! {
        "Recorded on " (recorded.machine) " with " code { "cargo run -p book -- runs" } "."
    };
    let timeline = recorded.timelines.get(name);
    Ok(timeline.map(|timeline| draw::figure(timeline, &source)))
}
