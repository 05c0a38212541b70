//! Notices that something the book is made of has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::project::Project;

/// A save is several events; they are over once it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(100);

/// How many changes there were. What was read at one count may be kept until the next.
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

/// Changes since this was made; none is lost while a build is running.
pub(crate) struct Changes {
    count: Count,
    changes: Receiver<()>,
    /// Watches for as long as it is there.
    _watcher: RecommendedWatcher,
}

impl Changes {
    pub(crate) fn of(project: &Project) -> notify::Result<Self> {
        let (sender, changes) = mpsc::channel();
        let count = Count::default();
        let counted = count.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading is no change: a build would start the next one.
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
