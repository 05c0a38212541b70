//! What a parent is told of a panic in a child, and what a panic must not upset.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::process::{exit, id};
use std::thread;

use multiprocessing::process::{Process, spawn};
use multiprocessing::{Cause, Signal, Value};
use nix::sys::signal::{Signal as Known, raise};
use nix::unistd::dup2_stderr;

use super::endings::cause;
use crate::support::circumstances::printed_by;

/// The message of the panic that ends a child that runs `f`.
pub(crate) fn panic_message<T: Value + std::fmt::Debug>(f: impl FnOnce() -> T + 'static) -> String {
    match cause(f) {
        Cause::Panic(panic) => panic.message,
        other => panic!("not a panic: {other}"),
    }
}

pub(crate) fn a_panic_has_its_message_and_place() {
    let line = line!() + 1;
    let child = spawn(|| -> u32 { panic!("{} is not a prime", 9) }).expect("a child");
    let expected = format!(
        "Process-1 (pid {}) panicked at {}:{line}:35: 9 is not a prime",
        child.pid(),
        file!()
    );
    assert_eq!(child.join().unwrap_err().to_string(), expected);
    assert_eq!(panic_message(|| -> () { panic!("plain") }), "plain");
    let empty: Vec<u32> = Vec::new();
    let message = panic_message(move || empty[0]);
    assert!(message.contains("index out of bounds"), "{message}");
}

pub(crate) fn a_panic_prints_nothing() {
    let program = || {
        dup2_stderr(io::stdout()).expect("stderr goes where stdout goes");
        panic_message(|| -> () { panic!("quiet") })
    };
    let text = printed_by(|| {
        let message = spawn(program).expect("a child").join().expect("an answer");
        assert_eq!(message, "quiet");
    });
    assert_eq!(text, "");
}

pub(crate) fn a_long_panic_message_is_cut() {
    let message = panic_message(|| -> () { panic!("{}", "ü".repeat(100_000)) });
    assert!(message.len() > 1000);
    assert!(message.chars().all(|c| c == 'ü'));
}

pub(crate) fn a_panic_without_a_message() {
    assert_eq!(panic_message(|| -> () { panic_any(7) }), "(no message)");
}

pub(crate) fn a_panic_that_was_caught_is_not_the_end() {
    let caught = || catch_unwind(|| panic!("caught")).is_err();
    let child = spawn(caught).expect("a child");
    assert!(child.join().expect("an answer"));
    let exits = move || {
        caught();
        exit(1)
    };
    assert_eq!(cause::<()>(exits), Cause::Exit(1));
    let dies = move || {
        caught();
        raise(Known::SIGTERM).expect("raised");
    };
    assert_eq!(cause(dies), Cause::Signal(Signal(15)));
}

/// Panics when it is dropped in a process other than, or else in, the one that made it.
struct Bomb {
    maker: u32,
    in_maker: bool,
}

impl Bomb {
    fn new(in_maker: bool) -> Self {
        Self {
            maker: id(),
            in_maker,
        }
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!((id() == self.maker) != self.in_maker, "the bomb");
    }
}

pub(crate) fn a_panic_in_a_destructor() {
    let bomb = Bomb::new(false);
    assert_eq!(
        panic_message(move || {
            let _bomb = &bomb;
        }),
        "the bomb"
    );
}

pub(crate) fn a_panic_in_the_destructor_of_a_panic() {
    let message = panic_message(|| -> () {
        let bomb = Bomb {
            maker: id(),
            in_maker: true,
        };
        panic_any(bomb)
    });
    assert_eq!(message, "(no message)");
}

pub(crate) fn a_panic_after_a_grandchild() {
    let message = panic_message(|| -> () {
        spawn(|| ())
            .expect("a grandchild")
            .join()
            .expect("an answer");
        panic!("the child's own")
    });
    assert_eq!(message, "the child's own");
}

pub(crate) fn a_panic_of_a_grandchilds_thread() {
    let child = spawn(|| {
        let thread_fails = || thread::spawn(|| panic!("a thread's")).join().is_err();
        spawn(thread_fails)
            .expect("a grandchild")
            .join()
            .expect("an answer")
    });
    assert!(child.expect("a child").join().expect("an answer"));
}

/// The child would run on with nobody to end it; that none is left is seen by the runner.
pub(crate) fn a_panic_in_the_parents_destructor() {
    let bomb = Bomb::new(true);
    let started = catch_unwind(AssertUnwindSafe(|| {
        spawn(move || {
            let _bomb = &bomb;
            thread::park();
        })
    }));
    assert!(started.is_err());
}

pub(crate) fn a_start_during_a_panic() {
    struct Starts<'a>(&'a mut Option<u32>);
    impl Drop for Starts<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.0 = spawn(|| 7).and_then(Process::join).ok();
        }
    }
    let mut answer = None;
    let starts = Starts(&mut answer);
    let panic = catch_unwind(AssertUnwindSafe(move || {
        let _starts = starts;
        panic!("the reason")
    }));
    assert!(panic.is_err());
    assert_eq!(answer, Some(7));
}
