//! The children of one scope, whatever the types of their answers.

use std::cell::{Cell, RefCell};
use std::mem;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crate::child::Child;
use crate::error::Error;
use crate::sys::clock::TICK;
use crate::sys::descriptor::Descriptor;
use crate::sys::monitor::Deadline;
use crate::sys::wait::wait_readable;

#[derive(Default)]
pub(super) struct Members {
    /// In the order they were started.
    all: RefCell<Vec<Rc<Member>>>,
    kills_on_failure: Cell<bool>,
    /// The others have been killed because one failed.
    has_killed: Cell<bool>,
}

pub(super) struct Member {
    state: RefCell<State>,
    /// Its answer or error was handed out, so the scope does not report it.
    is_seen: Cell<bool>,
    /// It is known to have returned or failed.
    is_known: Cell<bool>,
    /// The scope itself killed it.
    was_killed: Cell<bool>,
}

pub(super) enum State {
    Started(Child),
    NotStarted(Error),
    Joined,
}

impl Member {
    /// Returns what `f` says about the child, or `None` if there is none.
    pub(super) fn ask<R>(&self, f: impl FnOnce(&Child) -> R) -> Option<R> {
        match &*self.state.borrow() {
            State::Started(child) => Some(f(child)),
            State::NotStarted(_) | State::Joined => None,
        }
    }

    /// Returns the child or the error, for whoever joins it.
    pub(super) fn take(&self) -> Result<Child, Error> {
        match self.state.replace(State::Joined) {
            State::Started(child) => Ok(child),
            State::NotStarted(error) => Err(error),
            State::Joined => Err(Error::AlreadyTaken),
        }
    }

    /// The scope no longer reports it.
    pub(super) fn mark_seen(&self) {
        self.is_seen.set(true);
    }

    fn runs(&self) -> bool {
        self.ask(|child| matches!(child.try_wait(), Ok(None))) == Some(true)
    }

    /// Joins it, unless it was joined already.
    fn join(&self) -> Result<(), Error> {
        let result = match self.state.replace(State::Joined) {
            State::Joined => Ok(()),
            State::NotStarted(error) => Err(error),
            State::Started(child) => {
                let answer = child.wait().and_then(|status| child.answer(status));
                answer.map(drop)
            }
        };
        if self.is_seen.get() || self.was_killed.get() {
            return Ok(());
        }
        result
    }

    /// Whether it has failed. Returns true only once.
    fn has_just_failed(&self) -> bool {
        let failed = match &*self.state.borrow() {
            State::Started(child) => match child.try_wait() {
                Ok(None) => return false,
                Ok(Some(status)) => child.answer(status).is_err(),
                Err(_) => false,
            },
            State::NotStarted(_) => true,
            State::Joined => false,
        };
        !self.is_known.replace(true) && failed
    }
}

impl Members {
    /// Adds a child that was started, or the error if it was not.
    pub(super) fn add(&self, started: Result<Child, Error>) -> Rc<Member> {
        let state = match started {
            Ok(child) => State::Started(child),
            Err(error) => State::NotStarted(error),
        };
        let member = Rc::new(Member {
            state: RefCell::new(state),
            is_seen: Cell::new(false),
            is_known: Cell::new(false),
            was_killed: Cell::new(false),
        });
        self.all.borrow_mut().push(Rc::clone(&member));
        member
    }

    pub(super) fn kill_on_failure(&self) {
        self.kills_on_failure.set(true);
    }

    /// Joins those that have not been joined. Returns the first error.
    pub(super) fn join_all(&self) -> Result<(), Error> {
        let all = mem::take(&mut *self.all.borrow_mut());
        for member in &all {
            self.watch_over(&all, member, Deadline::NEVER);
        }
        let results = all.iter().map(|member| member.join());
        results.fold(Ok(()), Result::and)
    }

    /// Kills those still running.
    pub(super) fn end_all(&self) {
        for member in self.all.take() {
            // Dropping a child kills and reaps it.
            drop(member.take());
        }
    }

    /// If the first failure is to end the others, watches for it until `member` has ended.
    pub(super) fn watch(&self, member: &Member, limit: Option<Duration>) {
        let end = limit.map_or(Deadline::NEVER, Deadline::after);
        self.watch_over(&self.all.borrow(), member, end);
    }

    fn watch_over(&self, all: &[Rc<Member>], member: &Member, end: Deadline) {
        if !self.kills_on_failure.get() {
            return;
        }
        loop {
            self.kill_after_failure(all);
            if self.has_killed.get() || !member.runs() || end.is_over() {
                return;
            }
            let running: Vec<_> = all.iter().filter(|member| member.runs()).collect();
            let states: Vec<_> = running.iter().map(|one| one.state.borrow()).collect();
            let pidfds = states.iter().filter_map(|state| match &**state {
                State::Started(child) => child.pidfd().ok().flatten(),
                State::NotStarted(_) | State::Joined => None,
            });
            let pidfds: Vec<&Descriptor> = pidfds.collect();
            let longest = end.left();
            if pidfds.len() == running.len() {
                wait_readable(&pidfds, longest);
            } else {
                thread::sleep(longest.map_or(TICK, |left| left.min(TICK)));
            }
        }
    }

    fn kill_after_failure(&self, all: &[Rc<Member>]) {
        if self.has_killed.get() || !all.iter().any(|member| member.has_just_failed()) {
            return;
        }
        self.has_killed.set(true);
        for member in all {
            if member.ask(Child::runs) == Some(true) {
                member.was_killed.set(true);
                member.ask(Child::kill);
            }
        }
    }
}
