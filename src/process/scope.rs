//! Children that may borrow, because they are joined before the borrow ends.

mod members;
mod scoped;

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

use super::builder::Builder;
use crate::array::Loan;
use crate::child::{Child, start_typed};
use crate::error::Error;
use crate::identity::Identity;
use crate::start_method::{Errand, StartMethod};
use crate::sys::generation::Generation;
use crate::wire::Portable;
use members::Members;
pub use scoped::ScopedProcess;

/// Runs `f`, which starts children through the [`Scope`] it is given, and joins all of them.
///
/// As in [`std::thread::scope`], the children may use what the caller owns, without `move`. But a
/// child is a process: what it borrows that way is its own *copy*. To lend it shared memory, use
/// [`Scope::spawn_with`].
///
/// If `f` panics, the children are killed.
///
/// # Errors
/// If a child that `f` did not join itself could not be started, or ended without returning, the
/// error of the first such child, in the order they were started.
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
        members: Rc::default(),
        generation: Generation::current(),
        scope: PhantomData,
        env: PhantomData,
    };
    // A panic must not leave behind children that still use what they borrowed.
    match catch_unwind(AssertUnwindSafe(|| f(&scope))) {
        Ok(result) => scope.members.join_all().map(|()| result),
        Err(panic) => {
            scope.members.end_all();
            resume_unwind(panic)
        }
    }
}

/// Starts the children of one [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    members: Rc<Members>,
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
    /// If the start fails, [`ScopedProcess::join`] returns the error, or else [`scope`] does.
    /// [`Builder::spawn_scoped`] gives the child a name.
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
        self.start(&Builder::new(), f)
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
        self.start_with(&Builder::new(), loan, f)
    }

    /// From now on, the first child to fail ends the others with SIGKILL, as soon as this process
    /// waits for any of the scope's children, or the scope ends.
    ///
    /// Then [`scope`] returns the error of that child, unless its `join` did. A child fails if it
    /// ends without returning, or can't be started. Returning an `Err` is not a failure.
    ///
    /// ```
    /// use multiprocessing::process;
    ///
    /// let error = process::scope(|s| {
    ///     s.kill_on_failure();
    ///     s.spawn(|| -> () { loop { std::thread::park() } });
    ///     s.spawn(|| -> () { panic!("the input is empty") });
    /// });
    /// assert!(error.unwrap_err().to_string().contains("the input is empty"));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn kill_on_failure(&self) {
        self.members.kill_on_failure();
    }

    fn start<F, T>(&'scope self, settings: &Builder, f: F) -> ScopedProcess<'scope, T>
    where
        F: FnOnce() -> T,
        T: Portable,
    {
        self.add(settings, |identity| match settings.start_method {
            StartMethod::Fork => start_typed(identity, settings.legacy(), f),
            _ => settings.start_anew::<T>(identity, |name| Errand::of_closure(name, f)),
        })
    }

    fn start_with<L, F, T>(
        &'scope self,
        settings: &Builder,
        loan: L,
        f: F,
    ) -> ScopedProcess<'scope, T>
    where
        L: Loan + 'scope,
        F: FnOnce(L::Borrowed) -> T + 'scope,
        T: Portable,
    {
        self.add(settings, |identity| {
            settings.check_lends(&identity)?;
            let mut legacy = settings.legacy();
            loan.mappings(&mut legacy.lent)?;
            // SAFETY: this runs in the child that was started with access to the loan's mappings;
            // it is joined before `'scope` ends, and the loan's lifetime is longer than that.
            start_typed(identity, legacy, || f(unsafe { loan.claim() }))
        })
    }

    fn add<T>(
        &self,
        settings: &Builder,
        start: impl FnOnce(Identity) -> Result<Child, Error>,
    ) -> ScopedProcess<'scope, T> {
        let identity = Identity::of_next_child("Process", settings.name.as_deref());
        let name = Arc::clone(&identity.name);
        let started = self
            .generation
            .check("scope")
            .and_then(|()| start(identity));
        ScopedProcess::new(name, self.members.add(started), Rc::clone(&self.members))
    }
}

impl Builder {
    /// As [`Scope::spawn`], with these settings.
    ///
    /// ```
    /// use multiprocessing::process;
    ///
    /// let name = process::scope(|s| {
    ///     let child = process::Builder::new()
    ///         .name("counter")
    ///         .spawn_scoped(s, || process::current().name().to_owned());
    ///     child.join()
    /// })?;
    /// assert_eq!(name?, "counter");
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> ScopedProcess<'scope, T>
    where
        F: FnOnce() -> T + 'scope,
        T: Portable,
    {
        scope.start(&self, f)
    }

    /// As [`Scope::spawn_with`], with these settings. Memory can only be lent with
    /// [`StartMethod::Fork`].
    pub fn spawn_scoped_with<'scope, L, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        loan: L,
        f: F,
    ) -> ScopedProcess<'scope, T>
    where
        L: Loan + 'scope,
        F: FnOnce(L::Borrowed) -> T + 'scope,
        T: Portable,
    {
        scope.start_with(&self, loan, f)
    }
}
