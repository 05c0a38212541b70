//! The pool as its users hold it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{Engine, Settings, Turns};
use crate::error::Error;
use crate::sys::generation::Generation;

/// How long workers may take to end after SIGTERM when their pool is dropped.
const GRACE: Duration = Duration::from_millis(100);

/// A fixed number of worker processes that run tasks; see the [module](super).
///
/// `S` is the type of the workers' own state, which
/// [`Builder::initializer`](super::Builder::initializer) makes.
///
/// Dropping a pool ends its workers: they get SIGTERM, and 100 ms later SIGKILL.
pub struct Pool<S = ()> {
    pub(super) engine: Arc<Turns>,
    pub(super) workers: usize,
    pub(super) generation: Generation,
    pub(super) state: PhantomData<fn() -> S>,
}

impl<S> Pool<S> {
    pub(super) fn start(workers: usize, settings: Settings) -> Result<Self, Error> {
        Ok(Self {
            engine: Arc::new(Turns::new(Engine::new(workers, settings)?)),
            workers,
            generation: Generation::current(),
            state: PhantomData,
        })
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Waits until all tasks are done, and ends the workers. After a failed `map`, that includes
    /// the items that workers were running when it failed; to wait for none, call
    /// [`terminate`](Self::terminate). Later calls return [`Error::Closed`]; results that have
    /// arrived can still be collected. Closing twice is fine.
    ///
    /// # Errors
    /// [`Error::NoWorkers`] and the like, if the tasks can't be finished.
    pub fn close(&mut self) -> Result<(), Error> {
        self.check_owner()?;
        self.engine.take().close()?;
        self.drop_initializer();
        Ok(())
    }

    /// Ends the workers, whatever they are doing: they get SIGTERM, and any left after `grace` get
    /// SIGKILL.
    ///
    /// A worker handles SIGTERM if this process did when the worker was started. Such a worker
    /// leaves as soon as its current chunk is done, and begins no other.
    pub fn terminate(&mut self, grace: Duration) {
        if self.check_owner().is_ok() {
            self.engine.take().terminate(grace);
            self.drop_initializer();
        }
    }

    /// No more workers will be started. Others may rely on the initializer's captures, such as the
    /// end of a channel, being dropped. Their destructors may use the pool, so it is not borrowed
    /// here.
    fn drop_initializer(&self) {
        let initializer = self.engine.take().take_initializer();
        drop(initializer);
    }

    pub(super) fn check_owner(&self) -> Result<(), Error> {
        self.generation.check("pool")
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        self.terminate(GRACE);
    }
}

impl<S> fmt::Debug for Pool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
