//! Builds a program with `cargo build`.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::client::Client;
use super::event::{Event, Over};
use super::programs::cargo;
use super::supervised::Supervised;
use super::supervisor::End;
use super::{Listed, Rules};
use crate::project::Project;

/// The first build of a lesson includes its dependencies, perhaps on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Messages of cargo that are worth showing at once.
const STEPS: [&str; 3] = ["Blocking", "Updating", "Downloading"];

/// By default cargo shows progress only on a terminal.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("CARGO_TERM_PROGRESS_WHEN", "always"),
    ("CARGO_TERM_PROGRESS_WIDTH", "160"),
    ("CARGO_TERM_COLOR", "never"),
];

pub(super) enum Build {
    Executable(PathBuf),
    /// What the compiler said.
    Failed(String),
    Over(Over),
}

/// A line of cargo's JSON: an executable, or a message of the compiler.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    /// As a terminal shows it, in colour.
    rendered: Option<String>,
}

/// What cargo has said so far.
#[derive(Default)]
struct Messages {
    executable: Option<PathBuf>,
    errors: String,
    warnings: String,
    /// What cargo itself printed.
    cargo: String,
}

pub(super) async fn build(
    listed: &Listed,
    project: &Project,
    rules: &Rules,
    client: &Client<'_>,
) -> io::Result<Build> {
    let words = ["build", "--message-format=json-diagnostic-rendered-ansi"];
    let words = words.into_iter().chain(["--package", &listed.package]);
    let words = words.chain(["--bin", &listed.binary]).map(OsString::from);
    let command: Vec<_> = [cargo()].into_iter().chain(words).collect();
    let environment = ENVIRONMENT.map(|(name, value)| (name, OsStr::new(value)));
    let mut cargo = Supervised::start(rules, project, &command, &environment)?;

    let mut messages = Messages::default();
    let read = async {
        let mut rest = String::new();
        let mut last = String::new();
        while let Some(text) = cargo.read().await? {
            rest.push_str(&text);
            // Cargo redraws its progress on the same line.
            while let Some(end) = rest.find(['\n', '\r']) {
                let line: String = rest.drain(..=end).collect();
                let Some(text) = messages.take(&line) else {
                    continue;
                };
                if text != last {
                    last.clone_from(&text);
                    if !client.send(Event::Building { text }).await {
                        return Ok(Over::Gone);
                    }
                }
            }
        }
        Ok(Over::EndOfOutput)
    };
    let over = client.until_over(TIMEOUT, read).await?;
    let report = cargo.end().await?;
    if over != Over::EndOfOutput {
        return Ok(Build::Over(over));
    }
    Ok(match (report.end, messages.executable) {
        (End::Code(0), Some(executable)) => Build::Executable(executable),
        (End::NotStarted(reason), _) => Build::Failed(reason),
        _ => Build::Failed(messages.errors + &messages.warnings + &messages.cargo),
    })
}

impl Messages {
    /// Stores a line; returns what is worth showing at once.
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
    fn progress_is_shown_in_words() {
        let line = "Building [=======>      ] 12/45: serde, syn(build)   ";
        let shown = Messages::default().take(line);
        assert_eq!(shown.unwrap(), "12 of 45 done, now serde, syn(build)");
        let shown = progress("Building [>      ] 0/1");
        assert_eq!(shown.unwrap(), "0 of 1 done");
    }

    #[test]
    fn errors_come_before_warnings() {
        let mut messages = Messages::default();
        for (level, text) in [
            ("warning", "unused"),
            ("error", "mismatched"),
            ("error", "E2"),
        ] {
            let message = serde_json::json!({ "message": { "level": level, "rendered": text } });
            assert_eq!(messages.take(&message.to_string()), None);
        }
        assert_eq!(
            (&*messages.errors, &*messages.warnings),
            ("mismatchedE2", "unused")
        );
    }
}
