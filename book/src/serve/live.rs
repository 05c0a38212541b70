//! The pages as they are served: rebuilt at every change, which open pages are notified of.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use axum::response::sse::Event;
use serde::Serialize;
use tokio::sync::watch::{Receiver, Sender};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::watch::Changes;
use super::{RELOAD, ServeError, io_at};
use crate::build::build;
use crate::project::Project;

/// The files of a built book, each with a digest of its content.
type Files = BTreeMap<String, String>;

/// What open pages receive: the digest of each page, which shows whether it has changed, and
/// why the last build failed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct BuildState {
    pages: Files,
    problem: Option<String>,
}

/// The folder that is served, and what is in it.
#[derive(Debug)]
pub(super) struct Live {
    folder: PathBuf,
    files: Files,
}

impl Live {
    /// Builds beside the folder that is served and then swaps the two, so that no reader ever
    /// sees half a book.
    pub(super) fn publish(project: &Project, folder: &Path) -> Result<Self, ServeError> {
        let mut live = Self {
            folder: folder.to_owned(),
            files: Files::new(),
        };
        live.publish_again(project)?;
        Ok(live)
    }

    /// A build without changes is discarded.
    fn publish_again(&mut self, project: &Project) -> Result<(), ServeError> {
        let [next, live, old] = ["next", "live", "old"].map(|name| self.folder.join(name));
        build(project, &next, Some(RELOAD))?;
        let files = digests(&next).map_err(io_at(&next))?;
        if files == self.files {
            return Ok(());
        }
        if live.exists() {
            fs::rename(&live, &old).map_err(io_at(&live))?;
        }
        fs::rename(&next, &live).map_err(io_at(&next))?;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(io_at(&old))?;
        }
        self.files = files;
        Ok(())
    }

    pub(super) fn state(&self) -> BuildState {
        let is_page = |name: &&String| name.ends_with(".html");
        let names = self.files.keys().filter(is_page);
        BuildState {
            pages: names
                .map(|name| (name.clone(), self.files[name].clone()))
                .collect(),
            problem: None,
        }
    }

    pub(super) fn rebuild_for_ever(
        mut self,
        project: &Project,
        changes: &Changes,
        state: &Sender<BuildState>,
    ) {
        while changes.wait() {
            let built = self.publish_again(project).map(|()| self.state());
            let changed = state.send_if_modified(|last| match &built {
                Ok(new) if new.pages == last.pages && last.problem.is_none() => false,
                Ok(new) => {
                    *last = new.clone();
                    true
                }
                Err(error) => {
                    last.problem = Some(error.to_string());
                    true
                }
            });
            match built {
                Ok(_) if changed => println!("Rebuilt."),
                Ok(_) => {}
                Err(error) => eprintln!("{error}"),
            }
        }
    }
}

fn digests(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let name = path.to_string_lossy().into_owned();
            files.insert(name, digest(&fs::read(entry.path())?));
        }
    }
    Ok(files)
}

fn digest(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

pub(super) fn events(state: Receiver<BuildState>) -> impl Stream<Item = Result<Event, Infallible>> {
    WatchStream::new(state).map(|state| {
        let name = match state.problem {
            None => "built",
            Some(_) => "problem",
        };
        let event = Event::default().event(name).json_data(&state);
        Ok(event.expect("words become JSON"))
    })
}
