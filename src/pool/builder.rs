//! The settings of a pool.

use std::fmt;
use std::time::Duration;

use super::engine::Settings;
use super::handle::Pool;
use super::shared::table::MOST_WORKERS;
use super::worker::{Closure, Function, Initializer, Nothing};
use crate::error::Error;
use crate::start_method::StartMethod;
use crate::wire::Portable;

/// The settings of a [`Pool`], made by [`Pool::builder`].
///
/// ```
/// use multiprocessing::Pool;
/// use std::time::Duration;
///
/// let mut pool = Pool::builder()
///     .workers(2)
///     .task_timeout(Duration::from_secs(10))
///     .build()?;
/// assert_eq!(pool.map(str_len, [String::from("four")])?, [4]);
///
/// fn str_len(text: String) -> usize {
///     text.len()
/// }
/// # Ok::<(), multiprocessing::Error>(())
/// ```
#[must_use]
pub struct Builder<S = ()> {
    workers: Option<usize>,
    settings: Settings,
    state: std::marker::PhantomData<fn() -> S>,
}

impl Pool {
    /// Starts a pool of `workers` processes.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(workers: usize) -> Result<Self, Error> {
        Self::builder().workers(workers).build()
    }

    /// Returns a builder, which has more settings than the number of workers.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            workers: None,
            settings: Settings::default(),
            state: std::marker::PhantomData,
        }
    }
}

impl<S> Builder<S> {
    /// The number of workers. The default is one for each CPU that this process may use.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Makes a value in each worker before it begins to work. [`map_with`](Pool::map_with) passes
    /// it to each task that the worker runs.
    ///
    /// `make` runs in the worker, which has a copy of everything that `make` captures. So this is
    /// also the way to hand the workers something large once, instead of with every item. It runs
    /// again for each worker that replaces another. The pool drops `make`, and what it captures,
    /// when it is [closed](Pool::close), terminated or dropped.
    ///
    /// With a [`start_method`](Self::start_method) that copies no memory, `make` must not capture
    /// anything; use [`initializer_fn`](Self::initializer_fn) to pass values.
    ///
    /// # When it fails
    /// If it returns an error or panics, or if its worker is killed meanwhile,
    /// [`build`](Self::build) returns [`Error::Initializer`]. If the worker was to replace another,
    /// the pool goes on with those it has, and after a second, calls try again to replace the
    /// missing ones. A call that finds no worker left returns the error.
    ///
    /// It may take as long as it likes, unless the pool has an
    /// [`initializer_timeout`](Self::initializer_timeout) or a
    /// [`task_timeout`](Self::task_timeout).
    ///
    /// ```
    /// use multiprocessing::Pool;
    ///
    /// let words = vec!["zero", "one", "two"];
    /// let mut pool = Pool::builder()
    ///     .workers(2)
    ///     .initializer(move || Ok::<_, String>(words.clone()))
    ///     .build()?;
    /// let spelled = pool.map_with(|words, i: usize| words[i].to_owned(), [2, 1])?;
    /// assert_eq!(spelled, ["two", "one"]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn initializer<T: 'static, E: fmt::Display + 'static>(
        self,
        make: impl Fn() -> Result<T, E> + Send + 'static,
    ) -> Builder<T> {
        self.with_state(Closure::new(make))
    }

    /// As [`initializer`](Self::initializer), with any [`start_method`](Self::start_method): each
    /// worker calls `make` with a clone of `argument`, which is sent to it unless it is a fork.
    ///
    /// ```
    /// use multiprocessing::{Pool, StartMethod};
    ///
    /// let words = vec!["zero".to_owned(), "one".to_owned(), "two".to_owned()];
    /// let mut pool = Pool::builder()
    ///     .workers(2)
    ///     .start_method(StartMethod::ForkServer)
    ///     .initializer_fn(Ok::<Vec<String>, String>, words)
    ///     .build()?;
    /// let spelled = pool.map_with(|words, i: usize| words[i].clone(), [2, 1])?;
    /// assert_eq!(spelled, ["two", "one"]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn initializer_fn<A, T, E>(self, make: fn(A) -> Result<T, E>, argument: A) -> Builder<T>
    where
        A: Portable + Clone + Send,
        T: 'static,
        E: fmt::Display + 'static,
    {
        self.with_state(Function::new(make, argument))
    }

    fn with_state<T>(self, initializer: impl Initializer + 'static) -> Builder<T> {
        Builder {
            workers: self.workers,
            settings: Settings {
                initializer: Some(Box::new(initializer)),
                ..self.settings
            },
            state: std::marker::PhantomData,
        }
    }

    /// Kills a worker whose initializer runs for longer than this; the initializer has then failed.
    /// The time counts from the start of the worker.
    ///
    /// The default is the [`task_timeout`](Self::task_timeout), but at least a second. Without
    /// either, an initializer that never returns blocks [`build`](Self::build), and later every
    /// call that no other worker can serve.
    ///
    /// ```
    /// use multiprocessing::{Error, Pool};
    /// use std::time::Duration;
    ///
    /// let pool = Pool::builder()
    ///     .workers(1)
    ///     .initializer_timeout(Duration::from_millis(50))
    ///     .initializer(|| -> Result<(), String> { loop { std::thread::park() } })
    ///     .build();
    /// assert!(matches!(pool, Err(Error::Initializer { .. })));
    /// ```
    pub fn initializer_timeout(mut self, timeout: Duration) -> Self {
        self.settings.initializer_timeout = Some(timeout);
        self
    }

    /// Replaces each worker after it has run this many chunks, which helps if tasks leak memory. In
    /// such a pool, no worker takes items of a chunk that another has begun.
    ///
    /// While no worker can be started, as with a fork beside threads, none is replaced: it runs
    /// that many chunks again.
    pub fn max_chunks_per_worker(mut self, chunks: u64) -> Self {
        self.settings.max_chunks_per_worker = Some(chunks);
        self
    }

    /// Kills a worker whose task runs for longer than this. The task's error is a
    /// [`Cause::Timeout`](crate::Cause::Timeout), and the worker is replaced. (A worker can't be
    /// forked while other threads run, so beside threads a pool loses a worker with each task that
    /// hangs, as the task's error says. With another [`start_method`](Self::start_method), workers
    /// are still replaced.)
    ///
    /// Initializers are limited as well; see [`initializer_timeout`](Self::initializer_timeout).
    ///
    /// A worker that does nothing for this long (or for a second, if that is longer) although there
    /// is work must have been stopped, as by SIGSTOP. It is killed as well. That may take twice the
    /// timeout, and costs no item.
    ///
    /// The caller enforces the timeout while it waits for results: a task of
    /// [`apply_async`](Pool::apply_async) is stopped when the caller next waits for any result of
    /// the pool.
    pub fn task_timeout(mut self, timeout: Duration) -> Self {
        self.settings.task_timeout = Some(timeout);
        self
    }

    /// How the workers are started. The default is [`StartMethod::Fork`].
    ///
    /// With the other two, a pool can be made beside other threads, and replaces its workers while
    /// they run. The workers then have none of the parent's memory, so pass values with the items
    /// or with [`initializer_fn`](Self::initializer_fn). A task costs the same with each method.
    ///
    /// ```
    /// use multiprocessing::{Pool, StartMethod};
    ///
    /// let mut pool = Pool::builder().workers(2).start_method(StartMethod::ForkServer).build()?;
    /// let thread = std::thread::spawn(move || pool.map(|x: i32| x * x, [1, 2, 3]));
    /// assert_eq!(thread.join().unwrap()?, [1, 4, 9]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn start_method(mut self, method: StartMethod) -> Self {
        self.settings.start_method = method;
        self
    }

    /// Lets the workers read the program's stdin, which they share with it and with each other:
    /// what one reads, no other sees. By default their stdin is empty, as in Python.
    pub fn inherit_stdin(mut self) -> Self {
        self.settings.keeps_stdin = true;
        self
    }

    /// Kills the programs that tasks have started, as with [`Command`](std::process::Command), when
    /// their worker ends, whether because the pool is closed, a task times out, or the whole
    /// program ends. By default they run on as orphans.
    ///
    /// Each worker then leads a process group, to which its programs belong. A program that leaves
    /// that group (a shell with job control, `setsid`, a daemon) is not killed. Ctrl-C reaches
    /// neither the workers nor their programs: they end with the process that made the pool. Each
    /// worker needs a second process, which sleeps until the worker has ended.
    ///
    /// ```
    /// use multiprocessing::Pool;
    /// use std::process::Command;
    /// use std::time::Duration;
    ///
    /// let mut pool = Pool::builder()
    ///     .workers(1)
    ///     .task_timeout(Duration::from_millis(100))
    ///     .kill_programs()
    ///     .build()?;
    /// let sleep = |seconds: String| Command::new("sleep").arg(seconds).status().is_ok();
    /// assert!(pool.apply(sleep, "1000".to_owned()).is_err()); // and no `sleep` is left
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn kill_programs(mut self) -> Self {
        self.settings.kills_programs = true;
        // A worker that can't do it fails as in an initializer, so `build` returns the error.
        self.settings
            .initializer
            .get_or_insert_with(|| Box::new(Nothing));
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    /// [`Error::Settings`] for zero workers and the like, [`Error::Initializer`] if the initializer
    /// failed in a worker, and those of
    /// [`process::Builder::spawn`](crate::process::Builder::spawn). If one worker can't be started,
    /// the others are ended.
    pub fn build(self) -> Result<Pool<S>, Error> {
        let workers = match self.workers {
            Some(workers) => workers,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        if workers == 0 {
            return Err(Error::Settings("a pool needs at least one worker"));
        }
        if workers > MOST_WORKERS {
            return Err(Error::Settings("a pool can have at most 2048 workers"));
        }
        if self.settings.max_chunks_per_worker == Some(0) {
            return Err(Error::Settings(
                "`max_chunks_per_worker` is 0, and a worker runs at least one chunk",
            ));
        }
        let limits = [
            self.settings.task_timeout,
            self.settings.initializer_timeout,
        ];
        if limits.contains(&Some(Duration::ZERO)) {
            return Err(Error::Settings("a pool's timeouts must be longer than 0"));
        }
        Pool::start(workers, self.settings)
    }
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("workers", &self.workers)
            .field(
                "max_chunks_per_worker",
                &self.settings.max_chunks_per_worker,
            )
            .field("task_timeout", &self.settings.task_timeout)
            .field("initializer_timeout", &self.settings.initializer_timeout)
            .finish_non_exhaustive()
    }
}
