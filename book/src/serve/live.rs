//! The book as it is served: built again at every change, and told to the pages.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use axum::response::sse::Event;
use tokio::sync::watch::{Receiver, Sender};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::{RELOAD, ServeError, io_at};
use crate::build::build;
use crate::project::Project;
use crate::watch::Changes;

/// What pages are told: when the book was built, and why the last build failed.
#[derive(Debug, Clone)]
pub(super) struct News {
    built: String,
    problem: Option<String>,
}

impl News {
    pub(super) fn built_now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            built: since.unwrap_or_default().as_millis().to_string(),
            problem: None,
        }
    }
}

/// Builds beside the folder that is served and then swaps the two, so that a reader
/// never meets half a book.
pub(super) fn publish(project: &Project, folder: &Path) -> Result<(), ServeError> {
    let (next, live, old) = (folder.join("next"), folder.join("live"), folder.join("old"));
    build(project, &next, Some(RELOAD))?;
    if live.exists() {
        fs::rename(&live, &old).map_err(io_at(&live))?;
    }
    fs::rename(&next, &live).map_err(io_at(&next))?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(io_at(&old))?;
    }
    Ok(())
}

pub(super) fn rebuild_for_ever(
    project: &Project,
    folder: &Path,
    changes: &Changes,
    news: &Sender<News>,
) {
    while changes.wait() {
        match publish(project, folder) {
            Ok(()) => {
                println!("Built again.");
                news.send_replace(News::built_now());
            }
            Err(error) => {
                eprintln!("{error}");
                news.send_modify(|news| news.problem = Some(error.to_string()));
            }
        }
    }
}

pub(super) fn events(news: Receiver<News>) -> impl Stream<Item = Result<Event, Infallible>> {
    WatchStream::new(news).map(|news| {
        Ok(match news.problem {
            None => Event::default().event("built").data(news.built),
            Some(problem) => Event::default().event("problem").data(problem),
        })
    })
}
