//! The handle to a scope's child.

use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::members::{Member, Members};
use crate::child::{Child, lend, lent, readable};
use crate::error::Error;
use crate::sys::descriptor::Descriptor;
use crate::sys::monitor::Deadline;
use crate::wire::Portable;

/// A child of a [`scope`](super::scope). It has the methods of a
/// [`Process`](crate::process::Process).
///
/// Dropping it does nothing: the scope joins the child. If you kill the child, join it yourself, or
/// else the scope returns its error.
pub struct ScopedProcess<'scope, T> {
    name: Arc<str>,
    member: Rc<Member>,
    /// `None` if it could not be started.
    pid: Option<u32>,
    members: Rc<Members>,
    /// What `as_fd` lends: the pidfd, or a descriptor that is always readable.
    lent: OnceCell<Descriptor>,
    scope: PhantomData<&'scope ()>,
    answer: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for ScopedProcess<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedProcess")
            .field("name", &self.name)
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}

impl<T: Portable> ScopedProcess<'_, T> {
    /// Waits until the child has ended, and returns its answer.
    ///
    /// # Errors
    /// If the child could not be started, and as [`Process::join`](crate::process::Process::join).
    pub fn join(self) -> Result<T, Error> {
        self.members.watch(&self.member, None);
        self.member.take()?.join()
    }

    /// Waits as [`join`](Self::join) does, but not longer than `timeout`. Returns `None` if the
    /// child is still running.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiprocessing::{Event, process};
    ///
    /// let go = Event::new()?;
    /// process::scope(|s| {
    ///     let mut child = s.spawn(|| go.wait());
    ///     assert_eq!(child.join_timeout(Duration::from_millis(1))?, None);
    ///     go.set();
    ///     child.join()
    /// })??;
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn join_timeout(&mut self, timeout: Duration) -> Result<Option<T>, Error> {
        let end = Deadline::after(timeout);
        self.members.watch(&self.member, Some(timeout));
        let left = end.left().unwrap_or(Duration::MAX);
        let Some(outcome) = self.member.ask(|child| child.wait_timeout(left)) else {
            return self.member.take().map(|_| None);
        };
        if outcome?.is_none() {
            return Ok(None);
        }
        self.member.mark_seen();
        self.member
            .ask(|child| child.join().map(Some))
            .unwrap_or(Err(Error::AlreadyTaken))
    }
}

impl<T> ScopedProcess<'_, T> {
    pub(super) fn new(name: Arc<str>, member: Rc<Member>, members: Rc<Members>) -> Self {
        Self {
            name,
            pid: member.ask(Child::pid),
            member,
            members,
            lent: OnceCell::new(),
            scope: PhantomData,
            answer: PhantomData,
        }
    }

    /// The child's process id, or `None` if it could not be started.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// The child's name. [`Builder::spawn_scoped`](crate::process::Builder::spawn_scoped) can set
    /// it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the child is still running.
    pub fn is_running(&mut self) -> bool {
        self.member.ask(Child::runs).unwrap_or(false)
    }

    /// As [`Process::terminate`](crate::process::Process::terminate).
    ///
    /// # Errors
    /// As there.
    pub fn terminate(&mut self) -> Result<(), Error> {
        self.member.ask(Child::terminate).unwrap_or(Ok(()))
    }

    /// As [`Process::kill`](crate::process::Process::kill).
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use multiprocessing::process;
    ///
    /// process::scope(|s| {
    ///     let mut helper = s.spawn(|| -> () { loop { std::thread::park() } });
    ///     helper.kill()?;
    ///     assert!(helper.join().is_err());
    ///     Ok::<_, multiprocessing::Error>(())
    /// })??;
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn kill(&mut self) -> Result<(), Error> {
        self.member.ask(Child::kill).unwrap_or(Ok(()))
    }
}

/// As for a [`Process`](crate::process::Process). A child that could not be started is ready.
impl<T> AsFd for ScopedProcess<'_, T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let descriptor = || {
            if self.lent.get().is_none()
                && let Some(pidfd) = self.member.ask(Child::open_pidfd).transpose()?.flatten()
            {
                let _ = self.lent.set(pidfd);
            }
            readable(&self.lent)
        };
        lent(descriptor().and_then(lend))
    }
}
