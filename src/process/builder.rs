//! Settings for a process, and starting it.

use super::handle::Process;
use crate::child::{Child, Legacy, Mailbox, no_room, start_typed};
use crate::error::{Error, Obstacle};
use crate::identity::Identity;
use crate::start_method::{self, Errand, StartMethod};
use crate::wire::Portable;

/// Settings for a process that is to be started.
///
/// ```
/// use multiprocessing::process;
///
/// let child = process::Builder::new()
///     .name("counter")
///     .spawn(|| process::current().name().to_owned())?;
/// assert_eq!(child.join()?, "counter");
/// # Ok::<(), multiprocessing::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    pub(super) name: Option<String>,
    keeps_stdin: bool,
    pub(super) start_method: StartMethod,
}

impl Builder {
    /// The settings that [`spawn`](super::spawn) uses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the process. The default is `Process-1`, `Process-2` and so on.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Lets the process read the parent's stdin, which both then share: what one reads, the other
    /// does not see. By default its stdin is empty, as in Python.
    pub fn inherit_stdin(mut self) -> Self {
        self.keeps_stdin = true;
        self
    }

    /// How the process is started. The default is [`StartMethod::Fork`].
    pub fn start_method(mut self, method: StartMethod) -> Self {
        self.start_method = method;
        self
    }

    /// Starts the process.
    ///
    /// # Errors
    /// As [`spawn`](super::spawn). With a [`start_method`](Self::start_method) that copies no
    /// memory: [`Error::StartMethod`] if `f` captures something, or if the program can't be started
    /// that way, and [`Error::System`].
    pub fn spawn<F, T>(self, f: F) -> Result<Process<T>, Error>
    where
        F: FnOnce() -> T + 'static,
        T: Portable,
    {
        let identity = self.identity();
        let child = match self.start_method {
            StartMethod::Fork => start_typed(identity, self.legacy(), f),
            _ => self.start_anew::<T>(identity, |name| Errand::of_closure(name, f)),
        };
        child.map(Process::new)
    }

    /// Starts a process that calls `f` with `argument`, with any
    /// [`start_method`](Self::start_method).
    ///
    /// ```
    /// use multiprocessing::{StartMethod, process};
    ///
    /// let builder = process::Builder::new().start_method(StartMethod::ForkServer);
    /// let sum = builder.spawn_fn(|numbers: Vec<i32>| numbers.iter().sum::<i32>(), vec![1, 2, 3])?;
    /// assert_eq!(sum.join()?, 6);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn). With a method that copies no memory, [`Error::Encode`] if the
    /// argument can't be sent. If the child can't read it, [`Process::join`] says so.
    pub fn spawn_fn<A, T>(self, f: fn(A) -> T, argument: A) -> Result<Process<T>, Error>
    where
        A: Portable,
        T: Portable,
    {
        match self.start_method {
            StartMethod::Fork => self.spawn(move || f(argument)),
            _ => self
                .start_anew::<T>(self.identity(), |name| {
                    Errand::of_function(name, f, &argument)
                })
                .map(Process::new),
        }
    }

    fn identity(&self) -> Identity {
        Identity::of_next_child("Process", self.name.as_deref())
    }

    pub(super) fn legacy(&self) -> Legacy<'static> {
        Legacy {
            keeps_stdin: self.keeps_stdin,
            ..Legacy::default()
        }
    }

    /// Only a child that inherits memory can be lent some.
    pub(super) fn check_lends(&self, identity: &Identity) -> Result<(), Error> {
        match self.start_method {
            StartMethod::Fork => Ok(()),
            _ => Err(Error::StartMethod {
                name: identity.name.to_string(),
                obstacle: Obstacle::Loan,
            }),
        }
    }

    /// Starts a child that inherits nothing.
    pub(super) fn start_anew<T: Portable>(
        &self,
        identity: Identity,
        errand: impl FnOnce(&str) -> Result<Errand, Error>,
    ) -> Result<Child, Error> {
        let errand = errand(&identity.name)?;
        let mailbox = Mailbox::to_send::<T>().map_err(|error| no_room(&identity, error))?;
        start_method::start(
            self.start_method,
            identity,
            mailbox,
            errand,
            &[],
            self.keeps_stdin,
        )
    }
}
