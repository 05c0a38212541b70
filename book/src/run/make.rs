//! Builds a program, as `cargo build` does for a reader.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::event::{Event, Over};
use super::keeper::End;
use super::perform::Run;
use super::programs::cargo;

/// The first build of a lesson makes all that it stands on, perhaps on a slow machine.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// What cargo does, among all that it says, that is worth telling while it lasts.
const STEPS: [&str; 3] = ["Blocking", "Updating", "Downloading"];

/// Cargo draws its progress only on a terminal, unless it is told otherwise.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "160"),
    ("CARGO_TERM_COLOR", "never"),
];

pub(super) enum Made {
    Built(PathBuf),
    /// What the compiler said.
    Not(String),
    Over(Over),
}

/// A line of cargo's for programs: what it made, or what the compiler says.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    /// As on a terminal, in colour.
    rendered: Option<String>,
}

/// What is to be told of a build, as it becomes known.
#[derive(Default)]
struct Heard {
    executable: Option<PathBuf>,
    errors: String,
    warnings: String,
    /// Cargo's own words.
    cargo: String,
}

pub(super) async fn make(run: &Run<'_>) -> io::Result<Made> {
    let words = ["build", "--message-format=json-diagnostic-rendered-ansi"];
    let words = words.into_iter().chain(["--package", &run.listed.package]);
    let words = words
        .chain(["--bin", &run.listed.binary])
        .map(OsString::from);
    let command: Vec<_> = [cargo()].into_iter().chain(words).collect();
    let environment = ENVIRONMENT.map(|(name, value)| (name, OsStr::new(value)));
    let mut kept = run.start(&command, &environment)?;

    let mut heard = Heard::default();
    let listen = async {
        let mut rest = String::new();
        let mut last = String::new();
        while let Some(text) = kept.hear().await? {
            rest.push_str(&text);
            // Progress is drawn over and over on the same line.
            while let Some(end) = rest.find(['\n', '\r']) {
                let line: String = rest.drain(..=end).collect();
                let Some(text) = heard.take(&line) else {
                    continue;
                };
                if text != last {
                    last.clone_from(&text);
                    if !run.tell(Event::Building { text }).await {
                        return Ok(Over::Unwanted);
                    }
                }
            }
        }
        Ok(Over::Said)
    };
    let over = run.until_over(LIMIT, listen).await?;
    let report = kept.end().await?;
    if over != Over::Said {
        return Ok(Made::Over(over));
    }
    Ok(match (report.end, heard.executable) {
        (End::Code(0), Some(executable)) => Made::Built(executable),
        (End::NotStarted(reason), _) => Made::Not(reason),
        _ => Made::Not(heard.errors + &heard.warnings + &heard.cargo),
    })
}

impl Heard {
    /// Keeps what a line says; returns what of it is worth telling at once.
    fn take(&mut self, line: &str) -> Option<String> {
        if let Ok(message) = serde_json::from_str::<Message>(line) {
            self.executable = message.executable.or(self.executable.take());
            if let Some(Diagnostic { level, rendered }) = message.message {
                let rendered = rendered.unwrap_or_default();
                if level.starts_with("error") {
                    self.errors += &rendered;
                } else {
                    self.warnings += &rendered;
                }
            }
            return None;
        }
        let words = line.trim();
        if words.starts_with("Building [") {
            return progress(words);
        }
        if STEPS.iter().any(|step| words.starts_with(step)) {
            return Some(words.to_owned());
        }
        if !words.is_empty() && !words.starts_with("Compiling ") {
            self.cargo += line;
        }
        None
    }
}

/// `Building [===>   ] 12/45: serde, syn` as `12 of 45 done, now serde, syn`.
fn progress(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("] ")?;
    let (count, names) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, all) = count.split_once('/')?;
    let now = match names.trim() {
        "" => String::new(),
        names => format!(", now {names}"),
    };
    Some(format!("{} of {} done{now}", done.trim(), all.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_words() {
        let line = "Building [=======>      ] 12/45: serde, syn(build)   ";
        let told = Heard::default().take(line);
        assert_eq!(told.unwrap(), "12 of 45 done, now serde, syn(build)");
        let told = progress("Building [>      ] 0/1");
        assert_eq!(told.unwrap(), "0 of 1 done");
    }

    #[test]
    fn errors_come_before_warnings() {
        let mut heard = Heard::default();
        for (level, text) in [
            ("warning", "unused"),
            ("error", "mismatched"),
            ("error", "E2"),
        ] {
            let message = serde_json::json!({ "message": { "level": level, "rendered": text } });
            assert_eq!(heard.take(&message.to_string()), None);
        }
        assert_eq!(
            (&*heard.errors, &*heard.warnings),
            ("mismatchedE2", "unused")
        );
    }
}
