//! Where results come from: a worker, and the arena it writes them to.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Cause, ChildError, TaskError};
use crate::pool::shared::arena::{self, Block, Reader};
use crate::sys::file_mapping::FileMapping;
use crate::sys::window::Window;

/// It outlives the worker, until the last result is read.
pub(in crate::pool) struct Source {
    name: String,
    pid: u32,
    pub(super) window: Window,
    reader: Mutex<Reader>,
    /// The worker has ended, and the pool can't start another while other threads run.
    beside_threads: AtomicBool,
}

impl Source {
    pub(super) fn new(name: String, pid: u32, window: Window) -> Self {
        Self {
            name,
            pid,
            window,
            reader: Mutex::default(),
            beside_threads: AtomicBool::new(false),
        }
    }

    /// A mapping that holds the bytes of `block`, if they exist.
    pub(in crate::pool) fn mapping(&self, block: Block) -> io::Result<Arc<FileMapping>> {
        if self.window.is_inherited() {
            // It does not belong to a child.
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut reader = self.reader();
        let mapping = reader.mapping(&self.window, block.at, block.len);
        mapping.map(Arc::clone)
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker may use the room of `block` again.
    pub(super) fn release(&self, block: Block) {
        if let Ok(mapping) = self.mapping(block) {
            arena::release(&mapping, block.segment);
        }
    }

    /// Frees what exceeds `kept`, unless results are still to be read. The worker must be idle.
    pub(super) fn trim(self: &Arc<Self>, kept: u64) {
        if Arc::strong_count(self) == 1 {
            self.reader().trim(&self.window, kept);
        }
    }

    #[cold]
    pub(in crate::pool) fn task_error(&self, index: usize, cause: Cause) -> Box<TaskError> {
        let worker = self.error(cause);
        Box::new(TaskError { index, worker })
    }

    pub(super) fn error(&self, cause: Cause) -> ChildError {
        ChildError {
            name: self.name.clone(),
            pid: self.pid,
            cause,
            beside_threads: self.beside_threads.load(Relaxed),
        }
    }

    /// Records that the worker has ended and could not be replaced because other threads run.
    pub(super) fn mark_not_replaced(&self) {
        self.beside_threads.store(true, Relaxed);
    }
}
