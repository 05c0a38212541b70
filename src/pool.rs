//! A fixed number of worker processes that share the work among themselves.
//!
//! ```
//! use multiprocessing::Pool;
//!
//! let mut pool = Pool::new(4)?;
//! let squares = pool.map(|x: i64| x * x, [1, 2, 3, 4, 5])?;
//! assert_eq!(squares, [1, 4, 9, 16, 25]);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//!
//! Starting a process costs about a hundred times as much as a small task. A pool starts its
//! processes once, and then hands them tasks for as long as it lives.
//!
//! # How it works
//!
//! What follows is the way of one call, `pool.map(square, items)`, and names the file in which
//! each step is found.
//!
//! **The items become bytes** (`orders.rs`, `chunk.rs`). Numbers, text and vectors of numbers are
//! copied as they lie in memory; other types are encoded by serde. This happens in the caller, so
//! that an item that can't be encoded is an error before anything is run. About four chunks are
//! made for each worker (`cut.rs`), unless the caller says how many items a worker is to take at a
//! time.
//!
//! **The bytes go into shared memory** (`arena.rs`). It is a file without a name, which the parent
//! and the workers have mapped. Only the parent writes into it. The results come back the same
//! way, and each worker has an arena of its own. As every arena has one writer, none needs a lock,
//! and this is the pool's main rule: *no lock is shared with a worker, since the worker could die
//! with the lock in its hands*. That is how Python's pool comes to hang.
//!
//! A chunk of one small item, such as a number, does without arenas: up to 16 bytes stand in the
//! table itself (`small.rs`), on the way there and on the way back.
//!
//! **The chunks go onto a table** (`table.rs`), also in shared memory. A worker takes one by a
//! single compare-and-swap, which turns the chunk's state from *ready* to *claimed by worker 2*.
//! Nobody hands out chunks, so nobody is asked, and taking one costs some tens of nanoseconds; a
//! message through a socket would cost some microseconds. And at every instant the table says who
//! has what. The table has room for 2048 chunks; those of a longer `map` follow as the first are
//! done.
//!
//! **A worker takes its chunk portion by portion** (`table/share.rs`), by a compare-and-swap for
//! each. What it has not taken, the parent can take back by the same means, and does so when a
//! worker has nothing to do and no chunk is left (`balance.rs`): that worker gets half. So a chunk
//! may be large, which costs the parent little, and yet nobody is idle while another has more than
//! the portion that it is at. With `map_chunked`, a portion is what the caller calls a chunk, and
//! many small ones lie on the table as one.
//!
//! **The function goes as an address** (`call.rs`). A worker is a fork of the parent, and has the
//! same code at the same place. For the same reason only functions can be sent, and closures that
//! capture nothing: captures would be memory, which is not the same.
//!
//! **The worker runs the items** (`worker.rs`, `chunk/run.rs`), one after the other, and notes in the
//! table which item it is at. A panic is caught, and becomes the result of that item.
//!
//! **Who has nothing to do, sleeps** (`table/desk.rs`, `waiting.rs`). Workers sleep on a word of
//! shared memory (a futex), the parent on a descriptor that workers can ring (an eventfd). Before
//! each sleep, the sleeper first says that it sleeps and then looks at the table once more; and who
//! puts something on the table first puts it there and then looks for sleepers. So at least one of
//! the two sees the other, and no wake-up is lost.
//!
//! To wake somebody takes some microseconds, so both look around for about as long before they go
//! to sleep, unless there is only one processor, or the workers need all of them. A worker that
//! looks around is not woken when work comes: it finds one chunk by itself, and if there is more, it
//! calls the next worker.
//!
//! **The parent gathers the results** (`gathering.rs`, `job.rs`) in the order of the items. It has
//! no helper thread: all this happens inside of the call, in the caller's thread.
//!
//! # When a worker dies
//!
//! While the parent waits, it watches a descriptor of each worker (a pidfd), which the kernel
//! makes readable when the worker ends, in whatever way. The parent then reads in the table what
//! the worker had claimed and how far it was (`deaths.rs`). The results it had finished are kept.
//! The one item that was running is lost, and its error names the worker, its pid and what ended
//! it. The items it had not begun are offered again. A new worker takes the place of the old one.
//!
//! No item is ever run twice: an item that has begun may have had effects.
//!
//! # Beside threads
//!
//! The pool is made while the program has one thread. Threads that are started later, such as
//! rayon's, do not disturb the workers, which have no part in them. But while threads run, no
//! worker can be [started](crate::process#why-starting-is-refused-while-other-threads-run), so one
//! that dies is not replaced then. Nothing else is different: the results of the others are kept,
//! and what the dead worker had not begun is run by those that are left. When none is left, calls
//! return [`Error::NoWorkers`], which says why. The first call after the threads have ended starts
//! the missing workers. The same holds where the operating system refuses to start a worker.
//!
//! # What it promises
//!
//! - Every item has exactly one outcome: its value, or an error that says what became of it.
//! - No call waits for a worker that is dead, and no death costs more than the item that ran.
//! - When the pool is dropped, or its process ends, even by SIGKILL, no worker is left, nor
//!   memory, nor a file.
//! - What a task printed is written before its result arrives.
//!
//! # What it does not do
//!
//! - It does nothing between calls: a worker that is killed while nobody waits for a result is a
//!   zombie until the next call.
//! - A program that a task has started by [`Command`](std::process::Command) is not ended with the
//!   worker, unless the pool was asked to [kill programs](Builder::kill_programs).
//! - What each worker has its own copy of, and what they share, such as the position of an open
//!   file, or the seed of a random generator, is told [there](crate::process#what-a-copy-of-the-memory-means).
//! - What a call has used of shared memory is kept for the next one, up to 80 MiB for inputs and
//!   160 MiB for results (or 1 MiB for each worker). If a call has used more, all is given back at
//!   its end, or when the last result of it that was asked for by
//!   [`apply_async`](Pool::apply_async) is dropped.
//! - Workers are forked, and so have the memory that the parent had when the pool was made. A
//!   `static` that is changed later keeps its old value in them.
//! - Descriptors that the program has open when the pool is made stay open in the workers too, as
//!   with every fork: a worker can't know whether a task will use them. Make the pool before you
//!   open a pipe whose end of file somebody waits for. Of the library's own descriptors, a worker
//!   has only those it needs.
//! - A pool is used by one thread, the one that made it: it is not [`Send`].

mod arena;
mod async_result;
mod balance;
mod builder;
mod call;
mod chunk;
mod crew;
mod cut;
mod deaths;
mod engine;
mod functions;
#[cfg(test)]
pub(crate) mod fuzz;
mod gathering;
mod imap;
mod job;
mod ledger;
mod orders;
mod sink;
mod small;
mod table;
mod waiting;
mod worker;

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

pub use async_result::AsyncResult;
pub use builder::Builder;
pub use imap::Imap;

use crate::error::{Error, TaskError};
use crate::sys::generation::Generation;
use crate::sys::memory::prefer_large_pages;
use crate::wire::Portable;
use call::Call;
use crew::Rules;
use cut::Cut;
use engine::Engine;
use job::Job;
use sink::Sink;

/// How long the workers of a pool that is dropped may take to end after SIGTERM.
const GRACE: Duration = Duration::from_millis(100);

/// A fixed number of worker processes that run tasks; see the [module](self).
///
/// `S` is the type of the workers' own state, which [`Builder::initializer`] makes.
///
/// Dropping a pool ends its workers: they get SIGTERM, and 100 ms later SIGKILL.
pub struct Pool<S = ()> {
    engine: Rc<RefCell<Engine>>,
    workers: usize,
    generation: Generation,
    state: PhantomData<fn() -> S>,
}

impl Pool {
    /// Starts a pool of `workers` processes.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(workers: usize) -> Result<Self, Error> {
        Self::builder().workers(workers).build()
    }

    /// More settings than the number of workers.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl<S> Pool<S> {
    fn start(workers: usize, rules: Rules) -> Result<Self, Error> {
        Ok(Self {
            engine: Rc::new(RefCell::new(Engine::new(workers, rules)?)),
            workers,
            generation: Generation::current(),
            state: PhantomData,
        })
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Runs `f` on each item, and returns the results in the order of the items.
    ///
    /// The items go to the workers in chunks, about four for each worker, as in Python; see
    /// [`map_chunked`](Self::map_chunked) to choose. Unlike in Python, what a worker has not begun
    /// of its chunk can still go to one that has nothing to do. The last items may be drawn from
    /// `items` when the first are run already.
    ///
    /// `f` is a function, or a closure that captures nothing: its code is in the workers already,
    /// and captures would not be. What all tasks need is handed to the workers by
    /// [`Builder::initializer`].
    ///
    /// # Errors
    /// The first [`TaskError`] that is seen; the items that no worker has begun are then not run.
    /// To have all results there are, use [`map_results`](Self::map_results). [`Error::Encode`], before
    /// anything is run, if an item can't be sent.
    ///
    /// Of all calls: [`Error::Closed`] after [`close`](Self::close) or
    /// [`terminate`](Self::terminate), [`Error::Inherited`] in a child's copy of the pool, and, if
    /// no worker is left, [`Error::NoWorkers`] or [`Error::WorkersKeepDying`], which say why. In
    /// these cases no item is run again.
    ///
    /// # Examples
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// assert_eq!(pool.map(|x: u32| x * x, [1, 2, 3])?, [1, 4, 9]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    /// A closure that captures is a compile error:
    /// ```compile_fail,E0308
    /// # let mut pool = multiprocessing::Pool::new(2)?;
    /// let factor = 3;
    /// pool.map(|x: i64| x * factor, [1, 2])?;
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, Error> {
        self.collect::<T, R, R>(Call::new(f), items, None)
    }

    /// As [`map`](Self::map), but a worker takes `chunk_size` items at a time, which others then do
    /// not run unless it dies.
    ///
    /// Small chunks share uneven work more evenly; large ones cost less to hand out.
    ///
    /// # Errors
    /// As [`map`](Self::map), and [`Error::Settings`] if `chunk_size` is 0.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let words = ["to", "and", "fro"].map(String::from);
    /// assert_eq!(pool.map_chunked(|word: String| word.len(), words, 1)?, [2, 3, 3]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_chunked<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
        chunk_size: usize,
    ) -> Result<Vec<R>, Error> {
        self.collect::<T, R, R>(Call::new(f), items, Some(chunk_size))
    }

    /// As [`map`](Self::map), with the worker's own state, which
    /// [`Builder::initializer`] made.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    ///
    /// ```
    /// let pool = multiprocessing::Pool::builder().workers(2);
    /// let mut pool = pool.initializer(|| Ok::<_, String>(10)).build()?;
    /// assert_eq!(pool.map_with(|factor: &mut i64, x: i64| *factor * x, [1, 2])?, [10, 20]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_with<T: Portable, R: Portable>(
        &mut self,
        f: fn(&mut S, T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, Error>
    where
        S: 'static,
    {
        self.collect::<T, R, R>(Call::with_state(f), items, None)
    }

    /// As [`map`](Self::map), but a task that gives no result costs that result alone.
    ///
    /// # Errors
    /// Those of [`map`](Self::map) that are not about one result.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let results = pool.map_results(|x: u32| 12 / x, [4, 0, 3])?;
    /// assert_eq!(results[0], Ok(3));
    /// assert!(results[1].as_ref().unwrap_err().to_string().ends_with("divide by zero"));
    /// assert_eq!(results[2], Ok(4));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_results<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Result<R, TaskError>>, Error> {
        self.collect::<T, R, _>(Call::new(f), items, None)
    }

    fn collect<T: Portable, R: Portable, O>(
        &mut self,
        call: Call,
        items: impl IntoIterator<Item = T>,
        chunk_size: Option<usize>,
    ) -> Result<Vec<O>, Error>
    where
        Vec<O>: Sink<R>,
    {
        let items = items.into_iter();
        let mut results = Vec::with_capacity(items.size_hint().0);
        prefer_large_pages(results.spare_capacity_mut());
        self.run(call, items, chunk_size, &mut results)?;
        Ok(results)
    }

    fn run<T: Portable, R: Portable>(
        &mut self,
        call: Call,
        items: impl Iterator<Item = T>,
        chunk_size: Option<usize>,
        sink: &mut impl Sink<R>,
    ) -> Result<(), Error> {
        self.check_owner()?;
        let workers = self.workers;
        let cut = match (chunk_size, items.size_hint()) {
            (Some(0), _) => return Err(Error::Settings("a chunk has at least one item")),
            (Some(portion), _) => Cut::Portions { portion, workers },
            (None, (least, Some(most))) if least == most => Cut::even(least, workers),
            (None, _) => {
                // To cut them evenly, one must know how many there are.
                let items: Vec<T> = items.collect();
                return self.run(call, items.into_iter(), None, sink);
            }
        };
        let are_counted = self
            .engine
            .borrow()
            .crew
            .rules
            .max_chunks_per_worker
            .is_some();
        let cut = if are_counted { cut.counted() } else { cut };
        let job = Cancelled(Job::new(&self.engine, call)?);
        job.0.run(items, cut, sink)
    }

    /// Runs `f` on one item in a worker, and waits for the result.
    ///
    /// # Errors
    /// As [`AsyncResult::get`].
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(1)?;
    /// assert_eq!(pool.apply(|x: u64| x + 1, 41)?, 42);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn apply<T: Portable, R: Portable>(&mut self, f: fn(T) -> R, item: T) -> Result<R, Error> {
        self.apply_async(f, item)?.get()
    }

    /// Has `f` run on one item in a worker, and returns at once. The result is had by
    /// [`AsyncResult::get`], before or after other results.
    ///
    /// The workers can take about 2000 tasks while the caller does other things. If more were
    /// asked for, the others wait until the caller next asks for a result of the pool, be it by
    /// [`AsyncResult::is_ready`], or for another task.
    ///
    /// # Errors
    /// [`Error::Encode`] if the item can't be sent, and as [`map`](Self::map) of all calls.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(4)?;
    /// let mut results = Vec::new();
    /// for x in 0..10_i64 {
    ///     results.push(pool.apply_async(|x| x * x, x)?);
    /// }
    /// let last = results.pop().unwrap();
    /// assert_eq!(last.get()?, 81);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn apply_async<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        item: T,
    ) -> Result<AsyncResult<R>, Error> {
        self.check_owner()?;
        let result = AsyncResult::new(Job::new(&self.engine, Call::new(f))?);
        result.send(item)
    }

    /// Runs `f` on each item, and returns an iterator of the results, in the order of the items.
    ///
    /// The items are drawn from `items` as they are needed: not more than one for each worker and
    /// 32 are drawn before their results are asked for, and fewer if they and their results take up
    /// more than 64 MiB. So `items` may be endless, and large.
    ///
    /// # Errors
    /// As [`map`](Self::map) of all calls. The iterator's errors are those of the items.
    ///
    /// # Panics
    /// The returned iterator panics when `items` does, after the results of what was drawn before.
    /// Then it can go on with the next item.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let squares: Result<Vec<u64>, _> = pool.imap(|x: u64| x * x, 1..)?.take(4).collect();
    /// assert_eq!(squares?, [1, 4, 9, 16]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn imap<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.results(f, items, true)
    }

    /// As [`imap`](Self::imap), but each result comes as soon as it is there.
    ///
    /// # Errors
    /// As [`imap`](Self::imap).
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let sum: u64 = pool.imap_unordered(|x: u64| x * x, 1..=3)?.sum::<Result<_, _>>()?;
    /// assert_eq!(sum, 14);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn imap_unordered<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.results(f, items, false)
    }

    fn results<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
        is_ordered: bool,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.check_owner()?;
        let items = items.into_iter();
        let job = Job::new(&self.engine, Call::new(f))?;
        Ok(Imap::new(job, items, is_ordered, self.workers))
    }

    /// Waits until all tasks are done, and ends the workers. After a `map` that failed, that includes
    /// the items that workers were at then: to wait for none, [`terminate`](Self::terminate). Later calls return
    /// [`Error::Closed`]; results that are already there can still be had. Closing twice is fine.
    ///
    /// # Errors
    /// [`Error::NoWorkers`] and the like, if the tasks can't be finished.
    pub fn close(&mut self) -> Result<(), Error> {
        self.check_owner()?;
        self.engine.borrow_mut().close()?;
        self.drop_initializer();
        Ok(())
    }

    /// Ends the workers, whatever they do: they get SIGTERM, and those that are still there after
    /// `grace`, SIGKILL.
    ///
    /// A worker that handles SIGTERM, as it does where this process did when the worker was started,
    /// leaves as soon as the chunk that it is at is done, and begins no other.
    pub fn terminate(&mut self, grace: Duration) {
        if self.check_owner().is_ok() {
            self.engine.borrow_mut().terminate(grace);
            self.drop_initializer();
        }
    }

    /// No worker will be started. What the initializer captured may be of use to others, as the
    /// end of a channel is; and its destructors may use the pool, so nobody has borrowed it here.
    fn drop_initializer(&self) {
        let initializer = self.engine.borrow_mut().crew.rules.initializer.take();
        drop(initializer);
    }

    fn check_owner(&self) -> Result<(), Error> {
        self.generation.check("pool")
    }
}

/// A job that is cancelled when the call that it stands for is over, however it ends.
struct Cancelled<R: Portable>(Job<R>);

impl<R: Portable> Drop for Cancelled<R> {
    fn drop(&mut self) {
        self.0.cancel();
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
