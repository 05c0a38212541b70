//! One run from order to end: build, start, hear, end, and draw.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;
use tokio::{select, time};

use super::event::{Ended, Event, Over};
use super::kept::Kept;
use super::make::{Made, make};
use super::{Language, Listed, Rules};
use crate::project::Project;
use crate::timeline::Timeline;

/// A run that was ordered.
#[derive(Debug)]
pub struct Run<'a> {
    pub project: &'a Project,
    pub rules: &'a Rules,
    pub listed: &'a Listed,
    pub language: Language,
    pub arguments: &'a [String],
    pub events: &'a Sender<Event>,
    /// Told when the run is to end.
    pub stop: &'a Notify,
}

impl Run<'_> {
    /// Returns the program's timeline, if it started processes and wrote a trace of them, and
    /// the page still reads. A program that measures is not traced.
    /// Nothing of the program is left then.
    ///
    /// # Errors
    /// If the system refuses what the run needs.
    pub async fn perform(&self) -> io::Result<Option<Timeline>> {
        let program = match (self.language, self.listed.twin()) {
            (Language::Python, Some(twin)) => vec!["python3".into(), twin.into()],
            (Language::Python, None) => return Err(io::Error::other("there is no twin")),
            (Language::Rust, _) => match make(self).await? {
                Made::Built(program) => vec![program.into_os_string()],
                Made::Not(text) => {
                    self.tell(Event::NotBuilt { text }).await;
                    return Ok(None);
                }
                Made::Over(over) => {
                    self.tell(Event::Ended(Ended::before_it_began(&over))).await;
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
            // Compiled modules beside the sources would be a change of the book.
            Language::Python => &[("PYTHONDONTWRITEBYTECODE", OsStr::new("1"))],
        };
        let mut kept = self.start(&command, environment)?;
        self.tell(Event::Started).await;
        let most = self.rules.output;
        let listen = async {
            let mut printed = 0;
            while let Some(text) = kept.hear().await? {
                printed += text.len();
                if !self.tell(Event::Output { text }).await {
                    return Ok(Over::Unwanted);
                }
                if printed > most {
                    return Ok(Over::TooMuch(most));
                }
            }
            Ok(Over::Said)
        };
        let over = self.until_over(self.rules.time, listen).await?;
        let report = kept.end().await?;
        let is_told = self.tell(Event::Ended(Ended::of(&over, &report))).await;
        if is_told {
            Timeline::read(&trace)
        } else {
            Ok(None)
        }
    }

    pub(super) fn start<S: AsRef<OsStr>>(
        &self,
        command: &[S],
        environment: &[(&str, &OsStr)],
    ) -> io::Result<Kept> {
        Kept::start(
            &self.rules.keeper,
            command,
            self.project.root(),
            environment,
        )
    }

    /// Listens until there is a reason not to.
    pub(super) async fn until_over(
        &self,
        limit: Duration,
        listen: impl Future<Output = io::Result<Over>>,
    ) -> io::Result<Over> {
        select! {
            over = listen => over,
            () = self.stop.notified() => Ok(Over::Stopped),
            () = self.events.closed() => Ok(Over::Unwanted),
            () = time::sleep(limit) => Ok(Over::TooLong(limit)),
        }
    }

    /// False once nobody takes the events: the page is gone, or does not read.
    pub async fn tell(&self, event: Event) -> bool {
        let sent = self.events.send_timeout(event, self.rules.unread);
        sent.await.is_ok()
    }
}
