//! Children that may borrow, since they are joined before the borrow ends.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use super::{Builder, Child, Legacy, Process, start_typed};
use crate::array::Loan;
use crate::error::Error;
use crate::sys::generation::Generation;
use crate::wire::{self, Portable};

/// Runs `f`, which starts children by the [`Scope`] it is given, and joins all of them.
///
/// As in [`std::thread::scope`], the children may use what the caller owns, without `move`. But a
/// child is a process: what it borrows that way is its own *copy*. Shared memory is lent to it by
/// [`Scope::spawn_with`].
///
/// If `f` panics, the children are killed.
///
/// # Errors
/// If a child that `f` did not join itself could not be started, or ended without returning: the
/// error of the first such child, in the order in which they were started.
///
/// # Example
/// ```
/// use multiprocessing::{Array, process};
///
/// let factor = 10;
/// let mut numbers = Array::from_slice(&[1, 2, 3])?;
/// process::scope(|s| {
///     for x in numbers.lend_mut() {
///         s.spawn_with(x, |x| *x *= factor);
///     }
/// })?;
/// assert_eq!(*numbers, [10, 20, 30]);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// A borrow cannot outlive the scope:
/// ```compile_fail,E0505
/// # use multiprocessing::{Array, process};
/// let mut numbers = Array::from_slice(&[1, 2, 3])?;
/// let lent = numbers.lend_mut();
/// drop(numbers);
/// process::scope(|s| {
///     s.spawn_with(lent, |numbers| numbers[0] = 4);
/// })?;
/// # Ok::<(), multiprocessing::Error>(())
/// ```
pub fn scope<'env, F, R>(f: F) -> Result<R, Error>
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    let scope = Scope {
        children: RefCell::default(),
        generation: Generation::current(),
        scope: PhantomData,
        env: PhantomData,
    };
    // A panic must not leave children that still use what they borrowed.
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    let children = scope.children.take();
    match result {
        Ok(result) => join_all(&children).map(|()| result),
        Err(panic) => {
            for child in &children {
                // Dropping a child kills and reaps it.
                drop(child.replace(State::Joined));
            }
            resume_unwind(panic)
        }
    }
}

fn join_all(children: &[Rc<RefCell<State>>]) -> Result<(), Error> {
    let mut first_error = Ok(());
    for child in children {
        let result = match child.replace(State::Joined) {
            State::Joined => Ok(()),
            State::NotStarted(error) => Err(error),
            State::Started(child) => wait(child).map(drop),
        };
        first_error = first_error.and(result);
    }
    first_error
}

fn wait(mut child: Child) -> Result<Vec<u8>, Error> {
    let status = child.wait()?;
    child.answer(status)
}

enum State {
    Started(Child),
    NotStarted(Error),
    Joined,
}

/// Starts the children of one [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    children: RefCell<Vec<Rc<RefCell<State>>>>,
    generation: Generation,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Starts a child that runs `f`.
    ///
    /// Where the start fails, [`ScopedProcess::join`] or else [`scope`] returns the error.
    ///
    /// ```
    /// use multiprocessing::process;
    ///
    /// let words = ["one", "two", "three"];
    /// let longest = process::scope(|s| s.spawn(|| words.map(str::len).into_iter().max()).join())??;
    /// assert_eq!(longest, Some(5));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedProcess<'scope, T>
    where
        F: FnOnce() -> T + 'scope,
        T: Portable,
    {
        self.add(Ok(Legacy::default()), f)
    }

    /// Starts a child that runs `f` with the shared memory that `loan` lends it.
    ///
    /// See [`Array::lend_mut`](crate::Array::lend_mut). Several loans can be given as a tuple.
    pub fn spawn_with<L, F, T>(&'scope self, loan: L, f: F) -> ScopedProcess<'scope, T>
    where
        L: Loan + 'scope,
        F: FnOnce(L::Borrowed) -> T + 'scope,
        T: Portable,
    {
        let mut legacy = Legacy::default();
        let legacy = loan.mappings(&mut legacy.lent).map(|()| legacy);
        // SAFETY: this runs in the child that was started with access to the loan's mappings; it
        // is joined before `'scope` ends, and the loan's lifetime is longer than that.
        self.add(legacy, || f(unsafe { loan.claim() }))
    }

    fn add<F, T>(&'scope self, legacy: Result<Legacy, Error>, f: F) -> ScopedProcess<'scope, T>
    where
        F: FnOnce() -> T,
        T: Portable,
    {
        let legacy = self.generation.check("scope").and(legacy);
        let started = legacy.and_then(|legacy| start_typed(&Builder::new(), legacy, f));
        let state = Rc::new(RefCell::new(match started {
            Ok(Process { child, .. }) => State::Started(child),
            Err(error) => State::NotStarted(error),
        }));
        self.children.borrow_mut().push(Rc::clone(&state));
        ScopedProcess {
            state,
            scope: PhantomData,
            answer: PhantomData,
        }
    }
}

/// A child of a [`scope`].
///
/// Dropping it does nothing: the scope joins the child.
pub struct ScopedProcess<'scope, T> {
    state: Rc<RefCell<State>>,
    scope: PhantomData<&'scope ()>,
    answer: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for ScopedProcess<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedProcess").finish_non_exhaustive()
    }
}

impl<T: Portable> ScopedProcess<'_, T> {
    /// Waits until the child has ended, and returns its answer.
    ///
    /// # Errors
    /// If the child could not be started, and as [`Process::join`].
    pub fn join(self) -> Result<T, Error> {
        match self.state.replace(State::Joined) {
            State::Started(child) => wire::decode(&wait(child)?),
            State::NotStarted(error) => Err(error),
            State::Joined => unreachable!(
                "only `join`, which consumes the handle, and the end of the scope join"
            ),
        }
    }
}
