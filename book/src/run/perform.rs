//! One run from start to end: build, start, read, end, and draw.

use std::ffi::OsStr;
use std::io;

use super::build::{Build, build};
use super::client::Client;
use super::event::{Ended, Event, Over};
use super::supervised::Supervised;
use super::{Language, Listed, Rules};
use crate::figure::timeline::Timeline;
use crate::project::Project;

/// A run that was asked for.
#[derive(Debug)]
pub struct Run<'a> {
    pub project: &'a Project,
    pub rules: &'a Rules,
    pub listed: &'a Listed,
    pub language: Language,
    pub arguments: &'a [String],
    pub client: Client<'a>,
}

impl Run<'_> {
    /// Returns the program's timeline if it wrote a trace and the client still reads. Programs
    /// that measure are not traced. Nothing of the program is left when this returns.
    ///
    /// # Errors
    /// If the system refuses what the run needs.
    pub async fn perform(&self) -> io::Result<Option<Timeline>> {
        let Self { client, rules, .. } = self;
        let program = match (self.language, self.listed.twin()) {
            (Language::Python, Some(twin)) => vec!["python3".into(), twin.into()],
            (Language::Python, None) => return Err(io::Error::other("there is no twin")),
            (Language::Rust, _) => match build(self.listed, self.project, rules, client).await? {
                Build::Executable(program) => vec![program.into_os_string()],
                Build::Failed(text) => {
                    client.send(Event::NotBuilt { text }).await;
                    return Ok(None);
                }
                Build::Over(over) => {
                    let ended = Ended::before_it_began(&over);
                    client.send(Event::Ended(ended)).await;
                    return Ok(None);
                }
            },
        };
        let arguments = self.arguments.iter().map(Into::into);
        let command: Vec<_> = program.into_iter().chain(arguments).collect();

        let folder = self.project.file("target/traces");
        std::fs::create_dir_all(&folder)?;
        let folder = tempfile::tempdir_in(folder)?;
        let trace = folder.path().join("trace.json");
        let environment: &[(&str, &OsStr)] = match self.language {
            Language::Rust if self.listed.measures => &[],
            Language::Rust => &[(multiprocessing::trace::ENV_VAR, trace.as_os_str())],
            // Compiled modules beside the sources would count as a change of the book.
            Language::Python => &[("PYTHONDONTWRITEBYTECODE", OsStr::new("1"))],
        };
        let mut program = Supervised::start(rules, self.project, &command, environment)?;
        client.send(Event::Started).await;
        let read = async {
            let mut printed = 0;
            while let Some(text) = program.read().await? {
                printed += text.len();
                if !client.send(Event::Output { text }).await {
                    return Ok(Over::Gone);
                }
                if printed > rules.output {
                    return Ok(Over::TooMuch(rules.output));
                }
            }
            Ok(Over::EndOfOutput)
        };
        let over = client.until_over(rules.time, read).await?;
        let report = program.end().await?;
        if client.send(Event::Ended(Ended::of(&over, &report))).await {
            Timeline::read(&trace)
        } else {
            Ok(None)
        }
    }
}
