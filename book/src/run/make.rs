//! Builds a program, as `cargo build` does for a reader.

use std::ffi::OsString;
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
const STEPS: [&str; 4] = ["Blocking", "Updating", "Downloading", "Compiling"];

pub(super) enum Made {
    Built(PathBuf),
    /// What the compiler said.
    Not(String),
    Over(Over),
}

/// A line of cargo's for programs.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

pub(super) async fn make(run: &Run<'_>) -> io::Result<Made> {
    let words = ["build", "--message-format=json-render-diagnostics"];
    let words = words.into_iter().chain(["--package", &run.listed.package]);
    let words = words
        .chain(["--bin", &run.listed.binary])
        .map(OsString::from);
    let command: Vec<_> = [cargo()].into_iter().chain(words).collect();
    let mut kept = run.start(&command, &[])?;

    let mut executable = None;
    let mut said = String::new();
    let listen = async {
        let mut heard = String::new();
        while let Some(text) = kept.hear().await? {
            heard.push_str(&text);
            while let Some(end) = heard.find('\n') {
                let line: String = heard.drain(..=end).collect();
                if let Ok(message) = serde_json::from_str::<Message>(&line) {
                    executable = message.executable.or(executable.take());
                } else if STEPS.iter().any(|step| line.trim().starts_with(step)) {
                    let text = line.trim().to_owned();
                    run.tell(Event::Building { text }).await;
                } else {
                    said.push_str(&line);
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
    Ok(match (report.end, executable) {
        (End::Code(0), Some(executable)) => Made::Built(executable),
        (End::NotStarted(reason), _) => Made::Not(reason),
        _ => Made::Not(said),
    })
}
