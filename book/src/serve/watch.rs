//! Notices changes of the book's sources, and of a folder of results.

use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::project::Project;

/// A save causes several events; it is over after this long without one.
const QUIET: Duration = Duration::from_millis(100);

/// The number of changes so far. A result read at one count is valid until the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Changes since its creation; none is lost while a build is running.
pub(crate) struct Changes {
    count: Count,
    changes: Receiver<()>,
    /// Watches until it is dropped.
    _watcher: RecommendedWatcher,
}

impl Changes {
    pub(crate) fn of(project: &Project) -> notify::Result<Self> {
        let (sender, changes) = mpsc::channel();
        let count = Count::default();
        let counted = count.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // A build reads the sources, and would otherwise start the next one.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                counted.add();
                let _ = sender.send(());
            }
        })?;
        for path in project.sources() {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
        Ok(Self {
            count,
            changes,
            _watcher: watcher,
        })
    }

    pub(crate) fn count(&self) -> Count {
        self.count.clone()
    }

    /// Waits for the next change to be over; false once there can be no more.
    pub(crate) fn wait(&self) -> bool {
        let changed = self.changes.recv().is_ok();
        while self.changes.recv_timeout(QUIET).is_ok() {}
        changed
    }
}

/// Changes that follow one another for longer than this are reported all the same.
const LONGEST: Duration = Duration::from_secs(2);

/// A folder that other programs create, fill and delete. It need not exist yet.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// What changed.
    changes: Receiver<Vec<PathBuf>>,
    _watcher: RecommendedWatcher,
}

impl Folder {
    /// Watches the folder, if it exists, and the nearest existing folder above it.
    pub(crate) fn at(path: &Path) -> notify::Result<Self> {
        loop {
            let (sender, changes) = mpsc::channel();
            let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
                if let Ok(event) = event
                    && !event.kind.is_access()
                {
                    let _ = sender.send(event.paths);
                }
            })?;
            let there = nearest(path);
            let watched = there
                .iter()
                .try_for_each(|(path, mode)| watcher.watch(path, *mode));
            // Otherwise one of them was created or deleted meanwhile.
            if nearest(path) == there {
                return watched.map(|()| Self {
                    path: path.to_owned(),
                    changes,
                    _watcher: watcher,
                });
            }
        }
    }

    /// Waits until the next changes inside are over.
    pub(crate) fn wait(&mut self) -> notify::Result<()> {
        loop {
            let first = self.changes.recv();
            let mut paths = first.map_err(|_| notify::Error::generic("the watcher has ended"))?;
            let over = Instant::now() + LONGEST;
            let rest = || {
                let left = over.saturating_duration_since(Instant::now());
                self.changes.recv_timeout(QUIET.min(left)).ok()
            };
            paths.extend(iter::from_fn(rest).flatten());
            if paths.iter().any(|path| self.path.starts_with(path)) {
                // It, or a folder above it, was created or deleted.
                *self = Self::at(&self.path)?;
                return Ok(());
            }
            if paths.iter().any(|path| path.starts_with(&self.path)) {
                return Ok(());
            }
        }
    }
}

/// The existing folders to watch.
fn nearest(path: &Path) -> Vec<(&Path, RecursiveMode)> {
    let above = path.ancestors().skip(1).find(|path| path.is_dir());
    let above = above.map(|above| (above, RecursiveMode::NonRecursive));
    let itself = path.is_dir().then_some((path, RecursiveMode::Recursive));
    above.into_iter().chain(itself).collect()
}
